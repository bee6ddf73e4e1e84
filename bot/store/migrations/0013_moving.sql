-- The bot that looks after a network from now on, where a lieu of ours that kept it has moved there.
ALTER TABLE networks ADD COLUMN heir TEXT;
