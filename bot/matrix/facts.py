"""What is true of a room or a person, asked of the homeserver each time: rights are never decided from memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict
from urllib.parse import quote

from bot.errors import MatrixRefused, Unavailable
from bot.matrix.backoff import Unreached
from bot.matrix.client import Client
from bot.matrix.client_api import LIMIT, AuthWanted, TooFast, path
from bot.matrix.markup import one_line
from bot.matrix.power_levels import PowerLevels
from bot.matrix.readings import Belonging, Knocking
from bot.matrix.untrusted_json import Json, block, count, dicts, strings

KEY, NETWORK = "org.conciergerie.key", "org.conciergerie.network"  # what a bot says in `m.room.create`
NAME, TOPIC = 100, 500
MEMBERSHIPS = ("join", "invite", "leave", "ban", "knock")
MOST_PAGES = 50
MOST_PROVIDERS = 12  # of a homeserver's sign-ins
HIERARCHY = 30.0  # seconds that a page of a space may take
SEEN = 20  # messages of a room that are looked at, for what was read of them
OF_OTHERS = 10.0  # seconds that somebody's server may take to tell who they are


@dataclass(frozen=True, slots=True)
class Child:
    """A room of a space, as its hierarchy shows it. `members` is how many are in it; `join_rule` as in Matrix."""

    room_id: str
    name: str
    topic: str
    join_rule: str
    suggested: bool
    is_space: bool
    encrypted: bool
    members: int
    alias: str = ""


class SignIn(TypedDict):
    """How people sign in to our homeserver: on the page of an SSO, of which `providers` are the names on its buttons
    (none where it does not tell them), or with a password that it keeps itself."""

    sso: bool
    password: bool
    providers: list[str]


class Facts:
    """`unreached` are rooms that the homeserver did not reach. Raises MatrixRefused where the bot may not know,
    Unavailable where nobody answers."""

    def __init__(self, client: Client, unreached: Unreached) -> None:
        self._client, self._unreached = client, unreached
        self._creations: dict[str, Json] = {}

    @property
    def me(self) -> str:
        return self._client.user_id

    @property
    def server(self) -> str:
        return server_of(self.me)

    def local(self, login: str) -> str:
        """The Matrix id that an account of this name has on the bot's own server."""
        return f"@{login}:{self.server}"

    def own_login(self, person: str) -> str:
        """The name that somebody of the bot's own server has there already; empty for others."""
        return person[1:].partition(":")[0] if server_of(person) == self.server else ""

    async def exists(self, person: str, *, within: float = LIMIT) -> bool:
        """Whether this address belongs to somebody, as its server tells `within` so many seconds."""
        try:
            await self._client.call("GET", path("profile", person), limit=within)
        except MatrixRefused as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    async def is_nobodys(self, person: str) -> bool:
        """Whether this address belongs to nobody, as its server says; False where it does not say."""
        try:
            return not await self.exists(person, within=OF_OTHERS)
        except (MatrixRefused, Unavailable):
            return False

    async def registers_with_code(self) -> bool:
        """Whether our own server takes a registration code from somebody who makes an account (specification 1.2)."""
        try:
            await self._client.call_as_stranger("POST", path("register"), {})
        except AuthWanted as wanted:
            return "m.login.registration_token" in wanted.stages
        except MatrixRefused:
            return False
        return False

    async def sign_in(self) -> SignIn:
        """As the homeserver tells anybody. One that has given it all away to an authentication service tells no flows:
        that is an SSO too."""
        try:
            told = await self._client.call_as_stranger("GET", path("login"), None)
        except MatrixRefused:
            return {"sso": True, "password": False, "providers": []}
        flows = {str(flow.get("type")): flow for flow in dicts(told.get("flows"))}
        providers = dicts(flows.get("m.login.sso", {}).get("identity_providers"))
        names = [name for provider in providers if (name := _text(provider.get("name")))]
        return {
            "sso": "m.login.sso" in flows,
            "password": "m.login.password" in flows,
            "providers": names[:MOST_PROVIDERS],
        }

    async def can_be_entered(self, room_id: str) -> bool:
        """Whether somebody who was not invited can enter, or ask to."""
        rule = (await self.state(room_id, "m.room.join_rules") or {}).get("join_rule")
        return rule in ("public", "knock", "knock_restricted")

    async def opens_to(self, room_id: str, space: str) -> bool:
        """Whether whoever is in the space finds this room there, and enters it without an invitation."""
        try:
            rules = await self.state(room_id, "m.room.join_rules") or {}
            shown = await self.shows(space, room_id)
        except MatrixRefused:
            return False
        admitted = any(entry.get("room_id") == space for entry in dicts(rules.get("allow")))
        rule = rules.get("join_rule")
        return shown and (rule == "public" or (admitted and rule in ("restricted", "knock_restricted")))

    async def link(self, room_id: str) -> str:
        """An address that any client opens: by the room's alias where it has one, else by its id and our server."""
        alias = (await self.state(room_id, "m.room.canonical_alias") or {}).get("alias")
        if isinstance(alias, str):
            return f"https://matrix.to/#/{quote(alias)}"
        return f"https://matrix.to/#/{quote(room_id)}?via={quote(self.server)}"

    async def state(self, room_id: str, type: str, key: str = "") -> Json | None:
        """The content of one state event, or None where there is none."""
        try:
            return await self._of(room_id, "GET", path("rooms", room_id, "state", type, key))
        except MatrixRefused as refusal:
            if refusal.status == 404:
                return None
            raise

    async def _of(self, room_id: str, method: str, address: str, **query: Any) -> Json:
        """Ask something of one room. What the homeserver cannot tell of a room in which the bot is not stays so: a
        server that is gone for ever is not waited for."""
        try:
            return await self._client.call(method, address, **query)
        except Unavailable as down:
            if isinstance(down, TooFast) or room_id in await self.joined():
                raise
        raise MatrixRefused("M_FORBIDDEN", 403)

    async def has_read(self, room_id: str, event_id: str, person: str, turn: int = 0) -> bool:
        """Whether somebody has read this message, as their client told (a receipt), or said something after it.

        Their receipts come with nothing but /sync. Servers give the same answer again for two minutes to the same
        question, so each `turn` asks for a little more, and each message in its own words.
        """
        asked = _of_room(room_id, SEEN + turn, event_id)
        told = await self._client.call("GET", path("sync"), filter=asked, timeout=0)
        room = block(told, "rooms", "join", room_id)
        events = list(dicts(block(room, "timeline").get("events")))
        ids = [event.get("event_id") for event in events]
        since = ids[ids.index(event_id) :] if event_id in ids else [event_id, *ids]  # it is above these
        receipts = [block(event, "content") for event in dicts(block(room, "ephemeral").get("events"))]
        read = {id for told in receipts for id in told if person in block(told, id, "m.read")}
        said = {event.get("event_id") for event in events if event.get("sender") == person and "state_key" not in event}
        return bool((read | said).intersection(since))

    async def membership(self, room_id: str, person: str) -> str:
        """`join`, `invite`, `leave`, `ban` or `knock`; `none` for somebody who was never there."""
        told = (await self.state(room_id, "m.room.member", person) or {}).get("membership")
        return told if isinstance(told, str) and told in MEMBERSHIPS else "none"

    async def memberships(self, person: str, room_ids: Sequence[str]) -> dict[str, str]:
        """Their membership in each of these rooms; rooms of which the bot may not know are left out."""
        told = await asyncio.gather(*(self._membership_if_known(room_id, person) for room_id in room_ids))
        return {room_id: membership for room_id, membership in zip(room_ids, told, strict=True) if membership}

    async def _membership_if_known(self, room_id: str, person: str) -> str | None:
        try:
            return await self.membership(room_id, person)
        except MatrixRefused:
            return None

    async def joined(self) -> list[str]:
        """The rooms that the bot is in."""
        return list(strings((await self._client.call("GET", path("joined_rooms"))).get("joined_rooms")))

    async def is_in(self, room_id: str) -> bool:
        """Whether the bot is in the room; also False where it may not know."""
        try:
            return await self.membership(room_id, self.me) == "join"
        except MatrixRefused as refusal:
            if refusal.status not in (403, 404):
                raise
            return False

    async def seems_in(self, room_id: str) -> bool:
        """The same where nothing is made upon a no: whatever a homeserver refuses to say with, it is one."""
        try:
            return await self.is_in(room_id)
        except MatrixRefused:
            return False

    async def outside_of(self, rooms: Collection[str]) -> list[str]:
        """Those of these rooms in which the bot is not."""
        here = set(await self.joined())
        return [room_id for room_id in rooms if room_id not in here]

    async def members(self, room_id: str) -> dict[str, str]:
        """Who is in the room, and under which name."""
        joined = block(await self._of(room_id, "GET", path("rooms", room_id, "joined_members")), "joined")
        return {person: shown_name(block(told).get("display_name"), person) for person, told in joined.items()}

    async def people(self, space: str) -> list[Belonging]:
        """Everybody who is in the space, invited to it or banned from it: `person`, `name`, `membership`, and `by` whom
        that was made so."""
        answer = await self._of(space, "GET", path("rooms", space, "members"), not_membership="leave")
        return [person for event in dicts(answer.get("chunk")) for person in _person(event)]

    async def gone(self, room_id: str) -> set[str]:
        """Who left the room, did not want to come, or was put out."""
        answer = await self._of(room_id, "GET", path("rooms", room_id, "members"), not_membership="join")
        found = [(event.get("state_key"), block(event, "content")) for event in dicts(answer.get("chunk"))]
        return {one for one, told in found if isinstance(one, str) and told.get("membership") in ("leave", "ban")}

    async def knocking(self, room_id: str) -> list[Knocking]:
        """Who asks to enter this room now: `person`, and their `reason` as they gave it."""
        answer = await self._of(room_id, "GET", path("rooms", room_id, "members"), membership="knock")
        found = [(event.get("state_key"), block(event, "content")) for event in dicts(answer.get("chunk"))]
        return [
            {"person": person, "reason": content.get("reason")}
            for person, content in found
            if isinstance(person, str) and content.get("membership") == "knock"
        ]

    async def powers(self, room_id: str) -> PowerLevels:
        return PowerLevels(await self._first_event(room_id), await self.state(room_id, "m.room.power_levels"))

    async def level(self, room_id: str, person: str) -> int | None:
        """The entry that a person has among the room's levels; None where they have what everybody has."""
        entry = block((await self.powers(room_id)).levels, "users").get(person)
        return entry if isinstance(entry, int) else None

    async def powerful(self, room_id: str) -> list[str]:
        """Who is in the room and may change its settings, the bot left out."""
        powers = await self.powers(room_id)
        return [who for who in await self.members(room_id) if who != self.me and powers.allows(who, "state_default")]

    async def origin(self, room_id: str) -> dict[str, str]:
        """By whom a room was made, and for what (`key`) where a bot made it."""
        made = await self._first_event(room_id)
        key = block(made, "content").get(KEY)
        return {"by": str(made.get("sender")), "key": key if isinstance(key, str) else ""}

    async def _first_event(self, room_id: str) -> Json:
        if room_id not in self._creations:
            self._creations[room_id] = await self._creation(room_id)
        return self._creations[room_id]

    async def _creation(self, room_id: str) -> Json:
        """In version 12 its sender is a creator. It never changes."""
        event = await self.event(room_id, "m.room.create")
        if event is None:
            raise Unavailable("matrix")
        return event

    async def event(self, room_id: str, type: str) -> Json | None:
        """A whole state event, with who sent it; None where there is none."""
        try:
            event = await self._of(room_id, "GET", path("rooms", room_id, "state", type, ""), format="event")
        except MatrixRefused as refusal:
            if refusal.status == 404:
                return None
            raise
        if not isinstance(event.get("sender"), str):  # a homeserver that does not know `format`
            whole = await self._client.fetch("GET", path("rooms", room_id, "state"))
            found = (one for one in dicts(whole) if one.get("type") == type and one.get("state_key") == "")
            event = next(found, {})
        return event if isinstance(event.get("sender"), str) else None

    async def has_parent(self, room_id: str, space: str) -> bool:
        """Whether the room itself says that it belongs to this space: only its own moderators can write that."""
        return bool((await self.state(room_id, "m.space.parent", space) or {}).get("via"))

    async def shows(self, space: str, room_id: str) -> bool:
        """Whether the moderators of the space put the room there; the bot need not be in it."""
        return bool((await self.state(space, "m.space.child", room_id) or {}).get("via"))

    async def belongs(self, room_id: str, space: str) -> bool:
        """Whether the space shows the room, and the room agrees."""
        return await self.shows(space, room_id) and await self.has_parent(room_id, space)

    async def is_space(self, room_id: str) -> bool:
        return (await self.state(room_id, "m.room.create") or {}).get("type") == "m.space"

    async def is_encrypted(self, room_id: str) -> bool:
        return await self.state(room_id, "m.room.encryption") is not None

    async def name(self, room_id: str) -> str:
        """The room's name, else its alias, else who else is in it: never its id."""
        told = await self.state(room_id, "m.room.name") or {}
        alias = {} if _text(told.get("name")) else await self.state(room_id, "m.room.canonical_alias") or {}
        found = _text(told.get("name")) or _text(alias.get("alias"))
        return found or ", ".join(name for who, name in (await self.members(room_id)).items() if who != self.me)

    async def topic(self, room_id: str) -> str:
        """What the room says it is about, on one line; empty where it says nothing."""
        return _text((await self.state(room_id, "m.room.topic") or {}).get("topic"), TOPIC)

    async def display_name(self, person: str) -> str:
        """How somebody calls themselves; the name in their address where nobody tells."""
        try:
            told = await self._client.call("GET", path("profile", person, "displayname"))
        except (MatrixRefused, Unavailable):
            told = {}
        return shown_name(told.get("displayname"), person)

    async def children(self, space: str) -> list[Child]:
        """The rooms under a space, at any depth, that the bot may see; each once, in the space's order.

        To list rooms of other servers its own homeserver asks them, and may wait for one that is gone longer than we
        wait: then, and for a while, only the rooms that the bot is in are listed.
        """
        if self._unreached.rests(space):
            return await self._own_children(space)
        try:
            entries = [entry async for entry in self._hierarchy(space)]
        except TooFast:
            raise
        except Unavailable:
            found = await self._own_children(space)  # or the homeserver itself is away
            self._unreached.failed(space)
            return found
        self._unreached.answered(space)
        links = (link for entry in entries for link in dicts(entry.get("children_state")))
        suggested = {link.get("state_key") for link in links if block(link, "content").get("suggested") is True}
        shown = {child.room_id: child for entry in entries for child in _child(entry, suggested)}
        shown.pop(space, None)
        return list(shown.values())

    async def hidden(self, space: str) -> list[str]:
        """The rooms of a space of which a homeserver tells nothing to who may not enter them; the space names them."""
        shown = {child.room_id for child in await self.children(space)}
        if self._unreached.rests(space):
            return []  # who knows which of those that are not listed are hidden
        return [room_id for room_id, _ in _links(await self._whole(space)) if room_id not in shown]

    async def _own_children(self, space: str) -> list[Child]:
        """As `children`, of the rooms that the bot is in, as they tell themselves: nobody else is asked."""
        here, found, spaces = set(await self.joined()), dict[str, Child](), [space]
        for above in spaces:
            for room_id, link in _links(await self._whole(above)):
                if room_id in here and room_id != space and room_id not in found:
                    found[room_id] = _told(room_id, await self._whole(room_id), link)
                    spaces += [room_id] if found[room_id].is_space else []
        return list(found.values())

    async def _whole(self, room_id: str) -> list[Json]:
        """The whole state of a room in which the bot is."""
        return list(dicts(await self._client.fetch("GET", path("rooms", room_id, "state"))))

    async def _hierarchy(self, space: str) -> AsyncIterator[Json]:
        address, query = path("rooms", space, "hierarchy", under="/_matrix/client/v1"), Json()
        for _ in range(MOST_PAGES):
            page = await self._client.call("GET", address, limit=HIERARCHY, **query)
            for entry in dicts(page.get("rooms")):
                yield entry
            if not isinstance(page.get("next_batch"), str):
                return
            query = {"from": page["next_batch"]}


def server_of(person: str) -> str:
    return person.partition(":")[2]


def _child(entry: Json, suggested: set[object]) -> Iterator[Child]:
    room_id = entry.get("room_id")
    if isinstance(room_id, str):
        yield Child(
            room_id,
            name=_text(entry.get("name")) or _text(entry.get("canonical_alias")),
            topic=_text(entry.get("topic"), TOPIC),
            join_rule=_text(entry.get("join_rule")) or "public",
            suggested=room_id in suggested,
            is_space=entry.get("room_type") == "m.space",
            encrypted=bool(entry.get("encryption") or entry.get("im.nheko.summary.encryption")),
            members=count(entry.get("num_joined_members")),
            alias=_text(entry.get("canonical_alias")),
        )


def _links(state: list[Json]) -> Iterator[tuple[str, Json]]:
    """The rooms that a space shows, and what it says of each."""
    for event in state:
        room_id, link = event.get("state_key"), block(event, "content")
        if event.get("type") == "m.space.child" and isinstance(room_id, str) and link.get("via"):
            yield room_id, link


def _told(room_id: str, state: list[Json], link: Json) -> Child:
    """From the state of a room, and what the space says of it."""
    said = {one.get("type"): block(one, "content") for one in state if one.get("state_key") == ""}
    inside = [one for one in state if one.get("type") == "m.room.member"]
    return Child(
        room_id,
        name=_text(block(said, "m.room.name").get("name")) or _text(block(said, "m.room.canonical_alias").get("alias")),
        topic=_text(block(said, "m.room.topic").get("topic"), TOPIC),
        join_rule=_text(block(said, "m.room.join_rules").get("join_rule")) or "invite",
        suggested=link.get("suggested") is True,
        is_space=block(said, "m.room.create").get("type") == "m.space",
        encrypted="m.room.encryption" in said,
        members=sum(block(one, "content").get("membership") == "join" for one in inside),
        alias=_text(block(said, "m.room.canonical_alias").get("alias")),
    )


def _of_room(room_id: str, most: int, asked_about: str) -> str:
    """What is asked of one room: its last messages, and who read them. `asked_about` changes the question alone."""
    nothing: Json = {"types": [], "not_types": [asked_about]}
    room = {
        "rooms": [room_id],
        "timeline": {"limit": most},
        "state": nothing,
        "ephemeral": {"types": ["m.receipt"]},
        "account_data": nothing,
    }
    return json.dumps({"presence": nothing, "account_data": nothing, "room": room})


def _text(told: object, longest: int = NAME) -> str:
    return one_line(told, longest)


def shown_name(told: object, person: str) -> str:
    return _text(told) or person.removeprefix("@").partition(":")[0]


def _person(event: Json) -> Iterator[Belonging]:
    person, content = event.get("state_key"), block(event, "content")
    if isinstance(person, str) and content.get("membership") in MEMBERSHIPS:
        before = block(event, "unsigned", "prev_content")  # a ban does not repeat the name
        name = shown_name(content.get("displayname") or before.get("displayname"), person)
        yield {"person": person, "name": name, "membership": content["membership"], "by": event.get("sender")}
