"""How the small Matrix of the conversations keeps ban lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.errors import MatrixRefused
from tests.stage.world import server

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix


class FakePolicyLists:
    """Rooms with rules."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world

    async def join_list(self, address: str) -> str:
        if address not in self._matrix.aliases:
            raise MatrixRefused("M_NOT_FOUND", 404)
        self._world.moves(self._matrix.aliases[address], self._matrix.me, self._matrix.me, "join")
        return self._matrix.aliases[address]

    async def open_list(self, room_id: str, name: str) -> str:
        alias = f"#{name}:{server(self._matrix.me)}"
        self._matrix.aliases[alias] = room_id
        return alias

    async def rules(self, room_id: str) -> list[dict[str, Any]]:
        return list(self._world.rooms[room_id].rules.values())

    async def publish(self, room_id: str, person: str, reason: str) -> None:
        self._world.rooms[room_id].rules[person] = {"kind": "user", "entity": person, "reason": reason}

    async def withdraw(self, room_id: str, person: str) -> None:
        self._world.rooms[room_id].rules.pop(person, None)
