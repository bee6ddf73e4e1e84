"""How the small Matrix of the conversations keeps the rooms of a space: with the same rules as a real one, in short."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from bot.errors import MatrixRefused, MissingRight
from tests.stage.world import FakeRoom

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix

RULE_OF = {"members": "restricted", "request": "knock", "private": "invite"}
ENTRY_OF = {"public": "public", "restricted": "members", "knock_restricted": "members", "knock": "request"}
KNOCKABLE = {"invite": "knock", "restricted": "knock_restricted"}


class FakeRoomSettings:
    """With the same rules as a real one, in short."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world

    async def kept(self, space: str, person: str, made: Sequence[str] = ()) -> list[dict[str, Any]]:
        shown = [room for room in await self._matrix.facts.children(space) if not room.space]
        unseen = [
            room
            for id, room in self._world.rooms.items()
            if room not in shown and (room.archived == space or id in made)
        ]
        rooms = [*shown, *unseen]
        return [self._kept(room) for room in rooms if self._is_theirs(room, space, person)]

    def _is_theirs(self, room: FakeRoom, space: str, person: str) -> bool:
        return room.members.get(self._matrix.me) != "join" or room.says == space or room.of(person) >= 50

    def _kept(self, room: FakeRoom) -> dict[str, Any]:
        return {
            "room_id": room.room_id,
            "name": room.name,
            "alias": room.alias,
            "topic": room.topic,
            "entry": ENTRY_OF.get(room.join, "private"),
            "encrypted": room.encrypted,
            "suggested": room.suggested,
            "archived": room.archived is not None,
            "members": list(room.members.values()).count("join"),
            "inside": room.members.get(self._matrix.me) == "join",
            "speaks": room.of(self._matrix.me) >= room.silent,
        }

    async def prepared(self, space: str) -> None:
        self._matrix.missing_rights.require(space, 100)

    async def openable(self, room_ids: Collection[str], space: str) -> None:
        weak = [id for id in room_ids if self._world.rooms[id].join not in ("public", "restricted")]
        shut = {id: self._world.rooms[id].name for id in weak if self._world.rooms[id].of(self._matrix.me) < 100}
        if shut:
            able = {
                one: self._matrix.names.get(one, one)
                for one in self._world.rooms[space].levels
                if one != self._matrix.me
            }
            raise MissingRight(shut, able)

    async def lacks(self, space: str, chosen: Collection[str]) -> dict[str, Any]:
        shown = {room.room_id: room for room in await self._matrix.facts.children(space) if not room.space}
        here = set(await self._matrix.facts.joined())
        inside = [self._world.rooms[id] for id in dict.fromkeys(chosen) if id in here]
        return {
            "space": self._world.rooms[space].of(self._matrix.me) < 50,
            "outside": [shown[id].name if id in shown else "" for id in dict.fromkeys(chosen) if id not in here],
            "elsewhere": [room.name for id, room in shown.items() if id not in {*here, *chosen}],
            "hidden": len({*await self._matrix.facts.hidden(space)} - {*chosen}),
            "powerless": [room.name for room in inside if room.of(self._matrix.me) < 50],
        }

    async def rename(self, room_id: str, name: str) -> None:
        self._matrix.missing_rights.require(room_id).name = name

    async def describe(self, room_id: str, topic: str) -> None:
        self._matrix.missing_rights.require(room_id).topic = topic

    async def open_to(self, room_id: str, entry: str, space: str) -> None:
        self._matrix.missing_rights.require(room_id).join = RULE_OF[entry]

    async def restrict(self, room_id: str, space: str) -> None:
        if self._world.rooms[room_id].join in ("public", "restricted"):
            return
        if self._world.rooms[room_id].levels.get(self._matrix.me, 0) < 100:
            raise MatrixRefused("M_FORBIDDEN", 403, room_id, "m.room.join_rules")
        self._world.rooms[room_id].join = "restricted"

    async def show_history(self, room_id: str, seen: str) -> None:
        self._matrix.missing_rights.require(room_id, 100).history = seen

    async def let_knock(self, room_id: str, wanted: bool) -> None:
        changes = KNOCKABLE if wanted else {after: before for before, after in KNOCKABLE.items()}
        if self._world.rooms[room_id].join in changes:
            self._matrix.missing_rights.require(room_id).join = changes[self._world.rooms[room_id].join]

    async def place(self, space: str, room_id: str, **how: Any) -> None:
        self._matrix.missing_rights.require(space)
        room = self._world.rooms[room_id]
        room.parent = space
        for name, value in how.items():
            setattr(room, name, value)

    async def arrange(self, space: str, room_ids: Sequence[str]) -> None:
        for n, room_id in enumerate(room_ids, 1):
            await self.place(space, room_id, order=f"{n:04}")

    async def archive(self, space: str, room_id: str) -> None:
        self._matrix.missing_rights.require(space)
        room = self._matrix.missing_rights.require(room_id, 100)
        room.parent, room.archived = None, space

    async def bring_back(self, space: str, room_id: str) -> None:
        self._matrix.missing_rights.require(space)
        room = self._matrix.missing_rights.require(room_id, 100)
        room.parent, room.archived = space, None

    async def entrust(self, space: str, room_id: str) -> None:
        room, above = self._matrix.missing_rights.require(room_id, 100), self._world.rooms[space]
        for person, level in above.levels.items():
            if person != self._matrix.me and level >= 50:
                room.levels[person] = max(level, room.levels.get(person, 0))

    async def bequeath(self, room_id: str, person: str) -> None:
        room = self._matrix.network_rooms.moderated(room_id)
        room.levels[person] = max(room.of(person), min(room.of(self._matrix.me), 100))

    async def unburden(self, room_id: str) -> None:
        """Nothing ever stood there."""

    async def turn_away(self, room_id: str, person: str, reason: str = "") -> None:
        room = self._matrix.missing_rights.require(room_id)
        if room.members.get(person) == "knock":
            self._world.moves(room_id, self._matrix.me, person, "leave")
