"""How the small Matrix of the conversations keeps networks: a space that takes knocks, and a room of declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.errors import MatrixRefused, Refused, Unavailable
from bot.matrix.facts import server_of
from bot.matrix.network_rooms import DECLARATION, named
from tests.stage.world import FakeRoom

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix


class FakeNetworkRooms:
    """A network is a space that takes knocks, and a room of declarations."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world

    async def open_network(self, key: str, name: str, topic: str) -> dict[str, str]:
        space = await self._matrix.rooms.create(f"{key}/space", name=name, topic=topic, space=True, join="knock")
        room_id = await self._matrix.rooms.create(
            f"{key}/room", name=name, topic=topic, join="restricted", allow=space, parent=space
        )
        for each in (space, room_id):
            self._world.rooms[each].network = True
        return {"space": space, "room": room_id}

    async def address(self, space: str) -> str:
        return f"https://matrix.to/#/{quote(space, safe='')}?via={server_of(self._matrix.me)}"

    async def ask_in(self, address: str, reason: str) -> dict[str, str]:
        room, _ = named(address)
        space = self._world.rooms.get(self._matrix.aliases.get(room, room))
        if self._matrix.down:
            raise Unavailable("matrix", 5)
        if space is None:
            raise Refused("no-such-network")
        if not (space.space and space.network):
            raise Refused("not-a-network")
        if space.members.get(self._matrix.me) in ("join", "invite"):
            self._come_in(space)
            return {"how": "in", "space": space.room_id}
        if space.members.get(self._matrix.me) == "ban" or space.join != "knock":
            raise Refused("network-shut")
        space.members[self._matrix.me] = "knock"
        self._world.changes(
            space.room_id, self._matrix.me, "m.room.member", {"membership": "knock", "reason": reason}, self._matrix.me
        )
        return {"how": "asked", "space": space.room_id}

    async def accept(self, address: str) -> bool:
        space = self._world.rooms[named(address)[0]]
        if space.members.get(self._matrix.me) not in ("join", "invite"):
            return False
        self._come_in(space)
        return True

    async def admit(self, space: str, room_id: str, person: str) -> None:
        if self._world.rooms[space].of(self._matrix.me) < 50:
            raise MatrixRefused("M_FORBIDDEN", 403)
        for each in (space, room_id):
            await self._matrix.membership.invite(each, person)

    async def turn_away(self, space: str, person: str) -> bool:
        if self._world.rooms[space].members.get(person) != "knock":
            return False
        await self._matrix.membership.kick(space, person)
        return True

    async def put_out(self, space: str, room_id: str, person: str, reason: str) -> None:
        for each in (room_id, space):
            await self._matrix.membership.kick(each, person, reason)

    async def entrust(self, space: str, room_id: str, person: str) -> None:
        for each in (space, room_id):
            if not await self.moderates(each, person):
                await self._matrix.moderation.set_level(each, person, 100)

    async def is_in(self, space: str) -> bool:
        return self._world.rooms[space].members.get(self._matrix.me) == "join"

    async def name(self, space: str) -> str:
        return self._world.rooms[space].name

    async def coordination(self, space: str) -> str | None:
        if self._world.rooms[space].members.get(self._matrix.me) != "join":
            raise MatrixRefused("M_FORBIDDEN", 403)
        found = next((room for room in self._world.rooms.values() if room.network and room.parent == space), None)
        if found:
            self._come_in(found)
        return found and found.room_id

    async def declared(self, room_id: str) -> dict[str, dict[str, Any]]:
        return {key: dict(told) for key, told in self._entered(room_id).declared.items()}

    async def declare(self, room_id: str, key: str, content: Mapping[str, Any]) -> None:
        declared = self.moderated(room_id).declared
        if declared.get(key, {}).get("content") != content:
            declared[key] = {"content": dict(content), "sender": self._matrix.me}
            self._world.changes(room_id, self._matrix.me, DECLARATION, dict(content), key)

    async def undeclare(self, room_id: str, key: str) -> None:
        if self.moderated(room_id).declared.pop(key, None):
            self._world.changes(room_id, self._matrix.me, DECLARATION, {}, key)

    async def moderates(self, room_id: str, person: str) -> bool:
        return self._entered(room_id).of(person) >= 50

    async def leave_network(self, space: str, room_id: str | None) -> None:
        for each in (room_id, space):
            if each is not None and self._world.rooms[each].members.get(self._matrix.me) in ("join", "invite", "knock"):
                self._world.moves(each, self._matrix.me, self._matrix.me, "leave")

    def _come_in(self, room: FakeRoom) -> None:
        if room.members.get(self._matrix.me) != "join":
            self._world.moves(room.room_id, self._matrix.me, self._matrix.me, "join")

    def _entered(self, room_id: str) -> FakeRoom:
        if self._world.rooms[room_id].members.get(self._matrix.me) != "join":
            raise MatrixRefused("M_FORBIDDEN", 403)
        return self._world.rooms[room_id]

    def moderated(self, room_id: str) -> FakeRoom:
        if self._entered(room_id).of(self._matrix.me) < 50:
            raise MatrixRefused("M_FORBIDDEN", 403)
        return self._world.rooms[room_id]
