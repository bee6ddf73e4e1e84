"""One life of a bot that a message kills, or a conversation: `python -m tests.attacks.lives FOLDER HOW`.

Nothing is known to kill it; so what kills is put where messages are understood. The rest is the bot as it is.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bot.bot import Bot, Options
from bot.errors import Unavailable
from bot.matrix.outbox import Outbox
from bot.people import Role
from bot.store import conversations, inbox
from bot.store.conversations import Conversation
from bot.store.database import Database
from bot.store.inbox import Event
from bot.supervision import log
from bot.talk.inbox_worker import InboxWorker
from bot.talk.script import dialogue
from bot.talk.talk import Talk
from bot.words import Words
from tests.stage.small_homeserver import FakeMatrix
from tests.stage.world import ME, Clock

PART = "dies in "
# Those that this bot begins by itself: without lieux, and without the application around it.
OF_THE_BOT = {
    "erasures",
    "resuming",
    "hosts",
    "register",
    "disk",
    "backups",
    "looks",
    "aside",
    "safe mode",
    "forgetting",
}
OF_THE_BOT |= {"key holders", "upgraded rooms", "forgetting requests", "nights"}
POISON, AFTER, ELSEWHERE = "$poison", "$after", "$elsewhere"
EVENTS = ((POISON, "!a"), (AFTER, "!a"), (ELSEWHERE, "!b"), ("$there", "!c"))


def die(by: signal.Signals = signal.SIGKILL) -> None:
    os.kill(os.getpid(), by)


async def _killing() -> None:
    die()


async def _failing() -> None:
    raise LookupError


async def _nothing() -> None:
    """Done."""


@dialogue("deadly", action="help", role=Role.STRANGER)
async def deadly(talk: Talk) -> None:
    await talk.do("first", _nothing)
    await talk.do("then", _killing)


@dialogue("harmless", action="help")
async def harmless(talk: Talk) -> None:
    await talk.do("first", _nothing)
    await talk.do("then", _once_away)


async def _once_away() -> None:
    """Under way whenever the process dies: it takes its time."""
    await asyncio.sleep(0.05)


async def bot_of(folder: Path, *, chatons_url: str = "") -> Bot:
    database, matrix, clock = await Database.open(folder / "bot.sqlite"), FakeMatrix(), Clock()
    outbox = Outbox(matrix, database, clock=lambda: clock.at / 1000)

    async def services(_lieu: Any) -> Mapping[type, object]:
        return {}

    options = Options(ME, set(), chatons_url=chatons_url)
    return Bot([deadly, harmless], database, matrix, services, options, outbox, clock, Words.load())


async def live(folder: Path, how: str) -> None:
    """Until everything is settled, or the end."""
    bot = await bot_of(folder)
    understand = bot.inbox_worker._understand
    ways = {
        "kills": _kills,
        "crashes": partial(_kills, by=signal.SIGSEGV),
        "kills late": _kills_late,
        "away": partial(_away, bot.inbox_worker),
        "well": _well,
    }
    bot.inbox_worker._understand = ways[how](understand)
    await bot.database.write(inbox.receive, [_event(*each) for each in EVENTS], None, 1)
    running = asyncio.create_task(bot.run())
    while await bot.database.read(inbox.waiting):
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bot.database.close()


async def start(folder: Path, how: str) -> None:
    """What the bot does by itself, each day, is its end; until it is left alone."""
    bot = await bot_of(folder)
    bot.following.look = {"dies at a start": _killing, "fails at a start": _failing}[how]
    await bot.database.write(inbox.receive, [_event(*each) for each in EVENTS], None, 1)
    running = asyncio.create_task(bot.run())
    while await bot.database.read(inbox.waiting) or not bot.parts.aside:
        await asyncio.wait({running}, timeout=0.01)
        if running.done():
            await bot.database.close()
            running.result()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bot.database.close()


async def part(folder: Path, how: str) -> None:
    """A part of the bot is its end, wherever it is begun; the application begins some of them."""
    name, bot = how.removeprefix(PART), await bot_of(folder, chatons_url="https://chatons.invalid")
    apart = bot.parts.apart
    bot.safe_mode_news.lasts.set()

    async def deadly(part: str, work: Callable[[], Awaitable[object]]) -> None:
        if part == name:
            work = _killing
        elif part == "register":
            work = _nothing  # it would ask the network
        await apart(part, work)

    bot.parts.apart = deadly
    await bot.database.write(inbox.receive, [_event(*each) for each in EVENTS], None, 1)
    await bot.parts.count_deaths()
    of_the_app = [] if name in OF_THE_BOT else [bot.parts.apart(name, _nothing)]
    running = asyncio.gather(bot.run(), *of_the_app)
    while await bot.database.read(inbox.waiting) or not bot.parts.aside:
        await asyncio.wait({running}, timeout=0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bot.database.close()


async def read(folder: Path, how: str) -> None:
    """A message kills as it is decrypted, while others are being understood."""
    bot = await bot_of(folder)
    begun, understand = asyncio.Event(), bot.inbox_worker._understand

    async def slowly(event: Event) -> bool:
        begun.set()
        await asyncio.sleep(0.05)
        return await understand(event)

    bot.inbox_worker._understand = slowly
    await bot.database.write(inbox.receive, [_event(*each) for each in EVENTS], None, 1)
    await bot.parts.count_deaths()
    decrypt = bot.parts.careful(lambda room_id, event: die())
    running = asyncio.create_task(bot.run())
    await begun.wait()
    assert decrypt("!a", {"event_id": POISON}) is None
    while await bot.database.read(inbox.waiting):
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bot.database.close()


async def converse(folder: Path) -> None:
    bot = await bot_of(folder)
    for name in ("harmless", "deadly"):
        if (
            await bot.database.read(conversations.conversation, Conversation(name, "@zoe:lieu.fr", "!r", name).id)
            is None
        ):
            await bot.engine.start(Conversation(name, "@zoe:lieu.fr", f"!{name}", name))
    running = asyncio.create_task(bot.run())
    while await bot.database.read(conversations.unfinished):
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await bot.database.close()


def _event(event_id: str, room_id: str) -> Event:
    return Event(event_id, room_id, "@eve:lieu.fr", 1, "m.room.message", {"msgtype": "m.text", "body": "bonjour"})


Understand = Callable[[Event], Awaitable[bool]]


def _well(understand: Understand) -> Understand:
    return understand


def _kills(understand: Understand, by: signal.Signals = signal.SIGKILL) -> Understand:
    async def kills(event: Event) -> bool:
        if event.event_id == POISON:
            die(by)
        return await understand(event)

    return kills


def _kills_late(understand: Understand) -> Understand:
    """Others are being understood by then."""

    async def kills(event: Event) -> bool:
        await asyncio.sleep(0.05)
        return await _kills(understand)(event)

    return kills


def _away(worker: InboxWorker, _understand: Understand) -> Understand:
    """Says so once it waits, which is after it was tried."""
    tried = list[str]()

    async def away(event: Event) -> bool:
        tried.append(event.event_id)
        raise Unavailable("nextcloud", 3600)

    async def waits(seconds: float) -> None:
        print("waits", tried[-1], flush=True)  # nothing was awaited since
        await asyncio.sleep(seconds)

    worker._sleep = waits
    return away


if __name__ == "__main__":
    log.configure()
    path, told = Path(sys.argv[1]), sys.argv[2]
    ways = {
        "converses": lambda *_: converse(path),
        "dies at a start": start,
        "fails at a start": start,
        "dies reading": read,
    }
    asyncio.run(part(path, told) if told.startswith(PART) else ways.get(told, live)(path, told))
