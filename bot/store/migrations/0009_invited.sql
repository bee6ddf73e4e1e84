-- A lieu of ours may be invited into a network, and not have answered yet.
CREATE TABLE network_lieux_new (
    network INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    lieu    INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    status  TEXT NOT NULL CHECK (status IN ('invited', 'asked', 'declared', 'left')),
    keeps   INTEGER NOT NULL DEFAULT 0 CHECK (keeps IN (0, 1)),   -- it has the keys, and is asked who comes in
    choices TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(choices)),
    since   INTEGER NOT NULL,
    PRIMARY KEY (network, lieu)
) STRICT, WITHOUT ROWID;
INSERT INTO network_lieux_new SELECT network, lieu, status, keeps, choices, since FROM network_lieux;
DROP TABLE network_lieux;
ALTER TABLE network_lieux_new RENAME TO network_lieux;
