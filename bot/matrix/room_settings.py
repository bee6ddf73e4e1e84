"""The rooms of a lieu, kept: what they are called, who may enter, who looks after them, where the space shows them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import asdict
from typing import Any, cast

from bot.errors import MissingRight, Refused
from bot.matrix.facts import Child, Facts
from bot.matrix.membership import MODERATOR, Membership
from bot.matrix.missing_rights import LEVELS, MissingRights
from bot.matrix.power_levels import MESSAGES, PowerLevels, number
from bot.matrix.readings import KeptRoom, Lacks
from bot.matrix.rooms import Rooms
from bot.matrix.untrusted_json import Json, block, count, dicts, strings

# State of our own. In the space: the archived rooms, with what they were before. In a room: whom the bot gave their
# power to, so that it takes back only these; this stood among the power levels once, and Synapse upgrades no room whose
# levels hold anything but levels (500, 1.163).
ARCHIVE = "org.conciergerie.archive"
GIVEN = "org.conciergerie.given"
RULES, CHILD = "m.room.join_rules", "m.space.child"
HISTORY = "m.room.history_visibility"

MEMBERS, REQUEST, PRIVATE, PUBLIC = "members", "request", "private", "public"
RULE_OF = {REQUEST: "knock", PRIVATE: "invite"}
ENTRY_OF = {"public": PUBLIC, "restricted": MEMBERS, "knock_restricted": MEMBERS, "knock": REQUEST}
KNOCKABLE = {"invite": "knock", "restricted": "knock_restricted"}
HISTORY_OF = {"everything": "shared", "since": "joined"}
SHUT_AGAIN = {after: before for before, after in KNOCKABLE.items()}
NEEDED = ("invite", "kick", "ban", CHILD, RULES, LEVELS)  # in a space, to look after a lieu
HELPING = ("invite", "kick", "ban", "redact")  # in its rooms
ADMINISTRATOR = 100
SINCE = {"knock": 7, "restricted": 8, "knock_restricted": 10}  # the room version that brought each rule


class RoomSettings:
    """Every call makes something so. Raises MissingRight with who could give the bot what it lacks."""

    def __init__(self, facts: Facts, membership: Membership, rooms: Rooms, missing_rights: MissingRights) -> None:
        self._facts, self._membership, self._rooms = facts, membership, rooms
        self._require = missing_rights.require
        self._archiving = asyncio.Lock()

    # What there is

    async def kept(self, space: str, person: str, made: Sequence[str] = ()) -> list[KeptRoom]:
        """The rooms of a space that are its own: they name it as their parent, or this person moderates them too.

        Whoever lists somebody else's room in their space gets no hold on it. `inside`: the bot is there; `speaks`: it
        may write there. What it cannot see into is listed as the space shows it. `made`: rooms of its own making,
        which the space may not show.
        """
        shown = [child for child in await self._facts.children(space) if not child.is_space]
        archived = await self._archived(space)
        unseen = {*made, *archived} - {child.room_id for child in shown}
        gone = [await self._hidden(room) for room in sorted(unseen)]
        here = set(await self._facts.joined())
        rows = [await self._row(space, person, child, archived, here) for child in [*shown, *filter(None, gone)]]
        return [cast(KeptRoom, row) for row in rows if row]

    async def _row(
        self, space: str, person: str, child: Child, archived: Json, here: Collection[str]
    ) -> dict[str, Any] | None:
        facts = asdict(child) | {"entry": ENTRY_OF.get(child.join_rule, PRIVATE), "archived": child.room_id in archived}
        if child.room_id not in here:
            return facts | {"inside": False, "speaks": False}
        powers = await self._facts.powers(child.room_id)
        own = await self._facts.has_parent(child.room_id, space) or powers.of(person) >= MODERATOR
        return facts | {"inside": True, "speaks": powers.allows(self._facts.me, "m.room.message")} if own else None

    async def _hidden(self, room_id: str) -> Child | None:
        """An archived room, of which the space's hierarchy says nothing any more."""
        if not await self._facts.is_in(room_id):
            return None
        rule = str((await self._facts.state(room_id, RULES) or {}).get("join_rule", "invite"))
        name, encrypted = await self._facts.name(room_id), await self._facts.is_encrypted(room_id)
        return Child(room_id, name, "", rule, False, False, encrypted, len(await self._facts.members(room_id)))

    async def _archived(self, space: str) -> Json:
        return block(await self._facts.state(space, ARCHIVE), "rooms")

    # What the bot may

    async def prepared(self, space: str) -> None:
        """Whether the bot may do in this space all that a lieu asks of it. Raises MissingRight."""
        await self._require(space, *NEEDED)

    async def openable(self, room_ids: Collection[str], space: str) -> None:
        """Whether the bot may let the members of `space` enter these rooms, or they may already. Raises MissingRight
        with all in which it may not."""
        shut: dict[str, str] = {}
        able: dict[str, str] = {}
        for room_id in room_ids:
            try:
                if not await self._is_open_to(room_id, space):
                    await self._require(room_id, RULES)
            except MissingRight as missing:
                shut |= missing.rooms
                able |= missing.able
            except Refused:  # said when it is tried
                continue
        if shut:
            raise MissingRight(shut, able)

    async def _is_open_to(self, room_id: str, space: str) -> bool:
        rules = await self._facts.state(room_id, RULES) or {}
        return rules.get("join_rule") == "public" or any(
            entry.get("room_id") == space for entry in dicts(rules.get("allow"))
        )

    async def lacks(self, space: str, chosen: Collection[str]) -> Lacks:
        """Where the bot cannot do what a lieu may ask of it now, by the names of rooms: `space`, whether it lacks power
        there; `outside`, chosen rooms in which it is not, without a name where it cannot see it; `elsewhere`, other
        rooms of the space, and how many are `hidden` from it; `powerless`, chosen rooms in which it is a guest."""
        try:
            await self.prepared(space)
            powerful = True
        except Refused:
            powerful = False
        shown = {child.room_id: child.name for child in await self._facts.children(space) if not child.is_space}
        here, archived = set(await self._facts.joined()), await self._archived(space)
        inside = [room_id for room_id in dict.fromkeys(chosen) if room_id in here]
        return {
            "space": not powerful,
            "outside": [shown.get(room_id, "") for room_id in dict.fromkeys(chosen) if room_id not in here],
            "elsewhere": [shown[id] for id in shown if id not in {*here, *chosen, *archived}],
            "hidden": len({*await self._facts.hidden(space)} - {*chosen}),
            "powerless": [await self._facts.name(room_id) for room_id in inside if not await self._helps(room_id)],
        }

    async def _helps(self, room_id: str) -> bool:
        powers = await self._facts.powers(room_id)
        return all(powers.allows(self._facts.me, act) for act in HELPING)

    # Name, entry, place in the space

    async def rename(self, room_id: str, name: str) -> None:
        await self._require(room_id, "m.room.name")
        await self._rooms.put_state(room_id, "m.room.name", {"name": name})

    async def describe(self, room_id: str, topic: str) -> None:
        await self._require(room_id, "m.room.topic")
        await self._rooms.put_state(room_id, "m.room.topic", {"topic": topic})

    async def open_to(self, room_id: str, entry: str, space: str) -> None:
        """Who may enter: the `members` of the space, whoever asks (`request`), or those invited (`private`)."""
        powers = await self._require(room_id, RULES)
        before = await self._facts.state(room_id, RULES) or {}
        if entry == MEMBERS and before.get("join_rule") != "public":
            await self.restrict(room_id, space)
            return
        allow = [{"type": "m.room_membership", "room_id": space}] if entry == MEMBERS else []
        await self._enter_by(room_id, powers, RULE_OF.get(entry, "restricted"), {"allow": allow} if allow else {})

    async def restrict(self, room_id: str, space: str) -> None:
        """Let the members of `space` enter by themselves. Whoever could enter before still can."""
        rules = await self._facts.state(room_id, RULES) or {}
        rule = rules.get("join_rule", "invite")
        if rule == "public":
            return
        knocking = rule in ("knock", "knock_restricted")
        if number((await self._facts.powers(room_id)).version) < (10 if knocking else 8):
            raise Refused("room-too-old")
        allow = list(dicts(rules.get("allow")))
        if not any(entry.get("room_id") == space for entry in allow):
            allow.append({"type": "m.room_membership", "room_id": space})
        wanted = {"join_rule": "knock_restricted" if knocking else "restricted", "allow": allow}
        await self._rooms.put_state(room_id, RULES, rules | wanted)

    async def show_history(self, room_id: str, seen: str) -> None:
        """What people see of the messages to come: `everything`, or what is said `since` they came in."""
        await self._require(room_id, HISTORY)
        await self._rooms.put_state(room_id, HISTORY, {"history_visibility": HISTORY_OF[seen]})

    async def let_knock(self, room_id: str, wanted: bool) -> None:
        """Whether somebody from outside may ask to enter. A public room needs no knocking, and stays as it is."""
        rules = await self._facts.state(room_id, RULES) or {}
        before = str(rules.get("join_rule", "invite"))
        after = (KNOCKABLE if wanted else SHUT_AGAIN).get(before, before)
        if after != before:
            allow = {"allow": list(dicts(rules["allow"]))} if "allow" in rules else {}
            await self._enter_by(room_id, await self._require(room_id, RULES), after, allow)

    async def _enter_by(self, room_id: str, powers: PowerLevels, rule: str, more: Json) -> None:
        if number(powers.version) < SINCE.get(rule, 0):
            raise Refused("room-too-old")
        await self._rooms.put_state(room_id, RULES, {"join_rule": rule} | more)

    async def place(self, space: str, room_id: str, **how: Any) -> None:
        """Show a room in the space; `suggested` and `order` as in `m.space.child`, what is not said stays."""
        await self._require(space, CHILD)
        before = await self._facts.state(space, CHILD, room_id) or {}
        via = list(strings(before.get("via"))) or [self._facts.server]
        await self._rooms.put_state(space, CHILD, before | {"via": via} | how, room_id)

    async def arrange(self, space: str, room_ids: Sequence[str]) -> None:
        """Show these rooms in this order."""
        for n, room_id in enumerate(room_ids, 1):
            await self.place(space, room_id, order=f"{n:04}")

    # Archive

    async def archive(self, space: str, room_id: str) -> None:
        """Read-only, and no longer shown in the space; what was before is noted there first, to be given back."""
        powers = await self._require(room_id, LEVELS)
        await self._require(space, CHILD, ARCHIVE)
        levels = powers.levels or {}
        link = await self._facts.state(space, CHILD, room_id) or {}
        async with self._archiving:
            archived = await self._archived(space)
            if room_id not in archived:
                before = {kind: levels[kind] for kind in ("events_default", "events") if kind in levels}
                note = archived | {room_id: {"link": link, "levels": before}}
                await self._rooms.put_state(space, ARCHIVE, {"rooms": note})
        events = {kind: level for kind, level in block(levels, "events").items() if kind not in MESSAGES}
        await self._rooms.put_state(room_id, LEVELS, levels | {"events_default": MODERATOR, "events": events})
        await self._rooms.put_state(space, CHILD, {}, room_id)

    async def bring_back(self, space: str, room_id: str) -> None:
        """Undo `archive`."""
        powers = await self._require(room_id, LEVELS)
        await self._require(space, CHILD, ARCHIVE)
        async with self._archiving:
            archived = await self._archived(space)
            before = block(archived, room_id)
            if not before:
                return
            talking = block(before, "levels")
            default, events = count(talking.get("events_default")), block(talking, "events")
            levels = (powers.levels or {}) | {"events_default": default, "events": events}
            await self._rooms.put_state(room_id, LEVELS, levels)
            link = block(before, "link")
            link = link if link.get("via") else link | {"via": [self._facts.server]}
            await self._rooms.put_state(space, CHILD, link, room_id)
            rest = {room: noted for room, noted in archived.items() if room != room_id}
            await self._rooms.put_state(space, ARCHIVE, {"rooms": rest})

    # People

    async def entrust(self, space: str, room_id: str) -> None:
        """The concierges of the space look after the room too; who is one no more gives back what the bot gave."""
        powers = await self._require(room_id, LEVELS, GIVEN)
        above = await self._facts.powers(space)
        levels = powers.levels or {}
        users, given = block(levels, "users"), await self._given(room_id, levels)
        due = {
            person: int(min(above.of(person), 100))
            for person in await self._facts.members(space)
            if person not in powers.creators | {self._facts.me} and above.of(person) >= MODERATOR
        }
        others = {person: level for person, level in users.items() if person not in given}
        raised = {person: level for person, level in due.items() if count(others.get(person)) < level}
        await self._give(room_id, levels | {"users": others | raised}, given | raised.keys(), raised.keys())

    async def unburden(self, room_id: str) -> None:
        """Take out of a room's levels what an earlier program wrote among them, where the bot may: with it nobody could
        upgrade the room."""
        powers = await self._facts.powers(room_id)
        if GIVEN in (levels := powers.levels or {}) and all(
            powers.allows(self._facts.me, act) for act in (LEVELS, GIVEN)
        ):
            given = await self._given(room_id, levels)
            await self._give(room_id, levels, given, given)

    async def _given(self, room_id: str, levels: Json) -> set[str]:
        noted = await self._facts.state(room_id, GIVEN) or {}
        return {*strings(noted.get("people")), *strings(levels.get(GIVEN))}

    async def _give(self, room_id: str, levels: Json, before: Collection[str], after: Collection[str]) -> None:
        """Noted first: whoever is left in the middle is in both."""
        await self._rooms.put_state(room_id, GIVEN, {"people": sorted({*before})})
        await self._rooms.put_state(room_id, LEVELS, {name: one for name, one in levels.items() if name != GIVEN})
        await self._rooms.put_state(room_id, GIVEN, {"people": sorted({*after})})

    async def bequeath(self, room_id: str, person: str) -> None:
        """Give somebody all that the bot may do in a room."""
        powers, levels = await self._facts.powers(room_id), await self._facts.state(room_id, LEVELS) or {}
        own = min(powers.of(self._facts.me), ADMINISTRATOR)
        if powers.of(person) < own:
            users = block(levels, "users") | {person: round(own)}
            await self._rooms.put_state(room_id, LEVELS, levels | {"users": users})

    async def turn_away(self, room_id: str, person: str, reason: str = "") -> None:
        """Say no to somebody who knocks; whoever came in meanwhile stays."""
        await self._require(room_id, "kick")
        if await self._facts.membership(room_id, person) == "knock":
            await self._membership.kick(room_id, person, reason)
