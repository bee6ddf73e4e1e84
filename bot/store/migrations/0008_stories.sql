-- What was said about a request, to be read again in its story: as it was shown, and when.
ALTER TABLE lines ADD COLUMN at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE lines ADD COLUMN name TEXT NOT NULL DEFAULT '';   -- the lieu or the person, as the line names them
ALTER TABLE lines ADD COLUMN said TEXT NOT NULL DEFAULT '';   -- empty for an offer, and for what was taken back

-- Which conversation reminds of its end: the one that began last.
ALTER TABLE cards ADD COLUMN watcher INTEGER;
