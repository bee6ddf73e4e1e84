"""The bot's ears: each event of the inbox is handed on in the order of its room, and settled exactly once."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import structlog

from bot.errors import Unavailable
from bot.store import inbox, outbox
from bot.store.database import Database
from bot.store.inbox import Event

log = structlog.get_logger(__name__)
LONGEST_WAIT = 60.0  # seconds
Understand = Callable[[Event], Awaitable[bool]]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


class Hearing:
    """Takes the events of the inbox room by room, in order, and settles each exactly once.

    `delivered` waits until something is so, looking again at each letter that was sent; for `patience` seconds at most.
    """

    def __init__(
        self,
        database: Database,
        understand: Understand,
        news: asyncio.Event,
        delivered: Until,
        *,
        patience: float = LONGEST_WAIT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._delivered, self._patience, self._sleep = delivered, patience, sleep
        self._database = database
        self._understand = understand
        self._news = news
        self._rooms: defaultdict[str, deque[Event]] = defaultdict(deque)
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._taken: set[str] = set()
        self._settled: set[str] = set()  # taken, and done with
        self._taking = asyncio.Lock()

    async def run(self) -> None:
        """Listen until cancelled."""
        while True:
            self._news.clear()
            await self.take()
            await self._news.wait()

    async def take(self) -> None:
        """Hand every waiting event to the worker of its room."""
        async with self._taking:
            before = {*self._settled}
            waiting = await self._database.read(inbox.waiting, 1000)
            # What was settled while we read may still look as if it waited.
            self._taken -= before
            self._settled -= before
        for event in waiting:
            if event.event_id not in self._taken:
                self._hand_over(event)

    def _hand_over(self, event: Event) -> None:
        self._taken.add(event.event_id)
        self._rooms[event.room_id].append(event)
        if event.room_id not in self._workers:
            self._workers[event.room_id] = asyncio.create_task(self._listen(event.room_id))

    async def idle(self) -> None:
        """Until every event taken so far is settled."""
        while self._workers:
            await asyncio.wait(self._workers.values())

    async def close(self) -> None:
        """Leave everything as it is; what is not settled waits in the inbox."""
        workers = [*self._workers.values()]
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _listen(self, room_id: str) -> None:
        queue = self._rooms[room_id]
        while queue:
            event = queue.popleft()
            await self._settle(event)
            self._settled.add(event.event_id)
        del self._rooms[room_id], self._workers[room_id]
        self._news.set()

    async def _settle(self, event: Event) -> None:
        """Understand an event; what fails three times is set aside, and the bot goes on."""
        while True:
            try:
                await self._know_target(event)
                if not await self._understand(event):
                    await self._database.write(inbox.done, event.event_id)
            except Unavailable as down:
                await self._sleep(min(down.retry_after, LONGEST_WAIT))
                continue
            except Exception:
                log.exception("event not understood", event_id=event.event_id, type=event.type)
                if not await self._database.write(inbox.failed, event.event_id):
                    continue
            return

    async def _know_target(self, event: Event) -> None:
        """Wait, not for ever, where an event may point at a message of ours whose id we have not been told yet."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                for target in _targets(event):
                    await self._delivered(partial(self._is_told, event, target))

    async def _is_told(self, event: Event, target: str) -> bool:
        return not await self._database.read(outbox.may_become, event.room_id, target, event.arrived_at)


def _targets(event: Event) -> list[str]:
    """The events that this one reacts or replies to, or continues."""
    reply = event.relation.get("m.in_reply_to")
    found = (event.relation.get("event_id"), reply.get("event_id") if isinstance(reply, dict) else None)
    return [target for target in found if isinstance(target, str)]
