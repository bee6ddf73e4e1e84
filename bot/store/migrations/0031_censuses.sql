-- Lists of lieux that others made and the host chose: those named there are in no network of ours, and speak to nobody.
CREATE TABLE censuses (
    id          INTEGER PRIMARY KEY,
    source      TEXT NOT NULL UNIQUE,
    licence     TEXT NOT NULL,
    date        TEXT NOT NULL, -- of the list: a year, a month (« 2019-06 ») or a day
    imported_at INTEGER NOT NULL
) STRICT;

CREATE TABLE census_lieux (
    census      INTEGER NOT NULL REFERENCES censuses (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    town        TEXT NOT NULL,
    postcode    TEXT NOT NULL,
    latitude    REAL,
    longitude   REAL,
    web         TEXT NOT NULL,
    description TEXT NOT NULL,
    known_as    TEXT NOT NULL, -- its name and its town, to be compared
    told        TEXT NOT NULL  -- all of it, to be searched
) STRICT;
CREATE INDEX census_lieux_census ON census_lieux (census);
CREATE INDEX census_lieux_latitude ON census_lieux (latitude);
CREATE INDEX census_lieux_known_as ON census_lieux (known_as);
