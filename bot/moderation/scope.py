"""Where and upon whom moderation may act: the rooms of one lieu and of no other, never its concierges or the bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable
from typing import TypedDict

from bot.errors import Refused
from bot.lieux import Lieu, Lieux, rooms_of
from bot.matrix.facts import Facts, server_of
from bot.moderation.globs import host, matches
from bot.people import People

ADMINISTRATOR_LEVEL = 100


class NamedRoom(TypedDict):
    room_id: str
    name: str


class LieuRoom(NamedRoom):
    is_space: bool


class Done(TypedDict):
    """In how many rooms it was done, and the names of those where it was refused."""

    rooms: int
    refused: list[str]


class Scope:
    """`me` is the bot."""

    def __init__(self, me: str, lieux: Lieux, people: People, facts: Facts) -> None:
        self._me, self._lieux, self._people, self._facts = me, lieux, people, facts

    async def rooms(self, lieu: Lieu) -> list[LieuRoom]:
        """The lieu's space first, then its rooms.

        A concierge may hang anybody's room under their own space: what another lieu has too counts only where the room
        itself says that it belongs here.
        """
        found: dict[str, LieuRoom] = {}
        found[lieu.space] = {"room_id": lieu.space, "name": lieu.name, "is_space": True}
        for child in await self._facts.children(lieu.space):
            found[child.room_id] = {"room_id": child.room_id, "name": child.name, "is_space": child.is_space}
        for room_id in sorted(rooms_of(lieu) - found.keys()):
            found[room_id] = {"room_id": room_id, "name": "", "is_space": False}
        here, others = set(await self._facts.joined()), [o for o in await self._lieux.all() if o.id != lieu.id]
        sure = {id for id in found if not others or id == lieu.space or await self._is_ours(id, lieu, here)}
        elsewhere = await self._elsewhere(others) if found.keys() - sure else set()  # for which each of them is asked
        ours = [room for id, room in found.items() if id in sure or id not in elsewhere]
        return [{**room, "name": room["name"] or await self._name(room["room_id"], here)} for room in ours]

    async def _elsewhere(self, others: Iterable[Lieu]) -> set[str]:
        """The rooms of the other lieux that this bot serves."""
        rooms: set[str] = set()
        for other in others:
            rooms |= rooms_of(other)
            try:
                rooms |= {child.room_id for child in await self._facts.children(other.space)}
            except Refused:
                continue  # the bot was sent away from there
        return rooms

    async def _is_ours(self, room_id: str, lieu: Lieu, here: Collection[str]) -> bool:
        """`here`: where the bot is. Of a room elsewhere it would learn nothing, each time it asks."""
        try:
            return room_id in here and await self._facts.has_parent(room_id, lieu.space)
        except Refused:
            return False

    async def _name(self, room_id: str, here: Collection[str]) -> str:
        try:
            return await self._facts.name(room_id) if room_id in here else "?"
        except Refused:
            return "?"

    async def spared(self, lieu: Lieu, person: str, by: str = "") -> str:
        """Why nothing may be done to this person: `me`, `yourself`, `administrator`, `last-concierge`, `concierge`;
        empty where something may. Asked of the homeserver each time."""
        if person in (self._me, by):
            return "me" if person == self._me else "yourself"
        concierges = await self._people.concierges(lieu) - {self._me}
        if (await self._facts.powers(lieu.space)).of(person) >= ADMINISTRATOR_LEVEL:
            return "administrator"
        if person in concierges:
            return "last-concierge" if concierges == {person} else "concierge"
        return ""

    def means_us(self, pattern: str) -> bool:
        """Whether a pattern of servers means the bot's own, which is never shut out."""
        return matches(host(pattern), host(server_of(self._me)))


async def everywhere(rooms: Iterable[NamedRoom], act: Callable[[str], Awaitable[object]]) -> list[str]:
    """Do something in each of these rooms. Returns the names of those where it was refused."""
    refused = []
    for room in rooms:
        try:
            await act(room["room_id"])
        except Refused:
            refused.append(room["name"])
    return refused
