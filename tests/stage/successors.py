"""What the bot puts right around an upgraded room of the small Matrix; which takes whose place the real one says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from bot.matrix.network_rooms import DECLARATION
from bot.matrix.successors import Successors, Upgrade

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix


class FakeSuccessors(Successors):
    """A level of 50 is asked for, in a room and in a space."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world
        self._facts = cast(Any, matrix.facts)

    async def carry(self, upgrade: Upgrade) -> None:
        old, new = self._world.rooms[upgrade.old], self._world.rooms[upgrade.new]
        if (old.rules, old.declared) != (new.rules, new.declared):
            self._matrix.missing_rights.require(upgrade.new)
            new.rules, new.declared = dict(old.rules), dict(old.declared)
            for key, told in new.declared.items():
                self._world.changes(upgrade.new, self._matrix.me, DECLARATION, told["content"], key)

    async def relink(self, space: str, upgrade: Upgrade) -> None:
        old, new = self._world.rooms[upgrade.old], self._world.rooms[upgrade.new]
        if old.parent == space:
            self._matrix.missing_rights.require(space)
            old.parent, new.parent, new.order = None, space, old.order
        if old.says == space and new.says != space:
            self._matrix.missing_rights.require(upgrade.new)
            new.says = space

    async def children(self, upgrade: Upgrade) -> list[str]:
        either = {upgrade.old, upgrade.new}
        shown = [id for id, room in self._world.rooms.items() if room.parent in either or room.also & either]
        return [id for id in shown if self._world.rooms[id].members.get(self._matrix.me) == "join"]

    async def adopt(self, room_id: str, upgrade: Upgrade) -> None:
        room = self._world.rooms[room_id]
        if upgrade.old in (room.says, room.allow):
            self._matrix.missing_rights.require(room_id)
            room.says = upgrade.new if room.says == upgrade.old else room.says
            room.allow = upgrade.new if room.allow == upgrade.old else room.allow

    async def is_carried(self, upgrade: Upgrade) -> bool:
        return self._world.rooms[upgrade.new].declared == self._world.rooms[upgrade.old].declared
