"""A clock that leaps forgets nothing: whoever hosts the bot hears of it, and has a week to set it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot.app import Services
from bot.errors import Unavailable
from bot.hosting.clock_watch import DAY, ClockWatch
from bot.hosting.machine_news import MachineNews
from bot.store.database import Database, Tx
from tests.stage.furnished_lieux import ANNE, BERTHE, lieu
from tests.stage.stage import Stage

INES = "@ines:lieu.fr"
HOUR = DAY // 24


@pytest.fixture
async def hosted(tmp_path: Path) -> AsyncIterator[Stage]:
    stage = await Stage.open(tmp_path, Services(), operators=[INES])
    await lieu(stage, "La Rosée", ANNE)
    await lieu(stage, "Le Phare", BERTHE)
    await stage.bot.clock_watch.believed()
    yield stage
    await stage.close()


async def believed(stage: Stage, hours: int = 0) -> bool:
    """Now, and each hour for so many hours."""
    found = await stage.bot.clock_watch.believed()
    for _ in range(hours):
        stage.clock.at += HOUR
        found = await stage.bot.clock_watch.believed()
    await stage.settle()
    return found


def told(stage: Stage) -> list[tuple[str, str]]:
    rooms = stage.matrix.world.rooms.values()
    return [(room.name, text) for room in rooms for text in stage.said(room.room_id) if "L’horloge" in text]


async def test_whoever_hosts_hears_of_it_once_with_the_days(hosted: Stage) -> None:
    hosted.clock.at += 365 * DAY
    assert not await believed(hosted, hours=30)
    ((room, text),) = told(hosted)
    assert room == "Hébergement de la Conciergerie"
    assert "2027" in text
    assert "2028" in text


async def test_where_nobody_is_named_each_lieu_hears_of_it_in_its_own_words(stage: Stage) -> None:
    await lieu(stage, "La Rosée", ANNE)
    await lieu(stage, "Le Phare", BERTHE)
    phare = (await stage.bot.lieux.all())[1]
    await stage.bot.lieux.choose(phare.id, language="en")
    await believed(stage)
    stage.clock.at += 365 * DAY
    assert not await believed(stage, hours=30)
    ((room, _),) = told(stage)
    assert room == "office · La Rosée"
    (english,) = stage.said(phare.office or "")
    assert english.startswith("The clock of the machine on which I run has leapt")


async def test_of_two_looks_at_once_one_tells(hosted: Stage) -> None:
    """What is done each hour and each day begins together."""
    hosted.clock.at += 365 * DAY
    await asyncio.gather(*(hosted.bot.clock_watch.believed() for _ in range(3)))
    await hosted.settle()
    assert len(told(hosted)) == 1


@pytest.mark.parametrize(("days", "well"), [(3.9, True), (4.1, False)])
async def test_a_long_weekend_is_no_leap(hosted: Stage, days: float, well: bool) -> None:
    hosted.clock.at += round(days * DAY)
    assert await believed(hosted) == well


async def test_after_a_week_it_is_believed_without_a_word(hosted: Stage) -> None:
    """As when the bot had been stopped for the summer."""
    hosted.clock.at += 60 * DAY
    assert not await believed(hosted, hours=7 * 24 - 1)
    assert await believed(hosted, hours=1)
    assert len(told(hosted)) == 1


async def test_another_leap_begins_another_week(hosted: Stage) -> None:
    hosted.clock.at += 60 * DAY
    assert not await believed(hosted, hours=6 * 24)
    hosted.clock.at += 60 * DAY
    assert not await believed(hosted, hours=6 * 24)
    assert await believed(hosted, hours=24)


async def test_set_back_it_is_believed_at_once(hosted: Stage) -> None:
    hosted.clock.at += 365 * DAY
    assert not await believed(hosted, hours=50)
    hosted.clock.at -= 365 * DAY
    assert await believed(hosted, hours=200)
    assert [text[:60] for _, text in told(hosted)][1].startswith("L’horloge de la machine où je tourne est de nouveau")
    assert len(told(hosted)) == 2


async def test_set_back_by_too_little_it_is_not(hosted: Stage) -> None:
    hosted.clock.at += 365 * DAY
    assert not await believed(hosted, hours=50)
    hosted.clock.at -= 265 * DAY
    assert not await believed(hosted, hours=6 * 24)
    hosted.clock.at -= 100 * DAY
    assert await believed(hosted)


@pytest.mark.parametrize("leapt", [False, True])
async def test_a_machine_that_begins_in_1970_alarms_nobody_and_believes_nothing_wrong(
    hosted: Stage, leapt: bool
) -> None:
    """Without a battery, until it has heard from its network. Where it was wrong before, it is not right by that."""
    at = hosted.clock.at
    if leapt:
        hosted.clock.at += 365 * DAY
        assert not await believed(hosted)
    ahead = hosted.clock.at
    hosted.clock.at = 5000
    await believed(hosted, hours=2)
    hosted.clock.at = at + 3 * HOUR
    assert await believed(hosted, hours=1)
    if leapt:
        hosted.clock.at = ahead
        assert not await believed(hosted), "it is as wrong as before"
    else:
        assert told(hosted) == []


async def test_a_clock_that_was_ahead_from_the_first_day_can_be_set_right(tmp_path: Path) -> None:
    stage = await Stage.open(tmp_path, Services(), operators=[INES])
    await lieu(stage, "La Rosée", ANNE)
    assert await believed(stage)
    stage.clock.at -= 700 * DAY
    assert await believed(stage, hours=30)
    stage.clock.at += 300 * DAY
    assert not await believed(stage), "it is not as it was then: it leaps"
    await stage.close()


async def test_what_was_heard_last_tells_a_bot_that_has_never_looked(hosted: Stage) -> None:
    """The first start of this program, after a year or by a wrong clock."""
    await hosted.write(ANNE, next(iter(hosted.matrix.world.rooms)), "bonjour")
    await hosted.database.write(lambda tx: tx.execute("DELETE FROM clock"))
    hosted.clock.at += 365 * DAY
    assert not await believed(hosted)


async def test_a_homeserver_that_is_away_makes_nothing_old(hosted: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody can be told: it is told when it can be."""
    down = True

    there = hosted.bot.operators.room

    async def room() -> str | None:
        if down:
            raise Unavailable("matrix")
        return await there()

    monkeypatch.setattr(hosted.bot.operators, "room", room)
    hosted.clock.at += 365 * DAY
    assert not await believed(hosted, hours=10 * 24)
    down = False
    assert not await believed(hosted)
    assert len(told(hosted)) == 1


async def test_it_is_known_after_a_restart(tmp_path: Path) -> None:
    at = [1_800_000_000_000]

    async def nobody() -> dict[str, int | None]:
        return {}

    def now() -> int:
        return at[0]

    async def watch() -> bool:
        database = await Database.open(tmp_path / "bot.sqlite")
        found = await ClockWatch(
            database, MachineNews("@bot:x", database, nobody, cast(Any, None), now), now
        ).believed()
        await database.close()
        return found

    assert await watch()
    at[0] += 100 * DAY
    assert [await watch() for _ in range(3)] == [False] * 3
    at[0] -= 100 * DAY
    assert await watch()


async def test_nothing_else_that_is_old_by_the_clock_goes_either(hosted: Stage) -> None:
    """What is over, and who asked to come and waits for an answer."""
    at = hosted.clock.at

    def write(tx: Tx) -> None:
        tx.execute(
            "INSERT INTO conversations (dialogue, person, room_id, args, status, created_at, ended_at)"
            " VALUES ('over', ?, '!r', '{}', 'done', ?, ?)",
            (ANNE, at, at),
        )
        tx.execute(
            "INSERT INTO join_requests (lieu, name, email, mailbox, word, language, status, created_at, changed_at)"
            " VALUES (1, 'Zoé', 'z@x.fr', 'z@x.fr', '', 'fr', 'confirmed', ?, ?)",
            (at, at),
        )

    await hosted.database.write(write)
    hosted.clock.at += 365 * DAY
    await hosted.bot.forget()
    await hosted.bot._forget_people()
    assert await there(hosted) == (1, 1)
    hosted.clock.at -= 365 * DAY
    assert await believed(hosted)
    await hosted.wait(365)
    await hosted.bot.forget()
    await hosted.bot._forget_people()
    assert await there(hosted) == (0, 0), "a year that has passed is one"


async def there(stage: Stage) -> tuple[int, ...]:
    def read(tx: Tx) -> tuple[int, ...]:
        tables = ("conversations WHERE dialogue = 'over'", "join_requests")
        return tuple(tx.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)

    return await stage.database.read(read)
