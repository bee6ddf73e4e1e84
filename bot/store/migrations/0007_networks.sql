-- A network of lieux: a space and its coordination room, where a lieu of ours is, or asks to be.
CREATE TABLE networks (
    id      INTEGER PRIMARY KEY,
    space   TEXT NOT NULL UNIQUE,
    room_id TEXT UNIQUE,                         -- the coordination room; NULL until the bot is in
    name    TEXT NOT NULL
) STRICT;

-- Our lieux in a network, what each wants to hear there, and where.
CREATE TABLE network_lieux (
    network INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    lieu    INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    status  TEXT NOT NULL CHECK (status IN ('asked', 'declared', 'left')),
    keeps   INTEGER NOT NULL DEFAULT 0 CHECK (keeps IN (0, 1)),   -- it made the network, and is asked who comes in
    choices TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(choices)),
    since   INTEGER NOT NULL,
    PRIMARY KEY (network, lieu)
) STRICT, WITHOUT ROWID;

-- Bots that a network let in, to be declared when they say for which lieu they speak.
CREATE TABLE admitted (
    network INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    bot     TEXT NOT NULL,
    PRIMARY KEY (network, bot)
) STRICT, WITHOUT ROWID;

-- Every lieu that the moderators of a network declared, ours too; `card` is the content of the state event.
CREATE TABLE neighbours (
    network INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    lieu    TEXT NOT NULL,                       -- its id on the wire
    bot     TEXT NOT NULL,
    card    TEXT NOT NULL CHECK (json_valid(card)),
    since   INTEGER NOT NULL,
    PRIMARY KEY (network, lieu)
) STRICT, WITHOUT ROWID;

-- Requests of ours and of others, each as its lieu last told it.
CREATE TABLE requests (
    id         TEXT PRIMARY KEY,
    network    INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    home       TEXT NOT NULL,                    -- the lieu that asks, as on the wire
    rev        INTEGER NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'discussed', 'agreed', 'fulfilled', 'withdrawn', 'expired')),
    body       TEXT NOT NULL CHECK (json_valid(body)),
    root       TEXT,                             -- its message in the coordination room, where others sent it
    opened_at  INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX requests_root ON requests (root) WHERE root IS NOT NULL;

-- A request as one of our lieux sees it: a message in a room of theirs, corrected as the request changes.
CREATE TABLE cards (
    request TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    lieu    INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL,                    -- how its people call it
    room_id TEXT NOT NULL,
    txn     TEXT NOT NULL UNIQUE,
    asker   TEXT,                                -- who asks, where it is ours
    rev     INTEGER NOT NULL,                    -- the one that is shown
    said    INTEGER NOT NULL DEFAULT 0,          -- how many envelopes this lieu sent about it
    taken   INTEGER NOT NULL DEFAULT 0 CHECK (taken IN (0, 1)),   -- it takes part in the conversation
    muted   INTEGER NOT NULL DEFAULT 0 CHECK (muted IN (0, 1)),
    due     INTEGER,                             -- not shown yet: from then on; 0 where it was only told of
    PRIMARY KEY (request, lieu),
    UNIQUE (lieu, number)
) STRICT, WITHOUT ROWID;

-- A line of a conversation about a request, once for each of our lieux where it was said or shown.
CREATE TABLE lines (
    request TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    origin  TEXT NOT NULL,                       -- the lieu that said it, or a person of the coordination room
    line    TEXT NOT NULL,
    lieu    INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    source  TEXT,                                -- the event in which somebody of ours said it
    by      TEXT,                                -- who that was
    txn     TEXT NOT NULL,                       -- of ours: as it left; of others: as it is shown
    PRIMARY KEY (request, origin, line, lieu)
) STRICT, WITHOUT ROWID;
CREATE INDEX lines_source ON lines (source) WHERE source IS NOT NULL;

-- How far each lieu's envelopes about a request were taken, and those that came before their turn.
CREATE TABLE streams (
    request TEXT NOT NULL,
    lieu    TEXT NOT NULL,
    last    INTEGER NOT NULL,
    PRIMARY KEY (request, lieu)
) STRICT, WITHOUT ROWID;
CREATE TABLE held (
    request  TEXT NOT NULL,
    lieu     TEXT NOT NULL,
    seq      INTEGER NOT NULL,
    network  INTEGER NOT NULL REFERENCES networks (id) ON DELETE CASCADE,
    kind     TEXT NOT NULL,
    body     TEXT NOT NULL CHECK (json_valid(body)),
    at       INTEGER NOT NULL,
    PRIMARY KEY (request, lieu, seq)
) STRICT, WITHOUT ROWID;
