-- What each source has made the bot say or ask lately: the n-th of its kind, because of that event, until the window ends.
CREATE TABLE spent (
    source TEXT NOT NULL,                  -- person/@…, room/!…, server/…, lieu/…
    kind   TEXT NOT NULL,
    n      INTEGER NOT NULL,
    cause  TEXT NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (source, kind, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX spent_until ON spent (until);
