-- What the host said of each space whose people wanted a lieu there. A lieu without a row here was one before, or was
-- imported: the host's word too.
CREATE TABLE candidates (
    space      TEXT PRIMARY KEY,
    name       TEXT NOT NULL,                    -- as it was shown to the host
    asked_by   TEXT NOT NULL,                    -- empty where nobody invited the bot yet
    asked_at   INTEGER NOT NULL,
    status     TEXT NOT NULL CHECK (status IN ('waiting', 'allowed', 'refused', 'ended')),
    decided_at INTEGER,
    heard      INTEGER NOT NULL CHECK (heard IN (0, 1))  -- 0: decided beside the bot, which has to act upon it
) STRICT;
