-- The bot that looks after a network from now on, where a lieu of ours that kept it has moved there.
ALTER TABLE networks ADD COLUMN heir TEXT;

-- Rooms of lieux that have another bot now, which is to be given what this one may do there.
CREATE TABLE moved_rooms (
    room_id TEXT PRIMARY KEY,
    space   TEXT NOT NULL,
    heir    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
