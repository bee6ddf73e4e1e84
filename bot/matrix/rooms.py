"""Rooms that the bot makes, opens and furnishes. Every call makes something so, and may be repeated."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakValueDictionary

import structlog
from nio.crypto.attachments import encrypt_attachment

from bot.errors import MatrixRefused, NotInvited, Refused, ServerAway
from bot.matrix import message
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.membership import HERE, Membership
from bot.matrix.power_levels import number
from bot.matrix.room_creation import KEY, creation
from bot.matrix.untrusted_json import Json, dicts, strings
from bot.store import rooms as store
from bot.store.database import Database, Tx

log = structlog.get_logger(__name__)

SHUT, KNOCKING = "invite", "knock"


class Rooms(Membership):
    """What the bot can do with rooms. `clock` in seconds. All of it raises Refused, MatrixRefused or Unavailable."""

    def __init__(self, client: Client, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(client)
        self._database, self._clock = database, clock
        self._making: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._noting = asyncio.Lock()

    # Make

    async def create(
        self,
        key: str,
        *,
        name: str | None = None,
        topic: str | None = None,
        space: bool = False,
        direct: bool = False,
        encrypted: bool = False,
        invite: Sequence[str] = (),
        join: str = SHUT,
        allow: str | None = None,
        parent: str | None = None,
        admins: Sequence[str] = (),
        network: bool = False,
    ) -> str:
        """The room of this `key`, made at the first call. Version 12, with the bot as its creator, and `admins` too.

        `join` is a join rule; with `restricted`, `allow` is the space whose members may enter. `parent` is a space that
        gets the room as a child, where the bot may add one. Rooms of a `network` say so for ever.
        """
        body = creation(
            key,
            self.server,
            name=name,
            topic=topic,
            space=space,
            direct=direct,
            encrypted=encrypted,
            join=join,
            allow=allow,
            parent=parent,
            admins=[person for person in admins if person != self.me],
            network=network,
        )
        async with self._making.setdefault(key, asyncio.Lock()):
            room_id = await self._made(key) or await self._make(key, body)
        if parent:
            await self._hang(parent, room_id)
        await self._invite_all(room_id, invite, direct)
        return room_id

    async def _invite_all(self, room_id: str, people: Sequence[str], direct: bool) -> None:
        """One whose server is away, or who wants no invitations, keeps no other from theirs."""
        problem: Exception | None = None
        for person in people:
            try:
                await self.invite(room_id, person, direct=direct)
            except (ServerAway, NotInvited) as why:
                problem = problem if isinstance(problem, ServerAway) else why
        if problem:
            raise problem

    async def made(self, key: str) -> str | None:
        """The room that was made for this key, if it was."""
        return await self._database.read(store.made_for, key)

    async def _made(self, key: str) -> str | None:
        """The room of an earlier call, also of one whose outcome nobody heard."""
        intended, room_id = await self._database.write(store.intend, key, self._now())
        if intended and room_id is None:
            room_id = await self._search(key)
        if room_id is None:
            return None
        if not await self._am_in(room_id):
            await self._database.write(store.forget_made, key)
            await self._database.write(store.intend, key, self._now())
            return None
        await self._database.write(_keep, key, room_id, self._now())
        return room_id

    async def _search(self, key: str) -> str | None:
        known = await self._database.read(store.accounted_for)
        for room_id in await self.joined():
            if room_id not in known and (await self.state(room_id, "m.room.create") or {}).get(KEY) == key:
                return room_id
        return None

    async def _am_in(self, room_id: str) -> bool:
        try:
            return await self.membership(room_id, self.me) == "join"
        except MatrixRefused as refusal:
            if refusal.status not in (403, 404):
                raise
            return False

    async def _make(self, key: str, body: Json) -> str:
        try:
            room_id = str((await self._client.call("POST", path("createRoom"), body))["room_id"])
        except MatrixRefused:
            await self._database.write(store.forget_made, key)
            raise
        await self._database.write(_keep, key, room_id, self._now())
        return room_id

    async def _hang(self, space: str, room_id: str) -> None:
        try:
            await self.add_child(space, room_id)
        except MatrixRefused as refusal:
            log.warning("not-added-to-space", space=space, room=room_id, errcode=refusal.errcode)

    # Private conversations

    async def direct(self, person: str) -> str:
        """The private, encrypted room with a person: always the same one, unless the bot was sent away from it.

        Whoever left it is invited again. It is written into `m.direct`, so that clients show it among people.
        """
        async with self._making.setdefault(f"person/{person}", asyncio.Lock()):
            known = await self._database.read(store.direct, person)
            room_id = known if known and await self._am_in(known) else await self._new_direct(person)
            if await self.membership(room_id, person) not in HERE:
                await self.invite(room_id, person, direct=True)
            if room_id != known:
                await self._database.write(store.set_direct, person, room_id)
        return room_id

    async def _new_direct(self, person: str) -> str:
        room_id = await self.create(f"direct/{person}", direct=True, encrypted=True)
        address = path("user", self.me, "account_data", "m.direct")
        async with self._noting:
            noted = await self._account_data(address)
            if room_id not in strings(noted.get(person)):
                await self._client.call("PUT", address, noted | {person: [room_id]})
        return room_id

    async def _account_data(self, address: str) -> Json:
        try:
            return await self._client.call("GET", address)
        except MatrixRefused as refusal:
            if refusal.status != 404:
                raise
            return {}

    # Open and furnish

    async def put_state(self, room_id: str, type: str, content: Json, key: str = "") -> None:
        """Make one state event so; the same content again makes no new event."""
        if await self.state(room_id, type, key) != content:
            await self._client.call("PUT", path("rooms", room_id, "state", type, key), content)

    async def add_child(self, space: str, room_id: str, suggested: bool = False) -> None:
        """Show a room in a space; an existing entry keeps its order and its servers."""
        before = await self.state(space, "m.space.child", room_id) or {}
        via = list(strings(before.get("via"))) or [self.server]
        wanted = before | {"via": via} | ({"suggested": True} if suggested else {})
        await self.put_state(space, "m.space.child", wanted, room_id)

    async def restrict(self, room_id: str, space: str) -> None:
        """Let the members of `space` enter by themselves. Whoever could enter before still can."""
        rules = await self.state(room_id, "m.room.join_rules") or {}
        rule = rules.get("join_rule", SHUT)
        if rule == "public":
            return
        knocking = rule in (KNOCKING, "knock_restricted")
        if number((await self.powers(room_id)).version) < (10 if knocking else 8):
            raise Refused("room-too-old")
        allow = list(dicts(rules.get("allow")))
        if not any(entry.get("room_id") == space for entry in allow):
            allow.append({"type": "m.room_membership", "room_id": space})
        wanted = {"join_rule": "knock_restricted" if knocking else "restricted", "allow": allow}
        await self.put_state(room_id, "m.room.join_rules", rules | wanted)

    async def introduce(self, name: str, avatar: bytes | None = None) -> None:
        """Give the bot its display name, and a picture (PNG) where it has none: all that a newcomer sees of it."""
        profile = await self._client.call("GET", path("profile", self.me))
        if profile.get("displayname") != name:
            await self._client.call("PUT", path("profile", self.me, "displayname"), {"displayname": name})
        if avatar and not profile.get("avatar_url"):
            url = await self.upload(avatar, "image/png")
            await self._client.call("PUT", path("profile", self.me, "avatar_url"), {"avatar_url": url})

    # Files

    async def upload(self, data: bytes, mimetype: str, encrypt: bool = False) -> Any:
        """Store a file: its `mxc://` address, or for an encrypted room the file with the key to it."""
        if not encrypt:
            return await self._client.upload(data, mimetype)
        sealed, key = encrypt_attachment(data)
        return key | {"url": await self._client.upload(sealed, "application/octet-stream")}

    async def picture(self, png: bytes, name: str, room_id: str) -> Json:
        """The content of a message that shows a PNG in this room."""
        source = await self.upload(png, "image/png", encrypt=await self.is_encrypted(room_id))
        width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
        return message.image(source, name, len(png), "image/png", width=width, height=height)

    async def document(self, data: bytes, name: str, mimetype: str, room_id: str) -> Json:
        """The content of a message that hands out a file in this room."""
        source = await self.upload(data, mimetype, encrypt=await self.is_encrypted(room_id))
        return message.document(source, name, len(data), mimetype)

    async def whisper(self, room_id: str, content: Json, txn_id: str) -> None:
        """Send a message past the outbox, which keeps what it sends. The same `txn_id` twice is one message."""
        await self._client.send(room_id, "m.room.message", content, txn_id)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _keep(tx: Tx, key: str, room_id: str, now: int) -> None:
    store.made(tx, key, room_id)
    store.joined(tx, room_id, now)
