-- The last good copy of a federation of hosts (CHATONS): the same for all lieux, and of nobody who is in one.

-- Which federation it is, by the address of its file, what it calls itself, and when it was read.
CREATE TABLE chatons_readings (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    source TEXT NOT NULL,
    name   TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;

-- Its members, and what each offers, by the addresses of their files: `told` is what was in it, as JSON, when it could last
-- be read.
CREATE TABLE chatons (
    url     TEXT PRIMARY KEY,
    told    TEXT NOT NULL,
    read_at INTEGER NOT NULL
) STRICT;
CREATE TABLE chatons_offers (
    chaton  TEXT NOT NULL REFERENCES chatons (url) ON DELETE CASCADE,
    url     TEXT NOT NULL,
    told    TEXT NOT NULL,
    read_at INTEGER NOT NULL,
    PRIMARY KEY (chaton, url)
) STRICT;
