"""How the small Matrix of the conversations keeps networks: a space that takes knocks, and a room of declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bot.errors import MatrixRefused, Refused, Unavailable
from bot.matrix.facts import server_of
from bot.matrix.network_rooms import DECLARATION, named
from tests.stage.room_settings import FakeRoom
from tests.stage.world import World


class FakeNetworkRooms:
    me: str
    world: World
    rooms: dict[str, FakeRoom]
    aliases: dict[str, str]
    down: bool

    async def open_network(self, key: str, name: str, topic: str) -> dict[str, str]:
        space = await self.create(f"{key}/space", name=name, topic=topic, space=True, join="knock")
        room_id = await self.create(f"{key}/room", name=name, topic=topic, join="restricted", allow=space, parent=space)
        for each in (space, room_id):
            self.rooms[each].network = True
        return {"space": space, "room": room_id}

    async def address(self, space: str) -> str:
        return f"https://matrix.to/#/{quote(space, safe='')}?via={server_of(self.me)}"

    async def ask_in(self, address: str, reason: str) -> dict[str, str]:
        room, _ = named(address)
        space = self.rooms.get(self.aliases.get(room, room))
        if self.down:
            raise Unavailable("matrix", 5)
        if space is None:
            raise Refused("no-such-network")
        if not (space.space and space.network):
            raise Refused("not-a-network")
        if space.members.get(self.me) in ("join", "invite"):
            self._come_in(space)
            return {"how": "in", "space": space.room_id}
        if space.members.get(self.me) == "ban" or space.join != "knock":
            raise Refused("network-shut")
        space.members[self.me] = "knock"
        self.world.changes(space.room_id, self.me, "m.room.member", {"membership": "knock", "reason": reason}, self.me)
        return {"how": "asked", "space": space.room_id}

    async def accept(self, address: str) -> bool:
        space = self.rooms[named(address)[0]]
        if space.members.get(self.me) not in ("join", "invite"):
            return False
        self._come_in(space)
        return True

    async def admit(self, space: str, room_id: str, person: str) -> None:
        if self.rooms[space].of(self.me) < 50:
            raise MatrixRefused("M_FORBIDDEN", 403)
        for each in (space, room_id):
            await self.invite(each, person)

    async def bequeath(self, room_id: str, person: str) -> None:
        room = self._moderated(room_id)
        room.levels[person] = max(room.of(person), min(room.of(self.me), 100))

    async def coordination(self, space: str) -> str | None:
        if self.rooms[space].members.get(self.me) != "join":
            raise MatrixRefused("M_FORBIDDEN", 403)
        found = next((room for room in self.rooms.values() if room.network and room.parent == space), None)
        if found:
            self._come_in(found)
        return found and found.room_id

    async def declared(self, room_id: str) -> dict[str, dict[str, Any]]:
        return {key: dict(told) for key, told in self._entered(room_id).declared.items()}

    async def declare(self, room_id: str, key: str, content: Mapping[str, Any]) -> None:
        declared = self._moderated(room_id).declared
        if declared.get(key, {}).get("content") != content:
            declared[key] = {"content": dict(content), "sender": self.me}
            self.world.changes(room_id, self.me, DECLARATION, dict(content), key)

    async def undeclare(self, room_id: str, key: str) -> None:
        if self._moderated(room_id).declared.pop(key, None):
            self.world.changes(room_id, self.me, DECLARATION, {}, key)

    async def moderates(self, room_id: str, person: str) -> bool:
        return self._entered(room_id).of(person) >= 50

    async def leave_network(self, space: str, room_id: str | None) -> None:
        for each in (room_id, space):
            if each is not None and self.rooms[each].members.get(self.me) in ("join", "invite", "knock"):
                self.world.moves(each, self.me, self.me, "leave")

    def _come_in(self, room: FakeRoom) -> None:
        if room.members.get(self.me) != "join":
            self.world.moves(room.room_id, self.me, self.me, "join")

    def _entered(self, room_id: str) -> FakeRoom:
        if self.rooms[room_id].members.get(self.me) != "join":
            raise MatrixRefused("M_FORBIDDEN", 403)
        return self.rooms[room_id]

    def _moderated(self, room_id: str) -> FakeRoom:
        if self._entered(room_id).of(self.me) < 50:
            raise MatrixRefused("M_FORBIDDEN", 403)
        return self.rooms[room_id]
