"""Who asked to come: how long they are kept, and what becomes of them with another bot."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.lieux import Lieux
from bot.store import join_requests, lieu_rows
from bot.store.budgets import DAY
from bot.store.database import Database
from bot.store.join_requests import Asked

NOW = 1_800_000_000_000


def asked(email: str) -> Asked:
    return {"name": "Zoé", "email": email, "mailbox": email, "word": "", "language": "fr"}


async def made(database: Database) -> int:
    lieu = await Lieux(database).create("!rosee", "La Rosée", language="fr", zone="Europe/Paris", now=NOW)
    for id, email in enumerate(("unconfirmed@exemple.fr", "waiting@exemple.fr", "declined@exemple.fr"), 1):
        await database.write(join_requests.ask, id, lieu.id, asked(email), NOW)
    for id in (2, 3):
        await database.write(join_requests.confirm, id, NOW)
    await database.write(join_requests.settle, 3, "declined", NOW)
    return lieu.id


@pytest.mark.parametrize(
    ("days", "left"), [(1.9, {1, 2, 3}), (2.1, {2, 3}), (29.9, {2, 3}), (30.1, {2}), (89.9, {2}), (90.1, set())]
)
async def test_nobody_is_kept_for_longer_than_it_takes(tmp_path: Path, days: float, left: set[int]) -> None:
    """The last one waits for concierges who never come, or whose question was lost with the bot's place there."""
    database = await Database.open(tmp_path / "bot.sqlite")
    await made(database)
    await database.write(join_requests.forget, NOW + round(days * DAY))
    assert {id for id in (1, 2, 3) if await database.read(join_requests.get, id)} == left
    await database.close()


async def test_two_of_one_mailbox_are_not_both_confirmed(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "bot.sqlite")
    lieu = await made(database)
    await database.write(join_requests.ask, 4, lieu, asked("waiting@exemple.fr"), NOW)
    await database.write(join_requests.confirm, 4, NOW)
    assert [row["id"] for row in await database.read(join_requests.waiting, lieu, 9)] == [2]
    await database.close()


async def test_what_was_open_ends_with_the_bot_that_mailed_it(tmp_path: Path) -> None:
    """Its links open nothing with the other one, and whoever asks again there is heard."""
    here = await Database.open(tmp_path / "here.sqlite")
    there = await Database.open(tmp_path / "there.sqlite")
    lieu = await made(here)
    rows = await here.read(lieu_rows.take_out, lieu)
    moved = await there.write(lieu_rows.put_in, rows, NOW)
    found = await there.read(lieu_rows.take_out, moved)
    assert sorted(row["status"] for row in found["join_requests"]) == ["declined", "expired", "expired"]
    assert await there.read(join_requests.waiting, moved, 9) == []
    await here.close()
    await there.close()
