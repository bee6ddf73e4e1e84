-- How the services of a lieu answered: what the bot saw of each in a day (of the lieu's zone), and nothing of anybody.
-- All in seconds: `known` is of how long it is known how it was, `away` and `planned` (in a maintenance that was
-- announced) are parts of it.
CREATE TABLE availability (
    lieu INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    service TEXT NOT NULL,
    day TEXT NOT NULL,
    looked INTEGER NOT NULL,
    answered INTEGER NOT NULL,
    known INTEGER NOT NULL,
    away INTEGER NOT NULL,
    planned INTEGER NOT NULL,
    PRIMARY KEY (lieu, service, day)
) STRICT, WITHOUT ROWID;

-- Instants in ms. `seen_at`: when it was seen away for the last time; `unseen`: seconds of it in which nobody looked.
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY,
    lieu INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    service TEXT NOT NULL,
    begun_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    ended_at INTEGER,
    unseen INTEGER NOT NULL DEFAULT 0,
    cause TEXT NOT NULL,              -- a word of ours (integrations.causes), empty for silence
    told INTEGER NOT NULL DEFAULT 0,  -- 0: nothing · 1: that it began · 2: all there is to tell
    UNIQUE (lieu, service, begun_at)
) STRICT;
CREATE INDEX incidents_untold ON incidents (told) WHERE told < 2;

-- What concierges announced: during that, these services (JSON; their names) may be away.
CREATE TABLE maintenances (
    id INTEGER PRIMARY KEY,
    lieu INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    begins_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    services TEXT NOT NULL
) STRICT;
CREATE INDEX maintenances_lieu ON maintenances (lieu, ends_at);

-- Steps that a service kept waiting, and what became of them (`bot/store/waits.py`); NULL while they wait, and where
-- the conversation ended without them.
CREATE TABLE waits (
    conversation INTEGER NOT NULL,
    step TEXT NOT NULL,
    lieu INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    service TEXT NOT NULL,
    since INTEGER NOT NULL,
    settled_at INTEGER,
    outcome TEXT CHECK (outcome IN ('done', 'resumed', 'refused')),
    PRIMARY KEY (conversation, step)
) STRICT, WITHOUT ROWID;
CREATE INDEX waits_lieu ON waits (lieu, since);
