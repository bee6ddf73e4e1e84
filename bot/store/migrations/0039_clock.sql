-- The machine's clock, as it was at the last look (ms): one row. Since it leapt ahead, `leapt_at` is what it said then, and
-- `leapt_from` what it had said at the look before: nothing is forgotten until it is believed again.
CREATE TABLE clock (
    one        INTEGER PRIMARY KEY CHECK (one = 1),
    seen       INTEGER NOT NULL,
    leapt_from INTEGER,
    leapt_at   INTEGER,
    CHECK ((leapt_from IS NULL) = (leapt_at IS NULL))
) STRICT;
