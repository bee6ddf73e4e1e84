"""Conversations that begin one after the other, each as the one before it ends, however it does."""

from __future__ import annotations

from typing import Any

import pytest

from bot.errors import Refused
from bot.store.database import Tx
from bot.talk import VERBATIM, Text, days
from bot.talk.talk import Talk
from tests.stage.rehearsal import Ledger, Open, Rehearsal

THREE: dict[str, Any] = {"turn": "un", "then": [{"turn": "deux"}, {"turn": "trois"}]}


async def play(talk: Talk, turn: str) -> None:
    await talk.say("done", what=turn)
    if await talk.ask("name", Text(VERBATIM), within=days(1)) == "refuse":
        await talk.do("first", Ledger(Refused("nextcloud-full")).act)


async def turns(rehearsal: Rehearsal) -> list[str]:
    return [line.removeprefix("done ") for line in await rehearsal.said() if line.startswith("done ")]


async def follow(rehearsal: Rehearsal) -> None:
    """From now on the next one is spoken with."""
    following = (await rehearsal.conversation()).following(0)
    assert following
    rehearsal.id = following.id


async def test_each_begins_when_the_one_before_it_is_over_and_no_sooner(rehearse: Open) -> None:
    rehearsal = await rehearse(play, **THREE)
    assert await turns(rehearsal) == ["un"]
    await rehearsal.hear("name", "x")
    assert await turns(rehearsal) == ["un", "deux"]
    await follow(rehearsal)
    await rehearsal.engine.cancel(rehearsal.id, rehearsal.event())
    await rehearsal.engine.idle()
    assert await turns(rehearsal) == ["un", "deux", "trois"]
    await follow(rehearsal)
    await rehearsal.hear("name", "x")
    assert await turns(rehearsal) == ["un", "deux", "trois"]
    assert (await rehearsal.conversation()).following(0) is None


async def test_a_refusal_of_one_keeps_none_of_the_others_waiting(rehearse: Open) -> None:
    rehearsal = await rehearse(play, **THREE)
    await rehearsal.hear("name", "refuse")
    assert (await rehearsal.status(), await turns(rehearsal)) == ("stopped", ["un", "deux"])


async def test_where_nobody_answers_the_others_do_not_begin(rehearse: Open) -> None:
    rehearsal = await rehearse(play, **THREE)
    await rehearsal.wait(2)
    assert (await rehearsal.status(), await turns(rehearsal)) == ("expired", ["un"])


async def test_who_has_lost_the_right_is_asked_of_no_other(rehearse: Open) -> None:
    rehearsal = await rehearse(play, action="departure", **THREE)
    rehearsal.matrix.world.rooms["!space"].levels = {}
    rehearsal.clock.at += 3_600_000
    await rehearsal.hear("name", "x")
    assert (await rehearsal.status(), await turns(rehearsal)) == ("stopped", ["un"])
    assert await rehearsal.database.read(_how_many) == 1


async def test_what_is_taken_up_again_begins_no_other_twice(rehearse: Open) -> None:
    rehearsal = await rehearse(play, **THREE)
    await rehearsal.engine.cancel(rehearsal.id, rehearsal.event())
    await rehearsal.engine.idle()
    await rehearsal.engine.take_up(rehearsal.id, rehearsal.event())
    await rehearsal.engine.idle()
    await rehearsal.hear("name", "x")
    assert (await turns(rehearsal)).count("deux") == 1


@pytest.mark.parametrize("ends", ["done", "cancelled"])
async def test_a_death_between_two_loses_none_and_doubles_none(ends: str, rehearse: Open) -> None:
    """The end of one and the beginning of the next are one write; nothing of the next was said yet."""
    rehearsal = await rehearse(play, **THREE)
    advance, first = rehearsal.engine.advance, rehearsal.id

    async def dies(id: int, *given: Any, **more: Any) -> None:
        if id == first:
            await advance(id, *given, **more)

    rehearsal.engine.advance = dies  # type: ignore[method-assign]
    if ends == "done":
        await rehearsal.hear("name", "x")
    else:
        await rehearsal.engine.cancel(first, rehearsal.event())
    assert await turns(rehearsal) == ["un"]
    await rehearsal.close()
    again = await rehearse(play, **THREE)  # the same event comes again, which changes nothing
    await again.engine.resume()
    await again.engine.idle()
    assert await again.status() == ends
    assert await turns(again) == ["un", "deux"]
    assert await again.database.read(_open) == 1


def _open(tx: Tx) -> int:
    return int(tx.execute("SELECT count(*) FROM conversations WHERE status = 'open'").fetchone()[0])


def _how_many(tx: Tx) -> int:
    return int(tx.execute("SELECT count(*) FROM conversations").fetchone()[0])
