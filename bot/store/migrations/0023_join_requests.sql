-- Who asks to come, on the page of a lieu. The id is that of the conversation that began with it: it never comes again,
-- and neither does the address that is made from it.
CREATE TABLE join_requests (
    id INTEGER PRIMARY KEY,
    lieu INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    email TEXT NOT NULL,
    mailbox TEXT NOT NULL,  -- the e-mail, as two of one person are one
    word TEXT NOT NULL,
    language TEXT NOT NULL,
    -- asked: nobody knows yet whose address it is · confirmed: the concierges decide · then what they decided;
    -- expired: they did not
    status TEXT NOT NULL DEFAULT 'asked'
        CHECK (status IN ('asked', 'confirmed', 'admitted', 'declined', 'expired')),
    question TEXT,  -- what a concierge wants to know first
    answer TEXT,    -- empty where none came in time
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX join_requests_confirmed ON join_requests (lieu, mailbox) WHERE status = 'confirmed';
CREATE INDEX join_requests_mailbox ON join_requests (lieu, mailbox);
