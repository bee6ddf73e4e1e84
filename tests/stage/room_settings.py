"""How the small Matrix of the conversations keeps the rooms of a space: with the same rules as a real one, in short."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.errors import MatrixRefused, MissingRight, Refused

if TYPE_CHECKING:
    from tests.stage.world import World

ME = "@conciergerie:lieu.fr"
RULE_OF = {"members": "restricted", "request": "knock", "private": "invite"}
ENTRY_OF = {"public": "public", "restricted": "members", "knock_restricted": "members", "knock": "request"}
KNOCKABLE = {"invite": "knock", "restricted": "knock_restricted"}


@dataclass
class FakeRoom:
    """`parent` is the space that shows it, `says` the one that it names itself, `also` others that list it.

    `silent` is the level that is needed to speak; `creator` made it, a bot for what its `key` says.
    """

    room_id: str
    name: str = ""
    space: bool = False
    parent: str | None = None
    says: str | None = None
    encrypted: bool = False
    join: str = "invite"
    alias: str = ""
    topic: str = ""
    history: str = "everything"
    suggested: bool = False
    order: str = "~"
    archived: str | None = None
    silent: int = 0
    also: set[str] = field(default_factory=set)
    members: dict[str, str] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    network: bool = False
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)
    creator: str = ""
    key: str = ""

    @property
    def is_space(self) -> bool:
        return self.space

    def of(self, person: str) -> float:
        return self.levels.get(person, 0)


class FakeKeeping:
    me: str
    listed: int
    rooms: dict[str, FakeRoom]
    names: dict[str, str]
    world: World

    async def enter(self, room_id: str, via: Sequence[str] = ()) -> bool: ...

    async def children(self, space: str) -> list[FakeRoom]:
        self.listed += 1
        """As Synapse: only those that the bot is in, or may enter."""
        shown = [room for room in self._listed(space) if self._is_shown(room)]
        return sorted(shown, key=lambda room: room.order)

    async def hidden(self, space: str) -> list[str]:
        return [room.room_id for room in self._listed(space) if not self._is_shown(room)]

    def _listed(self, space: str) -> list[FakeRoom]:
        return [room for room in self.rooms.values() if room.parent == space or space in room.also]

    def _is_shown(self, room: FakeRoom) -> bool:
        return room.join != "invite" or room.members.get(self.me) in ("join", "invite")

    async def belongs(self, room_id: str, space: str) -> bool:
        room = self.rooms[room_id]
        return room.parent == space == room.says

    async def shows(self, space: str, room_id: str) -> bool:
        room = self.rooms[room_id]
        return room.parent == space or space in room.also

    async def kept(self, space: str, person: str, made: Sequence[str] = ()) -> list[dict[str, Any]]:
        shown = [room for room in await self.children(space) if not room.space]
        unseen = [
            room for id, room in self.rooms.items() if room not in shown and (room.archived == space or id in made)
        ]
        rooms = [*shown, *unseen]
        return [self._kept(room) for room in rooms if self._is_theirs(room, space, person)]

    def _is_theirs(self, room: FakeRoom, space: str, person: str) -> bool:
        return room.members.get(self.me) != "join" or room.says == space or room.of(person) >= 50

    def _kept(self, room: FakeRoom) -> dict[str, Any]:
        return {
            "room_id": room.room_id,
            "name": room.name,
            "topic": room.topic,
            "entry": ENTRY_OF.get(room.join, "private"),
            "encrypted": room.encrypted,
            "suggested": room.suggested,
            "archived": room.archived is not None,
            "members": list(room.members.values()).count("join"),
            "inside": room.members.get(self.me) == "join",
            "speaks": room.of(self.me) >= room.silent,
        }

    def _may(self, room_id: str, level: int = 50) -> FakeRoom:
        room = self.rooms[room_id]
        if room.of(self.me) < level:
            able = {who: self.names.get(who, who) for who in room.levels if room.of(who) >= 100}
            if not able:
                raise Refused("room-alone", room=room.name)
            raise MissingRight({room_id: room.name}, able, space=room.space)
        return room

    async def missing(self, refusal: Refused, space: str | None) -> MissingRight | None:
        """As the real one: of a room that the bot is in, or that the space shows."""
        if isinstance(refusal, MissingRight):
            return refusal
        if not isinstance(refusal, MatrixRefused) or not refusal.room_id:
            return None
        room = self.rooms[refusal.room_id]
        if room.members.get(self.me) != "join":
            return MissingRight({room.room_id: room.name}, outside=True) if room.parent == space else None
        try:
            self._may(refusal.room_id, 100)
        except MissingRight as missing:
            return missing
        except Refused:
            return None
        return None

    async def prepared(self, space: str) -> None:
        self._may(space, 100)

    async def openable(self, room_ids: Collection[str], space: str) -> None:
        weak = [id for id in room_ids if self.rooms[id].join not in ("public", "restricted")]
        shut = {id: self.rooms[id].name for id in weak if self.rooms[id].of(self.me) < 100}
        if shut:
            able = {one: self.names.get(one, one) for one in self.rooms[space].levels if one != self.me}
            raise MissingRight(shut, able)

    async def lacks(self, space: str, chosen: Collection[str]) -> dict[str, Any]:
        shown = {room.room_id: room for room in await self.children(space) if not room.space}
        here = set(await self.joined())
        inside = [self.rooms[id] for id in dict.fromkeys(chosen) if id in here]
        return {
            "space": self.rooms[space].of(self.me) < 50,
            "outside": [shown[id].name if id in shown else "" for id in dict.fromkeys(chosen) if id not in here],
            "elsewhere": [room.name for id, room in shown.items() if id not in {*here, *chosen}],
            "hidden": len({*await self.hidden(space)} - {*chosen}),
            "powerless": [room.name for room in inside if room.of(self.me) < 50],
        }

    async def enter_all(self, rooms: Mapping[str, str]) -> None:
        shut = {id: name for id, name in rooms.items() if not await self.enter(id)}
        if shut:
            raise MissingRight(shut, outside=True)

    async def outside_of(self, rooms: Collection[str]) -> list[str]:
        return [id for id in rooms if self.rooms[id].members.get(self.me) != "join"]

    async def rename(self, room_id: str, name: str) -> None:
        self._may(room_id).name = name

    async def describe(self, room_id: str, topic: str) -> None:
        self._may(room_id).topic = topic

    async def open_to(self, room_id: str, entry: str, space: str) -> None:
        self._may(room_id).join = RULE_OF[entry]

    async def show_history(self, room_id: str, seen: str) -> None:
        self._may(room_id, 100).history = seen

    async def let_knock(self, room_id: str, wanted: bool) -> None:
        changes = KNOCKABLE if wanted else {after: before for before, after in KNOCKABLE.items()}
        if self.rooms[room_id].join in changes:
            self._may(room_id).join = changes[self.rooms[room_id].join]

    async def place(self, space: str, room_id: str, **how: Any) -> None:
        self._may(space)
        room = self.rooms[room_id]
        room.parent = space
        for name, value in how.items():
            setattr(room, name, value)

    async def arrange(self, space: str, room_ids: Sequence[str]) -> None:
        for n, room_id in enumerate(room_ids, 1):
            await self.place(space, room_id, order=f"{n:04}")

    async def archive(self, space: str, room_id: str) -> None:
        self._may(space)
        room = self._may(room_id, 100)
        room.parent, room.archived = None, space

    async def bring_back(self, space: str, room_id: str) -> None:
        self._may(space)
        room = self._may(room_id, 100)
        room.parent, room.archived = space, None

    async def entrust(self, space: str, room_id: str) -> None:
        room, above = self._may(room_id, 100), self.rooms[space]
        for person, level in above.levels.items():
            if person != self.me and level >= 50:
                room.levels[person] = max(level, room.levels.get(person, 0))

    async def knocking(self, room_id: str) -> list[dict[str, Any]]:
        members = self.rooms[room_id].members.items()
        return [{"person": who, "reason": None} for who, what in members if what == "knock"]

    async def joined(self) -> list[str]:
        return [id for id, room in self.rooms.items() if room.members.get(self.me) == "join"]

    async def turn_away(self, room_id: str, person: str, reason: str = "") -> None:
        room = self._may(room_id)
        if room.members.get(person) == "knock":
            self.world.moves(room_id, self.me, person, "leave")
