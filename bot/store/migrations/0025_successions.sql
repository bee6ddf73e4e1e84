-- Rooms that were upgraded: which one takes the place of which, and how far the bot has followed.
CREATE TABLE successions (
    old    TEXT PRIMARY KEY,
    new    TEXT NOT NULL,
    by     TEXT NOT NULL,                        -- who upgraded it
    name   TEXT NOT NULL,                        -- what the old one was called
    -- shut: the new one does not let the bot in yet · refused: it is no successor, `why` · moving: what was kept of the
    -- old one is kept of the new one, talks follow · done
    status TEXT NOT NULL CHECK (status IN ('shut', 'refused', 'moving', 'done')),
    why    TEXT NOT NULL DEFAULT '',
    rest   TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(rest)),  -- what the bot could not put right around it
    at     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX successions_new ON successions (new);

-- The space that a lieu had first: other lieux, and the settings, know it by this one. Empty where it has it still.
ALTER TABLE lieux ADD COLUMN origin TEXT NOT NULL DEFAULT '';
