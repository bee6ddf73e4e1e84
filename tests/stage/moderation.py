"""How the small Matrix of the conversations moderates, and keeps ban lists: by the rules of a real one, in short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.errors import MatrixRefused, Unavailable
from tests.stage.room_settings import FakeRoom
from tests.stage.world import World, server


class FakeModerating:
    me: str
    down: bool
    rooms: dict[str, FakeRoom]
    names: dict[str, str]
    aliases: dict[str, str]
    bans: set[tuple[str, str]]
    world: World

    def commanded(self, room_id: str, person: str) -> FakeRoom:
        """The room, where the bot has power over this person."""
        room = self.rooms[room_id]
        if self.down:
            raise Unavailable("matrix", 5)
        if room.members.get(self.me) != "join" or room.of(self.me) < 50 or room.of(person) >= room.of(self.me):
            raise MatrixRefused("M_FORBIDDEN", 403, room_id)
        return room

    async def people(self, space: str) -> list[dict[str, Any]]:
        members = self.rooms[space].members.items()
        by = {who: self.me for room, who in self.bans if room == space}
        return [
            {"person": who, "name": self.names.get(who, who), "membership": what, "by": by.get(who)}
            for who, what in members
        ]

    async def has_parent(self, room_id: str, space: str) -> bool:
        return self.rooms[room_id].parent == space

    async def ban(self, room_id: str, person: str, reason: str = "") -> None:
        self.commanded(room_id, person)
        self.world.moves(room_id, self.me, person, "ban")
        self.bans.add((room_id, person))

    async def unban(self, room_id: str, person: str) -> None:
        if self.rooms[room_id].members.get(person) == "ban":
            self.commanded(room_id, person)
            self.world.moves(room_id, self.me, person, "leave")

    async def hush_level(self, room_id: str, person: str) -> dict[str, Any]:
        return {"before": self.commanded(room_id, person).levels.get(person), "level": -1}

    async def set_level(self, room_id: str, person: str, level: Any) -> None:
        levels = self.commanded(room_id, person).levels
        if level is not None and level > levels[self.me]:
            raise MatrixRefused("M_FORBIDDEN", 403, room_id)
        if level is None:
            levels.pop(person, None)
        else:
            levels[person] = level

    async def restore_level(self, room_id: str, person: str, level: int, before: Any) -> bool:
        if self.rooms[room_id].levels.get(person) == level:
            await self.set_level(room_id, person, before)
        return True

    async def last_messages(self, room_id: str, person: str, most: int) -> list[list[str]]:
        room = self.rooms[room_id]
        if room.members.get(self.me) != "join":
            raise MatrixRefused("M_FORBIDDEN", 403, room_id)
        said = [e for e in room.events if (e["sender"], e["type"]) == (person, "m.room.message") and not e["redacted"]]
        return [[e["event_id"]] for e in reversed(said)][:most]

    async def erase(self, room_id: str, event_ids: Sequence[str]) -> None:
        room = self.commanded(room_id, "")
        for event in [each for each in room.events if each["event_id"] in event_ids and not each["redacted"]]:
            self.world.redacts(room_id, self.me, event["event_id"])

    async def quote(self, room_id: str, event_id: str) -> dict[str, Any] | None:
        events = [e for e in self.rooms[room_id].events if e["event_id"] == event_id]
        if not events:
            return None
        content = events[0]["content"]
        return {"sender": events[0]["sender"], "text": content["body"] if content["msgtype"] == "m.text" else ""}

    # -- ban lists

    async def join_list(self, address: str) -> str:
        if address not in self.aliases:
            raise MatrixRefused("M_NOT_FOUND", 404)
        self.world.moves(self.aliases[address], self.me, self.me, "join")
        return self.aliases[address]

    async def leave(self, room_id: str, reason: str = "") -> None:
        self.world.moves(room_id, self.me, self.me, "leave")
        if reason:
            self.farewells[room_id] = reason

    async def open_list(self, room_id: str, name: str) -> str:
        alias = f"#{name}:{server(self.me)}"
        self.aliases[alias] = room_id
        return alias

    async def rules(self, room_id: str) -> list[dict[str, Any]]:
        return list(self.rooms[room_id].rules.values())

    async def publish(self, room_id: str, person: str, reason: str) -> None:
        self.rooms[room_id].rules[person] = {"kind": "user", "entity": person, "reason": reason}

    async def withdraw(self, room_id: str, person: str) -> None:
        self.rooms[room_id].rules.pop(person, None)
