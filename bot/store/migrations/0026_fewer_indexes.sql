-- Every event went through inbox_waiting as it came and as it was settled. What waits is found by its room
-- (inbox_by_room); what nobody can read yet, and what was set aside, is rare: nothing else touches these.
DROP INDEX inbox_waiting;
CREATE INDEX inbox_unread ON inbox (seq, room_id, sender) WHERE status = 'unread';
CREATE INDEX inbox_aside ON inbox (seq) WHERE status = 'aside';
