"""What a script says once, in its decorator: how long its questions wait, and what ends it when nobody answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.errors import Refused
from bot.talk import VERBATIM, Text, YesNo, days, hours
from bot.talk.talk import Silence, Talk
from tests.stage.rehearsal import OFFICE, ROOM, ZOE, Ledger, Rehearsal


async def asks(talk: Talk) -> None:
    await talk.ask("name", Text(VERBATIM))
    await talk.say("hello")


@pytest.mark.parametrize(
    ("policies", "said"),
    [({}, []), ({"silence": "scripts.bye"}, ["bye"])],
    ids=["quietly", "with the words of the script"],
)
async def test_a_silence_ends_it(tmp_path: Path, policies: dict[str, Any], said: list[str]) -> None:
    play = await Rehearsal.open(tmp_path, asks, within=hours(1), **policies)
    await play.start()
    await play.wait(0.04)
    assert await play.status() == "open"
    await play.wait(0.01)
    assert await play.status() == "expired"
    assert await play.said() == ["name", *said]
    await play.close()


async def test_where_only_one_question_waits_for_a_time_its_silence_is_told(tmp_path: Path) -> None:
    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM), within=hours(1))

    there = await Rehearsal.open(tmp_path, play)
    await there.start()
    await there.wait(0.05)
    assert "à temps" in (await there.said())[-1]
    await there.close()


async def test_what_others_are_asked_waits_as_long_as_it_says(tmp_path: Path) -> None:
    async def play(talk: Talk) -> None:
        await talk.ask("sure", YesNo(), to=OFFICE, of="approve")

    there = await Rehearsal.open(tmp_path, play, within=hours(1))
    await there.start()
    await there.wait(3)
    assert await there.status() == "open"
    await there.close()


async def test_they_are_reminded(tmp_path: Path) -> None:
    play = await Rehearsal.open(tmp_path, asks, remind=days(2), within=days(14))
    play.here.add((ROOM, ZOE))
    await play.start()
    await play.wait(2.1)
    asked, again = await play.said()
    assert again.startswith("Je reviens")
    assert asked == "name"
    await play.close()


async def test_a_refusal_ends_it_and_is_told(tmp_path: Path) -> None:
    ledger = Ledger(Refused("nextcloud-sharing-off"))

    async def play(talk: Talk) -> None:
        await talk.ask("name", Text(VERBATIM))
        await talk.do("make", ledger.act)

    there = await Rehearsal.open(tmp_path, play, within=hours(1))
    await there.start()
    await there.hear("name", "Zoé")
    assert await there.status() == "stopped"
    assert len(await there.said()) == 2
    await there.close()


async def test_what_was_begun_before_the_decorator_said_it_ends_as_it_would_have(tmp_path: Path) -> None:
    async def before(talk: Talk) -> None:
        talk.patience(within=hours(1))
        try:
            await asks(talk)
        except Silence:
            await talk.say("bye")

    old = await Rehearsal.open(tmp_path, before)
    await old.start()
    await old.close()
    new = await Rehearsal.open(tmp_path, asks, clock=old.clock, within=hours(1), silence="scripts.bye")
    new.id = old.id
    await new.wait(0.05)
    assert await new.said() == ["name", "bye"]
    await new.close()
