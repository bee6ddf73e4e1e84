"""Somebody in Element Web: what they click becomes the requests that a real one sent (`tests/captured/element/`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.person import Person

CAPTURED = Path(__file__).parents[1] / "captured" / "element"
SPACE, ROOM, WHO, SERVER = "!space:lieu.example", "!room:lieu.example", "@conciergerie:lieu.example", "lieu.example"
ADMINISTRATOR = 100


@dataclass(frozen=True, slots=True)
class Element:
    """What this person does there, and in what order, is theirs to say."""

    person: Person

    async def create_space(self, name: str) -> str:
        """« Créer un espace › Privé »."""
        return await self.person.create_room(**self._sent("create_space", name=name)[-1])

    async def create_first_room(self, space: str, name: str) -> str:
        """One of the rooms that are proposed with the space: « Moi et mon équipe »."""
        room = await self.person.create_room(**self._sent("create_first_room", {SPACE: space}, name=name)[-1])
        await self.person.call(*self._sent("add_first_room", {SPACE: space, ROOM: room}))
        return room

    async def create_private_room(self, space: str, name: str) -> str:
        """« Nouveau salon », « Salon privé (uniquement sur invitation) »."""
        room = await self.person.create_room(**self._sent("create_private_room", {SPACE: space}, name=name)[-1])
        await self.person.call(*self._sent("add_first_room", {SPACE: space, ROOM: room}, suggested=False))
        return room

    async def invite(self, room: str, who: str) -> None:
        """« Inviter », in a space as in a room; also « /invite »."""
        await self.person.call(*self._sent("invite_into_room", {ROOM: room, WHO: who}))

    async def make_administrator(self, room: str, who: str) -> None:
        """« Rang : Administrateur », in a space as in a room; also « /op »: all that the room has, and one more user."""
        method, path, _ = self._sent("power_in_room", {ROOM: room})
        levels = await self.person.call("GET", path)
        users = {**levels.get("users", {}), who: ADMINISTRATOR}
        await self.person.call(method, path, levels | {"users": users})

    def _sent(
        self, name: str, real: Mapping[str, str] | None = None, **changed: Any
    ) -> tuple[str, str, dict[str, Any]]:
        request = json.loads((CAPTURED / f"{name}.json").read_text())["request"]
        text = json.dumps(request)
        for recorded, ours in {**(real or {}), SERVER: self.person.synapse.server_name}.items():
            text = text.replace(recorded, ours)
        made = json.loads(text)
        return made["method"], made["path"], made["body"] | changed
