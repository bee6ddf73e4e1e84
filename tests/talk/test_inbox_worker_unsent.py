"""A click on a question whose sending was not noted yet: the process died in between, or somebody was very quick."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from bot.store import inbox, outbox
from bot.store.attempts import attempts_beside
from bot.store.database import Database
from bot.store.inbox import Event
from bot.store.outbox import Letter
from bot.talk.inbox_worker import InboxWorker

ROOM, QUESTION = "!room", "$question"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "bot.sqlite")
    yield database
    await database.close()


class Ears:
    """Hears one room; `waiting` is set when the hearing waits for a letter, and `sent` is for the test to set."""

    def __init__(self, database: Database, patience: float = 60.0) -> None:
        self.heard: list[str] = []
        self.waiting, self.sent = asyncio.Event(), asyncio.Event()
        self.hearing = InboxWorker(
            database, self._understand, asyncio.Event(), self._until, attempts_beside(database), patience=patience
        )

    async def _understand(self, event: Event) -> bool:
        self.heard.append(event.event_id)
        return False

    async def _until(self, true: Callable[[], Awaitable[bool]]) -> None:
        while not await true():
            self.waiting.set()
            await self.sent.wait()


async def click(database: Database, *, at: int, target: str = QUESTION) -> None:
    relation = {"m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": "✅"}}
    event = Event("$click", ROOM, "@zoe:lieu", at, "m.reaction", relation)
    await database.write(inbox.receive, [event], "s1", at)


async def test_it_waits_until_the_question_is_known(database: Database) -> None:
    await database.write(outbox.post, Letter(ROOM, "t", "m.room.message", {}), 10)
    await click(database, at=20)
    ears = Ears(database)
    await ears.hearing.take()
    async with asyncio.timeout(60):
        await ears.waiting.wait()
    assert ears.heard == []
    await database.write(outbox.sent, 1, QUESTION, 30)
    ears.sent.set()
    await ears.hearing.idle()
    assert ears.heard == ["$click"]


@pytest.mark.parametrize(
    ("room", "written", "is_sent"),
    [("!elsewhere", "before", False), (ROOM, "after", False), (ROOM, "before", True)],
    ids=["another room's letter", "a letter written afterwards", "the question is known"],
)
async def test_it_does_not_wait_for_what_it_cannot_be(
    database: Database, room: str, written: str, is_sent: bool
) -> None:
    if written == "after":
        await click(database, at=20)
    await database.write(outbox.post, Letter(room, "t", "m.room.message", {}), 10)
    if is_sent:
        await database.write(outbox.sent, 1, QUESTION, 15)
        await database.write(outbox.post, Letter(room, "next", "m.room.message", {}), 16)
    if written == "before":
        await click(database, at=20)
    ears = Ears(database)
    await ears.hearing.take()
    await ears.hearing.idle()
    assert (ears.heard, ears.waiting.is_set()) == (["$click"], False)


async def test_it_does_not_wait_for_ever(database: Database) -> None:
    await database.write(outbox.post, Letter(ROOM, "t", "m.room.message", {}), 10)
    await click(database, at=20)
    ears = Ears(database, patience=0.01)
    await ears.hearing.take()
    await ears.hearing.idle()
    assert (ears.heard, ears.waiting.is_set()) == (["$click"], True)
