"""What is kept of a room goes where the room goes: no table that names rooms is forgotten."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store import successions
from bot.store.database import Database, Tx
from bot.store.successions import HOLDING, NAMING, STAYING

OLD, NEW, OTHER = "!old:lieu.fr", "!new", "!other:lieu.fr"
# Columns that may hold a room, and objects that hold none or are never rewritten; what goes its own way (`follow`).
ROOMS = ("room_id", "space", "direct")
WITHOUT_ROOMS = {
    ("acts", "words"),
    ("agreements", "people"),
    ("held", "body"),
    ("inbox", "content"),
    ("lieux", "words"),
    ("neighbours", "card"),
    *(("nights", column) for column in ("agreed", "cutoffs", "forgotten")),
    ("outbox", "content"),
    ("requests", "body"),
    ("silences", "before"),
    ("successions", "rest"),
}
BY_FOLLOW = {("conversations", "args"), ("steps", "raw"), ("steps", "value"), ("steps", "remind")}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "bot.sqlite")
    yield database
    await database.close()


def _columns(tx: Tx) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Those that are named like rooms, and those that are objects."""
    named, objects = set(), set()
    for table in tx.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'table'").fetchall():
        for column in tx.execute(f"PRAGMA table_info({table['name']})"):
            if column["name"] in ROOMS:
                named.add((table["name"], column["name"]))
            if f"json_valid({column['name']})" in table["sql"]:
                objects.add((table["name"], column["name"]))
    return named, objects


async def test_every_column_that_names_a_room_is_thought_of(database: Database) -> None:
    named, objects = await database.read(_columns)
    assert named == {*NAMING, *STAYING}
    assert objects - WITHOUT_ROOMS - BY_FOLLOW == {(table, column) for table, column, _ in HOLDING}


FURNISHED = f"""
INSERT INTO lieux (id, space, name, choices, created_at) VALUES
    (1, '!space', 'La Rosée',
        '{{"office": "{OLD}", "open_rooms": ["{OTHER}", "{OLD}", "{NEW}"], "charter": "{OLD}!"}}', 1),
    (2, '!phare', 'Le Phare', '{{"office": "!bureau"}}', 1);
INSERT INTO paths VALUES (1, 1, 1, '@anne', 'made', '', '{{"rooms": [["{OLD}", "Atelier"]]}}');
INSERT INTO silences (lieu, person, room_id, before, level) VALUES (1, '@eve', '{OLD}', 'null', -1);
INSERT INTO ban_lists VALUES (1, '{OLD}', 'Liste', 'ours', '@anne');
INSERT INTO owned (lieu, service, kind, ref, at) VALUES
    (1, 'matrix', 'room', '{OLD}', 1), (1, 'nextcloud', 'share', '{OLD}', 1);
INSERT INTO people (person, direct) VALUES ('@anne', '{OLD}');
INSERT INTO made_rooms VALUES ('office', '{OLD}', 1)
"""


async def test_what_is_kept_of_a_room_is_kept_of_the_next_one(database: Database) -> None:
    await database.write(lambda tx: [tx.execute(one) for one in FURNISHED.split(";\n")])

    def moved(tx: Tx) -> dict[str, object]:
        one = {
            "choices": "SELECT choices AS x FROM lieux WHERE id = 1",
            "path": "SELECT content AS x FROM paths",
            "silence": "SELECT room_id AS x FROM silences",
            "list": "SELECT room_id AS x FROM ban_lists",
            "room": "SELECT ref AS x FROM owned WHERE service = 'matrix'",
            "share": "SELECT ref AS x FROM owned WHERE service = 'nextcloud'",
            "direct": "SELECT direct AS x FROM people",
            "made": "SELECT room_id AS x FROM made_rooms",
        }
        return {name: tx.execute(query).fetchone()["x"] for name, query in one.items()}

    for _ in range(2):
        await database.write(successions.move, OLD, NEW, "@anne:lieu.fr", "Atelier", 0, 1)
    assert await database.read(moved) == {
        "choices": f'{{"office": "{NEW}", "open_rooms": ["{OTHER}", "{NEW}"], "charter": "{OLD}!"}}',
        "path": f'{{"rooms": [["{NEW}", "Atelier"]]}}',
        "silence": NEW,
        "list": NEW,
        "room": NEW,
        "share": OLD,
        "direct": NEW,
        "made": NEW,
    }


async def test_a_room_that_is_somebody_s_is_taken(database: Database) -> None:
    await database.write(lambda tx: [tx.execute(one) for one in FURNISHED.split(";\n")])
    taken = {
        room: await database.read(successions.is_taken, OLD, room)
        for room in ("!phare", "!bureau", "!space", OTHER, NEW)
    }
    assert taken == {"!phare": True, "!bureau": True, "!space": True, OTHER: False, NEW: False}
    await database.write(successions.move, OLD, NEW, "@anne:lieu.fr", "Atelier", 0, 1)
    assert await database.read(successions.is_taken, NEW, OLD), "in a circle"
    assert await database.read(successions.is_taken, OTHER, NEW), "two rooms do not become one"
