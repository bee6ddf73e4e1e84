"""What the small Matrix of the conversations tells of rooms and people."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.errors import MatrixRefused, Unavailable
from bot.matrix.facts import SignIn
from tests.stage.world import FakeRoom, server

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix


class FakeFacts:
    """Answers of a homeserver to its bot."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world

    @property
    def me(self) -> str:
        return self._matrix.me

    @property
    def server(self) -> str:
        return server(self.me)

    def local(self, login: str) -> str:
        return f"@{login}:{server(self.me)}"

    def own_login(self, person: str) -> str:
        return person[1:].partition(":")[0] if server(person) == server(self.me) else ""

    async def exists(self, person: str, *, within: float = 0.0) -> bool:
        if self._matrix.down:
            raise Unavailable("matrix", 5)
        inside = any(room.members.get(person) == "join" for room in self._world.rooms.values())
        return inside or person in self._world.signed_in

    async def is_nobodys(self, person: str) -> bool:
        return person in self._world.nobodys

    async def sign_in(self) -> SignIn:
        return self._matrix.sign_in

    async def can_be_entered(self, room_id: str) -> bool:
        return self._world.rooms[room_id].join in ("public", "knock", "knock_restricted")

    async def opens_to(self, room_id: str, space: str) -> bool:
        room = self._world.rooms[room_id]
        return await self.shows(space, room_id) and room.join in ("public", "restricted", "knock_restricted")

    async def registers_with_code(self) -> bool:
        return self._matrix.takes_codes

    async def origin(self, room_id: str) -> dict[str, str]:
        return {"by": self._world.rooms[room_id].creator, "key": self._world.rooms[room_id].key}

    async def event(self, room_id: str, type: str) -> dict[str, Any] | None:
        room = self._world.rooms[room_id]
        if self.me not in room.members:
            raise MatrixRefused("M_FORBIDDEN", 403, room_id)
        if type == "m.room.tombstone":
            return room.tombstone
        made: dict[str, Any] = {"type": "m.space"} if room.space else {}
        made |= {"predecessor": {"room_id": room.predecessor}} if room.predecessor else {}
        return {"sender": room.creator, "content": made}

    async def is_encrypted(self, room_id: str) -> bool:
        return self._world.rooms[room_id].encrypted

    async def membership(self, room_id: str, person: str) -> str:
        return self._world.rooms[room_id].members.get(person, "none")

    async def has_read(self, room_id: str, event_id: str, person: str, turn: int = 0) -> bool:
        """People look at their telephone all the time, but for those who do not (`World.away`)."""
        if self._matrix.down:
            raise Unavailable("matrix", 5)
        events = self._world.rooms[room_id].events
        at = next(n for n, event in enumerate(events) if event["event_id"] == event_id)
        return person not in self._world.away or any(event["sender"] == person for event in events[at:])

    async def memberships(self, person: str, room_ids: Sequence[str]) -> dict[str, str]:
        if self._matrix.down:
            raise Unavailable("matrix", 5)
        return {
            id: self._world.rooms[id].members.get(person, "none")
            for id in room_ids
            if self.me in self._world.rooms[id].members
        }

    async def topic(self, room_id: str) -> str:
        return self._world.rooms[room_id].topic

    async def members(self, room_id: str) -> dict[str, str]:
        return {p: self._matrix.names.get(p, p) for p, m in self._world.rooms[room_id].members.items() if m == "join"}

    async def powers(self, room_id: str) -> FakeRoom:
        return self._world.rooms[room_id]

    async def name(self, room_id: str) -> str:
        return self._world.rooms[room_id].name

    async def display_name(self, person: str) -> str:
        return self._matrix.names.get(person, person[1:].partition(":")[0])

    async def is_space(self, room_id: str) -> bool:
        return self._world.rooms[room_id].space

    async def link(self, room_id: str) -> str:
        alias = self._world.rooms[room_id].alias
        return f"https://matrix.to/#/{quote(alias or room_id)}" + ("" if alias else f"?via={server(self.me)}")

    async def level(self, room_id: str, person: str) -> int | None:
        return self._world.rooms[room_id].levels.get(person)

    async def powerful(self, room_id: str) -> list[str]:
        room = self._world.rooms[room_id]
        return [who for who in await self.members(room_id) if who != self.me and room.of(who) >= 50]

    async def is_in(self, room_id: str) -> bool:
        return await self.membership(room_id, self.me) == "join"

    async def seems_in(self, room_id: str) -> bool:
        return room_id in self._world.rooms and await self.is_in(room_id)

    async def people(self, space: str) -> list[dict[str, Any]]:
        members = self._world.rooms[space].members.items()
        by = {who: self.me for room, who in self._matrix.bans if room == space}
        return [
            {"person": who, "name": self._matrix.names.get(who, who), "membership": what, "by": by.get(who)}
            for who, what in members
        ]

    async def gone(self, room_id: str) -> set[str]:
        return {who for who, what in self._world.rooms[room_id].members.items() if what in ("leave", "ban")}

    async def has_parent(self, room_id: str, space: str) -> bool:
        return self._world.rooms[room_id].parent == space

    async def joined(self) -> list[str]:
        return [id for id, room in self._world.rooms.items() if room.members.get(self.me) == "join"]

    async def outside_of(self, rooms: Collection[str]) -> list[str]:
        return [id for id in rooms if self._world.rooms[id].members.get(self.me) != "join"]

    async def knocking(self, room_id: str) -> list[dict[str, Any]]:
        members = self._world.rooms[room_id].members.items()
        return [{"person": who, "reason": None} for who, what in members if what == "knock"]

    async def children(self, space: str) -> list[FakeRoom]:
        """As Synapse: only those that the bot is in, or may enter."""
        self._matrix.listed += 1
        shown = [room for room in self._listed(space) if self._is_shown(room)]
        return sorted(shown, key=lambda room: room.order)

    async def hidden(self, space: str) -> list[str]:
        return [room.room_id for room in self._listed(space) if not self._is_shown(room)]

    def _listed(self, space: str) -> list[FakeRoom]:
        return [room for room in self._world.rooms.values() if room.parent == space or space in room.also]

    def _is_shown(self, room: FakeRoom) -> bool:
        return room.join != "invite" or room.members.get(self.me) in ("join", "invite")

    async def belongs(self, room_id: str, space: str) -> bool:
        room = self._world.rooms[room_id]
        return room.parent == space == room.says

    async def shows(self, space: str, room_id: str) -> bool:
        room = self._world.rooms[room_id]
        return room.parent == space or space in room.also
