-- The path of arrival of a lieu: each change is a version, and none is ever changed.
CREATE TABLE paths (
    lieu    INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    number  INTEGER NOT NULL CHECK (number > 0),
    at      INTEGER NOT NULL,
    by      TEXT NOT NULL,
    what    TEXT NOT NULL,                    -- the change that made it, in a code; and of which question or text
    about   TEXT NOT NULL,
    content TEXT NOT NULL CHECK (json_valid(content)),
    PRIMARY KEY (lieu, number)
) STRICT, WITHOUT ROWID;
