-- Copies of the data that leave the machine, and proofs that one of them comes back: a row for each attempt, begun before
-- anything is done.
CREATE TABLE backups (
    id      INTEGER PRIMARY KEY,
    act     TEXT NOT NULL CHECK (act IN ('send', 'prove')),
    at      INTEGER NOT NULL,           -- when it began, ms
    name    TEXT NOT NULL,              -- of the copy
    mark    TEXT NOT NULL DEFAULT '',   -- of a copy that is sent: whoever restores it must find this very word
    bytes   INTEGER NOT NULL DEFAULT 0,
    -- begun: under way, or the process died · unknown: could not tell
    outcome TEXT NOT NULL DEFAULT 'begun' CHECK (outcome IN ('begun', 'done', 'failed', 'unknown')),
    cause   TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX backups_names ON backups (name);

-- What is wrong with them, as whoever hosts the bot (host) and the lieux were told, or are to be.
CREATE TABLE backup_alarms (
    whom  TEXT PRIMARY KEY CHECK (whom IN ('host', 'lieux')),
    since INTEGER NOT NULL,
    what  TEXT NOT NULL CHECK (what IN ('failed', 'late', 'unsent')),
    told  INTEGER NOT NULL DEFAULT 0
) STRICT;
