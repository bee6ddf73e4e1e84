"""The composition root: builds everything from the settings, runs it, and closes it in order. Nothing imports it."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from importlib.resources import files
from itertools import count
from typing import Any, Protocol

import structlog

from bot import health as health_of
from bot.arrivals import Arrivals
from bot.errors import Refused, Unavailable
from bot.lieux import Lieu, Lieux
from bot.matrix.client import Client
from bot.matrix.identity import ensure_signed
from bot.matrix.outbox import Outbox
from bot.matrix.patience import pause
from bot.matrix.rooms import Rooms as MatrixRooms
from bot.matrix.sync import Sync
from bot.people import Census, People
from bot.services import cloud, directory
from bot.settings import Settings
from bot.store import inbox, journal, outbox
from bot.store.counts import counts
from bot.store.database import Database
from bot.store.inbox import Event
from bot.talk.comings import Comings, House
from bot.talk.doors import Clock, Conversations, Health, Rooms
from bot.talk.engine import Engine, Surroundings
from bot.talk.hearing import Hearing
from bot.talk.table import Table
from bot.talk.understanding import Understanding
from bot.words import Words
from commands import ALL
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud

log = structlog.get_logger(__name__)
SEEDS = "seeds.json"
NAME = "Conciergerie (bot)"
DAY = 86_400_000  # milliseconds
KEEP_ENDED = 30 * DAY


class Matrix(Rooms, House, Census, Protocol):
    """All that the bot asks of Matrix besides hearing and saying (`bot.matrix.rooms.Rooms`, or a test's)."""


@dataclass(frozen=True, slots=True)
class Options:
    """What the operator chose about how the bot speaks; `me` is its Matrix id."""

    me: str
    allowed_servers: Collection[str]
    language: str = "fr"
    zone: str = "Europe/Paris"
    prefix: str = "!"


@dataclass(frozen=True, slots=True)
class Services:
    directory: Directory
    cloud: Nextcloud | None


@dataclass(frozen=True, slots=True)
class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1_000_000


class Report:
    """What `!état` tells: each service, as it is now."""

    def __init__(self, services: Services, health: health_of.Health) -> None:
        self._services = services
        self._health = health

    async def report(self) -> list[dict[str, Any]]:
        parts: list[tuple[str, bool]] = [("matrix", not self._health.reasons())]
        if await self._services.directory.capabilities():
            parts.append(("directory", all(finding.ok for finding in await self._services.directory.check())))
        if self._services.cloud is not None:
            parts.append(("nextcloud", all(finding.ok for finding in await self._services.cloud.check())))
        return [{"code": code, "ok": ok} for code, ok in parts]


class Steering:
    """A concierge acts upon somebody else's conversation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def remind(self, conversation: int, cause: str) -> None:
        await self._engine.repeat(conversation, f"remind/{cause}", "talk.remind")

    async def cancel(self, conversation: int, cause: str) -> None:
        await self._engine.cancel(conversation, f"cancel/{cause}", "talk.cancelled-by-concierge")


class Bot:
    """The bot without its transport: hears the inbox, answers into the outbox."""

    def __init__(
        self,
        database: Database,
        matrix: Matrix,
        services: Services,
        health: Health,
        options: Options,
        posted: Callable[[], None],
        clock: Clock,
    ) -> None:
        self.database = database
        self.clock = clock
        self.news = asyncio.Event()
        self.words = Words.load()
        self.lieux = Lieux(database)
        self.arrivals = Arrivals(database, clock.now)
        self.people = People(database, self.lieux, matrix, lambda: clock.now() / 1000)
        self.table = Table(ALL, self.words, options.prefix)
        self.engine = Engine(
            ALL,
            Surroundings(
                database,
                self.words,
                self.people,
                self.lieux,
                self._provide,
                matrix.membership,
                posted,
                clock.now,
                options.language,
            ),
        )
        self._capabilities: dict[object, object] = {
            Lieux: self.lieux,
            People: self.people,
            Arrivals: self.arrivals,
            Table: self.table,
            Rooms: matrix,
            Conversations: Steering(self.engine),
            Clock: clock,
            Health: health,
            Directory: services.directory,
            Nextcloud: services.cloud,
        }
        self._understanding = Understanding(
            options.me,
            options.prefix,
            database,
            self.engine,
            self.table,
            self.words,
            self.people,
            self.lieux,
            matrix.direct,
            clock.now,
            posted,
            options.language,
        )
        self._comings = Comings(
            options.me,
            options.allowed_servers,
            options.language,
            options.zone,
            database,
            self.engine,
            self.people,
            self.lieux,
            self.arrivals,
            matrix,
            clock.now,
        )
        self.hearing = Hearing(database, self._understand, self.news)

    def _provide(self, kind: type, lieu: Lieu | None) -> object:
        return lieu if kind is Lieu else self._capabilities[kind]

    async def _understand(self, event: Event) -> bool:
        match event.type:
            case "m.room.message" if event.content.get("msgtype") == "m.key.verification.request":
                return await self._understanding.verification(event)
            case "m.room.message":
                return await self._understanding.message(event)
            case "m.reaction":
                return await self._understanding.reaction(event)
            case "m.room.member":
                return await self._comings.member(event)
            case "m.room.encrypted":
                return await self._understanding.unreadable(event)
            case "m.room.power_levels":
                self.people.forget(event.room_id)
        return False

    async def run(self) -> None:
        """Until cancelled: go on where the last process stopped, then hear and wake."""
        await self.engine.resume()
        async with asyncio.TaskGroup() as group:
            group.create_task(self.hearing.run())
            group.create_task(self.engine.run())
            group.create_task(self._purge())

    async def _purge(self) -> None:
        """Once a day, forget what has ended long ago."""
        while True:
            before = self.clock.now() - KEEP_ENDED
            for forget in (journal.purge, outbox.purge, inbox.purge):
                await self.database.write(forget, before)
            await asyncio.sleep(DAY / 1000)

    async def settled(self) -> None:
        """Until everything heard so far is answered (into the outbox)."""
        await self.hearing.take()
        await self.hearing.idle()
        await self.engine.idle()


async def run(settings: Settings) -> None:
    """Open everything, run until cancelled, close in the opposite order. Raises Fatal."""
    async with AsyncExitStack() as stack:
        database = await Database.open(settings.data_dir / "bot.sqlite")
        stack.push_async_callback(database.close)
        health = health_of.Health(counts=lambda: database.read(counts))
        if settings.http_listen:
            await stack.enter_async_context(health_of.serve(health, settings.http_listen))
        services = Services(directory(settings.directory), cloud(settings.nextcloud))
        stack.push_async_callback(_close, services)
        client = await _sign_in(settings, health)
        stack.push_async_callback(client.close)
        health.mended("matrix")
        await _serve(settings, database, client, services, health)


async def _sign_in(settings: Settings, health: health_of.Health) -> Client:
    """Until the homeserver answers: at a restart of the whole machine it may come after us."""
    for attempt in count(1):
        try:
            return await _signed_in(settings)
        except Unavailable as away:
            health.broken("matrix", "the homeserver does not answer")
            log.warning("homeserver away", attempt=attempt)
            await asyncio.sleep(max(away.retry_after if attempt > 1 else 0.0, pause(attempt, random.random)))
    raise AssertionError("endless")


async def _signed_in(settings: Settings) -> Client:
    """The bot's device, signed by its owner: an unsigned bot falls silent in strict clients."""
    m = settings.matrix
    password = m.password.reveal() if m.password else None
    token = m.access_token.reveal() if m.access_token else None
    client = await Client.open(m.homeserver, m.user, settings.data_dir, password=password, access_token=token)
    signed = await ensure_signed(client, settings.data_dir / SEEDS, password)
    log.info("signed in", user=client.user_id, device=client.device_id, identity=str(signed.state))
    return client


async def _serve(
    settings: Settings, database: Database, client: Client, services: Services, health: health_of.Health
) -> None:
    clock = SystemClock()
    options = Options(
        client.user_id, settings.allowed_servers, settings.language, str(settings.timezone), settings.prefix
    )
    outbox = Outbox(client, database)
    rooms = MatrixRooms(client, database)
    bot = Bot(database, rooms, services, Report(services, health), options, outbox.poke, clock)
    sync = Sync(client, database, news=bot.news, synced=health.synced)
    async with asyncio.TaskGroup() as group:
        for part in (sync.run(), outbox.run(), bot.run(), _introduce(rooms)):
            group.create_task(part)


async def _introduce(rooms: MatrixRooms) -> None:
    """Name and picture: all that a newcomer sees of the bot in its invitation."""
    with suppress(Refused, Unavailable):
        await rooms.introduce(NAME, (files("bot") / "avatar.png").read_bytes())


async def _close(services: Services) -> None:
    await services.directory.close()
    if services.cloud is not None:
        await services.cloud.close()
