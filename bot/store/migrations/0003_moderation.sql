-- Who may not speak for a while, room by room, with what they had before.
CREATE TABLE silences (
    lieu    INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    person  TEXT NOT NULL,
    room_id TEXT NOT NULL,
    before  TEXT NOT NULL CHECK (json_valid(before)),   -- their entry among the room's levels, null for none
    level   INTEGER NOT NULL,                           -- what the bot wrote instead
    until   INTEGER,                                    -- NULL: until a concierge lifts it
    PRIMARY KEY (lieu, person, room_id)
) STRICT, WITHOUT ROWID;

-- Ban lists that a lieu reads, and the one that it keeps itself.
CREATE TABLE ban_lists (
    lieu    INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    room_id TEXT NOT NULL,
    name    TEXT NOT NULL,
    how     TEXT NOT NULL CHECK (how IN ('proposed', 'applied', 'ours')),
    by      TEXT NOT NULL,                              -- the concierge who chose it, in whose name it is applied
    PRIMARY KEY (lieu, room_id)
) STRICT, WITHOUT ROWID;
