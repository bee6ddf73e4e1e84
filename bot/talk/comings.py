"""Who comes and goes: the bot invited or sent away, people entering a lieu or a room where they are awaited."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from bot.arrivals import Arrivals
from bot.lieux import Lieu, Lieux
from bot.people import People
from bot.store import arrivals as store
from bot.store import journal, questions, rooms
from bot.store.database import Database
from bot.store.inbox import Event
from bot.store.journal import Conversation
from bot.talk.engine import Engine
from bot.words import Words


class House(Protocol):
    """What the bot needs of Matrix to enter a room."""

    async def keep_invitation(
        self, room_id: str, inviter: str, allowed_servers: Collection[str], why: Callable[[str], str]
    ) -> str: ...
    async def is_space(self, room_id: str) -> bool: ...
    async def name(self, room_id: str) -> str: ...
    async def members(self, room_id: str) -> dict[str, str]: ...
    async def direct(self, person: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Comings:
    """`me` is the bot; `language` and `zone` are those of a new lieu."""

    me: str
    allowed_servers: Collection[str]
    language: str
    zone: str
    words: Words
    database: Database
    engine: Engine
    people: People
    lieux: Lieux
    arrivals: Arrivals
    house: House
    now: Callable[[], int]

    async def member(self, event: Event) -> bool:
        """Somebody's membership changed."""
        membership = event.content.get("membership")
        self.people.forget(event.room_id)
        if event.state_key == self.me:
            return await self._mine(event, str(membership))
        if event.state_key is None:
            return False
        lieu = await self.lieux.of_space(event.room_id)
        if membership == "join":
            await self._awaited(event)
            return lieu is not None and await self._entered(event, lieu)
        if lieu is not None and membership in ("leave", "ban"):
            await self.arrivals.went(lieu.id, event.state_key, event.sender)
        return False

    async def _mine(self, event: Event, membership: str) -> bool:
        if membership == "invite":
            return await self._invited(event)
        if membership in ("leave", "ban"):
            await self._sent_away(event)
        return False

    async def _invited(self, event: Event) -> bool:
        """Enter where somebody with the right asks; a space becomes a lieu, and its concierge is asked about it."""
        verdict = await self.house.keep_invitation(event.room_id, event.sender, self.allowed_servers, self._why_not)
        if verdict != "kept":
            return False
        if event.content.get("is_direct") is True:
            if await self.database.read(rooms.direct, event.sender) is None:
                await self.database.write(rooms.set_direct, event.sender, event.room_id)
            return False
        if not await self.house.is_space(event.room_id):
            return False
        name = await self.house.name(event.room_id)
        lieu = await self.lieux.create(event.room_id, name, language=self.language, zone=self.zone, now=self.now())
        await self.arrivals.know(lieu.id, list(await self.house.members(event.room_id)))
        room = await self.house.direct(event.sender)
        await self.engine.start(Conversation("settle", event.sender, room, event.event_id, lieu.id))
        return True

    def _why_not(self, verdict: str) -> str:
        """Why the bot does not stay, for whoever invited it."""
        return self.words.sentence(self.language, f"talk.not-staying.{verdict}", {})[0]

    async def _sent_away(self, event: Event) -> None:
        """What goes on for a lieu ends when the bot must leave it; whoever was answering is told."""
        await self.database.write(rooms.left, event.room_id)
        lieu = await self.lieux.of_space(event.room_id)
        if lieu is None:
            return
        await self.lieux.left(lieu.space, self.now())
        for id in await self.database.read(journal.open_for, lieu.id):
            await self.engine.cancel(id, f"{event.event_id}/{id}", "talk.sent-away")

    async def _awaited(self, event: Event) -> None:
        """Conversations that waited for this person to enter this room go on."""
        for conversation, step in await self.database.read(questions.awaited, event.room_id, event.state_key or ""):
            await self.engine.entered(conversation.id, step.key)

    async def _entered(self, event: Event, lieu: Lieu) -> bool:
        """Somebody is new in the lieu: whoever was not invited through the bot is welcomed too."""
        person = event.state_key or ""
        if await self.arrivals.is_known(lieu.id, person):
            return False
        known = partial(store.entered, lieu=lieu.id, person=person)
        if not lieu.choices.installed or await self.arrivals.of_person(lieu.id, person) is not None:
            await self.database.write(known)
            return False
        room = await self.house.direct(person)
        await self.engine.start(Conversation("doorstep", person, room, event.event_id, lieu.id), known)
        return True
