"""Which invitations the bot looks at: so many of one person and one server, and only where it can be of use.

A room that is joined is a room to be in for ever: everything that is said there is heard, and every key is exchanged.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from bot.errors import Refused
from bot.hosting.waiting_rooms import WaitingRooms
from bot.lieux import Lieux
from bot.matrix.facts import Facts, server_of
from bot.matrix.membership import Membership
from bot.matrix.message import text
from bot.matrix.rooms import Rooms
from bot.matrix.sync_batch import INVITE
from bot.people import People, Role
from bot.store import budgets, inbox, outbox
from bot.store import rooms as store
from bot.store.budgets import Budget, Spending
from bot.store.database import Tx
from bot.store.inbox import Event
from bot.store.outbox import Letter
from bot.talk.context import Context

OF_ONE = Budget("invitations", 5)
OF_CONCIERGE = Budget("invitations", 100)  # the rooms of a whole lieu, on its first day
OF_SERVER = Budget("invitations", 40)


@dataclass(frozen=True, slots=True)
class BotInvitations:
    """`me` is the bot; `allowed_servers` are those of the operator's setting."""

    me: str
    allowed_servers: Collection[str]
    context: Context
    facts: Facts
    membership: Membership
    rooms: Rooms
    waiting_rooms: WaitingRooms

    @property
    def lieux(self) -> Lieux:
        return self.context.lieux

    @property
    def people(self) -> People:
        return self.context.people

    async def wanted(self, event: Event) -> bool:
        """Whether to look at this invitation; it is declined otherwise, or left alone where even that is too much."""
        over = await self._spent(event)
        if over is not None:
            if over.first_beyond or server_of(event.sender) in self.allowed_servers:
                await self._decline(event, "too-many", pause=over.pause(self.context.now()))
            return False
        if event.content.get("is_direct") is True:
            return not await self._has_one(event)
        told = event.content.get(INVITE)
        if isinstance(told, dict) and told.get("type") == "":
            return await self.keeps(event)
        return True  # a space, as the inviter's server says, or it does not say: then it is seen from inside

    async def keeps(self, event: Event) -> bool:
        """Whether a room that is no space is of use to a lieu: one chose it, shows it, or its conciergerie invites.
        People of a lieu are told; the invitation of somebody else waits, for they may be about to open one."""
        if server_of(event.sender) not in self.allowed_servers or await self._is_of_use(event):
            return True  # or is refused by the setting, in its own words
        if await self.facts.seems_in(event.room_id) or await self.people.lieux_of(event.sender):
            await self._decline(event, "no-lieu")
        else:
            await self.waiting_rooms.wait(event.room_id, event.sender)
        return False

    async def _is_of_use(self, event: Event) -> bool:
        if await self.lieux.of_room(event.room_id) or await self.people.lieux_of(event.sender, Role.CONCIERGE):
            return True
        for lieu in await self.lieux.all():
            if await self.facts.shows(lieu.space, event.room_id):
                return True
        return False

    async def _spent(self, event: Event) -> Spending | None:
        """None where this person, and their server, may invite the bot once more."""
        spend, now = self.context.database.write, self.context.now()
        own = await spend(budgets.spend, OF_ONE, budgets.of_person(event.sender), event.event_id, now)
        purses = [(OF_SERVER, budgets.of_server(event.sender))] if own.within else []
        found = [own, *[await spend(budgets.spend, *each, event.event_id, now) for each in purses]]
        over = next((one for one in found if not one.within), None)
        if over is None or not await self._is_ours(event.sender):
            return over
        # Others on their server, of whom anybody may make many, do not keep them from bringing the bot.
        own = await spend(budgets.spend, OF_CONCIERGE, budgets.of_person(event.sender), event.event_id, now)
        return None if own.within else own

    async def _is_ours(self, person: str) -> bool:
        """A concierge, or somebody who hosts the bot."""
        return await self.people.may(person, "operate", None) or bool(
            await self.people.lieux_of(person, Role.CONCIERGE)
        )

    async def _has_one(self, event: Event) -> bool:
        """There is one private conversation with a person. Whoever lost it is invited there again, and told so."""
        known = await self.context.database.read(store.direct, event.sender)
        if known is None or known == event.room_id:
            return False
        if await self.facts.membership(known, event.sender) not in ("join", "invite"):
            try:
                if await self.rooms.direct(event.sender) != known:
                    return False  # the bot itself was no longer there
            except Refused:
                return False
            await self._decline(event, "invited-again")
            return True
        await self._decline(event, "already")
        await self.context.database.write(
            _say_and_settle, await self._here(event, known), event.event_id, self.context.now()
        )
        self.context.posted()
        return True

    async def _here(self, event: Event, room_id: str) -> Letter:
        """A sign of life in the conversation that they have, so that it comes up in their list."""
        language = await self.people.language(event.sender, None, self.context.language)
        sentence = self.context.words.sentence(language, "talk.here", {})
        txn = hashlib.sha256(f"{event.event_id}/here".encode()).hexdigest()[:32]
        return Letter(room_id, txn, "m.room.message", text(*sentence))

    async def _decline(self, event: Event, why: str, **holes: Any) -> None:
        template, shown = self.context.words.sentence(self.context.language, f"talk.not-staying.{why}", holes)
        await self.membership.leave(event.room_id, template.format_map(shown))


def _say_and_settle(tx: Tx, letter: Letter, event_id: str, now: int) -> None:
    outbox.post(tx, letter, now)
    inbox.done(tx, event_id)
