"""Silences: somebody reads but does not write for a while, then gets back exactly what they had. Results are JSON."""

from __future__ import annotations

from bot.errors import Refused
from bot.matrix.moderation import Moderation
from bot.store import silences as store
from bot.store.database import Database


class Silences:
    """What a person had is written down before it is taken: a crash in between forgets nothing."""

    def __init__(self, database: Database, moderation: Moderation) -> None:
        self._database, self._moderation = database, moderation

    async def begin(self, lieu: int, person: str, room_id: str) -> None:
        """Nothing can be written any more in this room. Raises Refused."""
        found = await self._moderation.hush_level(room_id, person)
        await self._database.write(store.begin, lieu, person, room_id, found["before"], found["level"])
        await self._moderation.set_level(room_id, person, found["level"])

    async def spread(self, lieu: int, person: str, room_id: str) -> None:
        """A silence that holds elsewhere in the lieu holds here too, and ends with it. Raises Refused."""
        found = await self._moderation.hush_level(room_id, person)
        if not await self._database.write(store.spread, lieu, person, room_id, found["before"], found["level"]):
            return
        await self._moderation.set_level(room_id, person, found["level"])
        if await self._database.read(store.get, lieu, person, room_id) is None:  # it was over meanwhile
            await self._moderation.restore_level(room_id, person, found["level"], found["before"])

    async def people(self, lieu: int, *, but_in: str) -> list[str]:
        """Who is silent somewhere in the lieu, but not in this room."""
        return await self._database.read(store.people, lieu, but_in)

    async def last(self, lieu: int, person: str, until: int | None) -> None:
        """The silence of this person lasts until this instant (ms), or until somebody lifts it."""
        await self._database.write(store.last, lieu, person, until)

    async def is_over(self, lieu: int, person: str, until: int) -> bool:
        """Whether the silence that was to end at this instant is still the one that holds."""
        return await self._database.read(store.until, lieu, person) == until

    async def rooms(self, lieu: int, person: str) -> list[str]:
        return await self._database.read(store.rooms, lieu, person)

    async def end(self, lieu: int, person: str, room_id: str) -> None:
        """Give the voice back in one room; what somebody else changed meanwhile stays as they made it."""
        known = await self._database.read(store.get, lieu, person, room_id)
        if known is not None:
            level, before = known
            await self._moderation.restore_level(room_id, person, level, before)
            await self._database.write(store.end, lieu, person, room_id)

    async def end_all(self, lieu: int, person: str) -> list[str]:
        """Give it back wherever it was taken. Returns the rooms that refused: those are kept, to be tried again."""
        refused = []
        for room_id in await self.rooms(lieu, person):
            try:
                await self.end(lieu, person, room_id)
            except Refused:
                refused.append(room_id)
        return refused
