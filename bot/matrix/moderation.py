"""What calms a room: silence somebody for a while and give their voice back, find what they said, take it away."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from urllib.parse import unquote

from bot.errors import MatrixRefused
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.facts import Facts
from bot.matrix.markup import clean
from bot.matrix.message import plain_text
from bot.matrix.power_levels import MESSAGES, PowerLevels
from bot.matrix.readings import HushLevel, Quoted
from bot.matrix.sync_batch import ENCRYPTED
from bot.matrix.untrusted_json import Json, block, dicts, strings

LEVELS, SERVERS = "m.room.power_levels", "m.room.server_acl"
SAID = ["m.room.message", ENCRYPTED, "m.sticker", "m.poll.start", "org.matrix.msc3381.poll.start"]
PAGE, PAGES = 100, 20
QUOTED = 500  # characters


class Moderation:
    """Raises MatrixRefused where the bot has not the power, Unavailable where nobody answers."""

    def __init__(self, client: Client, facts: Facts) -> None:
        self._client, self._facts = client, facts

    # Silence

    async def hush_level(self, room_id: str, person: str) -> HushLevel:
        """`before`: the entry that the person has among the levels (None for none); `level`: one too low to speak."""
        powers = await self._commanding(room_id, person)
        silent = min(min(powers.needed(kind) for kind in MESSAGES) - 1, powers.of(person))
        return {"before": block(powers.levels, "users").get(person), "level": int(silent)}

    async def set_level(self, room_id: str, person: str, level: Any) -> None:
        """Give this entry to a person among the room's levels, or none. Nobody else's is touched."""
        levels = (await self._commanding(room_id, person)).levels or {}
        users = {who: entry for who, entry in block(levels, "users").items() if who != person}
        wanted = levels | {"users": users if level is None else users | {person: level}}
        if wanted != levels:
            await self._client.call("PUT", path("rooms", room_id, "state", LEVELS, ""), wanted)

    async def restore_level(self, room_id: str, person: str, level: int, before: Any) -> bool:
        """Give back what a person had before `level`; False where somebody has changed it meanwhile."""
        levels = await self._facts.state(room_id, LEVELS) or {}
        if block(levels, "users").get(person) != level:
            return False
        await self.set_level(room_id, person, before)
        return True

    async def _commanding(self, room_id: str, person: str) -> PowerLevels:
        """The levels of a room, where the bot may change this person's: nobody may touch an equal, nor a creator."""
        powers = await self._facts.powers(room_id)
        above = powers.of(self._facts.me) > powers.of(person)
        if powers.levels is None or not above or not powers.allows(self._facts.me, LEVELS):
            raise MatrixRefused("M_FORBIDDEN", 403, room_id, LEVELS)
        return powers

    # Servers (https://spec.matrix.org/latest/client-server-api/#server-access-control-lists-acls-for-rooms)

    async def shut_servers(self, room_id: str) -> list[str]:
        """The servers, and patterns of some, whose accounts cannot take part in this room."""
        return list(strings((await self._facts.state(room_id, SERVERS) or {}).get("deny")))

    async def shut_server(self, room_id: str, pattern: str) -> None:
        """Nobody of these servers takes part in this room any more, whatever account they make. It must not be ours:
        nothing would bring it back."""
        lists = await self._facts.state(room_id, SERVERS)
        denied = await self.shut_servers(room_id)
        if pattern not in denied:
            lists = {"allow": ["*"], "allow_ip_literals": True} if lists is None else lists
            await self._put_servers(room_id, lists | {"deny": [*denied, pattern]})

    async def open_server(self, room_id: str, pattern: str) -> None:
        denied = await self.shut_servers(room_id)
        if pattern in denied:
            lists = await self._facts.state(room_id, SERVERS) or {}
            await self._put_servers(room_id, lists | {"deny": [one for one in denied if one != pattern]})

    async def _put_servers(self, room_id: str, lists: Json) -> None:
        await self._client.call("PUT", path("rooms", room_id, "state", SERVERS, ""), lists)

    # What they said

    async def last_messages(self, room_id: str, person: str, most: int) -> list[list[str]]:
        """The last messages of a person in a room, the newest first: each with the corrections made to it."""
        found: dict[str, list[str]] = {}
        corrections: dict[str, list[str]] = {}
        async for event in self._said(room_id, person):
            relation = block(event, "content", "m.relates_to")
            if relation.get("rel_type") == "m.replace":
                corrections.setdefault(str(relation.get("event_id")), []).append(event["event_id"])
                continue
            found[event["event_id"]] = [event["event_id"], *corrections.pop(event["event_id"], ())]
            if len(found) == most:
                break
        return list(found.values())

    async def own_messages(self, room_id: str, is_meant: Callable[[str], bool]) -> list[str]:
        """The messages of the bot itself that are meant, by their content as JSON, with what corrects them, and what
        they correct; as far back as it reads."""
        own, meant = dict[str, str](), set[str]()
        async for event in self._said(room_id, self._facts.me):
            clear = self._client.decrypt(room_id, event) if event.get("type") == ENCRYPTED else event
            content = block(clear or {}, "content")
            relation = block(event, "content", "m.relates_to")
            corrected = relation.get("event_id") if relation.get("rel_type") == "m.replace" else event["event_id"]
            own[event["event_id"]] = str(corrected)
            said = json.dumps(content, ensure_ascii=False)
            if is_meant(said) or is_meant(unquote(said)):
                meant.add(str(corrected))
        return [event_id for event_id, corrected in own.items() if corrected in meant]

    async def _said(self, room_id: str, person: str) -> AsyncIterator[Json]:
        filter = json.dumps({"senders": [person], "types": SAID, "lazy_load_members": True})
        query: Json = {"dir": "b", "limit": PAGE, "filter": filter}
        for _ in range(PAGES):
            page = await self._client.call("GET", path("rooms", room_id, "messages"), **query)
            for event in dicts(page.get("chunk")):
                if event.get("sender") == person and isinstance(event.get("event_id"), str) and event.get("content"):
                    yield event
            if not isinstance(page.get("end"), str):
                return
            query["from"] = page["end"]

    async def erase(self, room_id: str, event_ids: Sequence[str]) -> None:
        """Take the content of these events away; those that are gone already stay so."""
        for event_id in event_ids:
            await self.redact(room_id, event_id)

    async def redact(self, room_id: str, event_id: str, reason: str = "") -> None:
        """Take an event's content away, once: its own id makes the transaction's."""
        txn_id = hashlib.sha256(f"redact {event_id}".encode()).hexdigest()
        await self._client.redact(room_id, event_id, txn_id, reason or None)

    async def quote(self, room_id: str, event_id: str) -> Quoted | None:
        """Who wrote a message (`sender`) and what (`text`, empty where it is no text or cannot be read); None where
        there is none."""
        try:
            event = await self._client.call("GET", path("rooms", room_id, "event", event_id))
        except MatrixRefused as refusal:
            if refusal.status in (403, 404):
                return None
            raise
        sender = event.get("sender")
        if not isinstance(sender, str) or event.get("type") not in SAID:
            return None
        clear = self._client.decrypt(room_id, event) if event.get("type") == ENCRYPTED else event
        return {"sender": sender, "text": clean(plain_text(block(clear, "content")) or "", QUOTED)}
