-- Who has joined a lieu's association, as a service for that tells it: no more of somebody than what is needed to
-- recognise them, and nothing of what was paid.
CREATE TABLE memberships (
    lieu INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    item INTEGER NOT NULL,  -- the service's number of it
    name TEXT NOT NULL,
    email TEXT NOT NULL,    -- empty where the member's own is not known
    since_day TEXT NOT NULL,
    last_day TEXT,          -- the last on which it holds; NULL for one without end
    person TEXT,            -- the member of the lieu whose it is, once that is known
    -- known: nobody is asked about them · new: the conciergerie is to be asked · asked: it is · invited, aside: what it
    -- decided · forgotten: only the number is kept, for it must not be taken for a new one
    status TEXT NOT NULL CHECK (status IN ('known', 'new', 'asked', 'invited', 'aside', 'forgotten')),
    stands INTEGER NOT NULL DEFAULT 1,    -- 0 where it was cancelled
    end_told INTEGER NOT NULL DEFAULT 0,  -- whether its end is nobody's question any more
    PRIMARY KEY (lieu, item)
) STRICT;
CREATE INDEX memberships_person ON memberships (lieu, person);

-- What was read last, and of whom: what was known of another association says nothing of this one.
CREATE TABLE membership_readings (
    lieu INTEGER PRIMARY KEY REFERENCES lieux (id) ON DELETE CASCADE,
    scope TEXT NOT NULL,     
    whole_at INTEGER NOT NULL,  -- when all of them were read, ms
    read_at INTEGER NOT NULL,
    told INTEGER NOT NULL DEFAULT 0  -- whether the conciergerie knows that these are known
) STRICT;
