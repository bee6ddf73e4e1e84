-- A journal that can forget: each act is chained by salted digests of what is personal in it (bot/store/audit_chain.py,
-- which chains those that are here already).

ALTER TABLE acts ADD COLUMN by_salt TEXT;               -- NULL: who did it was forgotten
ALTER TABLE acts ADD COLUMN by_seal TEXT NOT NULL DEFAULT '';
ALTER TABLE acts ADD COLUMN salt TEXT;                  -- NULL: whom it was about, and its words, were forgotten
ALTER TABLE acts ADD COLUMN seal TEXT NOT NULL DEFAULT '';

-- Of a journal that was chained otherwise before: its last hash and its length as they were written then, and how many
-- acts came before a fault that it had by then (NULL: none). The first of the new links holds all three.
ALTER TABLE chains ADD COLUMN past_hash TEXT;
ALTER TABLE chains ADD COLUMN past_count INTEGER;
ALTER TABLE chains ADD COLUMN past_fault INTEGER;

-- Which erasures of people were done here, by their ids in the file beside (bot/store/erasures.py): what is restored from
-- before one does it again.
CREATE TABLE erasures (
    id TEXT PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
