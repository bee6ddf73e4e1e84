-- What a lieu's public page is called in its address: written on posters, so it never changes nor goes to another lieu.
CREATE TABLE page_names (
    name TEXT PRIMARY KEY,
    lieu INTEGER NOT NULL UNIQUE REFERENCES lieux (id) ON DELETE CASCADE
);
