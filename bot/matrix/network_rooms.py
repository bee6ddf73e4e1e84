"""Networks of lieux: a space that other lieux ask to enter, and the room where each of them is declared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlencode

from bot.errors import MatrixRefused, Refused, Unavailable
from bot.matrix.backoff import Unreached
from bot.matrix.client import Client
from bot.matrix.client_api import TooFast, path
from bot.matrix.facts import NETWORK, Facts, server_of
from bot.matrix.membership import MODERATOR, Membership
from bot.matrix.moderation import Moderation
from bot.matrix.rooms import Rooms
from bot.matrix.untrusted_json import Json, block, count, dicts, strings

DECLARATION = "org.conciergerie.lieu"
LEVELS, CHILD, PARENT, SPACE = "m.room.power_levels", "m.space.child", "m.space.parent", "m.space"
SOON = 3.0  # seconds: a server learns within moments that it is in the space, and may enter its rooms
MOST_SERVERS, MOST_ROOMS = 10, 50
PATIENT = 12  # times that a room which is shut may be tried: its server should know by then
KEEPER = 100

# https://spec.matrix.org/latest/appendices/ (matrix.to, matrix: URI); other clients' own links end alike.
LINK = re.compile(
    # Before its `#` a link has one colon more at most: one that begins within another is not read twice.
    r"https?://[^\s#:]{0,200}(?::\d{1,5}[^\s#:]{0,200})?#/(?:room/)?([^\s/?]+)[^\s?]*(?:\?([^\s>)\]]*))?",
    re.IGNORECASE,
)
URI = re.compile(r"\bmatrix:(r|roomid)/([^\s/?]+)[^\s?]*(?:\?([^\s>)\]]*))?", re.IGNORECASE)
BARE = re.compile(r"(?:^|(?<=\s))([#!][^\s?]+)(?:\?(\S*))?")
SIGILS = {"r": "#", "roomid": "!"}


class NetworkRooms:
    """Every call makes something so. Raises Refused, MatrixRefused where the bot may not, Unavailable. `unreached` are
    rooms that the homeserver did not reach."""

    def __init__(
        self,
        client: Client,
        facts: Facts,
        membership: Membership,
        rooms: Rooms,
        moderation: Moderation,
        unreached: Unreached,
    ) -> None:
        self._client, self._facts, self._membership = client, facts, membership
        self._rooms, self._moderation, self._unreached = rooms, moderation, unreached

    # Found

    async def open_network(self, key: str, name: str, topic: str) -> dict[str, str]:
        """The `space` and the coordination `room` of a network, made at the first call with this `key`.

        Nothing there is encrypted: a lieu that comes later reads what was said. Moderators alone invite and declare.
        """
        how: dict[str, Any] = {"name": name, "topic": topic, "network": True}
        space = await self._rooms.create(f"{key}/space", space=True, join="knock", **how)
        room_id = await self._rooms.create(f"{key}/room", join="restricted", allow=space, parent=space, **how)
        for each in (space, room_id):
            await self._reserve(each)
        return {"space": space, "room": room_id}

    async def _reserve(self, room_id: str) -> None:
        levels = await self._facts.state(room_id, LEVELS) or {}
        events = block(levels, "events") | {DECLARATION: MODERATOR}
        await self._rooms.put_state(room_id, LEVELS, levels | {"invite": MODERATOR, "events": events})

    async def address(self, space: str) -> str:
        """A link that any client opens and any bot understands; it names servers that are there, ours first."""
        servers = Counter(server_of(person) for person in await self._facts.members(space))
        via = dict.fromkeys((self._facts.server, *(server for server, _ in servers.most_common(3))))
        return f"https://matrix.to/#/{quote(space, safe='')}?{urlencode({'via': list(via)}, doseq=True)}"

    async def admit(self, space: str, room_id: str, person: str) -> None:
        """Invite somebody, whether they asked or not."""
        for each in (space, room_id):
            await self._membership.invite(each, person)

    async def turn_away(self, space: str, person: str) -> bool:
        """No longer let somebody knock; False where they do not knock any more."""
        if await self._facts.membership(space, person) != "knock":
            return False
        await self._membership.kick(space, person)
        return True

    async def put_out(self, space: str, room_id: str, person: str, reason: str) -> None:
        """Of the space last: whoever is put out reads why in the coordination room."""
        for each in (room_id, space):
            await self._membership.kick(each, person, reason)

    async def entrust(self, space: str, room_id: str, person: str) -> None:
        """Let somebody invite, declare, and entrust others."""
        for each in (space, room_id):
            if not await self.moderates(each, person):
                await self._moderation.set_level(each, person, KEEPER)

    async def is_in(self, space: str) -> bool:
        """Whether the bot is in a network, as its server tells: raises MatrixRefused where it does not."""
        return await self._facts.membership(space, self._facts.me) == "join"

    async def name(self, space: str) -> str:
        """What a network is called."""
        return await self._facts.name(space)

    # Enter

    async def ask_in(self, address: str, reason: str) -> dict[str, str]:
        """Enter a network where that is allowed, else ask its moderators: `how` is "in" or "asked", `space` its id.

        Raises Refused("no-such-network") where nothing has this address, Refused("not-a-network") for another room,
        Refused("network-shut") where it does not let the bot ask.
        """
        space, via = await self._resolve(address)
        if space in await self._facts.joined():
            await self._expect_network(space)
        elif not await self._enter_network(space, via):
            await self._knock(space, via, reason)
            return {"how": "asked", "space": space}
        return {"how": "in", "space": space}

    async def accept(self, address: str) -> bool:
        """Enter a network to which the bot was invited. False while its own server does not let it in: the invitation
        came first. Nobody is asked again."""
        space, via = await self._resolve(address)
        return space in await self._facts.joined() or await self._enter_network(space, via)

    async def _enter_network(self, space: str, via: list[str]) -> bool:
        """False where one has to knock. What turns out to be something else is left."""
        await self._expect_space(space, via)
        try:
            await self._membership.join(space, via)
        except MatrixRefused:
            return False
        try:
            await self._expect_network(space)
        except Refused:
            await self._membership.leave(space)
            raise
        return True

    async def _resolve(self, address: str) -> tuple[str, list[str]]:
        room, via = named(address)
        if room.startswith("!"):
            return room, via
        try:
            found = await self._client.call("GET", path("directory", "room", room))
        except MatrixRefused:
            raise Refused("no-such-network") from None
        return str(found.get("room_id")), list(strings(found.get("servers")))[:MOST_SERVERS]

    async def _expect_space(self, room_id: str, via: list[str]) -> None:
        """Neither join nor disturb what shows itself to be no space; some servers show nothing."""
        try:
            seen = await self._client.call(
                "GET", path("room_summary", room_id, under="/_matrix/client/v1"), via=via or None
            )
        except MatrixRefused:
            return
        if seen.get("room_type") != SPACE:
            raise Refused("not-a-network")

    async def _expect_network(self, space: str) -> None:
        made = await self._facts.state(space, "m.room.create") or {}
        if made.get("type") != SPACE or made.get(NETWORK) != 1:
            raise Refused("not-a-network")

    async def _knock(self, space: str, via: list[str], reason: str) -> None:
        try:
            await self._client.call("POST", path("knock", space), {"reason": reason}, via=via or None)
        except MatrixRefused as refusal:
            if refusal.status in (400, 404):
                raise Refused("no-such-network") from None
            if refusal.status == 403:
                raise Refused("network-shut") from None
            raise

    async def coordination(self, space: str) -> str | None:
        """The coordination room of a network, entered if need be: the first of its rooms that says it belongs to one.

        Unavailable while it is shut: its server learns only after a moment that the bot is in the space. What stays
        shut, or is not reached, is not asked for ever.
        """
        joined = await self._facts.joined()
        shut: Exception | None = None
        for room_id, via in (await self._shown_in(space))[:MOST_ROOMS]:
            if room_id not in joined and self._unreached.times(room_id) >= PATIENT and self._unreached.rests(room_id):
                continue
            try:
                if room_id not in joined and not await self._membership.reach(room_id, via):
                    continue
                made = await self._facts.state(room_id, "m.room.create") or {}
            except MatrixRefused as refusal:
                shut = refusal if self._unreached.failed(room_id) < PATIENT else shut
                continue
            except TooFast:
                raise
            except Unavailable as away:
                shut = away
                continue
            if made.get(NETWORK) == 1 and made.get("type") != SPACE and await self._consents(room_id, space):
                return room_id
            if room_id not in joined:
                await self._membership.leave(room_id)
        if shut:
            raise Unavailable("matrix", SOON) from shut
        return None

    async def _consents(self, room_id: str, space: str) -> bool:
        """Whether the room itself says that it belongs to this space: any space may list any room."""
        if block(await self._facts.state(room_id, PARENT, space)):
            return True
        rules = await self._facts.state(room_id, "m.room.join_rules") or {}
        return any(one.get("room_id") == space for one in dicts(rules.get("allow")))

    async def _shown_in(self, space: str) -> list[tuple[str, list[str]]]:
        """The rooms directly in a space, the oldest first, and the servers that know them."""
        state = dicts(await self._client.fetch("GET", path("rooms", space, "state")))
        links = [one for one in state if one.get("type") == CHILD and list(strings(block(one, "content").get("via")))]
        links.sort(key=lambda one: count(one.get("origin_server_ts")))
        return [(str(one.get("state_key")), list(strings(one["content"]["via"]))[:MOST_SERVERS]) for one in links]

    async def leave_network(self, space: str, room_id: str | None) -> None:
        """Also from before its door, and out of an invitation: nobody knows the coordination room then."""
        for each in (room_id, space):
            if each is not None:
                await self._membership.leave(each)

    # Declarations

    async def declared(self, room_id: str) -> dict[str, Json]:
        """The lieux declared in a coordination room: by key, the `content`, and the moderator who set it (`sender`)."""
        state = await self._client.fetch("GET", path("rooms", room_id, "state"))
        lieux = (event for event in dicts(state) if event.get("type") == DECLARATION and block(event, "content"))
        return {str(one.get("state_key")): {"content": one["content"], "sender": one.get("sender")} for one in lieux}

    async def declare(self, room_id: str, key: str, content: Mapping[str, Any]) -> None:
        await self._rooms.put_state(room_id, DECLARATION, dict(content), key)

    async def undeclare(self, room_id: str, key: str) -> None:
        if block(await self._facts.state(room_id, DECLARATION, key)):
            await self._rooms.put_state(room_id, DECLARATION, {}, key)

    async def moderates(self, room_id: str, person: str) -> bool:
        return (await self._facts.powers(room_id)).of(person) >= MODERATOR


def named(address: str) -> tuple[str, list[str]]:
    """The alias or the id that an address names, and the servers that know it. Raises Refused("no-such-network")."""
    room, query = "", ""
    if link := LINK.search(address):
        room, query = unquote(link[1]), link[2] or ""
    elif uri := URI.search(address):
        room, query = SIGILS[uri[1].lower()] + unquote(uri[2]), uri[3] or ""
    elif bare := BARE.search(address):
        room, query = bare[1], bare[2] or ""
    if not room.startswith(("#", "!")):
        raise Refused("no-such-network")
    return room, parse_qs(query).get("via", [])[:MOST_SERVERS]
