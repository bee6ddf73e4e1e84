"""Rooms into which the bot was invited before it could be of use there: it enters them with the lieu that wants it."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.matrix.facts import Facts, server_of
from bot.matrix.membership import Membership
from bot.people import People
from bot.store import rooms
from bot.store.database import Database
from bot.store.rooms import KnownRoom

MOST = 100  # of those that nobody of the lieu invited the bot to


class WaitingRooms:
    def __init__(self, database: Database, people: People, facts: Facts, membership: Membership) -> None:
        self._database, self._people = database, people
        self._facts, self._membership = facts, membership

    async def wait(self, room_id: str, by: str) -> None:
        """Neither enter nor decline: whoever opens a lieu may bring the bot to its rooms before its space."""
        await self._database.write(rooms.invited, room_id, by)

    async def enter(self, lieu: Lieu) -> int:
        """Enter the rooms that the lieu's concierges invited the bot to, or that its space shows. Returns how many."""
        entered = 0
        for room in await self._wanted(lieu):
            if await self._membership.enter(room.room_id, [server_of(room.invited_by or "")]):
                entered += 1
            await self._database.write(rooms.answered, room.room_id)
        return entered

    async def enter_one(self, room_id: str) -> None:
        """The space of a lieu shows this room from now on."""
        if any(room.room_id == room_id for room in await self._database.read(rooms.waiting)):
            await self._membership.enter(room_id)
            await self._database.write(rooms.answered, room_id)

    async def _wanted(self, lieu: Lieu) -> list[KnownRoom]:
        waiting = await self._database.read(rooms.waiting)
        concierges = await self._people.concierges(lieu) if waiting else frozenset()
        theirs = [room for room in waiting if room.invited_by in concierges]
        others = [room for room in waiting if room.invited_by not in concierges][:MOST]
        return theirs + [room for room in others if await self._facts.shows(lieu.space, room.room_id)]
