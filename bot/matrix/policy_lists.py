"""Ban lists as rooms: the rules that others publish (m.policy.rule.*), and those that the bot publishes itself.

https://spec.matrix.org/latest/client-server-api/#moderation-policy-lists
https://github.com/matrix-org/matrix-spec-proposals/pull/4205 (hashes instead of names)
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from bot.errors import MatrixRefused
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.facts import Facts
from bot.matrix.markup import clean
from bot.matrix.membership import Membership
from bot.matrix.readings import Rule, Target
from bot.matrix.untrusted_json import Json, block, dicts

# Moderation bots wrote the others before the specification had the first.
USER = ("m.policy.rule.user", "m.room.rule.user", "org.matrix.mjolnir.rule.user")
SERVER = ("m.policy.rule.server", "m.room.rule.server", "org.matrix.mjolnir.rule.server")
POLICIES = frozenset((*USER, *SERVER))
BAN = ("m.ban", "org.matrix.mjolnir.ban", "m.takedown", "org.matrix.msc4204.takedown")
LEVELS, SPEAKING = "m.room.power_levels", 50
HASHES = ("hashes", "org.matrix.msc4205.hashes")
LONGEST_ENTITY, LONGEST_REASON, LONG_HASH = 255, 300, 44


class PolicyLists:
    """Raises MatrixRefused where the bot may not read or write a list, Unavailable where nobody answers."""

    def __init__(self, client: Client, facts: Facts, membership: Membership) -> None:
        self._client, self._facts, self._membership = client, facts, membership

    async def join_list(self, address: str) -> str:
        """Enter the room of a list by its alias; returns its id."""
        found = await self._client.call("GET", path("directory", "room", address))
        room_id, servers = found.get("room_id"), found.get("servers")
        if not isinstance(room_id, str):
            raise MatrixRefused("M_NOT_FOUND", 404)
        if not await self._facts.seems_in(room_id):
            via = [one for one in servers or () if isinstance(one, str)][:10]
            if not await self._membership.reach(room_id, via):
                raise MatrixRefused("M_UNKNOWN")
        return room_id

    async def open_list(self, room_id: str, name: str) -> str:
        """Give our own list an address, by which others find it; nobody else writes there. Returns the address."""
        alias = f"#{name}:{self._facts.server}"
        try:
            await self._client.call("PUT", path("directory", "room", alias), {"room_id": room_id})
        except MatrixRefused:
            found = await self._client.call("GET", path("directory", "room", alias))
            if found.get("room_id") != room_id:
                raise
        state = path("rooms", room_id, "state", "m.room.canonical_alias", "")
        await self._client.call("PUT", state, {"alias": alias})
        levels = await self._facts.state(room_id, LEVELS) or {}
        await self._client.call(
            "PUT", path("rooms", room_id, "state", LEVELS, ""), levels | {"events_default": SPEAKING}
        )
        return alias

    async def rules(self, room_id: str) -> list[Rule]:
        """Who a list says to ban: `kind` ("user" or "server"), `reason`, and `entity` (with * and ?) or `sha256`."""
        state = await self._client.fetch("GET", path("rooms", room_id, "state"))
        return [rule for event in dicts(state) for rule in read(event)]

    async def publish(self, room_id: str, person: str, reason: str) -> None:
        rule = {"entity": person, "recommendation": BAN[0], "reason": reason}
        await self._client.call("PUT", self._rule(room_id, person), rule)

    async def withdraw(self, room_id: str, person: str) -> None:
        if block(await self._facts.state(room_id, USER[0], _key(person))):
            await self._client.call("PUT", self._rule(room_id, person), {})

    def _rule(self, room_id: str, person: str) -> str:
        return path("rooms", room_id, "state", USER[0], _key(person))


def _key(person: str) -> str:
    """Where Draupnir puts the same rule: both write one rule, not two."""
    return base64.b64encode(hashlib.sha256(f"{person}{BAN[0]}".encode()).digest()).decode()


def read(event: Any) -> Iterator[Rule]:
    """The rule that an event of a list is, if it asks for a ban of people or of servers."""
    content, type = block(event, "content"), event.get("type")
    kind = "user" if type in USER else "server" if type in SERVER else ""
    meant = _meant(content)
    if kind and meant and content.get("recommendation") in BAN:
        reason = content.get("reason")
        why = clean(reason, LONGEST_REASON).strip() if isinstance(reason, str) else ""
        yield {"kind": kind, **meant, "reason": why}


def _meant(content: Json) -> Target:
    """By name, else by hash; empty for neither."""
    entity = content.get("entity")
    if isinstance(entity, str):
        return {"entity": entity} if 0 < len(entity) <= LONGEST_ENTITY else {}
    told = [block(content, name).get("sha256") for name in HASHES]
    hashed = next((one for one in told if isinstance(one, str) and len(one) == LONG_HASH), None)
    return {"sha256": hashed} if hashed is not None else {}
