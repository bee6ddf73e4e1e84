"""Somebody in Element Web: what they click becomes the requests that a real one sent (`tests/captured/element/`)."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers.person import Person

CAPTURED = Path(__file__).parents[1] / "captured" / "element"
SPACE, ROOM, KITCHEN = "!space:lieu.example", "!room:lieu.example", "!kitchen:lieu.example"
WHO, SERVER = "@conciergerie:lieu.example", "lieu.example"
ADMINISTRATOR = 100


@dataclass(frozen=True, slots=True)
class Element:
    """What this person does there, and in what order, is theirs to say."""

    person: Person

    async def create_space(self, name: str) -> str:
        """« Créer un espace › Privé »."""
        return await self._create("create_space", name)

    async def create_first_room(self, space: str, name: str) -> str:
        """One of the rooms that are proposed with the space: « Moi et mon équipe »."""
        room = await self._create("create_first_room", name, {SPACE: space})
        await self.person.call(*self._sent("add_first_room", {SPACE: space, ROOM: room}))
        return room

    async def create_private_room(self, space: str, name: str) -> str:
        """« Nouveau salon », « Salon privé (uniquement sur invitation) »."""
        room = await self._create("create_private_room", name, {SPACE: space})
        await self.person.call(*self._sent("add_room", {SPACE: space, KITCHEN: room}))
        return room

    async def invite(self, room: str, who: str) -> None:
        """« Inviter », in a space as in a room; also `/invite`."""
        await self.person.call(*self._sent("invite_into_room", {ROOM: room, WHO: who}))

    async def make_administrator(self, room: str, who: str) -> None:
        """« Rang : Administrateur », in a space as in a room; also `/op`: all that was there, and one more user."""
        method, path, _ = self._sent("power_in_room", {ROOM: room})
        levels = await self.person.call("GET", path)
        await self.person.call(method, path, levels | {"users": {**levels.get("users", {}), who: ADMINISTRATOR}})

    async def upgrade(self, room: str, version: str, spaces: Collection[str] = (), *, invites: bool = True) -> str:
        """« Paramètres › Avancé › Mettre à niveau »: whoever was in the old room is invited unless that is unticked,
        and the new one takes its place in the `spaces` where this person may change that. Read in its source
        (`utils/RoomUpgrade.ts`), 1.11.94."""
        v3 = "/_matrix/client/v3/rooms"
        answer = await self.person.call("GET", f"{v3}/{room}/members?not_membership=leave")
        present = [one["state_key"] for one in answer["chunk"] if one["content"]["membership"] in ("join", "invite")]
        made = await self.person.call("POST", f"{v3}/{room}/upgrade", {"new_version": version})
        new = str(made["replacement_room"])
        await self.person.join(new)
        for who in present if invites else ():
            if who != self.person.user_id:
                await self._invite_unless_there(new, who)
        for space in spaces:
            child = f"{v3}/{space}/state/m.space.child"
            link = await self.person.call("GET", f"{child}/{room}")
            via = [self.person.synapse.server_name]
            await self.person.call("PUT", f"{child}/{new}", link | {"via": via})
            await self.person.call("PUT", f"{child}/{room}", {})
        return new

    async def _invite_unless_there(self, room: str, who: str) -> None:
        """Whoever came by themselves meanwhile is passed over (`utils/MultiInviter.ts`)."""
        try:
            await self.invite(room, who)
        except RuntimeError as refusal:
            if "is already in the room" not in str(refusal):
                raise

    async def _create(self, recorded: str, name: str, real: Mapping[str, str] | None = None) -> str:
        _, _, body = self._sent(recorded, real or {})
        return await self.person.create_room(**body | {"name": name})

    def _sent(self, recorded: str, real: Mapping[str, str]) -> tuple[str, str, dict[str, Any]]:
        """A request as it was recorded, with our rooms and people in the place of those."""
        text = json.dumps(json.loads((CAPTURED / f"{recorded}.json").read_text())["request"])
        for theirs, ours in {**real, SERVER: self.person.synapse.server_name}.items():
            text = text.replace(theirs, ours)
        request = json.loads(text)
        return request["method"], request["path"], request["body"]
