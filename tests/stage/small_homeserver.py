"""A small homeserver with a memory, as the bot's doors to Matrix: rooms, members, levels and messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any
from urllib.parse import quote

from bot.errors import MatrixRefused, NotInvited, ServerAway, Unavailable
from bot.matrix import message
from tests.stage.moderation import FakeModerating
from tests.stage.network_rooms import FakeNetworkRooms
from tests.stage.room_settings import ME, FakeKeeping, FakeRoom
from tests.stage.world import Ear, World, server


class FakeMatrix(FakeKeeping, FakeModerating, FakeNetworkRooms):
    """Rooms, members, levels and messages. As a homeserver does: one transaction id, one event."""

    def __init__(self, me: str = ME, world: World | None = None) -> None:
        self.me, self.world = me, world or World()
        self.rooms, self.names, self.aliases = self.world.rooms, self.world.names, self.world.aliases
        self.ear = self.world.ears.setdefault(me, Ear(me))
        self.made_rooms: dict[str, str] = {}
        self.sent: dict[str, str] = {}
        self.directs: dict[str, str] = {}
        self.farewells: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.takes_codes = False
        self.bans: set[tuple[str, str]] = set()  # those that the bot made
        self.shown_out: dict[tuple[str, str], str] = {}  # why somebody was shown out of a room
        self.down = False
        self.calls: list[tuple[str, ...]] = []
        self.listed = 0  # how often a whole space was read
        self.remember: Callable[[str, str], Awaitable[None]]

    def room(self, name: str, *, space: bool = False, parent: str | None = None) -> FakeRoom:
        return self.world.room(name, space=space, parent=parent)

    # -- what the bot asks

    def local(self, login: str) -> str:
        return f"@{login}:{server(self.me)}"

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
        if key not in self.made_rooms:
            room = self.room(name or "", parent=parent, space=space)
            if parent and self.rooms[parent].of(self.me) < 50:
                room.parent = None
            room.encrypted, room.join, room.topic = encrypted, join, topic or ""
            room.creator, room.key = self.me, key
            room.members = {self.me: "join"} | dict.fromkeys(invite, "invite")
            room.levels = {self.me: 100} | dict.fromkeys(admins, 100)
            self.made_rooms[key] = room.room_id
            for person in invite:
                self.world.moves(room.room_id, self.me, person, "invite")
        return self.made_rooms[key]

    async def made(self, key: str) -> str | None:
        return self.made_rooms.get(key)

    async def direct(self, person: str) -> str:
        if person not in self.directs:
            self._reach(person)
            room_id = await self.create(f"direct/{person}", invite=[person], encrypted=True)
            await self.remember(person, room_id)
            self.directs[person] = room_id
        if self.rooms[self.directs[person]].members.get(person) not in ("join", "invite"):
            self._reach(person)
            self.world.moves(self.directs[person], self.me, person, "invite")
        return self.directs[person]

    def _reach(self, person: str) -> None:
        """Whoever is invited, on their own server."""
        if server(person) in self.world.cut:
            raise ServerAway(server(person), 60)
        if person in self.world.wanting_none:
            raise NotInvited(self.world.wanting_none[person], server=server(person))

    async def is_nobodys(self, person: str) -> bool:
        return person in self.world.nobodys

    async def invite(self, room_id: str, person: str) -> str:
        self.calls.append(("invite", room_id, person))
        room = self.rooms[room_id]
        if self.down:
            raise Unavailable("matrix", 5)
        if room.members.get(person) in ("join", "invite"):
            return "already"
        if room.levels.get(self.me, 0) < 0:
            raise MatrixRefused("M_FORBIDDEN", 403, room_id, "invite")
        self._reach(person)
        self.world.moves(room_id, self.me, person, "invite")
        return "invited"

    async def kick(self, room_id: str, person: str, reason: str = "") -> None:
        if await self.membership(room_id, person) in ("join", "invite", "knock"):
            self.commanded(room_id, person)
            self.world.moves(room_id, self.me, person, "leave", reason=reason)
            self.shown_out[room_id, person] = reason

    async def level(self, room_id: str, person: str) -> int | None:
        return self.rooms[room_id].levels.get(person)

    async def powerful(self, room_id: str) -> list[str]:
        room = self.rooms[room_id]
        return [who for who in await self.members(room_id) if who != self.me and room.of(who) >= 50]

    async def enter(self, room_id: str, via: Sequence[str] = ()) -> bool:
        room = self.rooms[room_id]
        if room.members.get(self.me) == "invite" or room.join in ("public", "restricted"):
            self.world.moves(room_id, self.me, self.me, "join")
        return room.members.get(self.me) == "join"

    async def origin(self, room_id: str) -> dict[str, str]:
        return {"by": self.rooms[room_id].creator, "key": self.rooms[room_id].key}

    async def membership(self, room_id: str, person: str) -> str:
        return self.rooms[room_id].members.get(person, "none")

    async def memberships(self, person: str, room_ids: Sequence[str]) -> dict[str, str]:
        if self.down:
            raise Unavailable("matrix", 5)
        return {id: self.rooms[id].members.get(person, "none") for id in room_ids if self.me in self.rooms[id].members}

    async def members(self, room_id: str) -> dict[str, str]:
        return {p: self.names.get(p, p) for p, m in self.rooms[room_id].members.items() if m == "join"}

    async def powers(self, room_id: str) -> FakeRoom:
        return self.rooms[room_id]

    async def restrict(self, room_id: str, space: str) -> None:
        if self.rooms[room_id].join in ("public", "restricted"):
            return
        if self.rooms[room_id].levels.get(self.me, 0) < 100:
            raise MatrixRefused("M_FORBIDDEN", 403, room_id, "m.room.join_rules")
        self.rooms[room_id].join = "restricted"

    async def name(self, room_id: str) -> str:
        return self.rooms[room_id].name

    async def display_name(self, person: str) -> str:
        return self.names.get(person, person[1:].partition(":")[0])

    async def is_space(self, room_id: str) -> bool:
        return self.rooms[room_id].space

    async def keep_invitation(
        self, room_id: str, inviter: str, allowed_servers: Collection[str], why: Callable[[str], str]
    ) -> str:
        room = self.rooms[room_id]
        known = inviter.partition(":")[2] in allowed_servers
        strong = room.members.get(inviter) == "join" and room.of(inviter) >= 50
        if not (known and strong):
            verdict = "no-right" if known else "wrong-server"
            self.world.moves(room_id, self.me, self.me, "leave")
            self.farewells[room_id] = why(verdict)
            return verdict
        self.world.moves(room_id, self.me, self.me, "join")
        return "kept"

    def own_login(self, person: str) -> str:
        return person[1:].partition(":")[0] if server(person) == server(self.me) else ""

    async def exists(self, person: str) -> bool:
        return any(room.members.get(person) == "join" for room in self.rooms.values())

    async def can_be_entered(self, room_id: str) -> bool:
        return self.rooms[room_id].join in ("public", "knock", "knock_restricted")

    async def registers_with_code(self) -> bool:
        return self.takes_codes

    async def link(self, room_id: str) -> str:
        alias = self.rooms[room_id].alias
        return f"https://matrix.to/#/{quote(alias or room_id)}" + ("" if alias else f"?via={server(self.me)}")

    async def picture(self, png: bytes, name: str, room_id: str) -> dict[str, Any]:
        return message.image(self.stored(png, name), name, len(png), "image/png")

    async def document(self, data: bytes, name: str, mimetype: str, room_id: str) -> dict[str, Any]:
        return message.document(self.stored(data, name), name, len(data), mimetype)

    def stored(self, data: bytes, name: str) -> str:
        if self.down:
            raise Unavailable("matrix", 5)
        self.files[name] = data
        return f"mxc://{server(self.me)}/{name}"

    # -- what the bot says

    async def send(self, room_id: str, type: str, content: dict[str, Any], txn_id: str) -> str:
        if self.rooms[room_id].members.get(self.me) != "join":
            raise MatrixRefused("M_FORBIDDEN", 403)
        if txn_id not in self.sent:
            self.sent[txn_id] = f"$bot{next(self.world.ids)}"
            self.world.tell(self.world.records(room_id, self.me, type, content, event_id=self.sent[txn_id]))
        return self.sent[txn_id]

    async def whisper(self, room_id: str, content: dict[str, Any], txn_id: str) -> None:
        await self.send(room_id, "m.room.message", content, txn_id)

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None = None) -> str:
        if txn_id not in self.sent:
            self.sent[txn_id] = self.world.redacts(room_id, self.me, event_id)
        return self.sent[txn_id]
