"""Who asks to come, on the page of a lieu: rows with a status, on which short conversations act."""

from __future__ import annotations

from collections.abc import Callable

from bot.store import join_requests as store
from bot.store.database import Database
from bot.store.join_requests import JoinRequest, Waiting

MOST = 300  # looked at together: the others are at the next look


class JoinRequests:
    """For scripts. `now` in milliseconds; all results are plain JSON."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database, self._now = database, now

    async def get(self, id: int) -> JoinRequest | None:
        return await self._database.read(store.get, id)

    async def mailed(self, id: int) -> None:
        """The mail to confirm has left."""
        await self._database.write(store.mailed, id, self._now())

    async def put(self, id: int, question: str) -> None:
        """A concierge wants to know something first."""
        await self._database.write(store.put, id, question, self._now())

    async def unanswered(self, id: int) -> None:
        """Whoever answers from now on is too late."""
        await self._database.write(store.answer, id, "", self._now())

    async def settle(self, id: int, status: str) -> None:
        """`admitted`, `declined` or `expired`, where it is still open."""
        await self._database.write(store.settle, id, status, self._now())

    async def drop(self, id: int) -> None:
        """As if nobody had asked, where nobody has confirmed it."""
        await self._database.write(store.drop, id)

    async def waiting(self, lieu: int) -> list[Waiting]:
        """Whose address is known, and whom nobody is asked about."""
        return await self._database.read(store.waiting, lieu, MOST)

    async def settle_all(self, ids: list[int], status: str) -> None:
        await self._database.write(store.settle_all, ids, status, self._now())
