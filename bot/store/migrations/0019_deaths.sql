-- Conversations in the middle of which the process died, at their last start: they are taken up alone, and at last left.
CREATE TABLE deaths (
    conversation INTEGER PRIMARY KEY REFERENCES conversations (id) ON DELETE CASCADE,
    count        INTEGER NOT NULL
) STRICT;
