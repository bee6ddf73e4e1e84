"""What was kept before a request was known by its network, and a room by who invited us there, is looked at again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bot.network.project_rooms import room_of
from bot.store import projects, requests
from bot.store.database import Database, migrations
from bot.store.requests import Request

BEFORE = next(n for n, script in enumerate(migrations()) if "ADD COLUMN wire" in script)
OLD = """
INSERT INTO networks (id, space, room_id, name) VALUES (1, '!a', '!ra', 'Touraine'), (2, '!b', '!rb', 'Fournaise');
INSERT INTO lieux (id, space, name, choices, created_at) VALUES
    (7, '!lieu', 'Le Moulin', '{"office": "!office"}', 1), (8, '!autre', 'La Forge', '{"office": "!forge"}', 1);
INSERT INTO neighbours VALUES (1, 'rosee', '@bot:rosee.fr', '{"name": "La Rosée"}', 1);
INSERT INTO requests VALUES
    ('rosee.1', 1, 'rosee', 1, 'agreed', '{"id": "rosee.1", "lieu": "rosee"}', '$r1', 1, 1),
    ('rosee.2', 1, 'rosee', 1, 'agreed', '{"id": "rosee.2", "lieu": "rosee"}', '$r2', 1, 1),
    ('moulin.1', 1, 'moulin', 1, 'agreed', '{"id": "moulin.1", "lieu": "moulin"}', NULL, 1, 1);
INSERT INTO held VALUES
    ('rosee.1', 'rosee', 5, 1, 'message', '{}', 1), ('rosee.1', 'rosee', 6, 2, 'message', '{}', 1),
    ('rosee.9', 'rosee', 1, 2, 'offer', '{}', 1);
INSERT INTO rooms (room_id, joined_at, invited_by) VALUES
    ('!commun', 1, '@bot:rosee.fr'), ('!office', 1, '@anne:moulin.fr');
INSERT INTO made_rooms VALUES ('project/moulin.1', '!fait', 1);
INSERT INTO projects (request, lieu, title, room_id, status, since) VALUES
    ('rosee.1', 7, 'Un', '!commun', 'open', 1), ('rosee.2', 7, 'Deux', '!office', 'open', 1),
    ('moulin.1', 7, 'Trois', '!fait', 'open', 1), ('rosee.1', 8, 'Un', '!office', 'open', 1);
"""


async def upgraded(tmp_path: Path) -> Database:
    path = tmp_path / "bot.sqlite"
    old = sqlite3.connect(path)
    old.create_function("link", 6, lambda *told: "", deterministic=True)
    for number, script in enumerate(migrations()[:BEFORE], 1):
        old.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")
    old.executescript(OLD)
    old.close()
    return await Database.open(path)


async def test_rooms_that_a_partner_named_are_none_and_true_ones_stay(tmp_path: Path) -> None:
    database = await upgraded(tmp_path)
    rows = [("rosee.1", 7), ("rosee.2", 7), ("moulin.1", 7), ("rosee.1", 8)]

    def found(tx: sqlite3.Connection) -> list[str]:
        known = [projects.get(tx, *row) for row in rows]
        return [room_of(tx, project) for project in known if project]

    assert await database.read(found) == ["!commun", "", "!fait", ""]
    await database.close()


async def test_a_request_keeps_what_we_call_it_and_another_network_gets_a_name_of_its_own(tmp_path: Path) -> None:
    database = await upgraded(tmp_path)
    held = "SELECT request, network FROM held ORDER BY request"
    left = await database.read(lambda tx: [tuple(row) for row in tx.execute(held)])
    assert left == [("2/rosee.9", 2), ("rosee.1", 1)]
    body = {"id": "rosee.1", "lieu": "rosee", "rev": 9, "state": "withdrawn"}

    def come(tx: sqlite3.Connection) -> tuple[Request, Request | None]:
        return requests.keep(tx, 2, body, "$x", 2), requests.get(tx, requests.key(tx, 1, "rosee.1"))

    theirs, ours = await database.write(come)
    assert (theirs.id, theirs.network, theirs.state) == ("2/rosee.1", 2, "withdrawn")
    assert ours
    assert (ours.id, ours.network, ours.state, ours.root) == ("rosee.1", 1, "agreed", "$r1")
    await database.close()
