"""Works off the inbox: each event of the inbox is handed on in the order of its room, and settled exactly once.

What one person says in one room is answered in the order in which it was said, also after a kill. What is guaranteed:
nothing that somebody said in a room is understood before all that they said there earlier is at rest, which means
answered, waiting for somebody's answer, or told that a service is away. What a service has kept waiting for `PATIENCE`
seconds is overtaken by what followed it, which stays in its own order. Others in the room, and the same person
elsewhere, wait for none of it. What a kill left unfinished has the first turns of the next process, in the order of the
events that moved it last: that of the inbox, and no clock's.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from functools import partial
from weakref import WeakValueDictionary

import structlog

from bot.errors import Unavailable
from bot.store import aside, inbox, outbox
from bot.store.aside import EVENT
from bot.store.attempts import ALONE, Attempts
from bot.store.data_trouble import trouble
from bot.store.database import Database
from bot.store.inbox import Event

PATIENCE = 5.0  # seconds
Line = tuple[str, str]  # a room, and who speaks there
_now: ContextVar[Turn] = ContextVar("turn")
log = structlog.get_logger(__name__)
LONGEST_WAIT, NO_ROOM = 60.0, 5.0  # seconds
AT_A_TIME = 20  # events of one room
Understand = Callable[[Event], Awaitable[bool]]
Until = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


class Turns:
    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._last: WeakValueDictionary[Line, Turn] = WeakValueDictionary()

    def take(self, room_id: str, person: str) -> Turn:
        """The next turn of this person in this room."""
        line = (room_id, person)
        self._last[line] = turn = Turn(self._last.get(line), self._patience)
        return turn


class Turn:
    """`with turn:` once it has come; it lasts as long as what was begun inside, or as others have the patience."""

    def __init__(self, before: Turn | None, patience: float) -> None:
        self._before, self._patience = before, patience
        self._over = asyncio.Event()
        self._begun: set[asyncio.Task[None]] = set()
        self._is_outside = False

    @property
    def has_come(self) -> bool:
        return self._before is None or self._before._over.is_set()

    async def comes(self) -> None:
        if self._before is not None:
            await self._before._over.wait()

    def __enter__(self) -> None:
        self._before = None
        self._outside = _now.set(self)
        asyncio.get_running_loop().call_later(self._patience, self._over.set)

    def __exit__(self, *_: object) -> None:
        _now.reset(self._outside)
        self._is_outside = True
        self._look()

    def lasts(self, task: asyncio.Task[None]) -> None:
        self._begun.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._begun.discard(task)
        self._look()

    def _look(self) -> None:
        if self._is_outside and not self._begun:
            self._over.set()


def begun(task: asyncio.Task[None]) -> None:
    """This goes on beside whatever has its turn, which lasts until it ends."""
    if turn := _now.get(None):
        turn.lasts(task)


class InboxWorker:
    """Takes the events of the inbox room by room, in order, and settles each exactly once; what must wait for its
    person's turn (`Turns`, above) lets others of the room pass.

    `delivered` waits until something is so, looking again at each letter that was sent; for `patience` seconds at most.
    """

    def __init__(
        self,
        database: Database,
        understand: Understand,
        news: asyncio.Event,
        delivered: Until,
        attempts: Attempts,
        turns: Turns | None = None,
        *,
        patience: float = LONGEST_WAIT,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._delivered, self._patience, self._sleep = delivered, patience, sleep
        self._database, self._attempts = database, attempts
        self._understand = understand
        self._news = news
        self._turns = turns or Turns()
        self._rooms: defaultdict[str, deque[tuple[Event, Turn]]] = defaultdict(deque)
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._held: defaultdict[str, dict[int, asyncio.Task[None]]] = defaultdict(dict)  # until their turn comes
        self._taking = asyncio.Lock()

    async def run(self) -> None:
        """Work until cancelled."""
        await self._suspects()
        while True:
            self._news.clear()
            await self.take()
            await self._news.wait()

    async def _suspects(self) -> None:
        """What was being understood when a process died comes first, one after the other: if it dies again, the others
        had nothing to do with it."""
        for event in await self._database.read(inbox.suspects):
            turn = self._turn(event)
            await turn.comes()
            await asyncio.wait({self._hand_over(event, turn)}, timeout=ALONE)

    async def take(self) -> bool:
        """Hand what waits to a worker for each room, a few events at a time, so that a flood in one room is not in the
        way of the others. Rooms that are being heard have their next turn afterwards. False where nothing waits."""
        async with self._taking:
            full = {room_id for room_id, held in self._held.items() if len(held) >= AT_A_TIME}
            taken = {seq for held in self._held.values() for seq in held}
            waiting = await self._database.read(inbox.turns, AT_A_TIME, full.union(self._workers), taken)
            for event in waiting:
                self._hand_over(event, self._turn(event))
        return bool(waiting)

    def _turn(self, event: Event) -> Turn:
        return self._turns.take(event.room_id, event.sender)

    async def idle(self) -> None:
        """Until every event taken so far is settled."""
        while going := self._going():
            await asyncio.wait(going)

    async def close(self) -> None:
        """Leave everything as it is; what is not settled waits in the inbox."""
        going = self._going()
        for task in going:
            task.cancel()
        await asyncio.gather(*going, return_exceptions=True)

    def _going(self) -> list[asyncio.Task[None]]:
        return [*self._workers.values(), *(task for held in self._held.values() for task in held.values())]

    def _hand_over(self, event: Event, turn: Turn) -> asyncio.Task[None]:
        """To the worker of its room."""
        room_id = event.room_id
        self._rooms[room_id].append((event, turn))
        if room_id not in self._workers:
            self._workers[room_id] = asyncio.create_task(self._listen(room_id))
        return self._workers[room_id]

    async def _listen(self, room_id: str) -> None:
        queue = self._rooms[room_id]
        while queue:
            event, turn = queue.popleft()
            if turn.has_come:
                with turn:
                    await self._settle(event)
            else:
                self._held[room_id][event.seq] = asyncio.create_task(self._hold(event, turn))
        del self._rooms[room_id], self._workers[room_id]
        self._news.set()

    async def _hold(self, event: Event, turn: Turn) -> None:
        await turn.comes()
        del self._held[event.room_id][event.seq]
        self._hand_over(event, turn)

    async def _settle(self, event: Event) -> None:
        """Understand an event; what fails three times is set aside, and the bot goes on. A death in the middle of it
        is a failure; a stop is none, nor is anything that happens while it waits for somebody else."""
        waited = 0
        while True:
            try:
                await self._know_target(event)
                with self._attempts.trying(f"{EVENT}{event.event_id}"):
                    if not await self._understand(event):
                        await self._database.write(inbox.done, event.event_id)
            except Unavailable as down:
                await self._sleep(min(down.retry_after * 2.0 ** min(waited, 10), LONGEST_WAIT))
                waited += 1
                continue
            except Exception as problem:
                if not trouble(problem):
                    log.exception("event not understood", event_id=event.event_id, type=event.type)
                if not await self._failed(event, problem):
                    continue
            return

    async def _failed(self, event: Event, problem: Exception) -> bool:
        """Whether it is set aside. A full disk is no fault of an event: it is understood when there is room again."""
        try:
            if not trouble(problem) and await self._database.write(aside.failed, event.event_id, "failed"):
                tell_aside(event.event_id, "it was not understood three times")
                return True
        except sqlite3.Error as full:
            if not trouble(full):
                raise
            problem = full
        if trouble(problem):
            await self._sleep(NO_ROOM)
        return False

    async def _know_target(self, event: Event) -> None:
        """Wait, not for ever, where an event may point at a message of ours whose id we have not been told yet."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                for target in _targets(event):
                    await self._delivered(partial(self._is_told, event, target))

    async def _is_told(self, event: Event, target: str) -> bool:
        return not await self._database.read(outbox.may_become, event.room_id, target, event.seq)


def tell_aside(event_id: str, why: str) -> None:
    """Once, to whoever keeps the bot; the event stays in the inbox."""
    log.error("event set aside", event_id=event_id, why=why)


def _targets(event: Event) -> list[str]:
    """The events that this one reacts or replies to, or continues."""
    reply = event.relation.get("m.in_reply_to")
    found = (event.relation.get("event_id"), reply.get("event_id") if isinstance(reply, dict) else None)
    return [target for target in found if isinstance(target, str)]
