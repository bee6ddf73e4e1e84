"""What holds in the whole lieu comes to hold in a room that is new there: silences, and the bot's own exclusions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from bot.errors import Refused
from bot.grounds import Grounds
from bot.lieux import Lieu
from bot.silences import Silences

Named = list[list[str]]  # (Matrix id, name)


class Crowd(Protocol):
    """What this asks of Matrix."""

    @property
    def me(self) -> str: ...
    async def people(self, space: str) -> list[dict[str, Any]]: ...
    async def ban(self, room_id: str, person: str, reason: str = "") -> None: ...


class Inheritance:
    def __init__(self, grounds: Grounds, silences: Silences, crowd: Crowd) -> None:
        self._grounds, self._silences, self._crowd = grounds, silences, crowd

    async def due(self, lieu: Lieu, room_id: str) -> dict[str, Any]:
        """The `room`'s name, and who is `silent` and `banned` in the lieu but not there yet, as (id, name)."""
        name = next((room["name"] for room in await self._grounds.rooms(lieu) if room["room_id"] == room_id), None)
        if name is None:
            return {"room": "", "silent": [], "banned": []}
        people = await self._crowd.people(lieu.space)
        names = {row["person"]: row["name"] for row in people}
        out = [row["person"] for row in people if row["membership"] == "ban" and row["by"] == self._crowd.me]
        hushed = await self._silences.people(lieu.id, but_in=room_id)
        banned = out and await self._not_out_of(room_id, out)
        named = {
            what: [[who, names.get(who, who)] for who in found]
            for what, found in (("silent", hushed), ("banned", banned))
        }
        return {"room": name, **named}

    async def _not_out_of(self, room_id: str, people: list[str]) -> list[str]:
        try:
            there = await self._crowd.people(room_id)
        except Refused:
            return people
        out = {row["person"] for row in there if row["membership"] == "ban"}
        return [person for person in people if person not in out]

    async def hold(self, lieu: int, room_id: str, silent: Named, banned: Named) -> list[str]:
        """Make it so. The names of those for whom it could not be done."""
        hushing = await self._each(silent, lambda person: self._silences.spread(lieu, person, room_id))
        return hushing + await self._each(banned, lambda person: self._crowd.ban(room_id, person))

    async def _each(self, people: Named, act: Callable[[str], Awaitable[object]]) -> list[str]:
        refused = []
        for person, name in people:
            try:
                await act(person)
            except Refused:
                refused.append(name)
        return refused
