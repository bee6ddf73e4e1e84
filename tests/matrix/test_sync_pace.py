"""When the bot asks for news: at once when it starts, and seldom while it only hears itself."""

from __future__ import annotations

import asyncio
from typing import Any

from bot.matrix.sync import ECHOES, REST, WAIT, Sync
from bot.matrix.untrusted_json import Json
from bot.store.database import Database

ME, ALIX = "@bot:lieu.fr", "@alix:lieu.fr"


class Talkative:
    """A homeserver where these people, one a batch, say something; then nobody does."""

    user_id = ME

    def __init__(self, *senders: str) -> None:
        self.senders = list(senders)
        self.waits: list[float] = []
        self.silent = asyncio.Event()

    async def sync(self, since: str | None, *, timeout: float = 30.0, filter: str | None = None) -> Json:
        self.waits.append(timeout)
        if not self.senders:
            self.silent.set()
            await asyncio.Event().wait()
        number, sender = len(self.waits), self.senders.pop(0)
        content = {"msgtype": "m.text", "body": "bonjour"}
        said = {"event_id": f"${number}", "sender": sender, "type": "m.room.message", "content": content}
        return {"next_batch": str(number), "rooms": {"join": {"!r": {"timeline": {"events": [said]}}}}}

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        raise AssertionError(path)

    def decrypt(self, room_id: str, event: Json) -> Json | None:
        return None


async def paces(database: Database, *senders: str) -> tuple[list[float], list[float]]:
    """How long the bot was ready to wait for each answer, and how long it rested between them."""
    server, rests = Talkative(*senders), []

    async def sleep(seconds: float) -> None:
        rests.append(seconds)

    sync = Sync(server, database, news=asyncio.Event(), sleep=sleep)
    listening = asyncio.create_task(sync.run())
    async with asyncio.timeout(60):
        await server.silent.wait()
    listening.cancel()
    await asyncio.wait({listening})
    return server.waits, rests


async def test_the_first_answer_comes_at_once(database: Database) -> None:
    waits, _ = await paces(database, ALIX, ALIX)
    assert waits == [0.0, WAIT, WAIT]


async def test_rests_while_it_only_hears_itself(database: Database) -> None:
    _, rests = await paces(database, ALIX, ALIX, *[ME] * (ECHOES + 3))
    assert rests == [REST] * 3


async def test_does_not_rest_while_people_speak(database: Database) -> None:
    _, rests = await paces(database, ALIX, ALIX, *([ME] * ECHOES + [ALIX]) * 3)
    assert rests == []
