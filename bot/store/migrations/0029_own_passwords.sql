-- Where people choose their first password on their own page: how often its address was replaced by another one.
ALTER TABLE password_links ADD COLUMN turn INTEGER NOT NULL DEFAULT 0;
