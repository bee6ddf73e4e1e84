"""What holds in the whole lieu comes to hold in a room that is new there: silences, and the bot's own exclusions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import TypedDict

from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.facts import Facts
from bot.matrix.membership import Membership
from bot.matrix.moderation import Moderation
from bot.matrix.readings import Belonging
from bot.moderation.scope import Scope
from bot.moderation.silences import Silences
from bot.store import successions
from bot.store.database import Database

AT_ONCE = 50
Named = list[list[str]]  # (Matrix id, name)


class Absent(TypedDict):
    """Who is silent and banned in the lieu, or which servers it is shut to, but not in a room yet."""

    silent: Named
    banned: Named


class Due(Absent):
    """`room` is its name."""

    room: str


class DueRoom(Due):
    room_id: str


class DueRooms(TypedDict):
    """`next`: the room to look at next, 0 at the end."""

    rooms: list[DueRoom]
    next: int


class NewRooms:
    def __init__(
        self,
        database: Database,
        scope: Scope,
        silences: Silences,
        facts: Facts,
        membership: Membership,
        moderation: Moderation,
    ) -> None:
        self._database = database
        self._scope, self._silences, self._moderation = scope, silences, moderation
        self._facts, self._membership = facts, membership

    async def due(self, lieu: Lieu, room_id: str) -> Due:
        """The room's name is empty where nothing is due."""
        nothing: Due = {"room": "", "silent": [], "banned": []}
        names, out = await self._excluded(lieu)
        if not out and not await self._silences.people(lieu.id, but_in=room_id):
            return nothing  # as in most lieux: then nothing is asked about the room
        name = next((room["name"] for room in await self._scope.rooms(lieu) if room["room_id"] == room_id), None)
        return nothing if name is None else {"room": name, **await self._due(lieu, room_id, names, out)}

    async def due_everywhere(self, lieu: Lieu, first: int) -> DueRooms:
        """Where the bot is and something is not held yet, of so many rooms from the `first` on."""
        (names, out), here = await self._excluded(lieu), set(await self._facts.joined())
        if not out and not await self._silences.people(lieu.id, but_in=""):
            return {"rooms": [], "next": 0}
        rooms = [room for room in await self._scope.rooms(lieu) if room["room_id"] in here]
        found: list[DueRoom] = []
        for room in rooms[first : first + AT_ONCE]:
            due = await self._due(lieu, room["room_id"], names, out)
            if due["silent"] or due["banned"]:
                found.append({"room_id": room["room_id"], "room": room["name"], **due})
        return {"rooms": found, "next": first + AT_ONCE if len(rooms) > first + AT_ONCE else 0}

    async def _excluded(self, lieu: Lieu) -> tuple[dict[str, str], list[str]]:
        """The names of the lieu's people, and whom the bot excluded; with the servers that its space is shut to."""
        people = await self._facts.people(lieu.space)
        ours = await self._ours(lieu, people)
        out = [row["person"] for row in people if row["membership"] == "ban" and row["person"] in ours]
        out += [each for each in await self._shut(lieu.space) if not self._scope.means_us(each)]
        return {row["person"]: row["name"] for row in people}, out

    async def _ours(self, lieu: Lieu, people: list[Belonging]) -> set[str]:
        """Whom the bot excluded. In a space that was upgraded, all are excluded anew by whoever upgraded it."""
        found = {row["person"] for row in people if row["by"] == self._facts.me}
        for older in await self._database.read(successions.line, lieu.space):
            with suppress(Refused):  # the bot has left it
                before = await self._facts.people(older)
                found |= {row["person"] for row in before if (row["membership"], row["by"]) == ("ban", self._facts.me)}
        return found

    async def _shut(self, room_id: str) -> list[str]:
        return [each for each in await self._moderation.shut_servers(room_id) if not each.startswith("@")]

    async def _due(self, lieu: Lieu, room_id: str, names: dict[str, str], out: list[str]) -> Absent:
        hushed = await self._silences.people(lieu.id, but_in=room_id)
        banned = out and await self._not_out_of(room_id, out)
        return {
            "silent": [[who, names.get(who, who)] for who in hushed],
            "banned": [[who, names.get(who, who)] for who in banned],
        }

    async def _not_out_of(self, room_id: str, people: list[str]) -> list[str]:
        try:
            there = await self._facts.people(room_id)
        except Refused:
            return people
        out = {row["person"] for row in there if row["membership"] == "ban"} | {*await self._shut(room_id)}
        return [person for person in people if person not in out]

    async def hold(self, lieu: int, room_id: str, silent: Named, banned: Named) -> list[str]:
        """Make it so. The names of those for whom it could not be done."""
        hushing = await self._each(silent, lambda person: self._silences.spread(lieu, person, room_id))
        return hushing + await self._each(banned, partial(self._keep_out, room_id))

    async def _keep_out(self, room_id: str, one: str) -> None:
        if one.startswith("@"):
            await self._membership.ban(room_id, one)
        elif not self._scope.means_us(one):
            await self._moderation.shut_server(room_id, one)

    async def _each(self, people: Named, act: Callable[[str], Awaitable[object]]) -> list[str]:
        refused = []
        for person, name in people:
            try:
                await act(person)
            except Refused:
                refused.append(name)
        return refused
