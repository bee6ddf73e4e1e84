-- A request is known by its network and by what its lieu calls it: `id` is what we call it, whatever others say elsewhere.
ALTER TABLE requests ADD COLUMN wire TEXT NOT NULL DEFAULT '';
UPDATE requests SET wire = id;
CREATE UNIQUE INDEX requests_wire ON requests (network, wire);
DELETE FROM held WHERE network != (SELECT network FROM requests WHERE id = held.request);
UPDATE held SET request = network || '/' || request WHERE request NOT IN (SELECT id FROM requests);

-- The bot is in the room of a project because it made it for that, or because the lieu that asked invited it for that:
-- whatever else a partner calls so is not touched. Rooms of before are looked at again.
ALTER TABLE projects ADD COLUMN entered INTEGER NOT NULL DEFAULT 0 CHECK (entered IN (0, 1));
UPDATE projects SET entered = 1 WHERE room_id = (SELECT room_id FROM made_rooms WHERE key = 'project/' || request);
UPDATE projects SET entered = 1 WHERE room_id IN (
    SELECT rooms.room_id FROM rooms JOIN requests JOIN neighbours ON neighbours.network = requests.network
    WHERE requests.id = projects.request AND neighbours.lieu = requests.home AND neighbours.bot = rooms.invited_by
    AND rooms.joined_at IS NOT NULL
);
