"""Rooms that the bot makes, opens and furnishes. Every call makes something so, and may be repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

import structlog

from bot.errors import MatrixRefused, NotInvited, ServerAway
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.facts import KEY, NETWORK, Facts
from bot.matrix.membership import HERE, Membership
from bot.matrix.untrusted_json import Json, block, strings
from bot.store import rooms as store
from bot.store.database import Database, Tx

log = structlog.get_logger(__name__)

SHUT = "invite"
VERSION = "12"
ALGORITHM = "m.megolm.v1.aes-sha2"


class Rooms:
    """What the bot can do with rooms. `clock` in seconds. All of it raises Refused, MatrixRefused or Unavailable."""

    def __init__(
        self, client: Client, facts: Facts, membership: Membership, database: Database, clock: Callable[[], float]
    ) -> None:
        self._client, self._facts, self._membership = client, facts, membership
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
        body = _creation(
            key,
            self._facts.server,
            name=name,
            topic=topic,
            space=space,
            direct=direct,
            encrypted=encrypted,
            join=join,
            allow=allow,
            parent=parent,
            admins=[person for person in admins if person != self._facts.me],
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
                await self._membership.invite(room_id, person, direct=direct)
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
        if not await self._facts.is_in(room_id):
            await self._database.write(store.forget_made, key)
            await self._database.write(store.intend, key, self._now())
            return None
        await self._database.write(_keep, key, room_id, self._now())
        return room_id

    async def _search(self, key: str) -> str | None:
        known = await self._database.read(store.accounted_for)
        for room_id in await self._facts.joined():
            if room_id not in known and (await self._facts.state(room_id, "m.room.create") or {}).get(KEY) == key:
                return room_id
        return None

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

    async def direct(self, person: str, called: str = "", name: str = "") -> str:
        """The private, encrypted room with a person: always the same one, unless the bot was sent away from it.

        Whoever left it is invited again. It is written into `m.direct`, so that clients show it among people. `called`:
        the room's name as long as they are only invited, for that is all they see of it before they enter; `name`: that
        of somebody who was never on Matrix, and would read there that an address was invited.
        """
        async with self._making.setdefault(f"person/{person}", asyncio.Lock()):
            known = await self._database.read(store.direct, person)
            room_id = known if known and await self._facts.is_in(known) else await self._new_direct(person)
            if await self._facts.membership(room_id, person) not in HERE:
                await self._call(room_id, called)
                await self._membership.invite(room_id, person, direct=True, reason=called, name=name)
            if room_id != known:
                await self._database.write(store.set_direct, person, room_id)
        return room_id

    async def has_direct(self, person: str) -> bool:
        """Whether they are in it, to read what is said there."""
        known = await self._database.read(store.direct, person)
        return known is not None and await self._facts.membership(known, person) == "join"

    async def _call(self, room_id: str, name: str) -> None:
        """Where somebody else made the room, its name may not be ours to give."""
        if name:
            with suppress(MatrixRefused):
                await self.put_state(room_id, "m.room.name", {"name": name})

    async def entered(self, room_id: str) -> None:
        """The name that an invitation gave to a private room has done its work: from now on it is called as the bot,
        whichever lieu speaks there.

        The name itself is taken back: an empty one would be one more event, and clients tell a newcomer, as the first
        thing that they read, that somebody removed the name.
        """
        with suppress(MatrixRefused):
            named = await self._facts.event(room_id, "m.room.name")
            if not (named and block(named, "content").get("name")):
                return
            if (await self._facts.origin(room_id))["by"] == self._facts.me:
                await self._client.redact(room_id, str(named["event_id"]), f"unnamed/{named['event_id']}")

    async def _new_direct(self, person: str) -> str:
        room_id = await self.create(f"direct/{person}", direct=True, encrypted=True)
        await self.note_direct(person, room_id)
        return room_id

    async def note_direct(self, person: str, room_id: str) -> None:
        """Let clients of the account know which room is the private one with this person."""
        address = path("user", self._facts.me, "account_data", "m.direct")
        async with self._noting:
            noted = await self._account_data(address)
            if list(strings(noted.get(person))) != [room_id]:
                await self._client.call("PUT", address, noted | {person: [room_id]})

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
        if await self._facts.state(room_id, type, key) != content:
            await self._client.call("PUT", path("rooms", room_id, "state", type, key), content)

    async def add_child(self, space: str, room_id: str, suggested: bool = False) -> None:
        """Show a room in a space; an existing entry keeps its order and its servers."""
        before = await self._facts.state(space, "m.space.child", room_id) or {}
        via = list(strings(before.get("via"))) or [self._facts.server]
        wanted = before | {"via": via} | ({"suggested": True} if suggested else {})
        await self.put_state(space, "m.space.child", wanted, room_id)

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _keep(tx: Tx, key: str, room_id: str, now: int) -> None:
    store.made(tx, key, room_id)
    store.joined(tx, room_id, now)


def _creation(
    key: str,
    server: str,
    *,
    name: str | None,
    topic: str | None,
    space: bool,
    direct: bool,
    encrypted: bool,
    join: str,
    allow: str | None,
    parent: str | None,
    admins: Sequence[str],
    network: bool,
) -> Json:
    """The body of /createRoom. Nobody is invited by it: a refused invitation would hide that the room was made.

    The preset is not the trusted one, which would make a creator of everybody who is invited; nor, for a network, the
    private one, which some homeservers encrypt by themselves.
    """
    made: Json = {KEY: key} | ({"type": "m.space"} if space else {}) | ({NETWORK: 1} if network else {})
    if admins:
        made["additional_creators"] = list(admins)
    body: Json = {
        "room_version": VERSION,
        "preset": "public_chat" if network else "private_chat",
        "creation_content": made,
        "initial_state": list(_initial_state(server, encrypted, join, allow, parent)),
        "is_direct": direct,
        "name": name,
        "topic": topic,
    }
    return {field: value for field, value in body.items() if value is not None}


def _initial_state(server: str, encrypted: bool, join: str, allow: str | None, parent: str | None) -> Iterator[Json]:
    if encrypted:
        yield _event("m.room.encryption", {"algorithm": ALGORITHM})
    if join != "invite":
        allowed = [{"type": "m.room_membership", "room_id": allow}] if allow else []
        yield _event("m.room.join_rules", {"join_rule": join} | ({"allow": allowed} if allowed else {}))
    if parent:
        yield _event("m.space.parent", {"via": [server], "canonical": True}, parent)


def _event(type: str, content: dict[str, Any], key: str = "") -> Json:
    return {"type": type, "state_key": key, "content": content}
