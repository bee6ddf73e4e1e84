"""What one person says in one room is answered in its order, also when the process dies at any write in the middle."""

from __future__ import annotations

import asyncio
import itertools
import re
from pathlib import Path
from typing import Any

import pytest

from bot.matrix.asking import about_to_ask
from bot.people import People
from bot.store import conversations
from tests.commands.welcome.test_crash_welcome import ANNE, BOB, World, world
from tests.stage.stage import Stage
from tests.stage.sudden_death import Mortal
from tests.tiers import Sweep

LINES = ("!aide mot0x", "!état", "!aide mot1x", "!membres", "!suivi", "!aide mot2x", "!aide mot3x", "!inviter", "mot4x")
OTHERS = ("!état", "!aide mot7x", "!suivi", "!aide mot8x")


async def typed_at_once(there: World) -> None:
    """By two people, in one sync; what dies before it is written down comes again."""
    said = [there.writes(ANNE, there.office, line) for line in LINES]
    said[3:3] = [there.writes(BOB, there.office, line) for line in OTHERS]
    if not await Mortal.survives(there.stage.hear(*said)):
        await there.die_and_rise()
        await there.stage.hear(*said)


def answered(there: World) -> list[str]:
    """How the answers begin, and the words that they repeat."""
    said = there.stage.said(there.office)
    return [found[0] if (found := re.findall(r"mot\dx", body)) else body.split("\n")[0][:12] for body in said]


def in_its_order(answers: list[str], *words: str) -> bool:
    return [answer for answer in answers if answer in words] == [*words]


async def answers_of(path: Path, deadly: int, *, after: bool) -> tuple[list[str], list[str]]:
    async with world(path) as there:
        Mortal.dies_at(deadly, after=after)
        await typed_at_once(there)
        assert not Mortal.deadly, f"nobody died at write {deadly}"
        return answered(there), [*Mortal.kinds]


@pytest.mark.either("before", "after")
@pytest.mark.parametrize(("noted_within", "least"), [(0.0, 40), (3600.0, 20)], ids=["noted at once", "noted late"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_what_was_typed_at_once_is_answered_in_its_order_whenever_the_process_dies(
    tmp_path: Path, sweep: Sweep, monkeypatch: pytest.MonkeyPatch, noted_within: float, least: int, after: bool
) -> None:
    """Also when it had said much of which nothing was noted."""
    monkeypatch.setattr(Stage, "noted_within", noted_within)
    alive, writes = await answers_of(tmp_path / "alive", 0, after=after)
    assert len(writes) > least
    for write in sweep(writes, after=after):
        answers, _ = await answers_of(tmp_path / str(write), write, after=after)
        assert in_its_order(answers, "mot0x", "mot1x", "mot2x", "mot3x"), f"write {write}: {answers}"
        assert in_its_order(answers, "mot7x", "mot8x"), f"write {write}: {answers}"
        assert sorted(answers) == sorted(alive), f"write {write}"


async def test_what_a_kill_left_has_its_turns_in_the_order_in_which_it_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The homeserver answers none of the readings of ten commands, until the process is dead; then the first ones take
    longer than those behind them."""
    allowed, readings = People.allowed, itertools.count()

    async def slower_and_slower_before(self: People, *about: Any) -> set[str]:
        for _ in range(100 - 10 * next(readings)):
            await asyncio.sleep(0)
        return await allowed(self, *about)

    async with world(tmp_path) as there:
        asked, never = asyncio.Event(), asyncio.Event()

        async def hangs(*_: object, **__: object) -> object:
            await about_to_ask()
            asked.set()
            await never.wait()
            return None

        there.stage.bot.engine.turns._patience = 0.0
        there.stage.bot.people.allowed = hangs  # type: ignore[method-assign,assignment]
        said = [there.writes(ANNE, there.office, f"!aide mot{n}x") for n in range(10)]
        await there.stage.database.write(there.stage._keep, said)
        await there.stage.bot.inbox_worker.take()
        await there.stage.bot.inbox_worker.idle()
        left = await there.stage.database.read(conversations.unfinished)
        assert len(left) == len(said)
        assert {*left.values()} == {(there.office, ANNE)}
        monkeypatch.setattr(People, "allowed", slower_and_slower_before)
        await there.die_and_rise()
        await there.stage.hear(there.writes(ANNE, there.office, "!aide mot10x"))
        words = [word for body in there.stage.said(there.office) for word in re.findall(r"mot\d+x", body)]
        assert words == [f"mot{n}x" for n in range(11)]
