-- Somebody's way out: first what can be given back, and after a while what cannot.
CREATE TABLE departures (
    id         INTEGER PRIMARY KEY,
    lieu       INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    person     TEXT NOT NULL,
    name       TEXT NOT NULL,                    -- what the concierges call them
    login      TEXT NOT NULL,                    -- of the account that the lieu gave them; empty for none
    heir       TEXT,                             -- who looks after what was theirs
    by         TEXT NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('announced', 'locked', 'closed', 'undone')),
    locks_at   INTEGER NOT NULL,
    closes_at  INTEGER,
    taken      TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(taken)),  -- what there was, to be given back
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX departures_open ON departures (lieu, person) WHERE status IN ('announced', 'locked');
