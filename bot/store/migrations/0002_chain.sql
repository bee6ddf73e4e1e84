-- Acts are chained within their lieu (bot/store/chain.py), and the end of each chain is known beside it.
ALTER TABLE acts ADD COLUMN hash TEXT NOT NULL DEFAULT '';

CREATE TABLE chains (
    lieu  INTEGER PRIMARY KEY REFERENCES lieux (id) ON DELETE CASCADE,
    count INTEGER NOT NULL,
    hash  TEXT NOT NULL
) STRICT;

CREATE TEMP TABLE ordered AS
    SELECT seq, lieu, at, by, what, about, words, row_number() OVER (PARTITION BY lieu ORDER BY seq) AS place
    FROM acts WHERE lieu IS NOT NULL;

WITH RECURSIVE linked (seq, lieu, place, hash) AS (
    SELECT seq, lieu, place, link('', at, by, what, about, words) FROM ordered WHERE place = 1
    UNION ALL
    SELECT o.seq, o.lieu, o.place, link(l.hash, o.at, o.by, o.what, o.about, o.words)
    FROM linked l JOIN ordered o ON o.lieu = l.lieu AND o.place = l.place + 1
)
UPDATE acts SET hash = (SELECT hash FROM linked WHERE linked.seq = acts.seq) WHERE lieu IS NOT NULL;

INSERT INTO chains
    SELECT lieu, count(*), (SELECT hash FROM acts a WHERE a.lieu = acts.lieu ORDER BY seq DESC LIMIT 1)
    FROM acts WHERE lieu IS NOT NULL GROUP BY lieu;

DROP TABLE ordered;
CREATE INDEX acts_of_lieu ON acts (lieu, seq);
