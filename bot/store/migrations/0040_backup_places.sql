-- Where a copy was sent, and who can read it: a digest (`bot.settings.Backups.towards`), empty where nothing said so yet.
-- Marks began with it, and stay as they are: older copies have them too, and a proof compares the two.
ALTER TABLE backups ADD COLUMN towards TEXT NOT NULL DEFAULT '';
UPDATE backups SET towards = substr(mark, 1, instr(mark, '-') - 1) WHERE act = 'send' AND mark LIKE '%-%';
