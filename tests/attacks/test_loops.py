"""Programs that answer whatever is said to them: an echo, an auto-responder, another bot, a bridge. Between two of them
there is nobody to tire, so that one has to be quiet first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.talk import YesNo
from bot.talk.talk import Talk
from tests.stage.furnished_lieux import ANNE, ZOE, lieu
from tests.stage.people_act import in_thread
from tests.stage.rehearsal import Open
from tests.stage.small_homeserver import FakeMatrix
from tests.stage.stage import ME, Stage

ECHO = "@perroquet:lieu.fr"
ENOUGH = 120  # rounds: a loop that ends does so much sooner
Dress = Callable[[dict[str, Any]], dict[str, Any]]


def plainly(event: dict[str, Any]) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": event["content"]["body"]}


def as_a_reply(event: dict[str, Any]) -> dict[str, Any]:
    return plainly(event) | {"m.relates_to": {"m.in_reply_to": {"event_id": event["event_id"]}}}


def in_a_thread(event: dict[str, Any]) -> dict[str, Any]:
    return plainly(event) | in_thread(event["event_id"])


def with_our_name(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "msgtype": "m.text",
        "body": f"Conciergerie (bot): {event['content']['body']}",
        "m.mentions": {"user_ids": [ME]},
    }


def with_a_prefix(event: dict[str, Any]) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": f"!{event['content']['body']}"}


def away(event: dict[str, Any]) -> dict[str, Any]:
    """An auto-responder says the same each time."""
    return {"msgtype": "m.text", "body": "Je suis absente jusqu’au 12, merci de votre message."}


async def answers(stage: Stage, who: str, room_id: str, dress: Dress, *, notices: bool = True) -> int:
    """This account answers each message of the bot, until there is none to answer. How many it answered."""
    heard, room = 0, stage.world.rooms[room_id]
    seen: set[str] = set()
    while heard < ENOUGH:
        new = [
            e for e in room.events if e["sender"] == ME and e["type"] == "m.room.message" and e["event_id"] not in seen
        ]
        told = [e for e in new if notices or e["content"]["msgtype"] == "m.text"]
        seen |= {e["event_id"] for e in new}
        if not told:
            return heard
        for event in told:
            heard += 1
            await stage.event(room_id, who, "m.room.message", dress(event))
    return heard


def messages(stage: Stage, room_id: str) -> list[dict[str, Any]]:
    events = stage.world.rooms[room_id].events
    return [e["content"] for e in events if e["sender"] == ME and e["type"] == "m.room.message"]


@pytest.mark.parametrize("dress", [plainly, as_a_reply, in_a_thread, with_our_name, with_a_prefix, away])
async def test_an_account_that_echoes_in_private_hears_three_answers(stage: Stage, dress: Dress) -> None:
    """Somebody connects a parrot to the bot: neither may run for ever."""
    room = await stage.matrix.rooms.direct(ECHO)
    await stage.enter(ECHO, room)
    await stage.write(ECHO, room, "bonjour le robot")
    assert await answers(stage, ECHO, room, dress) <= 3
    assert {said["msgtype"] for said in messages(stage, room)} == {"m.notice"}
    assert "aide" in stage.last(room)


@pytest.mark.parametrize("dress", [with_our_name, with_a_prefix])
async def test_an_account_that_echoes_before_everybody_too(stage: Stage, dress: Dress) -> None:
    rooms = await lieu(stage, "La Rosée", ANNE)
    room = rooms["room"].room_id
    rooms["room"].members |= {ECHO: "join", ME: "join"}
    await stage.write(ECHO, room, "!bonjour")
    assert await answers(stage, ECHO, room, dress) <= 3


async def test_quiet_ends_with_a_command_and_with_time(stage: Stage) -> None:
    """It was a person after all: they are heard as soon as they say something that is understood, or come back."""
    room = await stage.matrix.rooms.direct(ZOE)
    await stage.enter(ZOE, room)
    for n in range(200):
        await stage.write(ZOE, room, f"blabla {n}")
    assert len(stage.said(room)) == 3
    await stage.write(ZOE, room, "aide")
    assert len(stage.said(room)) == 4
    await stage.write(ZOE, room, "blabla")
    assert "Aucune question" in stage.last(room)
    for n in range(5):
        await stage.write(ZOE, room, f"encore {n}")
    assert len(stage.said(room)) == 7
    await stage.wait(1 / 24)
    await stage.write(ZOE, room, "blabla")
    assert "Aucune question" in stage.last(room)


async def test_a_restart_in_the_middle_gives_nothing_back(tmp_path: Path) -> None:
    """Otherwise a parrot and a supervisor that restarts the bot are a loop again."""
    first = await Stage.open(tmp_path, Services())
    room = await first.matrix.rooms.direct(ECHO)
    await first.enter(ECHO, room)
    for n in range(3):
        await first.write(ECHO, room, f"blabla {n}")
    await first.close()
    second = await Stage.open(tmp_path, Services(), first.matrix, first.clock)
    try:
        await second.write(ECHO, room, "blabla encore")
        assert len(second.said(room)) == 3
    finally:
        await second.close()


async def test_a_command_begins_no_endless_echo(stage: Stage) -> None:
    """What the help says begins like commands do, and in private a command needs no sign before it."""
    rooms = await lieu(stage, "La Rosée", ECHO)
    room = await stage.matrix.rooms.direct(ECHO)
    await stage.enter(ECHO, room)
    assert rooms
    for command in ("aide", "état", "journal", "semaine", "lien", "membres"):
        await stage.write(ECHO, room, command)
        assert await answers(stage, ECHO, room, plainly) < 60, command


@pytest.mark.parametrize("dress", [plainly, as_a_reply, with_our_name, away])
async def test_a_question_that_is_answered_by_itself_is_not_asked_for_ever(stage: Stage, dress: Dress) -> None:
    """The echo of a question is no answer to it: after some tries the question says its ways out, and waits."""
    rooms = await lieu(stage, "La Rosée", ECHO)
    room = await stage.matrix.rooms.direct(ECHO)
    await stage.enter(ECHO, room)
    await stage.write(ECHO, room, "inviter")
    assert await answers(stage, ECHO, room, dress) < 20
    assert rooms


async def test_a_thousand_wrong_answers_are_not_a_thousand_sentences(rehearse: Open) -> None:
    async def play(talk: Talk) -> None:
        if await talk.ask("sure", YesNo()):
            await talk.say("bye")

    talk = await rehearse(play)
    for n in range(1_000):
        await talk.hear("sure", f"peut-être {n}")
    assert len(await talk.said()) == 7
    assert "Nous ne nous comprenons pas" in (await talk.said())[-1]
    await talk.hear("sure", "oui")
    assert "bye" in await talk.said()


async def test_two_conciergeries_in_a_private_room_are_quiet_after_a_while(stage: Stage, tmp_path: Path) -> None:
    """Two bots of this kind in one room: the world would go on for ever, and the test would say so."""
    other = "@conciergerie:moulin.fr"
    theirs = FakeMatrix(other, stage.world)
    second = await Stage.open(tmp_path / "moulin", Services(), theirs, stage.clock)
    try:
        room = await stage.matrix.rooms.direct(other)
        await stage.settle()
        await second.enter(other, room)
        await theirs.remember(ME, room)
        await stage.event(room, other, "m.room.message", {"msgtype": "m.text", "body": "Bonjour, ici le Moulin !"})
        assert 0 < len(stage.said(room)) + len(second.said(room)) <= 6
    finally:
        await second.close()
