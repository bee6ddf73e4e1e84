-- Behind what was forgotten of a lieu's journal it goes on: how many acts were before that, and the hash of the last one.
CREATE TABLE journal_starts (
    lieu  INTEGER PRIMARY KEY REFERENCES lieux (id) ON DELETE CASCADE,
    count INTEGER NOT NULL,
    hash  TEXT NOT NULL
) STRICT;

-- Since when somebody who came through an arrival is in the lieu no more.
CREATE TABLE departed (
    lieu   INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (lieu, person)
) STRICT, WITHOUT ROWID;

-- What is forgotten of each lieu at night, as far as it went.
CREATE TABLE nights (
    lieu      INTEGER PRIMARY KEY REFERENCES lieux (id) ON DELETE CASCADE,
    night     TEXT NOT NULL,               -- the day (ISO) of the last one that was begun
    cutoffs   TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(cutoffs)),    -- kind → ms, of each that is still to be gone through
    forgotten TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(forgotten)),  -- kind → how many, since the journal told it last
    told      TEXT NOT NULL DEFAULT '',    -- the night of which the journal told last
    agreed    TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(agreed)),     -- kind → ms: what is older may go at once
    asked     TEXT NOT NULL DEFAULT ''     -- the night in which the concierges were asked whether so much may go
) STRICT;

-- Whose account seemed to sleep, and when the concierges may be asked about them again (ms).
CREATE TABLE asked_asleep (
    lieu   INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    again  INTEGER NOT NULL,
    PRIMARY KEY (lieu, person)
) STRICT, WITHOUT ROWID;
