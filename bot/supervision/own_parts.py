"""What the bot does without being asked, in parts: three deaths in one of them, and it goes on without that one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from functools import partial
from typing import Any, Protocol

import structlog

from bot.errors import Fatal, Refused, Unavailable
from bot.matrix.sync_batch import Decrypt
from bot.matrix.untrusted_json import Json
from bot.store import aside, deaths
from bot.store.aside import EVENT, PART, READ
from bot.store.attempts import ALONE, Attempts, Tried
from bot.store.data_trouble import trouble
from bot.store.database import Database
from bot.talk.inbox_worker import tell_aside

log = structlog.get_logger(__name__)
NO_ROOM = 15.0  # seconds until what could not be written is tried again


class Part(Protocol):
    """What the bot does by itself for as long as it runs; `tried` does each round of it, so that a death is put down to
    this part."""

    def __call__(self, tried: Tried) -> Coroutine[Any, Any, None]: ...


class Parts:
    """`aside` are those that the bot does without; `suspects` those in which it died, until they are got through."""

    def __init__(self, database: Database, attempts: Attempts) -> None:
        self._database, self._attempts = database, attempts
        self.aside: set[str] = set()
        self.suspects: set[str] = set()
        self._read_at_last: set[str] = set()
        self._counted: Exception | None = None
        self._deaths_are_counted = False

    async def count_deaths(self) -> None:
        """Whatever the last process was in the middle of when it died is one try nearer to being left alone; once."""
        if self._deaths_are_counted:
            return
        self._deaths_are_counted = True
        if left := self._attempts.left():
            for what in await self._database.write(deaths.count, left):
                if what.startswith(EVENT):
                    tell_aside(what.removeprefix(EVENT), "the bot died three times while it understood it")
        self._attempts.clear()
        self.suspects = await self._database.read(deaths.suspect_parts)
        self.aside = await self._database.read(aside.parts)
        for part in sorted(self.aside):
            log.error("part set aside", part=part, why="three starts came to their end in it: see `conciergerie aside`")

    async def begin(self, group: asyncio.TaskGroup, parts: Mapping[str, Part]) -> None:
        """Those in which a process died come first, the first round of each alone."""
        for name, part in sorted(parts.items(), key=lambda one: one[0] not in self.suspects):
            is_suspect, first = name in self.suspects, asyncio.Event()
            rounds = partial(lasting, partial(part, partial(self._round, name, first)))
            running = group.create_task(self.surviving(name, rounds))
            if is_suspect:
                done = group.create_task(first.wait())
                await asyncio.wait({running, done}, timeout=ALONE, return_when=asyncio.FIRST_COMPLETED)
                done.cancel()

    async def _round(self, name: str, first: asyncio.Event, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await self.apart(name, work)
        finally:
            first.set()

    async def apart(self, part: str, work: Callable[[], Awaitable[object]]) -> None:
        """Some short work of this part, in which a death is put down to it."""
        if part in self.aside:
            return
        with self._attempts.trying(f"{PART}{part}"):
            await self.surviving(part, work)
        if part in self.suspects:
            await self._survived(part)

    async def surviving(self, part: str, work: Callable[[], Awaitable[object]]) -> None:
        """A mistake of ours ends the process: that is one death more in this part."""
        if part in self.aside:
            return
        try:
            await work()
        except (Refused, Unavailable, Fatal):
            raise
        except Exception as bug:
            if not trouble(bug) and bug is not self._counted:  # once, by the nearest part
                self._counted = bug
                self._attempts.leave(f"{PART}{part}")
            raise

    def careful(self, decrypt: Decrypt) -> Decrypt:
        """What people encrypted is read by a library that is not ours, in C: what kills three times stays closed."""

        def read(room_id: str, event: Json) -> Json | None:
            what = f"{READ}{str(event.get('event_id'))[:255]}"
            part = what.removeprefix(PART)
            if part in self.aside:
                return None
            with self._attempts.trying(what):
                clear = decrypt(room_id, event)
            if part in self.suspects:
                self._read_at_last.add(part)
            return clear

        return read

    async def forget_suspects(self) -> None:
        """What was read in the end was not what killed."""
        while self._read_at_last:
            await self._survived(self._read_at_last.pop())

    async def _survived(self, part: str) -> None:
        self.suspects.discard(part)
        await self._database.write(deaths.survived_part, part)


async def lasting(part: Callable[[], Awaitable[None]]) -> None:
    """What the disk does not take now is done later: a part that fell silent would not be missed until too late."""
    while True:
        try:
            return await part()
        except Exception as problem:
            if not trouble(problem):
                raise
            named = part.func if isinstance(part, partial) else part
            log.warning("data cannot be written", part=named.__qualname__, problem=str(problem))
            await asyncio.sleep(NO_ROOM)
