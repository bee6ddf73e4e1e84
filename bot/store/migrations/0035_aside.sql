-- What killed the process three times, or could not be handled, and what waits while the bot runs in safe mode: left
-- alone until whoever hosts the bot looks at it. `what` as in the file of what is under way: "event $id",
-- "conversation 12", "part forgetting".
CREATE TABLE aside (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    what   TEXT NOT NULL UNIQUE,
    why    TEXT NOT NULL CHECK (why IN ('died', 'failed', 'safe')),
    status TEXT NOT NULL DEFAULT 'new' CHECK (status IN ('new', 'told', 'released')),
    lieu   INTEGER                                -- whose concierges were told
) STRICT;
INSERT INTO aside (what, why, status) SELECT 'event ' || event_id, 'failed', 'told' FROM inbox WHERE status = 'aside';

-- In the middle of what else a process died: what the bot begins by itself.
CREATE TABLE dead_parts (
    part  TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;

-- What whoever hosts the bot was told, until it is well again.
CREATE TABLE alarms (
    name TEXT PRIMARY KEY
) STRICT;
