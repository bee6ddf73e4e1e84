-- What is looked for at every event: whether a request is shown in its room, and whose direct conversation it is.
CREATE INDEX cards_room ON cards (room_id);
CREATE INDEX people_direct ON people (direct) WHERE direct IS NOT NULL;
