"""When the sync token is written: with whatever there is to keep, and seldom where there is nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from bot.matrix.sync import TOKEN_AGE, Sync
from bot.matrix.untrusted_json import Json
from bot.store import inbox
from bot.store.database import Database, Tx

ME, ALIX = "@bot:lieu.fr", "@alix:lieu.fr"


def said(sender: str, number: int, room: str = "!r") -> Json:
    content = {"msgtype": "m.text", "body": "bonjour"}
    event = {"event_id": f"${number}", "sender": sender, "type": "m.room.message", "content": content}
    return {"rooms": {"join": {room: {"timeline": {"events": [event]}}}}}


class Homeserver:
    """It has these answers, one after the other; `asked` are the tokens after which somebody wanted the next."""

    user_id = ME

    def __init__(self, *answers: Json) -> None:
        self.answers, self.asked = answers, list[str | None]()
        self.silent = asyncio.Event()

    async def sync(self, since: str | None, *, timeout: float = 30.0, filter: str | None = None) -> Json:
        self.asked.append(since)
        at = int(since or 0)
        if at == len(self.answers):
            self.silent.set()
            await asyncio.Event().wait()
        return {**self.answers[at], "next_batch": str(at + 1)}

    async def call(self, method: str, path: str, body: Any = None, **query: Any) -> Json:
        raise AssertionError(path)

    def decrypt(self, room_id: str, event: Json) -> Json | None:
        return None


async def hears(database: Database, server: Homeserver, **how: Any) -> int:
    """Until the homeserver has nothing more to tell. Returns how much was written."""
    writes = database.writes
    server.silent.clear()
    listening = asyncio.create_task(Sync(server, database, news=asyncio.Event(), **how).run())
    async with asyncio.timeout(60):
        await server.silent.wait()
    listening.cancel()
    await asyncio.wait({listening})
    return database.writes - writes


async def test_what_brings_nothing_writes_nothing(database: Database) -> None:
    server = Homeserver(said(ALIX, 1), said(ALIX, 2), said(ME, 3), said(ME, 4), {}, said(ALIX, 5))
    assert await hears(database, server) == 3
    assert server.asked == [None, *"123456"]
    assert await database.read(inbox.token) == "6"


async def test_whoever_died_hears_again_what_brought_nothing_and_all_that_follows(database: Database) -> None:
    server = Homeserver(said(ALIX, 1), said(ALIX, 2), said(ME, 3), {}, {})
    await hears(database, server)
    server.answers = (*server.answers, said(ALIX, 6))
    server.asked.clear()
    await hears(database, server)
    assert server.asked == [*"23456"]
    assert [event.event_id for event in await database.read(inbox.waiting)] == ["$2", "$6"]


@pytest.mark.parametrize("set_to", [TOKEN_AGE + 1.0, -3600.0], ids=["later", "set back"])
async def test_a_token_is_not_old(database: Database, set_to: float) -> None:
    """Or whoever dies after quiet days would ask for all of them again."""
    server = Homeserver(said(ALIX, 1), said(ME, 2), said(ME, 3))
    assert await hears(database, server, clock=lambda: set_to if len(server.asked) >= 3 else 0.0) == 2
    assert await database.read(inbox.token) == "3"


@pytest.mark.parametrize(
    "news",
    [
        said(ME, 2, "!another"),
        {"rooms": {"leave": {"!r": {}}}},
        {"rooms": {"join": {"!r": {"state": {"events": [{"type": "m.room.encryption", "state_key": ""}]}}}}},
        {"rooms": {"invite": {"!x": {}}, "leave": {"!r": {}}}},
    ],
    ids=["a room", "a room that was left", "encryption", "an invitation and a farewell"],
)
async def test_what_is_known_of_rooms_is_written_at_once(database: Database, news: Json) -> None:
    server = Homeserver(said(ALIX, 1), news)
    assert await hears(database, server) == 2
    assert await database.read(inbox.token) == "2"


async def test_a_room_that_was_left_and_entered_again_is_written_again(database: Database) -> None:
    server = Homeserver(said(ALIX, 1), {"rooms": {"leave": {"!r": {}}}}, said(ME, 3))
    assert await hears(database, server) == 3


async def test_something_else_is_written_along_with_what_was_heard(database: Database) -> None:
    """Where it fails, what was heard is not kept either, and both are tried again."""
    done = list[str]()

    @contextmanager
    def along() -> Iterator[Any]:
        done.append("begun")

        def fail_once(tx: Tx) -> None:
            if done.count("begun") == 2:
                raise ZeroDivisionError

        yield fail_once
        done.append("written")

    async def sleep(seconds: float) -> None:
        done.append("slept")

    server = Homeserver(said(ALIX, 1), said(ALIX, 2), said(ME, 3))
    assert await hears(database, server, along=along, sleep=sleep, random=lambda: 0.0) == 2
    assert done == ["begun", "written", "begun", "slept", "begun", "written"]
    assert [event.event_id for event in await database.read(inbox.waiting)] == ["$2"]
