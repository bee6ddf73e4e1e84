"""A room that was upgraded, and the one that takes its place: each says so of the other, or it is none.

https://spec.matrix.org/latest/client-server-api/#room-upgrades
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.errors import MatrixRefused
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.facts import Facts
from bot.matrix.membership import MODERATOR
from bot.matrix.missing_rights import MissingRights
from bot.matrix.policy_lists import POLICIES
from bot.matrix.rooms import Rooms
from bot.matrix.sync_batch import TOMBSTONE
from bot.matrix.untrusted_json import Json, block, dicts

CHILD, PARENT, RULES = "m.space.child", "m.space.parent", "m.room.join_rules"
OURS = "org.conciergerie."
SANE = range(2**53)


@dataclass(frozen=True, slots=True)
class Upgrade:
    """`by` whom the room `old` was upgraded to the room `new`, and when (ms), by the clock of their server."""

    old: str
    new: str
    by: str
    at: int = field(default=0, compare=False)


class Successors:
    """Raises MatrixRefused where the bot may not know, Unavailable where nobody answers. What makes something so may be
    repeated, and raises Refused where the bot may not."""

    def __init__(self, client: Client, facts: Facts, rooms: Rooms, missing_rights: MissingRights) -> None:
        self._client, self._facts, self._rooms = client, facts, rooms
        self._require = missing_rights.require

    async def of(self, room_id: str) -> Upgrade | None:
        """As the room says now; None where it was not upgraded."""
        event = await self._facts.event(room_id, TOMBSTONE) or {}
        new = block(event, "content").get("replacement_room")
        if not isinstance(new, str) or not new.startswith("!") or new == room_id:
            return None
        at = event.get("origin_server_ts")
        return Upgrade(room_id, new, str(event["sender"]), at if isinstance(at, int) and at in SANE else 0)

    async def doubt(self, upgrade: Upgrade) -> str:
        """Why the new room, in which the bot is, takes nobody's place; empty where it does.

        Whoever can point a room elsewhere cannot make a room of strangers say that it comes from there: `stranger`,
        `another` (it names no or another predecessor, or is of another kind); `unsealed`: what is said encrypted in the
        old one would be said in clear there.
        """
        try:
            made, before = (
                await self._facts.event(upgrade.new, "m.room.create"),
                await self._facts.event(upgrade.old, "m.room.create"),
            )
        except MatrixRefused:
            return "stranger"
        content = block(made, "content")
        if block(content, "predecessor").get("room_id") != upgrade.old:
            return "another"
        if content.get("type") != block(before, "content").get("type"):
            return "another"
        powers = await self._facts.powers(upgrade.old)
        needed = max(MODERATOR, powers.needed(TOMBSTONE))
        maker = str((made or {}).get("sender"))
        trusted = maker == upgrade.by and powers.needed(TOMBSTONE) >= MODERATOR
        if not trusted and powers.of(maker) < needed:
            return "stranger"
        sealed = not await self._facts.is_encrypted(upgrade.old) or await self._facts.is_encrypted(upgrade.new)
        return "" if sealed else "unsealed"

    # -- around it: a homeserver copies what is Matrix's own, and no link from elsewhere

    async def carry(self, upgrade: Upgrade) -> None:
        """What is not Matrix's own, and the rules of a ban list, are said in the new room too; what it says already
        stays."""
        powers = await self._facts.powers(upgrade.new)
        for kind, key, content in await self._uncarried(upgrade):
            if kind in POLICIES and not powers.allows(self._facts.me, kind):
                continue  # a list of others is theirs to carry
            await self._require(upgrade.new, kind)
            await self._rooms.put_state(upgrade.new, kind, content, key)

    async def is_carried(self, upgrade: Upgrade) -> bool:
        """Whether the new room says all that is the bots' own in the old one."""
        return not [kind for kind, _, _ in await self._uncarried(upgrade) if kind.startswith(OURS)]

    async def _uncarried(self, upgrade: Upgrade) -> list[tuple[str, str, Json]]:
        here = {(one.get("type"), one.get("state_key")) for one in await self._state(upgrade.new)}
        said = [(str(one.get("type")), str(one.get("state_key")), one) for one in await self._state(upgrade.old)]
        return [
            (kind, key, content)
            for kind, key, one in said
            if (kind.startswith(OURS) or kind in POLICIES) and (content := block(one, "content"))
            if (kind, key) not in here
        ]

    async def relink(self, space: str, upgrade: Upgrade) -> None:
        """The space shows the new room where it showed the old one, and the new one says so where the old one did."""
        link = await self._facts.state(space, CHILD, upgrade.old) or {}
        if link.get("via"):
            await self._require(space, CHILD)
            if not await self._facts.shows(space, upgrade.new):
                await self._rooms.put_state(space, CHILD, link | {"via": [self._facts.server]}, upgrade.new)
            await self._rooms.put_state(space, CHILD, {}, upgrade.old)
        if (parent := await self._parent(upgrade.old, space)) and not await self._facts.has_parent(upgrade.new, space):
            await self._require(upgrade.new, PARENT)
            await self._rooms.put_state(upgrade.new, PARENT, parent, space)

    async def children(self, upgrade: Upgrade) -> list[str]:
        """The rooms that an upgraded space showed or shows, in which the bot is."""
        here = {*await self._facts.joined()}
        every = [*await self._state(upgrade.old), *await self._state(upgrade.new)]
        shown = [
            str(one["state_key"]) for one in every if one.get("type") == CHILD and block(one, "content").get("via")
        ]
        return [room_id for room_id in dict.fromkeys(shown) if room_id in here]

    async def adopt(self, room_id: str, upgrade: Upgrade) -> None:
        """A room of a space that was upgraded belongs to the new one: it says so, and lets its members enter instead of
        those of the old one, whom nobody can put out any more."""
        rules = await self._facts.state(room_id, RULES) or {}
        allowed = list(dicts(rules.get("allow")))
        if any(one.get("room_id") == upgrade.old for one in allowed):
            await self._require(room_id, RULES)
            instead = [one | {"room_id": upgrade.new} if one.get("room_id") == upgrade.old else one for one in allowed]
            kept = [one for n, one in enumerate(instead) if one not in instead[:n]]
            await self._rooms.put_state(room_id, RULES, rules | {"allow": kept})
        if parent := await self._parent(room_id, upgrade.old):
            await self._require(room_id, PARENT)
            await self._rooms.put_state(room_id, PARENT, parent, upgrade.new)
            await self._rooms.put_state(room_id, PARENT, {}, upgrade.old)

    async def _parent(self, room_id: str, space: str) -> Json:
        parent = await self._facts.state(room_id, PARENT, space) or {}
        return parent if parent.get("via") else {}

    async def _state(self, room_id: str) -> list[Json]:
        return list(dicts(await self._client.fetch("GET", path("rooms", room_id, "state"))))
