"""Clocks that are wrong, or set in the middle: what comes first is told by the sequence of events, and what lasts for a
while lasts no longer than that and the jump."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.network.envelope import Envelope
from bot.network.sender_check import SenderCheck
from bot.store import inbox, open_questions, outbox, request_history, requests
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.store.networks import Network
from bot.store.outbox import Letter
from bot.talk.talk import Talk
from tests.commands.people.test_departure import LIEU as LEFT
from tests.commands.people.test_departure import leaves
from tests.stage.rehearsal import Ledger, Open
from tests.stage.stage import Clock, Stage
from tests.stage.transcript_header import Scenery, scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "autres": "Zoé @zoe:ailleurs.fr", "salons": "Place", "comptes": "oui"}
ANSWERS = ("Zoé", "oui", "Réparer mon vélo", "zoe.m", "zoe@exemple.fr", "oui")
MINUTES, HOUR = 60_000, 3_600_000
EARLY = "plus rapide"
Jump = Callable[[Stage], None]


async def welcomed(scene: Scenery, jump: Jump) -> list[str]:
    """What is said in private and in the conciergerie, where the clocks `jump` before each word."""
    stage, office = scene.stage, scene.rooms["Conciergerie"].room_id
    anne, zoe = scene.people["Anne"], scene.people["Zoé"]
    for line in ("!inviter @zoe:ailleurs.fr", "oui"):
        jump(stage)
        await stage.write(anne, office, line)
    direct = stage.matrix.directs[zoe]
    await stage.enter(zoe, direct)
    for line in ANSWERS:
        jump(stage)
        await stage.write(zoe, direct, line)
    return stage.said(direct) + stage.said(office)


def back(by: int) -> Jump:
    def jump(stage: Stage) -> None:
        stage.clock.at -= by

    return jump


def to_and_fro(stage: Stage) -> None:
    """An hour forward, an hour back, an hour forward…"""
    there = stage.clock.at % (2 * HOUR) < HOUR
    stage.clock.at += HOUR if there else -HOUR


def servers(by: int) -> Jump:
    """The homeserver's clock differs, and the bot's does not."""

    def jump(stage: Stage) -> None:
        stage.world.skew = by

    return jump


JUMPS = {
    "the bot's clock goes back ten minutes at each word": back(10 * MINUTES),
    "three hours": back(3 * HOUR),
    "to and fro": to_and_fro,
    "the homeserver is an hour ahead": servers(HOUR),
    "the homeserver is an hour behind": servers(-HOUR),
}


@pytest.mark.parametrize("jump", JUMPS.values(), ids=JUMPS.keys())
async def test_a_welcome_goes_on_as_if_no_clock_had_been_set(tmp_path: Path, jump: Jump) -> None:
    async with scenery(LIEU, tmp_path / "right") as right:
        wanted = await welcomed(right, lambda stage: None)
    async with scenery(LIEU, tmp_path / "wrong") as wrong:
        found = await welcomed(wrong, jump)
    assert found == wanted
    assert not any(EARLY in said for said in found)


async def test_what_was_typed_before_its_question_is_none_of_its_answers_whatever_the_clock(tmp_path: Path) -> None:
    """Zoé types two answers at once: the clock goes forward between them, and the second came before its question."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, zoe = scene.stage, scene.people["Zoé"]
        for line in ("!inviter @zoe:ailleurs.fr", "oui"):
            await stage.write(scene.people["Anne"], scene.rooms["Conciergerie"].room_id, line)
        direct = stage.matrix.directs[zoe]
        await stage.enter(zoe, direct)
        said = [
            stage.happens(direct, zoe, "m.room.message", {"msgtype": "m.text", "body": body}) for body in ("Zoé", "oui")
        ]
        stage.clock.at -= HOUR
        await stage.database.write(stage._keep, said[:1])
        stage.clock.at += 2 * HOUR
        await stage.database.write(stage._keep, said[1:])
        stage.clock.at -= HOUR
        await stage.settle()
        assert EARLY in stage.last(direct)


async def test_the_question_asked_last_gets_the_answer_though_the_clock_was_set_back(stage: Stage) -> None:
    room = stage.matrix.room("Place")
    zoe = "@zoe:lieu.fr"
    room.members = {zoe: "join", stage.me: "join"}
    await stage.write(zoe, room.room_id, "!langue")
    (first,) = await stage.database.read(_open_in, room.room_id)
    stage.clock.at -= 10 * MINUTES
    await stage.write(zoe, room.room_id, "!langue")
    first_again, second = await stage.database.read(_open_in, room.room_id)
    assert first_again == first != second
    assert [one.id for one in await stage.database.read(open_questions.open_of, zoe, room.room_id)] == [second, first]
    await stage.write(zoe, room.room_id, "!annuler")
    assert await stage.database.read(_open_in, room.room_id) == [first]


def _open_in(tx: Tx, room_id: str) -> list[int]:
    return [conversation.id for conversation, _ in open_questions.open_questions(tx, room_id)]


async def test_a_service_is_tried_again_though_the_clock_was_set_back_by_hours(rehearse: Open) -> None:
    ledger = Ledger(Unavailable("directory", 30))
    done = asyncio.Event()

    async def play(talk: Talk) -> None:
        await talk.do("first", ledger.act)
        done.set()

    there = await rehearse(play)
    running = asyncio.create_task(there.engine.run())
    while there.engine._alarm.is_set() or not ledger.done:
        await asyncio.sleep(0)
    there.clock.at -= 10 * HOUR
    there.engine._alarm.set()  # anything happens
    async with asyncio.timeout(60):
        await done.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await there.engine.idle()
    assert len(ledger.done) == 2


async def test_what_somebody_was_is_not_remembered_for_hours_after_the_clock_was_set_back(tmp_path: Path) -> None:
    """Anne's power is taken in a way that no event tells us of."""
    async with scenery(LIEU, tmp_path) as scene:
        people, anne = scene.stage.bot.people, scene.people["Anne"]
        (lieu,) = await scene.stage.bot.lieux.all()
        people.forget(lieu.space)
        assert await people.may(anne, "approve", lieu)
        scene.space.levels[anne] = 0
        assert await people.may(anne, "approve", lieu)  # remembered for a minute
        scene.stage.clock.at -= 10 * MINUTES
        assert not await people.may(anne, "approve", lieu)


async def test_a_lieu_of_a_network_is_not_silenced_for_hours_after_the_clock_was_set_back(tmp_path: Path) -> None:
    database, clock = await Database.open(tmp_path / "bot.sqlite"), Clock(10 * HOUR)
    network, posted, looked = Network(1, "!space", "Réseau", "!room"), list[int](), list[int]()

    async def declared(of: Network) -> None:
        looked.append(of.id)

    check = SenderCheck("@me:lieu.fr", database, None, declared, lambda: posted.append(1), clock.now)  # type: ignore[arg-type]
    while not check.is_too_much(network, "rosee"):
        pass
    event = Event("$a", "!room", "@bot:ailleurs.fr", 1, "m.room.message", {})
    envelope = Envelope("line", {"lieu": "rosee"})
    assert not await check.may_say(event, network, envelope)
    clock.at -= 3 * HOUR
    assert not check.is_too_much(network, "rosee")
    assert not await check.may_say(event, network, envelope)
    assert len(looked) == 2  # the declarations are read again
    await database.close()


async def test_the_story_of_a_request_keeps_its_order_though_the_clock_was_set_back(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "bot.sqlite")

    def told(tx: Tx) -> list[str]:
        tx.execute("PRAGMA defer_foreign_keys = ON")
        tx.execute("INSERT INTO lieux (id, space, name, choices, created_at) VALUES (1, '!s', 'La Rosée', '{}', 1)")
        tx.execute("INSERT INTO networks (id, space, name) VALUES (1, '!n', 'Réseau')")
        body = {"id": "r", "lieu": "rosee", "rev": 1, "state": "open"}
        request = requests.keep(tx, 1, body, None, 1)
        for line, at in (("z", HOUR), ("m", 1), ("a", 2)):
            row = (request.id, "rosee", line, 1, line)
            tx.execute("INSERT INTO lines (request, origin, line, lieu, txn) VALUES (?,?,?,?,?)", row)
            request_history.remember(tx, request.id, "rosee", line, at=at, name="La Rosée", said=line)
        return [said.text for said in request_history.story(tx, request.id, 1, "offer")]

    assert await database.write(told) == ["z", "m", "a"]
    await database.close()


async def test_an_account_stays_somebody_s_though_the_clock_was_set_back_before_they_leave(tmp_path: Path) -> None:
    async with scenery(LEFT, tmp_path) as scene:
        scene.stage.clock.at -= 3 * HOUR
        await leaves(scene)
        assert scene.directory
        assert not scene.directory.accounts["zoe"].active


async def test_a_message_waits_for_its_letter_by_their_order(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "bot.sqlite")
    await database.write(outbox.post, Letter("!room", "t", "m.room.message", {}), 10 * HOUR)
    click = Event("$click", "!room", "@zoe:lieu", 1, "m.reaction", {})
    await database.write(inbox.receive, [click], "s1", 1)
    (event,) = await database.read(inbox.waiting)
    assert await database.read(outbox.may_become, "!room", "$question", event.seq)
    await database.close()


async def test_the_newest_event_keeps_its_place_however_old_it_is(tmp_path: Path) -> None:
    """Or what comes next would come before what was said to it."""
    database = await Database.open(tmp_path / "bot.sqlite")
    for n in range(3):
        await database.write(inbox.receive, [Event(f"${n}", "!r", "@a:b", 1, "m.room.message", {})], None, 1)
        await database.write(inbox.done, f"${n}")
    await database.write(inbox.purge, 2)
    await database.write(outbox.post, Letter("!r", "t", "m.room.message", {}), 2)
    await database.write(inbox.receive, [Event("$3", "!r", "@a:b", 1, "m.room.message", {})], None, 3)
    (event,) = await database.read(inbox.waiting)
    assert event.seq == 4
    assert not await database.read(outbox.follows, "t", event.seq)
    await database.close()
