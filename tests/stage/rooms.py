"""Rooms that the bot makes on the small Matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix


class FakeRooms:
    """A room is made once for each key."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world

    async def create(
        self,
        key: str,
        *,
        name: str | None = None,
        topic: str | None = None,
        encrypted: bool = False,
        invite: Sequence[str] = (),
        join: str = "invite",
        allow: str | None = None,
        parent: str | None = None,
        admins: Sequence[str] = (),
        space: bool = False,
    ) -> str:
        if key not in self._matrix.made_rooms:
            room = self._world.room(name or "", parent=parent, space=space)
            if parent and self._world.rooms[parent].of(self._matrix.me) < 50:
                room.parent = None
            room.encrypted, room.join, room.topic = encrypted, join, topic or ""
            room.creator, room.key = self._matrix.me, key
            room.members = {self._matrix.me: "join"} | dict.fromkeys(invite, "invite")
            room.levels = {self._matrix.me: 100} | dict.fromkeys(admins, 100)
            self._matrix.made_rooms[key] = room.room_id
            for person in invite:
                self._world.moves(room.room_id, self._matrix.me, person, "invite")
        return self._matrix.made_rooms[key]

    async def made(self, key: str) -> str | None:
        return self._matrix.made_rooms.get(key)

    async def direct(self, person: str, called: str = "", name: str = "") -> str:
        if person not in self._matrix.directs:
            self._matrix.reach(person)
            room_id = await self.create(f"direct/{person}", name=called, invite=[person], encrypted=True)
            await self._matrix.remember(person, room_id)
            self._matrix.directs[person] = room_id
        if self._world.rooms[self._matrix.directs[person]].members.get(person) not in ("join", "invite"):
            self._matrix.reach(person)
            self._world.rooms[self._matrix.directs[person]].name = called
            self._world.moves(self._matrix.directs[person], self._matrix.me, person, "invite")
        return self._matrix.directs[person]

    async def has_direct(self, person: str) -> bool:
        room = self._world.rooms.get(self._matrix.directs.get(person, ""))
        return room is not None and room.members.get(person) == "join"

    async def note_direct(self, person: str, room_id: str) -> None:
        self._matrix.directs[person] = room_id

    async def entered(self, room_id: str) -> None:
        self._world.rooms[room_id].name = ""
