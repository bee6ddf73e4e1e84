-- What the holder of an account that was opened may do there: given back after a pause.
ALTER TABLE owned ADD COLUMN choice TEXT;
