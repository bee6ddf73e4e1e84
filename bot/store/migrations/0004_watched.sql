-- The conversation that looks after what the bot made, and says when it ends: the last one that began.
ALTER TABLE owned ADD COLUMN watcher INTEGER;
