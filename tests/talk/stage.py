"""A small Matrix with a memory, for conversations: people write and click, the bot answers, all on a real SQLite."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.app import Options, Report, Services, assemble
from bot.errors import MatrixRefused, Unavailable
from bot.health import Health
from bot.matrix import message
from bot.matrix.outbox import Outbox
from bot.mondays import monday
from bot.store import inbox, rooms
from bot.store.database import Database
from bot.store.inbox import Event
from bot.words import Words
from tests.talk.keeping import ME, FakeKeeping, FakeRoom

__all__ = ["ME", "Clock", "FakeMatrix", "FakeRoom", "Stage"]

DAY = 86_400_000


WORDS = Words.load()


@dataclass
class Clock:
    """Milliseconds; each look at it takes one, so that what comes after is later."""

    at: int = 1_800_000_000_000

    def now(self) -> int:
        self.at += 1
        return self.at


class FakeMatrix(FakeKeeping):
    """Rooms, members, levels and messages. As a homeserver does: one transaction id, one event."""

    def __init__(self) -> None:
        self.rooms: dict[str, FakeRoom] = {}
        self.names: dict[str, str] = {}
        self.made: dict[str, str] = {}
        self.sent: dict[str, str] = {}
        self.directs: dict[str, str] = {}
        self.farewells: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.takes_codes = False
        self.aliases: dict[str, str] = {}
        self.shown_out: dict[tuple[str, str], str] = {}  # why somebody was shown out of a room
        self.down = False
        self.calls: list[tuple[str, ...]] = []
        self.ids = itertools.count(1)
        self.remember: Callable[[str, str], Awaitable[None]]

    def room(self, name: str, *, space: bool = False, parent: str | None = None) -> FakeRoom:
        room = FakeRoom(f"!{next(self.ids)}", name, space, parent, says=parent)
        self.rooms[room.room_id] = room
        return room

    # -- what the bot asks

    me = ME

    def local(self, login: str) -> str:
        return f"@{login}:lieu.fr"

    async def create(
        self,
        key: str,
        *,
        name: str | None = None,
        topic: str | None = None,
        encrypted: bool = False,
        invite: Sequence[str] = (),
        join: str = "invite",
        allow: str | None = None,
        parent: str | None = None,
        admins: Sequence[str] = (),
        space: bool = False,
    ) -> str:
        if key not in self.made:
            room = self.room(name or "", parent=parent, space=space)
            if parent and self.rooms[parent].of(ME) < 50:
                room.parent = None
            room.encrypted, room.join, room.topic = encrypted, join, topic or ""
            room.members = {ME: "join"} | dict.fromkeys(invite, "invite")
            room.levels = {ME: 100} | dict.fromkeys(admins, 100)
            self.made[key] = room.room_id
        return self.made[key]

    async def direct(self, person: str) -> str:
        if person not in self.directs:
            room_id = await self.create(f"direct/{person}", invite=[person], encrypted=True)
            await self.remember(person, room_id)
            self.directs[person] = room_id
        return self.directs[person]

    async def invite(self, room_id: str, person: str) -> str:
        self.calls.append(("invite", room_id, person))
        room = self.rooms[room_id]
        if self.down:
            raise Unavailable("matrix", 5)
        if room.members.get(person) in ("join", "invite"):
            return "already"
        if room.levels.get(ME, 0) < 0:
            raise MatrixRefused("M_FORBIDDEN", 403)
        room.members[person] = "invite"
        return "invited"

    async def kick(self, room_id: str, person: str, reason: str = "") -> None:
        if await self.membership(room_id, person) in ("join", "invite"):
            self.commanded(room_id, person).members[person] = "leave"
            self.shown_out[room_id, person] = reason

    async def level(self, room_id: str, person: str) -> int | None:
        return self.rooms[room_id].levels.get(person)

    async def powerful(self, room_id: str) -> list[str]:
        room = self.rooms[room_id]
        return [who for who in await self.members(room_id) if who != ME and room.of(who) >= 50]

    async def enter(self, room_id: str) -> bool:
        room = self.rooms[room_id]
        if room.members.get(ME) == "invite" or room.join in ("public", "restricted"):
            room.members[ME] = "join"
        return room.members.get(ME) == "join"

    async def membership(self, room_id: str, person: str) -> str:
        return self.rooms[room_id].members.get(person, "none")

    async def memberships(self, person: str, room_ids: Sequence[str]) -> dict[str, str]:
        if self.down:
            raise Unavailable("matrix", 5)
        return {id: self.rooms[id].members.get(person, "none") for id in room_ids if ME in self.rooms[id].members}

    async def members(self, room_id: str) -> dict[str, str]:
        return {p: self.names.get(p, p) for p, m in self.rooms[room_id].members.items() if m == "join"}

    async def powers(self, room_id: str) -> FakeRoom:
        return self.rooms[room_id]

    async def restrict(self, room_id: str, space: str) -> None:
        if self.rooms[room_id].levels.get(ME, 0) < 100:
            raise MatrixRefused("M_FORBIDDEN", 403)
        self.rooms[room_id].join = "restricted"

    async def name(self, room_id: str) -> str:
        return self.rooms[room_id].name

    async def display_name(self, person: str) -> str:
        return self.names.get(person, person[1:].partition(":")[0])

    async def is_space(self, room_id: str) -> bool:
        return self.rooms[room_id].space

    async def keep_invitation(
        self, room_id: str, inviter: str, allowed_servers: Collection[str], why: Callable[[str], str]
    ) -> str:
        known, strong = inviter.partition(":")[2] in allowed_servers, self.rooms[room_id].of(inviter) >= 50
        if not (known and strong):
            verdict = "no-right" if known else "wrong-server"
            self.rooms[room_id].members[ME] = "leave"
            self.farewells[room_id] = why(verdict)
            return verdict
        self.rooms[room_id].members[ME] = "join"
        return "kept"

    def own_login(self, person: str) -> str:
        return person[1:].partition(":")[0] if person.endswith(":lieu.fr") else ""

    async def exists(self, person: str) -> bool:
        return any(room.members.get(person) == "join" for room in self.rooms.values())

    async def can_be_entered(self, room_id: str) -> bool:
        return self.rooms[room_id].join in ("public", "knock", "knock_restricted")

    async def registers_with_code(self) -> bool:
        return self.takes_codes

    async def link(self, room_id: str) -> str:
        alias = self.rooms[room_id].alias
        return f"https://matrix.to/#/{quote(alias or room_id)}" + ("" if alias else "?via=lieu.fr")

    async def picture(self, png: bytes, name: str, room_id: str) -> dict[str, Any]:
        return message.image(self.stored(png, name), name, len(png), "image/png")

    async def document(self, data: bytes, name: str, mimetype: str, room_id: str) -> dict[str, Any]:
        return message.document(self.stored(data, name), name, len(data), mimetype)

    def stored(self, data: bytes, name: str) -> str:
        if self.down:
            raise Unavailable("matrix", 5)
        self.files[name] = data
        return f"mxc://lieu.fr/{name}"

    # -- moderation

    def commanded(self, room_id: str, person: str) -> FakeRoom:
        """The room, where the bot has power over this person."""
        room = self.rooms[room_id]
        if self.down:
            raise Unavailable("matrix", 5)
        if room.members.get(ME) != "join" or room.of(ME) < 50 or room.of(person) >= room.of(ME):
            raise MatrixRefused("M_FORBIDDEN", 403)
        return room

    async def people(self, space: str) -> list[dict[str, Any]]:
        members = self.rooms[space].members.items()
        return [{"person": who, "name": self.names.get(who, who), "membership": what} for who, what in members]

    async def has_parent(self, room_id: str, space: str) -> bool:
        return self.rooms[room_id].parent == space

    async def ban(self, room_id: str, person: str, reason: str = "") -> None:
        self.commanded(room_id, person).members[person] = "ban"

    async def unban(self, room_id: str, person: str) -> None:
        if self.rooms[room_id].members.get(person) == "ban":
            self.commanded(room_id, person).members[person] = "leave"

    async def hush_level(self, room_id: str, person: str) -> dict[str, Any]:
        return {"before": self.commanded(room_id, person).levels.get(person), "level": -1}

    async def set_level(self, room_id: str, person: str, level: Any) -> None:
        levels = self.commanded(room_id, person).levels
        if level is not None and level > levels[ME]:
            raise MatrixRefused("M_FORBIDDEN", 403)
        if level is None:
            levels.pop(person, None)
        else:
            levels[person] = level

    async def restore_level(self, room_id: str, person: str, level: int, before: Any) -> bool:
        if self.rooms[room_id].levels.get(person) == level:
            await self.set_level(room_id, person, before)
        return True

    async def last_messages(self, room_id: str, person: str, most: int) -> list[list[str]]:
        room = self.rooms[room_id]
        if room.members.get(ME) != "join":
            raise MatrixRefused("M_FORBIDDEN", 403)
        said = [e for e in room.events if (e["sender"], e["type"]) == (person, "m.room.message") and not e["redacted"]]
        return [[e["event_id"]] for e in reversed(said)][:most]

    async def erase(self, room_id: str, event_ids: Sequence[str]) -> None:
        room = self.commanded(room_id, "")
        for event in room.events:
            event["redacted"] = event["redacted"] or event["event_id"] in event_ids

    async def quote(self, room_id: str, event_id: str) -> dict[str, Any] | None:
        events = [e for e in self.rooms[room_id].events if e["event_id"] == event_id]
        if not events:
            return None
        content = events[0]["content"]
        return {"sender": events[0]["sender"], "text": content["body"] if content["msgtype"] == "m.text" else ""}

    # -- ban lists

    async def join_list(self, address: str) -> str:
        if address not in self.aliases:
            raise MatrixRefused("M_NOT_FOUND", 404)
        self.rooms[self.aliases[address]].members[ME] = "join"
        return self.aliases[address]

    async def leave(self, room_id: str) -> None:
        self.rooms[room_id].members[ME] = "leave"

    async def open_list(self, room_id: str, name: str) -> str:
        self.aliases[f"#{name}:lieu.fr"] = room_id
        return f"#{name}:lieu.fr"

    async def rules(self, room_id: str) -> list[dict[str, Any]]:
        return list(self.rooms[room_id].rules.values())

    async def publish(self, room_id: str, person: str, reason: str) -> None:
        self.rooms[room_id].rules[person] = {"kind": "user", "entity": person, "reason": reason}

    async def withdraw(self, room_id: str, person: str) -> None:
        self.rooms[room_id].rules.pop(person, None)

    # -- what the bot says

    async def send(self, room_id: str, type: str, content: dict[str, Any], txn_id: str) -> str:
        if self.rooms[room_id].members.get(ME) != "join":
            raise MatrixRefused("M_FORBIDDEN", 403)
        if txn_id not in self.sent:
            self.sent[txn_id] = event_id = f"$bot{next(self.ids)}"
            self.rooms[room_id].events.append(
                {"event_id": event_id, "sender": ME, "type": type, "content": content, "redacted": False}
            )
        return self.sent[txn_id]

    async def whisper(self, room_id: str, content: dict[str, Any], txn_id: str) -> None:
        await self.send(room_id, "m.room.message", content, txn_id)

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None = None) -> str:
        for event in self.rooms[room_id].events:
            if event["event_id"] == event_id:
                event["redacted"] = True
        return self.sent.setdefault(txn_id, f"$redaction{next(self.ids)}")


class Stage:
    """The bot, its Matrix, and what people do. Every door returns once the bot has answered."""

    def __init__(self, matrix: FakeMatrix, database: Database, services: Services, clock: Clock) -> None:
        self.matrix, self.database, self.clock, self.services = matrix, database, clock, services
        matrix.remember = partial(database.write, rooms.set_direct)
        self.outbox = Outbox(matrix, database, clock=lambda: clock.at / 1000)
        options = Options(ME, {"lieu.fr"})
        health = Health()
        health.synced()
        self.bot = assemble(database, matrix, services, Report(services, health), options, self.outbox, clock, WORDS)
        self._delivery = asyncio.create_task(self.outbox.run())

    @classmethod
    async def open(
        cls,
        path: Path,
        services: Services,
        matrix: FakeMatrix | None = None,
        clock: Clock | None = None,
        store: type[Database] = Database,
    ) -> Stage:
        return cls(matrix or FakeMatrix(), await store.open(path / "bot.sqlite"), services, clock or Clock())

    async def settle(self) -> None:
        """Until all that was heard is answered, and all answers are delivered."""
        await self.bot.settled()
        await self.outbox.empty()

    async def event(
        self,
        room_id: str,
        sender: str,
        type: str,
        content: dict[str, Any],
        *,
        state_key: str | None = None,
        event_id: str | None = None,
    ) -> str:
        event = self.happens(room_id, sender, type, content, state_key=state_key, event_id=event_id)
        await self.hear(event)
        return event.event_id

    def happens(
        self,
        room_id: str,
        sender: str,
        type: str,
        content: dict[str, Any],
        *,
        state_key: str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """Something happens on the homeserver; the bot has not heard of it yet."""
        id = event_id or f"${sender[1:].partition(':')[0]}{next(self.matrix.ids)}"
        self.matrix.rooms[room_id].events.append(
            {"event_id": id, "sender": sender, "type": type, "content": content, "redacted": False}
        )
        return Event(id, room_id, sender, self.clock.at, type, content, state_key)

    async def hear(self, *events: Event) -> None:
        """All of these come in one sync."""
        await self.database.write(inbox.receive, events, None, self.clock.now())
        await self.settle()

    async def write(self, person: str, room_id: str, text: str, **content: Any) -> str:
        body = {"msgtype": "m.text", "body": text} | content
        return await self.event(room_id, person, "m.room.message", body)

    async def click(self, person: str, room_id: str, key: str, on: str | None = None) -> str:
        target = on or self.last_question(room_id)
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        return await self.event(room_id, person, "m.reaction", {"m.relates_to": relation})

    async def enter(self, person: str, room_id: str) -> str:
        self.matrix.rooms[room_id].members[person] = "join"
        if person == ME:
            await self.database.write(rooms.joined, room_id, self.clock.at)
        content = {"membership": "join", "displayname": self.matrix.names.get(person)}
        return await self.event(room_id, person, "m.room.member", content, state_key=person)

    async def bring_bot(self, person: str, room_id: str) -> None:
        """Somebody invites the bot."""
        self.matrix.rooms[room_id].members[ME] = "invite"
        await self.event(room_id, person, "m.room.member", {"membership": "invite"}, state_key=ME)

    async def wait(self, days: float) -> None:
        """Time passes, and the bot wakes up."""
        self.clock.at += round(days * DAY)
        await self.bot.engine.tick()
        await self.settle()

    async def monday(self) -> None:
        """The next Monday morning comes, and the bot remembers it."""
        self.clock.at = round((monday(self.clock.at, "Europe/Paris") + timedelta(days=7)).timestamp() * 1000)
        await self.bot.mondays.ring()
        await self.settle()

    # -- what people see

    def said(self, room_id: str) -> list[str]:
        """The bodies of the bot's messages, as they were sent."""
        return [
            e["content"]["body"]
            for e in self.matrix.rooms[room_id].events
            if e["sender"] == ME and e["type"] == "m.room.message"
        ]

    def last(self, room_id: str) -> str:
        return self.said(room_id)[-1]

    def last_question(self, room_id: str) -> str:
        """The bot's last message that carries a reaction of its own."""
        reacted = [
            e["content"]["m.relates_to"]["event_id"]
            for e in self.matrix.rooms[room_id].events
            if e["sender"] == ME and e["type"] == "m.reaction" and not e["redacted"]
        ]
        return str(reacted[-1])

    async def close(self) -> None:
        self._delivery.cancel()
        await asyncio.gather(self._delivery, return_exceptions=True)
        await self.database.close()
