-- Which of its lieu's envelopes a line was: where it is taken back before it came, its place is not waited for.
ALTER TABLE lines ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
