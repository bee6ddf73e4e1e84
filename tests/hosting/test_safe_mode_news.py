"""Safe mode that the bot entered by itself is told to whoever hosts it, once, and once when it is over."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import app
from bot.app import Services
from bot.errors import Unavailable
from bot.hosting import safe_mode_news
from bot.store.starts import Safe
from tests.stage.furnished_lieux import ANNE, BERTHE, lieu
from tests.stage.stage import Stage

INES = "@ines:lieu.fr"
DAY = 86_400.0


@pytest.fixture
async def hosted(tmp_path: Path) -> Stage:
    """As it was before anything died: closed."""
    stage = await Stage.open(tmp_path, Services(), operators=[INES])
    await lieu(stage, "La Rosée", ANNE)
    await stage.close()
    return stage


@asynccontextmanager
async def start(before: Stage, safe: Safe = "", operators: Collection[str] = (INES,)):
    """The next start of the same bot."""
    path = before.database.path.parent
    stage = await Stage.open(path, Services(), before.matrix, before.clock, operators=operators, safe=safe)
    try:
        yield stage
    finally:
        await stage.close()


async def heard(stage: Stage) -> list[tuple[str, str]]:
    """All that was said of it, in which room."""
    await stage.bot.safe_mode_news.look()
    await stage.settle()
    rooms = stage.matrix.world.rooms.values()
    return [(room.name, text) for room in rooms for text in stage.said(room.room_id) if "mode de secours" in text]


async def test_it_is_told_once_however_often_it_starts_and_once_when_it_is_over(hosted: Stage) -> None:
    for _ in range(2):
        async with start(hosted, "died") as stage:
            ((room, told),) = await heard(stage)
            assert room == "Hébergement de la Conciergerie"
            assert "de me redémarrer" in told
    for _ in range(2):
        async with start(hosted) as stage:
            _, (_, told) = await heard(stage)
            assert "Le mode de secours est fini" in told
    async with start(hosted, "died") as stage:
        assert len(await heard(stage)) == 3


async def test_a_start_that_dies_soon_is_no_end_of_it(hosted: Stage) -> None:
    """It is over once a start has served for long."""
    async with start(hosted, "died") as stage:
        await heard(stage)
    async with start(hosted) as stage:
        waiting = asyncio.create_task(stage.bot.safe_mode_news.run())
        await stage.settle()
        assert not waiting.done()
        stage.bot.safe_mode_news.lasts.set()
        await waiting
        assert len(await heard(stage)) == 2


async def test_who_asked_for_it_is_not_told(hosted: Stage) -> None:
    async with start(hosted, "asked") as stage:
        assert await heard(stage) == []


async def test_where_nobody_is_named_every_lieu_hears_of_it(hosted: Stage) -> None:
    async with start(hosted, "died", operators=()) as stage:
        ((room, _),) = await heard(stage)
        assert room == "office · La Rosée"
    async with start(hosted, operators=()) as stage:
        await heard(stage)
        await lieu(stage, "Le Moulin", BERTHE)
    async with start(hosted, "died", operators=()) as stage:
        assert Counter(room for room, _ in await heard(stage)) == {"office · La Rosée": 3, "office · Le Moulin": 1}


async def test_a_homeserver_that_is_away_delays_it(hosted: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async with start(hosted, "died") as stage:
        tried, there = asyncio.Event(), stage.bot.operators.room

        async def away() -> str | None:
            tried.set()
            raise Unavailable("matrix")

        monkeypatch.setattr(safe_mode_news, "LOOK", 0.0)
        monkeypatch.setattr(stage.bot.operators, "room", away)
        telling = asyncio.create_task(stage.bot.safe_mode_news.run())
        await tried.wait()
        monkeypatch.setattr(stage.bot.operators, "room", there)
        await telling
        assert len(await heard(stage)) == 1


@pytest.mark.parametrize("jump", [DAY, -DAY])
async def test_a_clock_that_is_set_makes_no_long_life(
    hosted: Stage, jump: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, real_ns, lasted = time.time, time.time_ns, asyncio.Event()
    async with start(hosted) as stage:
        lives = asyncio.create_task(app._last(lasted.set))
        await asyncio.sleep(0)
        monkeypatch.setattr(time, "time", lambda: real() + jump)
        monkeypatch.setattr(time, "time_ns", lambda: real_ns() + round(jump * 1e9))
        await stage.settle()
        assert not lasted.is_set()
        lives.cancel()
        monkeypatch.setattr(app, "SOON", 0.01)
        await app._last(lasted.set)
        assert lasted.is_set()
