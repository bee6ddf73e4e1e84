"""The bot without its transport: hears the inbox, answers into the outbox, and wakes up when something is due."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import Protocol
from urllib.parse import urlsplit

import structlog

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.client_links import ClientLinks
from bot.arrivals.departures import Departures
from bot.arrivals.join_door import JoinDoor
from bot.arrivals.join_requests import JoinRequests
from bot.arrivals.member_events import MemberEvents
from bot.arrivals.members import Members
from bot.arrivals.memberships import Memberships
from bot.arrivals.page_addresses import PageAddresses
from bot.arrivals.path_versions import PathVersions
from bot.arrivals.personal_data import PersonalData
from bot.arrivals.waiting_list import WaitingList
from bot.backups.nightly import NightlyBackups
from bot.errors import Refused, Unavailable
from bot.hosting.bot_invitations import BotInvitations
from bot.hosting.candidates import Candidates
from bot.hosting.clock_watch import ClockWatch
from bot.hosting.decisions import Decisions
from bot.hosting.disk_watch import DiskWatch
from bot.hosting.machine_news import MachineNews
from bot.hosting.operators import KEY as OF_HOSTS
from bot.hosting.operators import Operators, hosts_rooms
from bot.hosting.safe_mode_news import SafeModeNews
from bot.hosting.waiting_rooms import WaitingRooms
from bot.lieux import Lieu, Lieux
from bot.matrix.facts import server_of
from bot.matrix.homeserver import Homeserver
from bot.moderation.ban_list_watch import BanListWatch
from bot.moderation.ban_lists import BanLists
from bot.moderation.new_rooms import NewRooms
from bot.moderation.scope import Scope
from bot.moderation.silences import Silences
from bot.network.chaton_register import ChatonRegister
from bot.network.parts import NetworkParts
from bot.people import People
from bot.reports.audit import Audit
from bot.reports.incidents import IncidentWatch
from bot.reports.months import Months, no_backup, proof_of_backups
from bot.reports.weeks import Weeks
from bot.retention.nights import Nights
from bot.retention.processing import Register, copies_of
from bot.retention.sleepers import Sleepers
from bot.routing import Routing
from bot.services.lieu_folder import FolderIds
from bot.services.looks import Looks, NobodyLooks
from bot.services.ownership import Ownership
from bot.services.registration_codes import RegistrationCodes
from bot.settings import CENTRAL_ELEMENT, Backups
from bot.store import aside, conversations, inbox, join_requests, memberships, outbox, request_history
from bot.store.aside import OF_LIEU
from bot.store.attempts import ALONE, attempts_beside
from bot.store.conversations import Conversation
from bot.store.database import Database
from bot.store.starts import Safe
from bot.succession.following import Following
from bot.supervision.own_parts import Part, Parts, lasting
from bot.talk.aside import SafeMode, SetAside
from bot.talk.budgets import Budgets
from bot.talk.calls import Calls, Relay
from bot.talk.command_line import CommandTable
from bot.talk.context import Context
from bot.talk.dispatcher import Dispatcher
from bot.talk.engine import Engine
from bot.talk.inbox_worker import InboxWorker
from bot.talk.other_conversations import OtherConversations
from bot.talk.ports import Calls as CallsPort
from bot.talk.ports import (
    Clock,
    Conversations,
    Facts,
    Media,
    Membership,
    Moderation,
    PolicyLists,
    Rooms,
    RoomSettings,
    provided,
)
from bot.talk.script import Script, rights_of
from bot.words import Words

log = structlog.get_logger(__name__)
HOUR, DAY = 3_600_000, 86_400_000  # milliseconds
KEEP_ENDED = 30 * DAY


class Delivery(Protocol):
    """What becomes of what the bot says (`bot.matrix.outbox.Outbox`)."""

    def poke(self) -> None: ...
    async def until(self, true: Callable[[], Awaitable[bool]]) -> None: ...


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator chose about how the bot speaks; `me` is its Matrix id, `name` what people see, `operators` the
    Matrix ids of who hosts it, `spaces` those that are lieux, `by_name` how the settings begin that go by the name of a
    lieu alone; `public_url`, `client_url` and `page_key` are of the public pages; `chatons_url` is where a federation
    of hosts tells of itself; `backups` where copies of the data go; `promise` is how much of the time services are to
    answer, in hundredths of a percent; `safe`: why only `!état` is answered, and nothing is begun."""

    me: str
    allowed_servers: Collection[str]
    name: str = "Conciergerie (bot)"
    language: str = "fr"
    zone: str = "Europe/Paris"
    prefix: str = "!"
    operators: Collection[str] = ()
    spaces: Collection[str] = ()
    by_name: Collection[str] = ()
    public_url: str = ""
    client_url: str = CENTRAL_ELEMENT
    chatons_url: str = ""
    backups: Backups | None = None
    promise: int = 0
    page_key: bytes = b""
    safe: Safe = ""


class Bot:
    """`scripts` are what it can do; `services` what they may be handed for a lieu besides the bot itself, by type;
    `looks` asks services whether they answer (None: nobody does)."""

    def __init__(
        self,
        scripts: Collection[Script],
        database: Database,
        matrix: Homeserver,
        services: Callable[[Lieu | None], Awaitable[Mapping[type, object]]],
        options: Options,
        delivery: Delivery,
        clock: Clock,
        words: Words,
        looks: Looks | None = None,
    ) -> None:
        self.me, self.database, self.clock, self.words = options.me, database, clock, words
        self._services, self._attempts = services, attempts_beside(database)
        self.parts = Parts(database, self._attempts)
        self.news = asyncio.Event()
        self.lieux, self.path_versions = Lieux(database), PathVersions(database, clock.now)
        hosts = (server_of(options.me).partition(":")[0], urlsplit(options.public_url).hostname or "")
        self.arrivals, self.ownership = Arrivals(database, clock.now, hosts), Ownership(database, clock.now)
        self.people = People(
            database, self.lieux, matrix.facts, rights_of(scripts), lambda: clock.now() / 1000, options.operators
        )
        self.page_addresses = PageAddresses(database, options.public_url, options.page_key)
        self.client_links = ClientLinks(options.client_url)
        self.scope = Scope(options.me, self.lieux, self.people, matrix.facts)
        lists = BanLists(options.me, database, matrix.facts, matrix.policy_lists)
        waiting_rooms = WaitingRooms(database, self.people, matrix.facts, matrix.membership)

        # Conversations
        context = Context(
            database=database,
            words=words,
            people=self.people,
            lieux=self.lieux,
            provide=self.provide,
            membership=matrix.facts.membership,
            whisper=matrix.whisper,
            missing=matrix.missing_rights.explain,
            posted=delivery.poke,
            now=clock.now,
            attempts=self._attempts,
            language=options.language,
            me=options.me,
        )
        self.table = CommandTable(scripts, words, options.prefix)
        self.engine = Engine(scripts, context)
        self.calls = Calls(options.me, self.engine, context)
        dispatcher = Dispatcher(
            me=options.me,
            name=options.name,
            engine=self.engine,
            table=self.table,
            context=context,
            calls=self.calls,
            relay=Relay(self.engine, self.table, self.calls, context),
            direct=matrix.rooms.direct,
            hosts_room=partial(matrix.rooms.made, OF_HOSTS),
        )

        self.join_door = JoinDoor(options.me, database, self.engine, self.page_addresses, clock.now)

        # Between lieux
        self.network = NetworkParts(
            me=options.me,
            table=self.table,
            context=context,
            rooms=matrix.network_rooms,
            membership=matrix.membership,
            room_settings=matrix.room_settings,
            engine=self.engine,
            allowed_servers=options.allowed_servers,
        )
        self.chaton_register = ChatonRegister(database, clock.now, options.zone, options.chatons_url)

        # Who hosts the bot
        self.operators = Operators(
            people=options.operators,
            facts=matrix.facts,
            membership=matrix.membership,
            rooms=matrix.rooms,
            words=words,
            language=options.language,
        )
        self.candidates = Candidates(
            database=database,
            lieux=self.lieux,
            people=self.people,
            operators=self.operators,
            facts=matrix.facts,
            membership=matrix.membership,
            spaces=options.spaces,
            language=options.language,
            zone=options.zone,
            now=clock.now,
        )
        self.decisions = Decisions(
            me=options.me,
            language=options.language,
            by_name=options.by_name,
            database=database,
            engine=self.engine,
            words=words,
            lieux=self.lieux,
            people=self.people,
            operators=self.operators,
            known=self.candidates,
            membership=matrix.membership,
            rooms=matrix.rooms,
            now=clock.now,
        )

        self.backups = NightlyBackups(
            me=options.me,
            place=options.backups,
            zone=options.zone,
            database=database,
            engine=self.engine,
            lieux=self.lieux,
            operators=self.operators,
            now=clock.now,
        )
        rooms = partial(hosts_rooms, self.operators, self.lieux)
        machine_news = MachineNews(options.me, database, rooms, self.engine, clock.now)
        self.clock_watch = ClockWatch(database, machine_news, clock.now)
        believed = self.clock_watch.believed
        self.nights = Nights(options.me, database, self.lieux, self.engine.start, believed, clock.now)
        self.disk_watch = DiskWatch(database, machine_news)

        # Who comes and goes
        member_events = MemberEvents(
            me=options.me,
            allowed_servers=options.allowed_servers,
            operators=options.operators,
            language=options.language,
            words=words,
            database=database,
            engine=self.engine,
            people=self.people,
            lieux=self.lieux,
            arrivals=self.arrivals,
            candidates=self.candidates,
            decisions=self.decisions,
            facts=matrix.facts,
            membership=matrix.membership,
            rooms=matrix.rooms,
            invitations=BotInvitations(
                me=options.me,
                allowed_servers=options.allowed_servers,
                context=context,
                facts=matrix.facts,
                membership=matrix.membership,
                rooms=matrix.rooms,
                waiting_rooms=waiting_rooms,
            ),
            now=clock.now,
        )
        ban_list_watch = BanListWatch(self.engine, self.lieux, lists, database)
        self.following = Following(
            me=options.me,
            database=database,
            engine=self.engine,
            lieux=self.lieux,
            people=self.people,
            facts=matrix.facts,
            membership=matrix.membership,
            rooms=matrix.rooms,
            room_settings=matrix.room_settings,
            successors=matrix.successors,
            shown_again=self.network.cards.show_again,
            posted=delivery.poke,
            now=clock.now,
        )
        self.routing = Routing(
            options.me, database, dispatcher, member_events, ban_list_watch, self.network, self.following
        )
        hear = self.routing.hear
        if options.safe:
            hear = SafeMode(database, self.engine, hear, dispatcher.command_in).hear
        self.inbox_worker = InboxWorker(database, hear, self.news, delivery.until, self._attempts, self.engine.turns)

        self.set_aside = SetAside(
            options.me, database, self.engine, self.lieux, self.people, self.news, safe=options.safe
        )
        self.safe_mode_news = SafeModeNews(options.safe, database, machine_news)

        # How services answer
        looking = looks or NobodyLooks()
        self.incidents = IncidentWatch(options.me, database, self.lieux, self.engine, looking, clock.now)
        proof = partial(proof_of_backups, towards=options.backups.towards) if options.backups else no_backup
        months = Months(database, self.incidents, clock.now, promise=options.promise, proof=proof)

        # What scripts are handed, by its type
        silences, members = Silences(database, matrix.moderation), Members(database, matrix.facts, self.people)
        self.personal_data = PersonalData(database, matrix.facts, clock.now, matrix.forget_devices)
        self._capabilities: dict[type, object] = {
            Lieux: self.lieux,
            People: self.people,
            Arrivals: self.arrivals,
            Ownership: self.ownership,
            FolderIds: FolderIds(database),
            Departures: Departures(database, clock.now),
            PersonalData: self.personal_data,
            Members: members,
            Memberships: Memberships(database, clock.now),
            JoinDoor: self.join_door,
            JoinRequests: JoinRequests(database, clock.now),
            WaitingList: WaitingList(database, self.scope, matrix.facts, matrix.room_settings),
            PathVersions: self.path_versions,
            RegistrationCodes: RegistrationCodes(),
            CommandTable: self.table,
            Words: words,
            PageAddresses: self.page_addresses,
            ClientLinks: self.client_links,
            Conversations: OtherConversations(self.engine, database),
            CallsPort: self.calls,
            Budgets: Budgets(database, clock.now),
            Clock: clock,
            Operators: self.operators,
            Candidates: self.candidates,
            SetAside: self.set_aside,
            WaitingRooms: waiting_rooms,
            Scope: self.scope,
            BanLists: lists,
            Silences: silences,
            Following: self.following,
            NewRooms: NewRooms(database, self.scope, silences, matrix.facts, matrix.membership, matrix.moderation),
            **self.network.capabilities,
            ChatonRegister: self.chaton_register,
            NightlyBackups: self.backups,
            Weeks: Weeks(database, clock.now),
            Nights: self.nights,
            Register: Register(options.me, database, self.page_addresses, copies_of(options.backups)),
            Sleepers: Sleepers(database, members, self.people, clock.now),
            Months: months,
            Audit: Audit(database, matrix.facts),
            **_ports(matrix),
        }

    async def provide(self, kind: type, lieu: Lieu | None) -> object:
        """What somebody who acts for this lieu may be handed, by its type."""
        own = {} if kind in self._capabilities else await self._services(lieu)
        return provided({**self._capabilities, **own}, kind, lieu)

    async def run(self) -> None:
        """Until cancelled: go on where the last process stopped, then hear and wake."""
        await self.parts.count_deaths()
        await self.parts.apart("erasures", self.personal_data.replay)
        try:
            async with asyncio.TaskGroup() as group:
                if not self.set_aside.safe:
                    await self._take_up(group)
                group.create_task(lasting(self.inbox_worker.run))
                await self.parts.begin(group, {"aside": self.set_aside.run, "safe mode": self.safe_mode_news.run})
        finally:
            await self.inbox_worker.close()
            await self.engine.close()
            self._attempts.clear()

    async def _take_up(self, group: asyncio.TaskGroup) -> None:
        """All that the bot does without being spoken to."""
        await self.database.write(aside.end_safe_mode)
        if self.parts.suspects:  # one after the other: if it dies again, the others had nothing to do with it
            for around in (partial(self._daily_round, starts=True), partial(self._hourly_round, starts=True)):
                await asyncio.wait({group.create_task(lasting(around))}, timeout=ALONE)
        await self.parts.apart("resuming", self.engine.resume)
        await self.parts.begin(group, self._lasting_parts)
        for name, made_of_others in (
            ("clock", self.engine.run),
            ("daily", self._every_day),
            ("hourly", self._every_hour),
        ):
            group.create_task(self.parts.surviving(name, partial(lasting, made_of_others)))

    @property
    def _lasting_parts(self) -> dict[str, Part]:
        return {
            "hosts": self.decisions.run,
            "register": self.chaton_register.run,
            "disk": self.disk_watch.run,
            "backups": self.backups.run,
            "looks": self.incidents.run,
        }

    async def _every_day(self) -> None:
        """At the start and once a day: forget what has ended long ago, see who has the keys, and which rooms were
        upgraded behind the bot's back."""
        starts = True
        while True:
            await self._daily_round(starts=starts)
            starts = False
            await asyncio.sleep(DAY / 1000)

    async def _daily_round(self, *, starts: bool) -> None:
        await self.parts.apart("forgetting", partial(self.forget, starts=starts))
        await self.parts.apart("key holders", self.note_key_holders)
        with suppress(Refused, Unavailable):  # the homeserver is away: another day, or by what the sync brings
            await self.parts.apart("upgraded rooms", self.following.look)

    async def forget(self, *, starts: bool = False) -> None:
        """What ended long ago. When the bot `starts`, long before the last that was heard: after months it has still to
        hear what happened meanwhile, and to correct what it said before; a day later it has."""
        if not await self.clock_watch.believed():
            return
        now = self.clock.now()
        heard = await self.database.read(inbox.last_heard) if starts else now
        before = min(heard, now) - KEEP_ENDED
        for forget in (conversations.purge, aside.tidy, outbox.purge, inbox.purge, request_history.forget):
            await self.database.write(forget, before)

    async def _every_hour(self) -> None:
        """At the start and once an hour: a lieu that was installed on Sunday is told its week on Monday at eight;
        whoever asked to come, or was a member once, is forgotten when it was promised; and it may be night."""
        starts = True
        while True:
            await self._hourly_round(starts=starts)
            starts = False
            await asyncio.sleep(HOUR / 1000)

    async def _hourly_round(self, *, starts: bool) -> None:
        await self.parts.forget_suspects()
        await self.parts.apart("forgetting requests", self._forget_people)
        await self.parts.apart("nights", partial(self.nights.look, starts=starts))
        await self.start_standing_dialogues(starts=starts)

    async def _forget_people(self) -> None:
        if not await self.clock_watch.believed():
            return
        for forget in (join_requests.forget, memberships.forget_old):
            await self.database.write(forget, self.clock.now())

    async def start_standing_dialogues(self, *, starts: bool = False) -> None:
        """Begin the standing dialogues that do not go on: for a new lieu, with a new version, after an accident."""
        names = (script.name for script in self.engine.scripts.values() if script.standing)
        await self.start_standing(*names, starts=starts)

    async def start_standing(self, *names: str, starts: bool = False) -> None:
        """Begin these dialogues for each lieu where they do not go on. One that found nothing to do today is begun
        again tomorrow; or when the bot `starts`, for a service may have been set up for it."""
        since = self.clock.now() - (0 if starts else DAY)
        going_on = await self.database.read(conversations.lieux_with, names, self.me, since)
        for name, lieu in product(names, await self.lieux.all()):
            if lieu.choices.installed and lieu.office and lieu.id not in going_on[name]:
                cause = f"standing/{name}/{lieu.id}/{self.clock.now()}"
                begun = Conversation(name, self.me, lieu.office, cause, lieu.id)
                await self.parts.apart(f"{name}{OF_LIEU}{lieu.id}", partial(self.engine.start, begun))

    async def note_key_holders(self) -> None:
        """Who looks after each lieu; what changed while nobody listened is seen here."""
        for lieu in await self.lieux.all():
            with suppress(Refused, Unavailable):  # sent away meanwhile, or the homeserver is: another day
                await self.people.note_key_holders(lieu)

    async def tell_new_device(self, device: str) -> None:
        """Those who look after the lieux are told, once, that its keys are not what they were."""
        for lieu in await self.lieux.all():
            if lieu.choices.installed and lieu.office:
                cause = f"new-device/{device}/{lieu.id}"
                await self.engine.start(Conversation("new-device", self.me, lieu.office, cause, lieu.id))

    async def settled(self) -> None:
        """Until everything heard so far is answered (into the outbox)."""
        taken = True
        while taken:
            taken = await self.inbox_worker.take()
            await self.inbox_worker.idle()
        await self.engine.idle()


def _ports(matrix: Homeserver) -> dict[type, object]:
    """What scripts are handed of Matrix: for each port, what answers to it."""
    facts: Facts = matrix.facts
    membership: Membership = matrix.membership
    rooms: Rooms = matrix.rooms
    media: Media = matrix.media
    room_settings: RoomSettings = matrix.room_settings
    moderation: Moderation = matrix.moderation
    policy_lists: PolicyLists = matrix.policy_lists
    return {
        Facts: facts,
        Membership: membership,
        Rooms: rooms,
        Media: media,
        RoomSettings: room_settings,
        Moderation: moderation,
        PolicyLists: policy_lists,
    }
