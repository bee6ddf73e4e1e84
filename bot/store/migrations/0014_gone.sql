-- Which of its lieu's envelopes said a line and corrected it, with spaces between: where it is taken back before they came,
-- their places are not waited for.
ALTER TABLE lines ADD COLUMN seqs TEXT NOT NULL DEFAULT '';
