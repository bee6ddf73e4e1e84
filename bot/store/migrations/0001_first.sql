-- Times are milliseconds since the epoch; JSON columns hold objects.

CREATE TABLE sync (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    token  TEXT NOT NULL
) STRICT;

-- Every event the bot has to react to, written in the same transaction as the sync token.
CREATE TABLE inbox (
    seq        INTEGER PRIMARY KEY,
    event_id   TEXT NOT NULL UNIQUE,
    room_id    TEXT NOT NULL,
    sender     TEXT NOT NULL,
    ts         INTEGER NOT NULL,                 -- origin_server_ts: the sender's word, never trusted for order
    type       TEXT NOT NULL,
    state_key  TEXT,
    content    TEXT NOT NULL CHECK (json_valid(content)),
    encrypted  INTEGER NOT NULL CHECK (encrypted IN (0, 1)),
    status     TEXT NOT NULL CHECK (status IN ('waiting', 'unread', 'done', 'aside')),
    tries      INTEGER NOT NULL DEFAULT 0,
    arrived_at INTEGER NOT NULL
) STRICT;
CREATE INDEX inbox_waiting ON inbox (status, seq) WHERE status IN ('waiting', 'unread');

-- What the bot knows of its rooms without asking for the full state at each start.
CREATE TABLE rooms (
    room_id    TEXT PRIMARY KEY,
    encrypted  INTEGER NOT NULL DEFAULT 0 CHECK (encrypted IN (0, 1)),
    joined_at  INTEGER,                          -- of the bot; NULL once it left
    invited_by TEXT
) STRICT;

-- Rooms that the bot made: written before the request (room_id NULL), completed after it.
CREATE TABLE made_rooms (
    key        TEXT PRIMARY KEY,
    room_id    TEXT UNIQUE,
    created_at INTEGER NOT NULL
) STRICT;

-- A message the bot said: ordered per room, sent once under its transaction id.
CREATE TABLE outbox (
    seq          INTEGER PRIMARY KEY,
    room_id      TEXT NOT NULL,
    txn_id       TEXT NOT NULL UNIQUE,
    type         TEXT NOT NULL,                  -- an event type, or m.room.redaction
    content      TEXT NOT NULL CHECK (json_valid(content)),
    conversation INTEGER,
    step         TEXT,
    status       TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'sent', 'refused')),
    event_id     TEXT,
    error        TEXT,
    created_at   INTEGER NOT NULL,
    sent_at      INTEGER
) STRICT;
CREATE INDEX outbox_waiting ON outbox (room_id, seq) WHERE status = 'waiting';
CREATE INDEX outbox_event ON outbox (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX outbox_conversation ON outbox (conversation, step);

CREATE TABLE conversations (
    id         INTEGER PRIMARY KEY,
    dialogue   TEXT NOT NULL,
    lieu       INTEGER REFERENCES lieux (id) ON DELETE CASCADE,
    person     TEXT NOT NULL,
    room_id    TEXT NOT NULL,
    thread     TEXT,                             -- event id of the thread's root
    cause      TEXT UNIQUE,                      -- the event, or the act, that began it: it begins once
    args       TEXT NOT NULL CHECK (json_valid(args)),
    status     TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done', 'cancelled', 'expired', 'stopped')),
    epoch      INTEGER NOT NULL DEFAULT 0,
    held_by    TEXT,                             -- a concierge who took over: the bot is quiet
    wake_at    INTEGER,
    created_at INTEGER NOT NULL,
    ended_at   INTEGER
) STRICT;
CREATE INDEX conversations_open ON conversations (person, room_id) WHERE status = 'open';
CREATE INDEX conversations_wake ON conversations (wake_at) WHERE status = 'open' AND wake_at IS NOT NULL;

-- The journal: one row for each step that a conversation has reached.
CREATE TABLE steps (
    conversation INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
    key          TEXT NOT NULL,
    seq          INTEGER NOT NULL,
    kind         TEXT NOT NULL CHECK (kind IN ('say', 'ask', 'look', 'do', 'join')),
    status       TEXT NOT NULL CHECK (status IN ('asked', 'heard', 'started', 'done', 'refused')),
    raw          TEXT CHECK (raw IS NULL OR json_valid(raw)),
    value        TEXT CHECK (value IS NULL OR json_valid(value)),
    room_id      TEXT,
    of           TEXT,                           -- who may answer: a Matrix id, or an action that may() decides
    by           TEXT,                           -- who did
    tries        INTEGER NOT NULL DEFAULT 0,
    at           INTEGER NOT NULL,
    remind       TEXT CHECK (remind IS NULL OR json_valid(remind)),   -- instants still to come
    deadline     INTEGER,
    PRIMARY KEY (conversation, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX steps_open ON steps (room_id, status) WHERE kind = 'ask' AND status = 'asked';

CREATE TABLE lieux (
    id         INTEGER PRIMARY KEY,
    space      TEXT NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    choices    TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(choices)),
    words      TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(words)),  -- the lieu's own sentences over the catalogue's
    created_at INTEGER NOT NULL,
    left_at    INTEGER
) STRICT;

-- Concierges named by a concierge, besides those with power in the space.
CREATE TABLE concierges (
    lieu   INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    PRIMARY KEY (lieu, person)
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
    person   TEXT PRIMARY KEY,
    language TEXT,
    direct   TEXT                                -- the one direct room with this person
) STRICT;

-- Somebody's way in, from the invitation to the welcome.
CREATE TABLE arrivals (
    id           INTEGER PRIMARY KEY,
    lieu         INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    person       TEXT NOT NULL,                  -- the Matrix id they have, or will have
    name         TEXT,
    email        TEXT,
    login        TEXT,                           -- in the directory
    invited_by   TEXT NOT NULL,
    status       TEXT NOT NULL CHECK (status IN
                 ('invited', 'answering', 'approval', 'opening', 'welcomed', 'declined', 'cancelled')),
    room_id      TEXT,
    conversation INTEGER,
    created_at   INTEGER NOT NULL,
    changed_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX arrivals_open ON arrivals (lieu, person) WHERE status NOT IN ('welcomed', 'declined', 'cancelled');

-- Accounts, shares and groups that the bot made: it touches no others.
CREATE TABLE owned (
    lieu    INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    service TEXT NOT NULL,
    kind    TEXT NOT NULL,
    ref     TEXT NOT NULL,
    person  TEXT,
    at      INTEGER NOT NULL,
    PRIMARY KEY (service, kind, ref, lieu)
) STRICT, WITHOUT ROWID;

-- One line for each act, in codes; the words come from the catalogue.
CREATE TABLE acts (
    seq   INTEGER PRIMARY KEY,
    lieu  INTEGER REFERENCES lieux (id) ON DELETE CASCADE,
    at    INTEGER NOT NULL,
    by    TEXT NOT NULL,
    what  TEXT NOT NULL,
    about TEXT,
    words TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(words))
) STRICT;

-- Who is in each lieu's space, so that a change of name is not taken for an arrival.
CREATE TABLE members (
    lieu   INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    PRIMARY KEY (lieu, person)
) STRICT, WITHOUT ROWID;
