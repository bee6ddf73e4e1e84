"""One lieu's outage or flood is not another's: what is said in B is heard and answered whatever happens in A."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.services.nextcloud import NEXTCLOUD
from bot.services.tenancy import Services
from bot.store import inbox
from bot.store.attempts import attempts_beside
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.talk.inbox_worker import AT_A_TIME, InboxWorker
from integrations.nextcloud import Nextcloud
from tests.stage.stage import Stage
from tests.talk.test_inbox_worker_once import until_at_once
from tests.talk.test_rights import ANNE, BERTHE, lieu

A, B = "!a", "!b"
FLOOD = 1200


def messages(room: str, count: int) -> list[Event]:
    return [Event(f"${room}{n}", room, "@x:lieu.fr", 1, "m.room.message", {"body": str(n)}) for n in range(count)]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "bot.sqlite")
    await database.write(inbox.receive, [*messages(A, FLOOD), *messages(B, 3)], "s1", 1)
    yield database
    await database.close()


class Ears:
    """`order` is that in which events were understood; those of A wait for `go` where it `holds`."""

    def __init__(self, database: Database, *, holds: bool = False) -> None:
        self.order: list[str] = []
        self.go, self.enough = asyncio.Event(), asyncio.Event()
        self.holds = holds
        self.news = asyncio.Event()
        self.hearing = InboxWorker(database, self.understand, self.news, until_at_once, attempts_beside(database))

    async def understand(self, event: Event) -> bool:
        if self.holds and event.room_id == A:
            await self.go.wait()
        self.order.append(event.event_id)
        if len(self.of(B)) == 3:
            self.enough.set()
        return False

    def of(self, room: str) -> list[str]:
        return [id for id in self.order if id.startswith(f"${room}")]


async def test_a_room_that_does_not_move_with_a_thousand_events_does_not_hold_the_others(database: Database) -> None:
    ears = Ears(database, holds=True)
    await ears.hearing.take()
    async with asyncio.timeout(60):
        await ears.enough.wait()
    assert ears.of(A) == []
    await ears.hearing.close()


async def test_everything_of_a_flood_is_heard_in_order_and_others_have_their_turn_at_once(database: Database) -> None:
    ears = Ears(database)
    listening = asyncio.create_task(ears.hearing.run())
    async with asyncio.timeout(60):
        while len(ears.order) < FLOOD + 3:
            await asyncio.sleep(0.01)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await ears.hearing.close()
    assert ears.of(A) == [event.event_id for event in messages(A, FLOOD)]
    assert ears.of(B) == [event.event_id for event in messages(B, 3)]
    assert ears.order.index("$!b2") <= AT_A_TIME + 3


async def test_the_inbox_is_searched_by_room(database: Database) -> None:
    """A flood costs the others nothing: what waits in it is not read again and again."""

    def plan(tx: Tx) -> str:
        query = "EXPLAIN QUERY PLAN SELECT min(room_id) FROM inbox WHERE status = 'waiting' AND room_id > ''"
        return str(tx.execute(query).fetchone()["detail"])

    assert "USING INDEX inbox_by_room (room_id>?)" in await database.read(plan)
    found = await database.read(inbox.turns, 2, {B})
    assert [event.event_id for event in found] == ["$!a0", "$!a1"]


Two = tuple[Stage, str, str]


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    """La Rosée and Le Phare, each with a Nextcloud of its own, and their conciergeries."""
    own: dict[str, Services] = {}
    stage = await Stage.open(tmp_path, Services(own=own))
    here, there = await lieu(stage, "La Rosée", ANNE), await lieu(stage, "Le Phare", BERTHE)
    for rooms in (here, there):
        own[rooms["space"].room_id] = Services({NEXTCLOUD: Nextcloud("http://127.0.0.1:9", "concierge", "x")})
    yield stage, here["office"].room_id, there["office"].room_id
    await stage.close()
    await stage.services.close()


async def arrives(stage: Stage, *said: tuple[str, str, str]) -> None:
    """These come in one sync, and nobody waits for the answers."""
    text: dict[str, Any] = {"msgtype": "m.text"}
    events = [stage.happens(room, who, "m.room.message", text | {"body": words}) for room, who, words in said]
    await stage.database.write(inbox.receive, events, None, stage.clock.now())
    stage.bot.news.set()


async def until_said(stage: Stage, room: str, words: str) -> None:
    async def is_said() -> bool:
        return any(words in body for body in stage.said(room))

    async with asyncio.timeout(60):
        await stage.outbox.until(is_said)


async def test_a_nextcloud_of_one_that_never_answers_delays_the_other_in_nothing(two: Two) -> None:
    stage, here, there = two
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hangs() -> tuple[()]:
        asked.set()
        await answer.wait()
        return ()

    async def answers() -> tuple[()]:
        return ()

    rosee, phare = (own[NEXTCLOUD] for own in stage.services.own.values())
    rosee.check, phare.check = hangs, answers  # type: ignore[union-attr,method-assign]
    listening = asyncio.create_task(stage.bot.inbox_worker.run())
    await arrives(stage, *[(here, ANNE, "!état")] * 50)
    async with asyncio.timeout(60):
        await asked.wait()
    await arrives(stage, (there, BERTHE, "!état"))
    await until_said(stage, there, "✓ Nextcloud")
    assert not any("Nextcloud" in body for body in stage.said(here))
    answer.set()
    await until_said(stage, here, "✓ Nextcloud")
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await stage.bot.inbox_worker.close()


async def test_a_thousand_messages_in_one_lieu_leave_the_other_its_turn(two: Two) -> None:
    stage, here, there = two
    answered: list[int] = []

    async def seen() -> bool:
        if not answered and stage.said(there):
            answered.append(len(stage.said(here)))
        return bool(answered)

    listening = asyncio.create_task(stage.bot.inbox_worker.run())
    await arrives(stage, *[(here, ANNE, "!aide langue")] * 1000, (there, BERTHE, "!aide langue"))
    async with asyncio.timeout(60):
        await stage.outbox.until(seen)
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await stage.bot.inbox_worker.close()
    assert answered[0] < AT_A_TIME
