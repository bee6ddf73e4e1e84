"""Where something is said: among concierges, among hosts, in private with the bot, or among people."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.lieux import Lieu
from bot.people import Place
from bot.store import rooms
from bot.store.database import Database
from bot.store.inbox import Event


class Places:
    """`hosts_room` tells the room of whoever hosts the bot, if there is one."""

    def __init__(self, database: Database, hosts_room: Callable[[], Awaitable[str | None]]) -> None:
        self._database, self._hosts_room = database, hosts_room

    async def of(self, event: Event, lieu: Lieu | None) -> Place:
        """`lieu` is that of its room."""
        if lieu is not None and event.room_id == lieu.office:
            return Place.OFFICE
        if lieu is None and event.room_id == await self._hosts_room():
            return Place.HOSTS
        person = await self._database.read(rooms.person_of_direct, event.room_id)
        return Place.DIRECT if person == event.sender else Place.ROOM
