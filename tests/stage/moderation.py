"""How the small Matrix of the conversations moderates: by the rules of a real one, in short."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from bot.errors import MatrixRefused

if TYPE_CHECKING:
    from tests.stage.small_homeserver import FakeMatrix


class FakeModeration:
    """By the rules of a real one, in short."""

    def __init__(self, matrix: FakeMatrix) -> None:
        self._matrix, self._world = matrix, matrix.world

    async def hush_level(self, room_id: str, person: str) -> dict[str, Any]:
        return {"before": self._matrix.commanded(room_id, person).levels.get(person), "level": -1}

    async def set_level(self, room_id: str, person: str, level: Any) -> None:
        levels = self._matrix.commanded(room_id, person).levels
        if level is not None and level > levels[self._matrix.me]:
            raise MatrixRefused("M_FORBIDDEN", 403, room_id)
        if level is None:
            levels.pop(person, None)
        else:
            levels[person] = level

    async def restore_level(self, room_id: str, person: str, level: int, before: Any) -> bool:
        if self._world.rooms[room_id].levels.get(person) == level:
            await self.set_level(room_id, person, before)
        return True

    async def shut_servers(self, room_id: str) -> list[str]:
        return list(self._world.rooms[room_id].shut)

    async def shut_server(self, room_id: str, pattern: str) -> None:
        if self._world.rooms[room_id].levels.get(self._matrix.me, 0) < 50:
            raise MatrixRefused("M_FORBIDDEN", 403, room_id)
        self._world.rooms[room_id].shut[pattern] = None

    async def open_server(self, room_id: str, pattern: str) -> None:
        self._world.rooms[room_id].shut.pop(pattern, None)

    async def last_messages(self, room_id: str, person: str, most: int) -> list[list[str]]:
        room = self._world.rooms[room_id]
        if room.members.get(self._matrix.me) != "join":
            raise MatrixRefused("M_FORBIDDEN", 403, room_id)
        said = [e for e in room.events if (e["sender"], e["type"]) == (person, "m.room.message") and not e["redacted"]]
        return [[e["event_id"]] for e in reversed(said)][:most]

    async def own_messages(self, room_id: str, is_meant: Callable[[str], bool]) -> list[str]:
        said = [event_id for (event_id,) in await self.last_messages(room_id, self._matrix.me, 1000)]
        events = {e["event_id"]: e["content"] for e in self._world.rooms[room_id].events if e["event_id"] in said}

        def first(event_id: str) -> str:
            relation = events[event_id].get("m.relates_to", {})
            return str(relation["event_id"]) if relation.get("rel_type") == "m.replace" else event_id

        texts = {event_id: json.dumps(content, ensure_ascii=False) for event_id, content in events.items()}
        meant = {first(event_id) for event_id, text in texts.items() if is_meant(text) or is_meant(unquote(text))}
        return [event_id for event_id in said if first(event_id) in meant]

    async def erase(self, room_id: str, event_ids: Sequence[str]) -> None:
        """One's own need no power."""
        room = self._world.rooms[room_id]
        if any(e["event_id"] in event_ids and e["sender"] != self._matrix.me for e in room.events):
            room = self._matrix.commanded(room_id, "")
        for event in [each for each in room.events if each["event_id"] in event_ids and not each["redacted"]]:
            self._world.redacts(room_id, self._matrix.me, event["event_id"])

    async def quote(self, room_id: str, event_id: str) -> dict[str, Any] | None:
        events = [e for e in self._world.rooms[room_id].events if e["event_id"] == event_id]
        if not events:
            return None
        content = events[0]["content"]
        return {"sender": events[0]["sender"], "text": content["body"] if content["msgtype"] == "m.text" else ""}
