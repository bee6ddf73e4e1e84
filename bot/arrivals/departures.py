"""The departures of a lieu: rows with a status, on which short conversations act. All results are plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.store import departures as store
from bot.store import outbox
from bot.store.database import Database
from bot.store.departures import Announced, Departure


class Departures:
    """`now` in milliseconds since the epoch, like `locks_at` and `closes_at`."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    async def begin(
        self, lieu: int, person: str, by: str, *, name: str, login: str, locks_at: int, heir: str | None = None
    ) -> int:
        """The open departure of this person, made if there is none. Returns its id."""
        columns: Announced = {
            "lieu": lieu,
            "person": person,
            "by": by,
            "name": name,
            "login": login,
            "heir": heir,
            "locks_at": locks_at,
        }
        return await self._database.write(store.begin, self._now(), columns)

    async def get(self, id: int) -> Departure:
        """The row; KeyError where there is none."""
        found = await self._database.read(store.get, id)
        if found is None:
            raise KeyError(id)
        return found

    async def open_of(self, lieu: int, person: str) -> Departure | None:
        return await self._database.read(store.open_of, lieu, person)

    async def in_progress(self, lieu: int) -> list[Departure]:
        """Announced or locked, the oldest first."""
        return await self._database.read(store.in_progress, lieu)

    async def lock(self, id: int, closes_at: int) -> bool:
        """From here on things are taken; False where it was called off."""
        return await self._database.write(store.move, id, self._now(), ("announced",), "locked", closes_at)

    async def close(self, id: int) -> bool:
        """From here on nothing can be given back; False where it was called off."""
        return await self._database.write(store.move, id, self._now(), ("locked",), "closed", None)

    async def put_off(self, id: int, closes_at: int) -> bool:
        return await self._database.write(store.move, id, self._now(), ("locked",), "locked", closes_at)

    async def call_off(self, id: int) -> bool:
        """Before it is closed; False where it is."""
        return await self._database.write(store.move, id, self._now(), ("announced", "locked"), "undone", None)

    async def word(self, letter: str) -> str | None:
        """The message that this letter became, once it has left."""
        return await self._database.read(outbox.event_of, letter)

    async def take(self, id: int, what: str, found: Mapping[str, Any]) -> None:
        """Note what is about to be taken from the person: the first note of each thing stays."""
        await self._database.write(store.take, id, what, found)
