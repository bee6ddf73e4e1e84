"""All that the bot asks of its homeserver besides hearing and saying: each subject by its name, in its own file."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.matrix.backoff import Unreached
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.facts import Facts
from bot.matrix.media import Media
from bot.matrix.membership import Membership
from bot.matrix.missing_rights import MissingRights
from bot.matrix.moderation import Moderation
from bot.matrix.network_rooms import NetworkRooms
from bot.matrix.policy_lists import PolicyLists
from bot.matrix.room_settings import RoomSettings
from bot.matrix.rooms import Rooms
from bot.matrix.successors import Successors
from bot.matrix.untrusted_json import Json
from bot.store.database import Database


class Homeserver:
    """Commands are handed one of these by its type (`bot.talk.ports`). `clock` in seconds."""

    def __init__(self, client: Client, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self._client, unreached = client, Unreached()
        self.facts = Facts(client, unreached)
        self.missing_rights = MissingRights(self.facts)
        self.membership = Membership(client, self.facts, unreached)
        self.media = Media(client, self.facts)
        self.rooms = Rooms(client, self.facts, self.membership, database, clock)
        self.room_settings = RoomSettings(self.facts, self.membership, self.rooms, self.missing_rights)
        self.successors = Successors(client, self.facts, self.rooms, self.missing_rights)
        self.moderation = Moderation(client, self.facts)
        self.policy_lists = PolicyLists(client, self.facts, self.membership)
        self.network_rooms = NetworkRooms(client, self.facts, self.membership, self.rooms, self.moderation, unreached)

    async def introduce(self, name: str, avatar: bytes | None = None) -> None:
        """Give the bot its display name, and a picture (PNG) where it has none: all that a newcomer sees of it."""
        profile = await self._client.call("GET", path("profile", self.facts.me))
        if profile.get("displayname") != name:
            await self._client.call("PUT", path("profile", self.facts.me, "displayname"), {"displayname": name})
        if avatar and not profile.get("avatar_url"):
            url = await self.media.upload(avatar, "image/png")
            await self._client.call("PUT", path("profile", self.facts.me, "avatar_url"), {"avatar_url": url})

    def forget_devices(self, person: str) -> None:
        """Of whoever is erased, the keys of their devices too."""
        self._client.forget_devices(person)

    async def whisper(self, room_id: str, content: Json, txn_id: str) -> None:
        """Send a message past the outbox, which keeps what it sends, and waits for who is only invited. The same
        `txn_id` twice is one message."""
        await self._client.send(room_id, "m.room.message", content, txn_id, at_once=True)
