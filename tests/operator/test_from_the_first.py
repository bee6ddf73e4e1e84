"""Data of the very first bot (`captured/conciergerie-0.1`), which was stopped in the middle of five conversations."""

from __future__ import annotations

import itertools
import json
import lzma
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.operator.audit_check import verify
from bot.services.directory import DIRECTORY
from bot.store.database import Database, migrations
from integrations.directory import Account
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.stage import ME, Clock, FakeMatrix, FakeRoom, Stage

FIRST = Path(__file__).parents[1] / "captured/conciergerie-0.1"
ANNE, BOB, EVA = "@anne:lieu.fr", "@bob:lieu.fr", "@eva:ailleurs.fr"
ZOE, LOU, TOM = "@zoe:ailleurs.fr", "@lou:ailleurs.fr", "@tom:ailleurs.fr"


def first(folder: Path) -> None:
    """That bot's database is put there."""
    (folder / "bot.sqlite").write_bytes(lzma.decompress((FIRST / "bot.sqlite.xz").read_bytes()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    first(tmp_path)
    return tmp_path


def homeserver() -> tuple[FakeMatrix, Clock]:
    """As that bot left it; a transaction id is of one room now."""
    told: dict[str, Any] = json.loads(lzma.decompress((FIRST / "homeserver.json.xz").read_bytes()))
    matrix = FakeMatrix()
    for each in told["rooms"]:
        room = matrix.world.rooms[each["room_id"]] = FakeRoom(**each)
        room.says = room.parent
        events = {event["event_id"] for event in room.events}
        matrix.sent |= {f"{room.room_id}/{txn}": event for txn, event in told["sent"].items() if event in events}
    matrix.names |= told["names"]
    matrix.made_rooms, matrix.directs = told["made"], told["directs"]
    matrix.world.ids = itertools.count(told["next"] + 1)
    return matrix, Clock(told["clock"])


@pytest.fixture
async def stage(folder: Path) -> AsyncIterator[Stage]:
    matrix, clock = homeserver()
    eva = Account("eva", "Eva", "eva@exemple.fr", active=True, id="eva")
    directory = MemoryDirectory(accounts={"eva": eva})
    stage = await Stage.open(folder, Services({DIRECTORY: directory}), matrix, clock)
    await stage.bot.engine.resume()
    await stage.settle()
    yield stage
    await stage.close()


def office(stage: Stage) -> str:
    return next(room.room_id for room in stage.matrix.world.rooms.values() if room.name == "Conciergerie")


async def status(stage: Stage, person: str) -> str:
    query = "SELECT status FROM arrivals WHERE person = ?"
    return str(await stage.database.read(lambda tx: tx.execute(query, (person,)).fetchone()[0]))


def test_it_is_what_it_says(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "bot.sqlite")) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        open_ones = database.execute("SELECT dialogue, person FROM conversations WHERE status = 'open'").fetchall()
        assert {("welcome", ZOE), ("welcome", LOU), ("invite", ANNE), ("install", BOB)} <= set(open_ones)
        assert database.execute("SELECT count(*) FROM inbox WHERE status = 'waiting'").fetchone() == (1,)


async def test_whoever_was_in_the_middle_of_their_welcome_ends_it(stage: Stage) -> None:
    zoe = stage.matrix.directs[ZOE]
    said = len(stage.said(zoe))
    for answer in ("zoe.martin@exemple.fr", "Souder", "1", "non"):
        await stage.write(ZOE, zoe, answer)
    recap = next(line for line in reversed(stage.said(zoe)) if line.startswith("Je récapitule"))
    assert "zoe.martin\n" in recap, "what the last sync of that bot had brought"
    await stage.click(ZOE, zoe, "✅")
    assert await status(stage, ZOE) == "approval"
    await stage.click(BOB, office(stage), "✅")
    assert await status(stage, ZOE) == "welcomed"
    again = [
        line for line in stage.said(zoe)[said:] if "Comment veux-tu qu’on t’appelle" in line or "charte te" in line
    ]
    assert again == [], "what she had answered is not asked again"


async def test_what_waited_for_the_concierges_is_decided(stage: Stage) -> None:
    room = stage.matrix.world.rooms[office(stage)]
    asked = next(e["event_id"] for e in room.events if e["sender"] == ME and "Lou (" in e["content"].get("body", ""))
    await stage.click(ANNE, room.room_id, "✅", asked)
    assert await status(stage, LOU) == "welcomed"


async def test_an_invitation_that_was_to_be_confirmed_leaves(stage: Stage) -> None:
    room = stage.matrix.world.rooms[office(stage)]
    asked = next(e["event_id"] for e in room.events if e["sender"] == ME and TOM in e["content"].get("body", ""))
    await stage.click(ANNE, room.room_id, "✅", asked)
    assert await status(stage, TOM) == "invited"
    assert stage.matrix.world.rooms[stage.matrix.directs[TOM]].members[TOM] == "invite"


async def test_the_lieu_goes_on_being_set_up(stage: Stage) -> None:
    await stage.write(BOB, office(stage), "On range ce qu’on a dérangé.")
    await stage.click(BOB, office(stage), "✅")
    (lieu,) = await stage.bot.lieux.all()
    assert lieu.choices.charter == "On range ce qu’on a dérangé."


async def test_the_journal_is_whole_and_the_way_back_is_kept(folder: Path, stage: Stage) -> None:
    lines, whole = await verify(folder)
    assert whole
    assert lines[0].startswith("✓ La Rosée: ")
    assert not lines[0].startswith("✓ La Rosée: 0 ")
    with closing(sqlite3.connect(folder / f"bot.before-{len(migrations())}")) as before:
        assert before.execute("PRAGMA user_version").fetchone() == (1,)
        assert before.execute("SELECT count(*) FROM arrivals").fetchone() == (3,), "Tom is to be confirmed"


async def test_it_is_brought_up_to_date_once(folder: Path) -> None:
    for _ in range(2):
        await (await Database.open(folder / "bot.sqlite")).close()
    assert len([*folder.glob("bot.before-*")]) == 1
