"""Who comes into the rooms of the small Matrix and who leaves them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from bot.errors import MatrixRefused, MissingRight, Unavailable

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix


class FakeMembership:
    """By the rules of a real one, in short."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world

    async def invite(self, room_id: str, person: str) -> str:
        self._matrix.calls.append(("invite", room_id, person))
        room = self._world.rooms[room_id]
        if self._matrix.down:
            raise Unavailable("matrix", 5)
        if room.members.get(person) in ("join", "invite"):
            return "already"
        if room.levels.get(self._matrix.me, 0) < 0:
            raise MatrixRefused("M_FORBIDDEN", 403, room_id, "invite")
        self._matrix.reach(person)
        self._world.moves(room_id, self._matrix.me, person, "invite")
        return "invited"

    async def kick(self, room_id: str, person: str, reason: str = "") -> None:
        if await self._matrix.facts.membership(room_id, person) in ("join", "invite", "knock"):
            self._matrix.commanded(room_id, person)
            self._world.moves(room_id, self._matrix.me, person, "leave", reason=reason)
            self._matrix.shown_out[room_id, person] = reason

    async def enter(self, room_id: str, via: Sequence[str] = ()) -> bool:
        if (room := self._world.rooms.get(room_id)) is None:
            return False
        if room.members.get(self._matrix.me) == "invite" or room.join in ("public", "restricted"):
            self._world.moves(room_id, self._matrix.me, self._matrix.me, "join")
        return room.members.get(self._matrix.me) == "join"

    async def keep_invitation(
        self, room_id: str, inviter: str, allowed_servers: Collection[str], why: Callable[[str], str]
    ) -> str:
        room = self._world.rooms[room_id]
        known = inviter.partition(":")[2] in allowed_servers
        strong = room.members.get(inviter) == "join" and room.of(inviter) >= 50
        if not (known and strong):
            verdict = "no-right" if known else "wrong-server"
            self._world.moves(room_id, self._matrix.me, self._matrix.me, "leave")
            self._matrix.farewells[room_id] = why(verdict)
            return verdict
        self._world.moves(room_id, self._matrix.me, self._matrix.me, "join")
        return "kept"

    async def ban(self, room_id: str, person: str, reason: str = "") -> None:
        self._matrix.commanded(room_id, person)
        self._world.moves(room_id, self._matrix.me, person, "ban")
        self._matrix.bans.add((room_id, person))

    async def unban(self, room_id: str, person: str) -> None:
        if self._world.rooms[room_id].members.get(person) == "ban":
            self._matrix.commanded(room_id, person)
            self._world.moves(room_id, self._matrix.me, person, "leave")

    async def leave(self, room_id: str, reason: str = "") -> None:
        self._world.moves(room_id, self._matrix.me, self._matrix.me, "leave")
        if reason:
            self._matrix.farewells[room_id] = reason

    async def enter_all(self, rooms: Mapping[str, str]) -> None:
        shut = {id: name for id, name in rooms.items() if not await self.enter(id)}
        if shut:
            raise MissingRight(shut, outside=True)
