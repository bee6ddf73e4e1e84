-- What a lieu's public page is called in its address: written on posters, so it never changes nor goes to another lieu.
CREATE TABLE page_names (
    name TEXT PRIMARY KEY,
    lieu INTEGER NOT NULL UNIQUE REFERENCES lieux (id) ON DELETE CASCADE
);

-- The last link to choose a password that each newcomer asked for on their page: `at` in milliseconds, `lives` in seconds.
CREATE TABLE password_links (
    arrival INTEGER PRIMARY KEY REFERENCES arrivals (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    lives INTEGER
);
