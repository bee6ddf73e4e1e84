-- To which lieux a line was said, as on the wire, with spaces between; empty for all who take part.
ALTER TABLE lines ADD COLUMN meant TEXT NOT NULL DEFAULT '';

-- People of our lieux who offered help, or said that they want to be in the project: their address may leave then.
CREATE TABLE volunteers (
    request TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    lieu    INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    person  TEXT NOT NULL,
    offered INTEGER NOT NULL CHECK (offered IN (0, 1)),  -- said that we can help
    comes   INTEGER NOT NULL CHECK (comes IN (0, 1)),    -- said yes to another lieu, and to being invited
    keeps   INTEGER NOT NULL CHECK (keeps IN (0, 1)),    -- a concierge
    PRIMARY KEY (request, lieu, person)
) STRICT, WITHOUT ROWID;

-- A lieu said that it does what is asked together with another one; lieux as on the wire.
CREATE TABLE agreements (
    request TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    lieu    TEXT NOT NULL,
    other   TEXT NOT NULL,
    people  TEXT NOT NULL CHECK (json_valid(people)),    -- whom to invite; for each, whether they are a concierge
    over    INTEGER NOT NULL DEFAULT 0 CHECK (over IN (0, 1)),  -- taken back
    met     INTEGER NOT NULL DEFAULT 0 CHECK (met IN (0, 1)),   -- it was told of the room
    PRIMARY KEY (request, lieu, other)
) STRICT, WITHOUT ROWID;

-- What two lieux or more do together, as one of ours sees it.
CREATE TABLE projects (
    request  TEXT NOT NULL REFERENCES requests (id) ON DELETE CASCADE,
    lieu     INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    title    TEXT NOT NULL,
    room_id  TEXT NOT NULL,
    folder   TEXT NOT NULL DEFAULT '',                   -- as it is called in this lieu's cloud
    offer    TEXT NOT NULL DEFAULT '',                   -- by which another lieu's cloud gave it
    status   TEXT NOT NULL CHECK (status IN ('open', 'closed')),
    since    INTEGER NOT NULL,
    PRIMARY KEY (request, lieu)
) STRICT, WITHOUT ROWID;
CREATE INDEX projects_room ON projects (room_id);
CREATE UNIQUE INDEX projects_folder ON projects (folder, lieu) WHERE folder != '';

-- The shares by which people reach the folder of a project; `whose`: a person, or a lieu as on the wire.
CREATE TABLE project_shares (
    request TEXT NOT NULL,
    lieu    INTEGER NOT NULL,
    share   TEXT NOT NULL,
    whose   TEXT NOT NULL,
    PRIMARY KEY (request, lieu, share),
    FOREIGN KEY (request, lieu) REFERENCES projects (request, lieu) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
