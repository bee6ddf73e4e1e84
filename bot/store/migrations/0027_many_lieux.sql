-- What is asked at an event or by a command does not grow with the lieux that it does not concern.

-- How often the lieux were changed, by this process or beside it: what is remembered of them is true as long as it is.
CREATE TABLE lieux_version (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    n  INTEGER NOT NULL
) STRICT;
INSERT INTO lieux_version (id, n) VALUES (1, 1);
CREATE TRIGGER lieux_inserted AFTER INSERT ON lieux BEGIN UPDATE lieux_version SET n = n + 1; END;
CREATE TRIGGER lieux_updated AFTER UPDATE OF id, space, name, choices, words, left_at, origin ON lieux BEGIN UPDATE lieux_version SET n = n + 1; END;
CREATE TRIGGER lieux_deleted AFTER DELETE ON lieux BEGIN UPDATE lieux_version SET n = n + 1; END;

-- To which lieux somebody is something, and what is known of them there.
CREATE INDEX members_person ON members (person);
CREATE INDEX keepers_person ON keepers (person);
CREATE INDEX arrivals_person ON arrivals (person);
CREATE INDEX arrivals_lieu ON arrivals (lieu, changed_at);
CREATE INDEX departures_lieu ON departures (lieu, person);
CREATE INDEX owned_lieu ON owned (lieu, service, kind);

-- When a room was last looked at, for whether it was upgraded unheard; not since the bot is in it: NULL.
ALTER TABLE rooms ADD COLUMN looked_at INTEGER;

-- What waits for a right, and what is about a person, is found without reading all steps and all talks.
CREATE INDEX steps_lacking ON steps (status) WHERE status = 'asked' AND kind IN ('do', 'look');
CREATE INDEX conversations_person ON conversations (person, dialogue, created_at);
