-- Each room of the inbox is found without reading what waits in the others.
CREATE INDEX inbox_by_room ON inbox (room_id, seq) WHERE status = 'waiting';
-- For which lieu a letter is: those of one do not keep those of another waiting.
ALTER TABLE outbox ADD COLUMN lieu INTEGER;
