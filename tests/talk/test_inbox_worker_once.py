"""Each event is understood once, also by somebody who looks at the inbox at the wrong moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bot.services.directory import DIRECTORY
from bot.store import inbox
from bot.store.attempts import attempts_beside
from bot.store.database import Database
from bot.store.inbox import Event
from bot.talk.inbox_worker import InboxWorker
from tests.stage.transcript_header import scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "autres": "Zoé @zoe:ailleurs.fr", "salons": "Place", "comptes": "oui"}


class Late(Database):
    """What it reads of the inbox is told late: `read` says that it is read, `go` lets it be told."""

    delayed = False

    async def read(self, query: Any, /, *args: Any) -> Any:
        found = await super().read(query, *args)
        if self.delayed and query is inbox.turns:
            self.has_read.set()
            await self.go.wait()
        return found

    def delay(self) -> None:
        self.has_read, self.go, self.delayed = asyncio.Event(), asyncio.Event(), True


async def until_at_once(true: Callable[[], Awaitable[bool]]) -> None:
    assert await true()


@pytest.fixture
async def late(tmp_path: Path) -> AsyncIterator[Late]:
    database = await Late.open(tmp_path / "bot.sqlite")
    assert isinstance(database, Late)
    yield database
    await database.close()


async def test_what_was_settled_while_the_inbox_was_read_is_not_heard_again(late: Late) -> None:
    heard: list[str] = []
    begun, finish = asyncio.Event(), asyncio.Event()

    async def understand(event: Event) -> bool:
        heard.append(event.event_id)
        begun.set()
        await finish.wait()
        return False

    hearing = InboxWorker(late, understand, asyncio.Event(), until_at_once, attempts_beside(late))
    event = Event("$one", "!room", "@zoe:lieu", 1, "m.room.message", {"body": "oui"})
    await late.write(inbox.receive, [event], "s1", 1)
    await hearing.take()
    await begun.wait()
    late.delay()
    second = asyncio.create_task(hearing.take())
    await late.has_read.wait()  # it saw the event waiting
    finish.set()
    await hearing.idle()  # and now it is done
    late.go.set()
    await second
    await hearing.idle()
    assert heard == ["$one"]
    assert not await hearing.take()


async def test_an_answer_is_settled_before_others_may_go_on(tmp_path: Path) -> None:
    """Zoé answers, and the next question needs a reading that takes its time: meanwhile something else comes in."""
    async with scenery(LIEU, tmp_path) as scene:
        stage, office = scene.stage, scene.rooms["Conciergerie"].room_id
        anne, zoe = scene.people["Anne"], scene.people["Zoé"]
        await stage.write(anne, office, "!inviter @zoe:ailleurs.fr")
        await stage.write(anne, office, "oui")
        direct = stage.matrix.directs[zoe]
        await stage.enter(zoe, direct)
        asked, answer = asyncio.Event(), asyncio.Event()
        known = stage.services[DIRECTORY].capabilities

        async def capabilities() -> Any:
            asked.set()
            await answer.wait()
            return await known()

        stage.services[DIRECTORY].capabilities = capabilities  # type: ignore[method-assign]
        said = stage.happens(direct, zoe, "m.room.message", {"msgtype": "m.text", "body": "Zoé"})
        await stage.database.write(inbox.receive, [said], None, stage.clock.now())
        await stage.bot.inbox_worker.take()
        await asked.wait()
        await stage.bot.inbox_worker.idle()
        assert await stage.database.read(inbox.waiting) == []
        answer.set()
        await stage.settle()
        assert "identifiant" in stage.last(direct)
