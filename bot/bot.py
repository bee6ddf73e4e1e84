"""The bot without its transport: hears the inbox, answers into the outbox, and wakes up when something is due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.departures import Departures
from bot.arrivals.member_events import Comings, House
from bot.arrivals.members import Members
from bot.arrivals.path_versions import Paths
from bot.arrivals.waiting_list import Newcomers, Threshold
from bot.errors import MissingRight, Refused, Unavailable
from bot.hosting.bot_invitations import Invitations
from bot.hosting.candidates import Candidates
from bot.hosting.candidates import Survey as Candidacy
from bot.hosting.decisions import Hosting
from bot.hosting.operators import House as Operating
from bot.hosting.operators import Operators
from bot.hosting.waiting_rooms import WaitingRooms
from bot.lieux import Lieu, Lieux
from bot.matrix.policy_lists import POLICIES
from bot.moderation.ban_list_watch import Listed
from bot.moderation.ban_lists import BanLists
from bot.moderation.new_rooms import Inheritance
from bot.moderation.scope import Grounds, Survey
from bot.moderation.silences import Levels, Silences
from bot.network.composition import Between
from bot.network.handover import Handover, Keys
from bot.people import Census, People
from bot.reports.audit import Acts
from bot.reports.weeks import Weeks
from bot.services.ownership import Ownership
from bot.services.registration_codes import Codes
from bot.store import conversations, deaths, inbox, outbox, request_history, rooms
from bot.store.attempts import attempts_beside
from bot.store.conversations import Conversation
from bot.store.data_trouble import trouble
from bot.store.database import Database
from bot.store.inbox import Event
from bot.talk.budgets import Budgets
from bot.talk.calls.calls import Calls
from bot.talk.calls.relay import Relaying
from bot.talk.capabilities import provided
from bot.talk.command_table import Table
from bot.talk.context import Surroundings
from bot.talk.dispatcher import Understanding
from bot.talk.engine import Engine
from bot.talk.inbox_worker import Hearing, tell_aside
from bot.talk.other_conversations import Steering
from bot.talk.ports import Calls as CallsDoor
from bot.talk.ports import Clock, Conversations, Keeping, Moderation, NetworkRooms, Policies, Rooms
from bot.talk.script import Script
from bot.words import Words

log = structlog.get_logger(__name__)
DAY = 86_400_000  # milliseconds
KEEP_ENDED = 30 * DAY
NO_ROOM = 15.0  # seconds until what could not be written is tried again


class Matrix(
    Rooms,
    Keeping,
    House,
    Operating,
    Candidacy,
    Census,
    Survey,
    Levels,
    Moderation,
    Policies,
    NetworkRooms,
    Keys,
    Threshold,
    Protocol,
):
    """All that the bot asks of Matrix besides hearing and saying (`bot.matrix.doors.Doors`, or a test's)."""

    async def whisper(self, room_id: str, content: dict[str, Any], txn_id: str) -> None: ...
    async def missing(self, refusal: Refused, space: str | None) -> MissingRight | None: ...


MATRIX: tuple[type, ...] = (Rooms, Keeping, Moderation, Policies)  # what scripts may be handed of it


class Delivery(Protocol):
    """What becomes of what the bot says (`bot.matrix.outbox.Outbox`)."""

    def poke(self) -> None: ...
    async def until(self, true: Callable[[], Awaitable[bool]]) -> None: ...


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator chose about how the bot speaks; `me` is its Matrix id, `name` what people see, `operators` the
    Matrix ids of who hosts it, `spaces` those that are lieux, `by_name` how the settings begin that go by the name of a
    lieu alone."""

    me: str
    allowed_servers: Collection[str]
    name: str = "Conciergerie (bot)"
    language: str = "fr"
    zone: str = "Europe/Paris"
    prefix: str = "!"
    operators: Collection[str] = ()
    spaces: Collection[str] = ()
    by_name: Collection[str] = ()


class Bot:
    """`scripts` are what it can do; `services` what they may be handed for a lieu besides the bot's doors, by type."""

    def __init__(
        self,
        scripts: Iterable[Script],
        database: Database,
        matrix: Matrix,
        services: Callable[[Lieu | None], Awaitable[Mapping[type, object]]],
        options: Options,
        delivery: Delivery,
        clock: Clock,
        words: Words,
    ) -> None:
        self.me, self.database, self.clock = options.me, database, clock
        self._attempts = attempts_beside(database)
        self.news = asyncio.Event()
        self.words, self._services = words, services
        self.lieux, self.paths = Lieux(database), Paths(database, clock.now)
        self.arrivals, self.ownership = Arrivals(database, clock.now), Ownership(database, clock.now)
        self.people = People(database, self.lieux, matrix, lambda: clock.now() / 1000, options.operators)
        self.operators = Operators(options.operators, matrix, words, options.language)
        self.candidates = Candidates(
            database,
            self.lieux,
            self.people,
            self.operators,
            matrix,
            options.spaces,
            options.language,
            options.zone,
            clock.now,
        )
        self.grounds = Grounds(options.me, self.lieux, self.people, matrix)
        self.table = Table(scripts, self.words, options.prefix)
        around = self._surroundings(matrix, delivery, options)
        self.engine = Engine(scripts, around)
        self.calls = Calls(options.me, self.engine, around)
        lists = BanLists(options.me, database, matrix)
        self.between = Between(options.me, options.prefix, around, matrix, self.engine, options.allowed_servers)
        self.handover = Handover(database, self.between.networks, matrix)
        waiting_rooms = WaitingRooms(database, self.people, matrix)
        self._capabilities: dict[type, object] = {
            Lieux: self.lieux,
            People: self.people,
            Arrivals: self.arrivals,
            Ownership: self.ownership,
            Paths: self.paths,
            Table: self.table,
            Operators: self.operators,
            Candidates: self.candidates,
            **dict.fromkeys(MATRIX, matrix),
            Grounds: self.grounds,
            BanLists: lists,
            Budgets: Budgets(database, clock.now),
            WaitingRooms: waiting_rooms,
            Newcomers: Newcomers(database, self.grounds, matrix),
            **self.between.doors,
            Handover: self.handover,
            Conversations: Steering(self.engine, database),
            CallsDoor: self.calls,
            Clock: clock,
            Codes: Codes(),
            **_kept(database, matrix, clock, self.grounds, self.people),
        }
        self._understanding = Understanding(
            options.me,
            options.name,
            options.prefix,
            self.engine,
            self.table,
            around,
            self.calls,
            Relaying(self.engine, self.table, self.calls, around),
            matrix.direct,
        )
        self.hosting = self._hosts(matrix, options)
        self._comings = Comings(
            options.me,
            options.allowed_servers,
            options.operators,
            options.language,
            self.words,
            database,
            self.engine,
            self.people,
            self.lieux,
            self.arrivals,
            self.candidates,
            self.hosting,
            matrix,
            Invitations(options.me, options.allowed_servers, around, matrix, waiting_rooms),
            clock.now,
        )
        self._listed = Listed(self.engine, self.lieux, lists, database)
        self.hearing = Hearing(database, self._understand, self.news, delivery.until, self._attempts, self.engine.turns)

    def _hosts(self, matrix: Matrix, options: Options) -> Hosting:
        return Hosting(
            options.me,
            options.language,
            options.by_name,
            self.database,
            self.engine,
            self.words,
            self.lieux,
            self.people,
            self.operators,
            self.candidates,
            matrix,
            self.clock.now,
        )

    def _surroundings(self, matrix: Matrix, delivery: Delivery, options: Options) -> Surroundings:
        return Surroundings(
            self.database,
            self.words,
            self.people,
            self.lieux,
            self._provide,
            matrix.membership,
            matrix.whisper,
            matrix.missing,
            delivery.poke,
            self.clock.now,
            self._attempts,
            options.language,
            options.me,
        )

    async def _provide(self, kind: type, lieu: Lieu | None) -> object:
        own = {} if kind in self._capabilities else await self._services(lieu)
        return provided({**self._capabilities, **own}, kind, lieu)

    async def _understand(self, event: Event) -> bool:
        if event.type == "m.room.message" and not event.encrypted and await self._is_encrypted(event.room_id):
            return await self._understanding.in_clear(event)
        return await self.handover.hear(event) or await self.between.hear(event) or await self._at_home(event)

    async def _is_encrypted(self, room_id: str) -> bool:
        room = await self.database.read(rooms.known, room_id)
        return room is not None and room.encrypted

    async def _at_home(self, event: Event) -> bool:
        match event.type:
            case "m.room.message" | "m.reaction" | "m.room.redaction" | "m.room.encrypted":
                return await self._understanding.hear(event)
            case "m.room.member" | "m.room.power_levels" | "m.space.child":
                await self._listed.arrived(event)
                return await self._comings.hear(event)
            case type if type in POLICIES:
                await self._listed.rule(event)
        return False

    async def run(self) -> None:
        """Until cancelled: go on where the last process stopped, then hear and wake."""
        await self.reckon()
        try:
            await self.engine.resume()
            async with asyncio.TaskGroup() as group:
                for part in (self.hearing, self.engine, self.hosting):
                    group.create_task(_lasting(part.run))
                group.create_task(_lasting(self._every_day))
        finally:
            await self.hearing.close()
            await self.engine.close()
            self._attempts.clear()

    async def reckon(self) -> None:
        """Whatever the last process was in the middle of when it died is one try nearer to being left alone."""
        if left := self._attempts.left():
            for event_id in await self.database.write(deaths.count, left):
                tell_aside(event_id, "the bot died three times while it understood it")
        self._attempts.clear()

    async def _every_day(self) -> None:
        """At the start and once a day: forget what has ended long ago, and see that what stands goes on."""
        while True:
            before = self.clock.now() - KEEP_ENDED
            for forget in (conversations.purge, outbox.purge, inbox.purge, request_history.forget):
                await self.database.write(forget, before)
            await self.stand()
            await self.see_keys()
            await asyncio.sleep(DAY / 1000)

    async def stand(self) -> None:
        """Begin the standing dialogues that do not go on: for a new lieu, with a new version, after an accident."""
        for script in self.engine.scripts.values():
            if script.standing:
                await self.keep_standing(script.name)

    async def keep_standing(self, name: str) -> None:
        """Begin this dialogue for each lieu where it does not go on."""
        for lieu in await self.lieux.all():
            if not lieu.choices.installed or not lieu.office:
                continue
            if not await self.database.read(conversations.goes_on, name, lieu.id):
                cause = f"standing/{name}/{lieu.id}/{self.clock.now()}"
                await self.engine.start(Conversation(name, self.me, lieu.office, cause, lieu.id))

    async def see_keys(self) -> None:
        """Who looks after each lieu; what changed while nobody listened is seen here."""
        for lieu in await self.lieux.all():
            with suppress(Refused, Unavailable):  # sent away meanwhile, or the homeserver is: another day
                await self.people.see_keys(lieu)

    async def settled(self) -> None:
        """Until everything heard so far is answered (into the outbox)."""
        taken = True
        while taken:
            taken = await self.hearing.take()
            await self.hearing.idle()
        await self.engine.idle()


async def _lasting(part: Callable[[], Awaitable[None]]) -> None:
    """What the disk does not take now is done later: a part that fell silent would not be missed until too late."""
    while True:
        try:
            return await part()
        except Exception as problem:
            if not trouble(problem):
                raise
            log.warning("data cannot be written", part=part.__qualname__, problem=str(problem))
            await asyncio.sleep(NO_ROOM)


def _kept(database: Database, matrix: Matrix, clock: Clock, grounds: Grounds, people: People) -> dict[type, object]:
    """What is kept of a lieu and its people, each by the part of the bot that knows it."""
    silences = Silences(database, matrix)
    return {
        Weeks: Weeks(database, clock.now),
        Departures: Departures(database, clock.now),
        Members: Members(database, matrix, people),
        Acts: Acts(database, matrix),
        Silences: silences,
        Inheritance: Inheritance(grounds, silences, matrix),
    }
