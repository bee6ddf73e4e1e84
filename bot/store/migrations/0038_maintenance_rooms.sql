-- Where a maintenance was announced: who was told of it is told when it is moved or called off.
CREATE TABLE maintenance_rooms (
    maintenance INTEGER NOT NULL REFERENCES maintenances (id) ON DELETE CASCADE,
    room_id TEXT NOT NULL,
    PRIMARY KEY (maintenance, room_id)
) STRICT, WITHOUT ROWID;
