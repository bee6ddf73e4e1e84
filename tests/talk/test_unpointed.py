"""« oui » among concierges that points at no question: it counts where nothing else can be meant by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.talk import Done
from bot.talk.talk import Talk
from tests.stage.rehearsal import ANNE, OFFICE, Open
from tests.stage.transcript_header import Scenery, scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne, Bob", "autres": "Zoé @zoe:ailleurs.fr", "accord": "oui"}
ASKED, HINT = "On lui ouvre les portes", "C’est pour ma question"


@pytest.fixture
async def knocked(tmp_path: Path) -> AsyncIterator[Scenery]:
    """Zoé has answered, and what the concierges are asked about her is the last thing that was said to them."""
    async with scenery(LIEU, tmp_path) as scene:
        await knock(scene)
        yield scene


async def knock(scene: Scenery) -> None:
    stage, zoe = scene.stage, scene.people["Zoé"]
    await stage.enter(zoe, scene.rooms["La Rosée"].room_id)
    private = stage.matrix.directs[zoe]
    await stage.enter(zoe, private)
    for line in ("Zoé", "par curiosité", "oui"):
        await stage.write(zoe, private, line)
    assert ASKED in stage.last(office(scene))


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


async def hear(scene: Scenery, text: str, person: str = "Anne", **more: Any) -> list[str]:
    """What the conciergerie reads after somebody said that there."""
    before = len(scene.stage.said(office(scene)))
    await scene.stage.write(scene.people[person], office(scene), text, **more)
    return scene.stage.said(office(scene))[before:]


def is_answered(said: list[str]) -> bool:
    return bool(said) and ASKED in said[0] and "✓" in said[0]


@pytest.mark.parametrize("text", ["oui", "OUI !!", "ok", "d’accord", "non", "oui, ouvre-lui"])
async def test_it_answers_what_was_said_last(knocked: Scenery, text: str) -> None:
    assert is_answered(await hear(knocked, text))


@pytest.mark.parametrize("text", ["bonjour", "je m’en occupe", "ça marche bien, ce truc", "12 mars", "3 kg de pommes"])
async def test_talk_is_no_answer(knocked: Scenery, text: str) -> None:
    assert await hear(knocked, text) == []


async def test_what_somebody_asked_meanwhile_may_be_meant(knocked: Scenery) -> None:
    await hear(knocked, "Tu as les clés ?", "Bob")
    (said,) = await hear(knocked, "oui")
    assert HINT in said
    await knocked.stage.wait(1)
    assert HINT in (await hear(knocked, "oui"))[0]  # whenever it is said


async def test_what_somebody_asked_just_before_may_be_meant(tmp_path: Path) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        stage, zoe = scene.stage, scene.people["Zoé"]
        await stage.enter(zoe, scene.rooms["La Rosée"].room_id)
        private = stage.matrix.directs[zoe]
        await stage.enter(zoe, private)
        for line in ("Zoé", "par curiosité"):
            await stage.write(zoe, private, line)
        await stage.write(scene.people["Bob"], office(scene), "Tu as les clés ?")
        await stage.write(zoe, private, "oui")
        assert HINT in (await hear(scene, "oui"))[0]


async def test_what_somebody_clicks_meanwhile_may_have_changed_what_is_asked(knocked: Scenery) -> None:
    stage = knocked.stage
    await stage.click(knocked.people["Bob"], office(knocked), "👀")
    assert HINT in (await hear(knocked, "oui"))[0]


async def test_what_the_bot_said_meanwhile_may_be_meant(knocked: Scenery) -> None:
    await hear(knocked, "!horaires")
    assert any(HINT in line for line in await hear(knocked, "oui"))


async def test_how_to_say_it_is_told_a_few_times_alone(knocked: Scenery) -> None:
    told = []
    for _ in range(4):
        await hear(knocked, "On se voit demain ?", "Bob")
        told += await hear(knocked, "oui")
    assert len(told) == 2


async def test_a_reply_to_how_to_say_it_answers(knocked: Scenery) -> None:
    await hear(knocked, "Tu as les clés ?", "Bob")
    await hear(knocked, "oui")
    hint = knocked.stage.world.rooms[office(knocked)].events[-1]["event_id"]
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": hint}}}
    assert is_answered(await hear(knocked, "oui", **reply))


async def test_what_is_said_to_somebody_is_not_for_the_bot(knocked: Scenery) -> None:
    bob = knocked.people["Bob"]
    theirs = await knocked.stage.write(bob, office(knocked), "Tu as les clés ?")
    for relation in ({"m.in_reply_to": {"event_id": theirs}}, {"rel_type": "m.thread", "event_id": theirs}):
        assert await hear(knocked, "oui", **{"m.relates_to": relation}) == []
    mentions = {"m.mentions": {"user_ids": [bob]}}
    assert await hear(knocked, "oui", **mentions) == []


@pytest.mark.parametrize("kind", ["m.image", "m.emote"])
async def test_what_is_about_a_photo_or_oneself_is_no_answer(knocked: Scenery, kind: str) -> None:
    assert await hear(knocked, "ok", msgtype=kind, filename="IMG_2041.jpg", url="mxc://lieu.fr/photo") == []


async def test_what_was_said_before_and_came_late_is_about_something_else(knocked: Scenery) -> None:
    """Bob asked in the morning whether she has the keys; her server was cut off until now."""
    world = knocked.stage.world
    world.skew = -3 * 3_600_000
    assert HINT in (await hear(knocked, "oui"))[0]
    world.skew = -30_000  # clocks differ
    assert is_answered(await hear(knocked, "oui"))


async def test_a_question_in_a_thread_is_answered_there(knocked: Scenery) -> None:
    sets = "UPDATE conversations SET thread = '$root', room_id = ? WHERE status = 'open' AND dialogue = 'welcome'"
    await knocked.stage.database.write(lambda tx: tx.execute(sets, (office(knocked),)))
    assert await hear(knocked, "oui") == []


async def test_where_nothing_waits_nothing_is_said(knocked: Scenery) -> None:
    await hear(knocked, "oui")
    assert await hear(knocked, "oui", "Bob") == []


@pytest.mark.parametrize("text", ["oui", "c’est bon pour moi", "non", "oui, ouvre-lui"])
async def test_it_does_not_go_to_an_old_question_of_theirs(tmp_path: Path, text: str) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        (theirs,) = await hear(scene, "!inviter @lou:ailleurs.fr")
        await scene.stage.wait(1 / 24)
        await knock(scene)
        assert is_answered(await hear(scene, text))
        assert theirs in await hear(scene, "!où")


@pytest.mark.parametrize("text", ["oui", "non", "oui, ouvre-lui"])
async def test_below_a_question_of_theirs_of_just_now_it_may_be_for_either(tmp_path: Path, text: str) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        await hear(scene, "!inviter @lou:ailleurs.fr")
        await knock(scene)
        (said,) = await hear(scene, text)
        assert "2 questions" in said


HOSTED = {"lieu": "La Rosée", "concierges": "Anne", "hébergeurs": "Inès", "installé": "non"}


async def test_below_an_old_question_of_theirs_hosts_too_answer_what_was_said_last(tmp_path: Path) -> None:
    async with scenery(HOSTED, tmp_path) as scene:
        stage, ines = scene.stage, scene.people["Inès"]
        room_id = await stage.bot.operators.room()
        await stage.enter(ines, room_id)
        await stage.write(ines, room_id, "!langue")
        await stage.wait(1 / 24)
        await stage.bring_bot(scene.people["Anne"], scene.space.room_id)
        assert "Je l’ouvre" in stage.last(room_id)
        await stage.write(ines, room_id, "oui")
        assert [lieu.name for lieu in await stage.bot.lieux.all()] == ["La Rosée"]


async def todo(talk: Talk) -> None:
    by = await talk.ask("sure", Done(), to=OFFICE, of="task")
    await talk.say("done", what=by)


async def test_a_promise_is_not_the_thing_done(rehearse: Open) -> None:
    play = await rehearse(todo)
    await play.hear("sure", "ok", by=ANNE, unpointed=True)
    assert "Quand c’est fait" in (await play.said(OFFICE))[-1]
    await play.hear("sure", "c’est fait", by=ANNE, unpointed=True)
    assert (await play.steps())["sure"].status == "done"
