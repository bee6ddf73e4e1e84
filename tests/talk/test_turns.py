"""Turns: one after the other for one person in one room; nobody else waits, and nobody waits for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.store import inbox
from bot.store.attempts import attempts_beside
from bot.store.database import Database
from bot.store.inbox import Event
from bot.talk import inbox_worker
from bot.talk.inbox_worker import InboxWorker, Turns
from tests.talk.test_inbox_worker_once import until_at_once

ROOM, ANNE, BOB = "!room", "@anne:lieu.fr", "@bob:lieu.fr"
EVER = 3600.0


class Ears:
    """What is understood, in order; what goes on beside ends when its event is let `go`."""

    def __init__(self, database: Database, patience: float) -> None:
        self.order: list[str] = []
        self.go: dict[str, asyncio.Event] = {}
        self._database = database
        self.hearing = InboxWorker(
            database, self._understand, asyncio.Event(), until_at_once, attempts_beside(database), Turns(patience)
        )

    async def _understand(self, event: Event) -> bool:
        self.order.append(event.event_id)
        if (goes_on := self.go.get(event.event_id)) is not None:
            inbox_worker.begun(asyncio.create_task(_until(goes_on)))
        return False

    async def hear(self, *said: tuple[str, str], slow: tuple[str, ...] = ()) -> None:
        self.go |= {id: asyncio.Event() for id in slow}
        events = [Event(id, ROOM, who, 1, "m.room.message", {"body": id}) for id, who in said]
        await self._database.write(inbox.receive, events, None, 1)
        await self.hearing.take()

    async def rooms_at_rest(self) -> None:
        """What can be understood without waiting for a turn is."""
        while workers := [*self.hearing._workers.values()]:
            await asyncio.wait(workers)


async def _until(goes_on: asyncio.Event) -> None:
    await goes_on.wait()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "bot.sqlite")
    yield database
    await database.close()


async def test_one_s_next_words_wait_for_what_goes_on_and_others_pass(database: Database) -> None:
    ears = Ears(database, EVER)
    await ears.hear(("a1", ANNE), ("a2", ANNE), ("b1", BOB), ("a3", ANNE), slow=("a1", "a2"))
    await ears.rooms_at_rest()
    assert ears.order == ["a1", "b1"]
    await ears.hear(("b2", BOB))  # the room is heard while Anne's words are held
    await ears.rooms_at_rest()
    assert ears.order == ["a1", "b1", "b2"]
    ears.go["a1"].set()
    await ears.hearing._held[ROOM][2]
    await ears.rooms_at_rest()
    assert ears.order == ["a1", "b1", "b2", "a2"]
    ears.go["a2"].set()
    await ears.hearing.idle()
    assert ears.order == ["a1", "b1", "b2", "a2", "a3"]
    assert await database.read(inbox.waiting) == []


async def test_a_service_that_never_answers_is_overtaken_and_what_follows_keeps_its_order(database: Database) -> None:
    ears = Ears(database, 0.01)
    await ears.hear(*[(f"a{n}", ANNE) for n in range(50)], slow=("a0", "a7"))
    async with asyncio.timeout(60):
        await ears.hearing.idle()
        while await ears.hearing.take():
            await ears.hearing.idle()
    assert ears.order == [f"a{n}" for n in range(50)]
    assert not any(go.is_set() for go in ears.go.values())


async def test_a_flood_of_held_words_is_not_taken_at_once(database: Database) -> None:
    ears = Ears(database, EVER)
    await ears.hear(*[(f"a{n}", ANNE) for n in range(200)], slow=("a0",))
    await ears.rooms_at_rest()
    while await ears.hearing.take():
        await ears.rooms_at_rest()
    assert len(ears.hearing._held[ROOM]) < 50
    assert ears.order == ["a0"]
    await ears.hearing.close()


async def test_what_was_said_after_a_message_without_its_key_does_not_overtake_it(database: Database) -> None:
    ears = Ears(database, EVER)
    sealed = Event("a1", ROOM, ANNE, 1, "m.room.encrypted", {}, encrypted=True, readable=False)
    clear = Event("a2", ROOM, ANNE, 1, "m.room.message", {"body": "a2"})
    other = replace(clear, event_id="b1", sender=BOB)
    await database.write(inbox.receive, [sealed, clear, other], None, 1)
    await ears.hearing.take()
    await ears.hearing.idle()
    assert ears.order == ["b1"]
    await database.write(inbox.decrypted, "a1", "m.room.message", {"body": "a1"})
    await ears.hearing.take()
    await ears.hearing.idle()
    assert ears.order == ["b1", "a1", "a2"]
