"""Who: anybody who shares an encrypted room with the bot, where no homeserver sees what they write. What: words that
can be read and not be written down. Why it must fail: what one person writes is no reason not to hear the others."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bot.matrix.sync import Sync
from bot.matrix.untrusted_json import Json
from bot.store import inbox
from bot.store.database import Database

ME, ANNE, EVE = "@bot:lieu.fr", "@anne:lieu.fr", "@eve:lieu.fr"


def said(by: str, event_id: str, content: Any) -> Json:
    return {"event_id": event_id, "sender": by, "type": "m.room.message", "content": content}


def deep(levels: int) -> Any:
    return {"body": "x", "info": deep(levels - 1)} if levels else "x"


POISONS: dict[str, Json] = {
    "a number that is none": {"body": float("nan")},
    "an endless number": {"msgtype": "m.text", "body": "aide", "info": {"size": float("inf")}},
    "half a letter": {"msgtype": "m.text", "body": "aide \ud800"},
    "a key that is half a letter": {"msgtype": "m.text", "body": "aide", "\udfff": "\ud800"},
    "a person who is half a letter": {"body": "x", "m.mentions": {"user_ids": ["@\ud800:lieu.fr"]}},
    "deep": deep(300),
    "a number without an end": {"body": 10**400},
}


class Homeserver:
    """Eve's sealed message comes, and the bot gets its key `late` or at once; Anne writes before it and after it."""

    user_id = ME

    def __init__(self, type: str, content: Json, *, late: bool) -> None:
        self.clear = {"type": type, "content": content}
        self.turns = 2 if late else 0
        self.asked = 0
        self.silent = asyncio.Event()

    async def sync(self, since: str | None, *, timeout: float = 30.0, filter: str | None = None) -> Json:
        self.asked += 1
        sealed = said(EVE, "$eve", {"algorithm": "m.megolm.v1.aes-sha2"}) | {"type": "m.room.encrypted"}
        batches = [
            {},
            {"!r": [said(ANNE, "$1", {"body": "avant"}), sealed, said(ANNE, "$2", {"body": "après"})]},
            {"!r": [said(ANNE, "$3", {"body": "plus tard"})], "!other": [said(ANNE, "$4", {"body": "ailleurs"})]},
            {"!r": [said(ANNE, "$5", {"body": "encore"})]},
        ]
        number = int(since or 0)
        if number == len(batches):
            self.silent.set()
            await asyncio.Event().wait()
        rooms = {room: {"timeline": {"events": events}} for room, events in batches[number].items()}
        return {"next_batch": str(number + 1), "rooms": {"join": rooms}}

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        raise AssertionError(path)

    def decrypt(self, room_id: str, event: Json) -> Json | None:
        if self.asked <= self.turns:
            return None
        return event | {"room_id": room_id} | self.clear


async def listen(database: Database, server: Homeserver) -> list[float]:
    """How long the bot paused because something had failed."""
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > 20:
            server.silent.set()
            await asyncio.Event().wait()

    sync = Sync(server, database, news=asyncio.Event(), sleep=sleep)
    listening = asyncio.create_task(sync.run())
    async with asyncio.timeout(60):
        await server.silent.wait()
    listening.cancel()
    await asyncio.wait({listening})
    return pauses


@pytest.mark.parametrize("late", [False, True], ids=["at-once", "late"])
@pytest.mark.parametrize("poison", POISONS)
async def test_what_cannot_be_written_down_silences_nobody(tmp_path: Any, poison: str, late: bool) -> None:
    """Eve's homeserver cannot look into what she seals: no number, half a letter, a thousand levels."""
    database = await Database.open(tmp_path / "bot.sqlite")
    try:
        assert await listen(database, Homeserver("m.room.message", POISONS[poison], late=late)) == []
        heard = await database.read(inbox.waiting)
        assert {"$1", "$2", "$3", "$4", "$5"} <= {event.event_id for event in heard}
        assert await database.read(inbox.unread) == []
        for event in heard:
            json.dumps(event.content, ensure_ascii=False, allow_nan=False).encode()
    finally:
        await database.close()


@pytest.mark.parametrize("late", [False, True], ids=["at-once", "late"])
async def test_a_kind_of_event_that_cannot_be_written_down_either(tmp_path: Any, late: bool) -> None:
    database = await Database.open(tmp_path / "bot.sqlite")
    try:
        assert await listen(database, Homeserver("org.\ud800", {"body": "x"}, late=late)) == []
        heard = {event.event_id for event in await database.read(inbox.waiting)}
        assert {"$1", "$2", "$3", "$4", "$5"} <= heard
        assert await database.read(inbox.unread) == []
    finally:
        await database.close()
