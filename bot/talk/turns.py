"""Whose turn it is: what one person says in one room is answered in the order in which it was said, also after a kill.

What is guaranteed: nothing that somebody said in a room is understood before all that they said there earlier is at
rest, which means answered, waiting for somebody's answer, or told that a service is away. What a service has kept
waiting for `PATIENCE` seconds is overtaken by what followed it, which stays in its own order. Others in the room, and
the same person elsewhere, wait for none of it. What a kill left unfinished has the first turns of the next process, in
the order of the events that moved it last: that of the inbox, and no clock's.
"""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from weakref import WeakValueDictionary

PATIENCE = 5.0  # seconds
Line = tuple[str, str]  # a room, and who speaks there

_now: ContextVar[Turn] = ContextVar("turn")


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
