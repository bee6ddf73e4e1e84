-- Since when each concierge of a lieu has the keys, as the bot saw it by its own clock.
CREATE TABLE keepers (
    lieu   INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    person TEXT NOT NULL,
    since  INTEGER NOT NULL,
    PRIMARY KEY (lieu, person)
) STRICT, WITHOUT ROWID;

-- Whether it looked at all: who has the keys the first time has had them as long as the lieu has the bot.
ALTER TABLE lieux ADD COLUMN keys_seen INTEGER NOT NULL DEFAULT 0 CHECK (keys_seen IN (0, 1));

-- Power in the space alone makes a concierge: nothing has named one otherwise.
DROP TABLE concierges;
