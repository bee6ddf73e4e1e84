-- By which number Nextcloud knows the folder that a lieu calls so: it stays when somebody renames or moves the folder.
CREATE TABLE folder_ids (
    lieu INTEGER NOT NULL REFERENCES lieux (id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    file_id TEXT NOT NULL,
    PRIMARY KEY (lieu, path)
);
