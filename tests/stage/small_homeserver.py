"""A small homeserver with a memory, as the bot asks it: rooms, members, levels and messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.errors import MatrixRefused, NotInvited, ServerAway, Unavailable
from bot.matrix.facts import SignIn
from tests.stage.facts import FakeFacts
from tests.stage.media import FakeMedia
from tests.stage.membership import FakeMembership
from tests.stage.missing_rights import FakeMissingRights
from tests.stage.moderation import FakeModeration
from tests.stage.network_rooms import FakeNetworkRooms
from tests.stage.policy_lists import FakePolicyLists
from tests.stage.room_settings import FakeRoomSettings
from tests.stage.rooms import FakeRooms
from tests.stage.successors import FakeSuccessors
from tests.stage.world import ME, Ear, FakeRoom, World, server


class FakeMatrix:
    """In the place of `bot.matrix.homeserver.Homeserver`, with the same parts. As a homeserver does: one transaction
    id, one event."""

    def __init__(self, me: str = ME, world: World | None = None) -> None:
        self.me, self.world = me, world or World()
        self.names, self.aliases = self.world.names, self.world.aliases
        self.ear = self.world.ears.setdefault(me, Ear(me))
        self.made_rooms: dict[str, str] = {}
        self.sent: dict[str, str] = {}
        self.directs: dict[str, str] = {}
        self.farewells: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.takes_codes = False
        self.sign_in: SignIn = {"sso": True, "password": False, "providers": ["Le comptoir"]}
        self.bans: set[tuple[str, str]] = set()  # those that the bot made
        self.shown_out: dict[tuple[str, str], str] = {}  # why somebody was shown out of a room
        self.down = False
        self.calls: list[tuple[str, ...]] = []
        self.listed = 0  # how often a whole space was read
        self.remember: Callable[[str, str], Awaitable[None]]
        self.facts = FakeFacts(self)
        self.missing_rights = FakeMissingRights(self)
        self.membership = FakeMembership(self)
        self.media = FakeMedia(self)
        self.rooms = FakeRooms(self)
        self.room_settings = FakeRoomSettings(self)
        self.successors = FakeSuccessors(self)
        self.moderation = FakeModeration(self)
        self.policy_lists = FakePolicyLists(self)
        self.network_rooms = FakeNetworkRooms(self)

    def room(self, name: str, *, space: bool = False, parent: str | None = None) -> FakeRoom:
        return self.world.room(name, space=space, parent=parent)

    # -- what its parts ask of each other

    def commanded(self, room_id: str, person: str) -> FakeRoom:
        """The room, where the bot has power over this person."""
        room = self.world.rooms[room_id]
        if self.down:
            raise Unavailable("matrix", 5)
        if room.members.get(self.me) != "join" or room.of(self.me) < 50 or room.of(person) >= room.of(self.me):
            raise MatrixRefused("M_FORBIDDEN", 403, room_id)
        return room

    def reach(self, person: str) -> None:
        """Whoever is invited, on their own server."""
        if server(person) in self.world.cut:
            raise ServerAway(server(person), 60)
        if person in self.world.wanting_none:
            raise NotInvited(self.world.wanting_none[person], server=server(person))

    def stored(self, data: bytes, name: str) -> str:
        if self.down:
            raise Unavailable("matrix", 5)
        self.files[name] = data
        return f"mxc://{server(self.me)}/{name}"

    # -- what the bot says

    async def send(self, room_id: str, type: str, content: dict[str, Any], txn_id: str) -> str:
        room, once = self.world.rooms[room_id], f"{room_id}/{txn_id}"
        if room.members.get(self.me) != "join" or (room.tombstone and room.of(self.me) < room.silent):
            raise MatrixRefused("M_FORBIDDEN", 403)
        if once not in self.sent:
            self.sent[once] = f"$bot{next(self.world.ids)}"
            self.world.tell(self.world.records(room_id, self.me, type, content, event_id=self.sent[once]))
        return self.sent[once]

    async def whisper(self, room_id: str, content: dict[str, Any], txn_id: str) -> None:
        await self.send(room_id, "m.room.message", content, txn_id)

    def forget_devices(self, person: str) -> None:
        """Nothing is encrypted here."""

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None = None) -> str:
        if txn_id not in self.sent:
            self.sent[txn_id] = self.world.redacts(room_id, self.me, event_id)
        return self.sent[txn_id]
