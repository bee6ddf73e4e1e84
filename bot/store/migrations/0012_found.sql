-- What is looked for at every event does not grow with the lieux, the requests and the talks that it does not concern.
CREATE INDEX lines_txn ON lines (txn);
CREATE INDEX lines_line ON lines (line);
CREATE INDEX network_lieux_lieu ON network_lieux (lieu);
CREATE INDEX cards_due ON cards (lieu, room_id, due) WHERE due > 0;
CREATE INDEX conversations_held ON conversations (room_id) WHERE status = 'open' AND held_by IS NOT NULL;
CREATE INDEX conversations_lieu ON conversations (lieu, dialogue) WHERE status = 'open';
CREATE INDEX steps_awaited ON steps (room_id, of) WHERE kind = 'join';
CREATE INDEX steps_answer ON steps (json_extract(raw, '$.event_id')) WHERE kind = 'ask';
