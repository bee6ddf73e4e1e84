-- What comes before what is told by the order in which it was written down, and by no clock: the newest event that was
-- known when a letter was written, and which of the accounts of its name was somebody's when their departure began.
ALTER TABLE outbox ADD COLUMN heard INTEGER NOT NULL DEFAULT 0;
ALTER TABLE departures ADD COLUMN account INTEGER;
UPDATE departures SET account = (SELECT at FROM owned WHERE owned.lieu = departures.lieu AND service = 'directory'
    AND kind = 'account' AND ref = departures.login AND at <= departures.created_at);
