"""The composition root: builds everything from the settings, runs it, and closes it in order.

The bot's data and its account are opened alike by `setup` and by every start: one goes with the other, or neither."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from importlib.resources import files
from itertools import count
from typing import TYPE_CHECKING, Any

import structlog

from bot import __version__
from bot.arrivals.page_addresses import key_in
from bot.bot import Bot, Delivery, Options
from bot.errors import BadSettings, Moved, Refused, Unavailable
from bot.lieux import Lieu, Lieux
from bot.mail.mails import Mails
from bot.matrix.backoff import pause
from bot.matrix.client import Client
from bot.matrix.cross_signing import State, ensure_signed
from bot.matrix.homeserver import Homeserver
from bot.matrix.outbox import Outbox
from bot.matrix.session import AccountInUse, damaged, remembered
from bot.matrix.sync import Sync
from bot.pictures import Typesetter
from bot.services.directory import DIRECTORY, is_told_elsewhere
from bot.services.looks import ServiceLooks
from bot.services.mail import MAIL
from bot.services.registry import SERVICES
from bot.services.service import Service
from bot.services.tenancy import Services, Tenant, build
from bot.settings import Listen, Secret, Settings
from bot.store import backups, deaths
from bot.store.attempts import Tried, attempts_beside
from bot.store.backlog import counts
from bot.store.data_folder import DATABASE, SEEDS, belongs, claim, claimed, lost
from bot.store.data_trouble import Trouble, opening
from bot.store.database import Database
from bot.store.free_space import free_space
from bot.store.starts import SOON, Safe, Starts
from bot.supervision import health as health_of
from bot.supervision import safe_mode_reasons
from bot.talk.ports import Clock, Health, Pictures, ServiceHealth, Tenancy
from bot.talk.script import Script
from bot.words import Words
from commands import ALL, TOGETHER
from integrations.findings import SILENT, away

if TYPE_CHECKING:  # loaded where there are pages
    from bot.web.page_parts import PageParts
    from bot.web.site import Site

__all__ = ["Options", "Report", "Services", "SystemClock", "assemble", "run"]

log = structlog.get_logger(__name__)
LOOK = 300.0  # seconds between two looks at what is broken


@dataclass(frozen=True, slots=True)
class SystemClock:
    def now(self) -> int:
        return time.time_ns() // 1_000_000


class Report:
    """What `!état` tells: each service of a lieu, as it is now."""

    def __init__(self, services: Services, health: health_of.Health) -> None:
        self._services = services
        self._health = health

    async def report(self) -> list[ServiceHealth]:
        told: list[ServiceHealth] = [{"code": "matrix", "ok": not self._health.of_matrix()}]
        if not told[0]["ok"] and self._health.hears:
            told[0]["why"] = "matrix-ill"
        for service in sorted(SERVICES, key=lambda service: service.name):
            if service is DIRECTORY and is_told_elsewhere(self._services[DIRECTORY]):
                continue
            if self._services.has(service):
                told.append(await self._of(service))
        return told

    async def _of(self, service: Service[Any, Any]) -> ServiceHealth:
        """The first thing that is to be mended: it is often what keeps the rest from being known."""
        try:
            found = await service.check(self._services[service])
        except Unavailable as trouble:
            found = [away(service.name, trouble)]
        ill = next((finding for finding in found if not finding.ok), None)
        if ill is None:
            return {"code": service.name, "ok": True}
        why = "" if ill.code == f"{service.name}-{SILENT}" else ill.code
        return {"code": service.name, "ok": False, "why": why, "words": {**ill.words}}


def scripts() -> Collection[Script]:
    """All that the bot can do, for whoever looks at its conversations from outside."""
    return ALL


def assemble(
    database: Database,
    matrix: Homeserver,
    services: Services,
    health: health_of.Health,
    options: Options,
    delivery: Delivery,
    clock: Clock,
    words: Words,
) -> Bot:
    """The bot with all its commands and the services of its lieux."""
    lieux, pictures = Lieux(database), Typesetter()

    async def of_lieu(lieu: Lieu | None) -> Mapping[type, object]:
        chosen = services.of(lieu, await lieux.all())
        return {
            **chosen.handed(),
            Services: chosen,
            Health: Report(chosen, health),
            Pictures: pictures,
            Tenancy: Tenant(services, lieux, chosen),
            **{kind: kind for kind in TOGETHER},
            Mails: Mails if chosen.has(MAIL) else None,
        }

    looks = ServiceLooks(services, health)
    return Bot(ALL, database, matrix, of_lieu, options, delivery, clock, words, looks)


def page_parts(bot: Bot, matrix: Homeserver, site: Site) -> PageParts:
    """What the public pages show, and act on, of this bot."""
    from bot.web.page_parts import PageParts
    from bot.web.recent import Recent

    return PageParts(
        database=bot.database,
        lieux=bot.lieux,
        arrivals=bot.arrivals,
        join_door=bot.join_door,
        ownership=bot.ownership,
        people=bot.people,
        facts=matrix.facts,
        addresses=bot.page_addresses,
        links=bot.client_links,
        renderer=site.renderer,
        provide=bot.provide,
        clock=bot.clock,
        limits=site.limits,
        recent=Recent(),
    )


async def run(settings: Settings, *, new: bool = False, safe: bool | None = None, starts: Starts | None = None) -> None:
    """Open everything, run until cancelled, close in the opposite order. Raises Fatal.

    What is lost of an earlier bot is made anew only where a `new` one is meant. A `safe` one answers `!état` alone;
    None: where the `starts` before this one say so.
    """
    starts = starts or Starts(settings.data_dir, __version__)
    foreseen = _mode(safe, starts)
    safe_mode_reasons.tell(foreseen)  # before the database is opened: that may be what kills
    async with AsyncExitStack() as stack:
        database = await stack.enter_async_context(data(settings, new=new))
        starts.judge(known=await database.read(deaths.were_known, attempts_beside(database).left()))
        if (mode := _mode(safe, starts)) != foreseen:
            safe_mode_reasons.tell(mode)
        services = build(settings.services, settings.lieux, settings.trusted_clouds)
        stack.push_async_callback(services.close)
        signed_in: list[Client] = []
        health = health_of.Health(counts=partial(_counts, database, signed_in, settings), refusals=services.refusals)
        health.safe_mode = safe_mode_reasons.REASONS.get(mode, "")
        words = Words.load()
        site = _site(settings, words)
        if settings.http_listen:
            await stack.enter_async_context(_listening(health, settings.http_listen, site))
        stack.callback(asyncio.create_task(_last(starts.lasts)).cancel)  # though the homeserver is away
        keyless = await database.read(claimed) != 0 and bool(lost(settings.data_dir))
        client = await _sign_in(settings, database, health, new=new)
        stack.push_async_callback(client.close)
        signed_in.append(client)
        health.mended("matrix")
        shown = None if mode else site
        await _serve(settings, database, client, services, health, words, shown, keyless=keyless, safe=mode)


def _mode(asked: bool | None, starts: Starts) -> Safe:
    """Safe, as it was asked for, or, where nobody said, as the starts before this one ended."""
    return "asked" if asked else "died" if asked is None and starts.is_safe else ""


def _site(settings: Settings, words: Words) -> Site | None:
    """The public pages, where the host has an address for them."""
    pages = settings.pages
    if not pages.public_url:
        return None
    from bot.web.site import Site

    return Site(pages.public_url, words, settings.language, pages.proxies)


@asynccontextmanager
async def data(settings: Settings, *, new: bool = False) -> AsyncIterator[Database]:
    """The database, once it is known to be this account's and to have its keys beside it.

    Raises DataUnusable where something is lost, unless a `new` one is meant to take its place.
    """
    folder, user = settings.data_dir, settings.matrix.user
    database = await Database.open(folder / DATABASE, new=new)
    try:
        with opening(folder):
            session = remembered(folder)
            known = session.user_id if session else user
            belongs(database.path, await database.read(claimed), user, known, new=new)
        yield database
    finally:
        await database.close()


async def enter(settings: Settings, database: Database, *, new: bool = False) -> tuple[Client, State]:
    """The bot's device, signed by its owner where that is possible: an unsigned bot falls silent in strict clients."""
    with opening(settings.data_dir):
        client = await _client(settings, new=new)
        try:
            state = await signed(settings, client, new=new)
            if not lost(settings.data_dir):
                await database.write(claim, settings.matrix.user)  # at each start: is there room to write?
        except BaseException:
            await client.close()
            raise
    return client, state


async def _client(settings: Settings, *, new: bool) -> Client:
    matrix = settings.matrix
    password, token = _revealed(matrix.password), _revealed(matrix.access_token)
    return await Client.open(
        matrix.homeserver, matrix.user, settings.data_dir, password=password, access_token=token, new=new
    )


async def signed(settings: Settings, client: Client, *, new: bool = False) -> State:
    """Sign the bot's device, once more too: what became of it. Raises DataUnusable, AccountInUse."""
    seeds = settings.data_dir / SEEDS
    known = seeds.exists()
    signed = await ensure_signed(client, seeds, _revealed(settings.matrix.password), new=new)
    if signed.state is State.SEEDS_UNREADABLE:
        raise damaged(seeds, ValueError())
    if signed.state is State.ANOTHER_IDENTITY and not known:
        raise AccountInUse(client.user_id, settings.data_dir)
    return signed.state


def _revealed(secret: Secret | None) -> str | None:
    return secret.reveal() if secret else None


@asynccontextmanager
async def _listening(health: health_of.Health, listen: Listen, site: Site | None) -> AsyncIterator[None]:
    from bot.supervision.http_server import serve

    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(serve(health, listen, site.mount if site else None))
        except OSError as error:
            raise BadSettings([f"HTTP_LISTEN: {listen.host}:{listen.port} is not ours ({error.strerror})"]) from None
        yield


async def _counts(database: Database, client: list[Client], settings: Settings) -> dict[str, float]:
    """`client` is empty until the bot has signed in: its keys are written down too."""
    space: dict[str, int] = {}
    with suppress(OSError):  # the disk is not there
        there = free_space(database.path.parent)
        space = {"free": there.free, "wanted": there.wanted}
    failures = sum((one.condition.failures for one in client), database.condition.failures)
    told = {f"errors {kind.name.lower()}": failures[kind.name.lower()] for kind in Trouble}
    counted: dict[str, float] = {**await database.read(counts), "writes": database.writes, **space, **told}
    if settings.backups is None:
        return counted
    at = await database.read(backups.last_proved, settings.backups.towards)
    return {**counted, "proved": abs(time.time() - at / 1000) if at else math.inf}


async def _sign_in(settings: Settings, database: Database, health: health_of.Health, *, new: bool) -> Client:
    """Until the homeserver answers: at a restart of the whole machine it may come after us."""
    for attempt in count(1):
        try:
            return await _signed_in(settings, database, health, new=new)
        except Unavailable as away:
            to = away.to if isinstance(away, Moved) else ""
            moved = f"the homeserver sends us to {to}: if that is yours, write it as MATRIX_HOMESERVER"
            why = f" ({away.cause}): see `conciergerie doctor`" if away.cause else ""
            health.broken("matrix", moved if to else f"the homeserver does not answer{why}")
            told = {"cause": away.cause} if away.cause else {}
            log.warning("homeserver away", attempt=attempt, **told, **{"sends_us_to": to} if to else {})
            await asyncio.sleep(max(away.retry_after if attempt > 1 else 0.0, pause(attempt, random.random)))
    raise AssertionError("endless")


async def _signed_in(settings: Settings, database: Database, health: health_of.Health, *, new: bool) -> Client:
    client, state = await enter(settings, database, new=new)
    _tell_identity(health, state)
    log.info("signed in", user=client.user_id, device=client.device_id, identity=str(state))
    return client


def _tell_identity(health: health_of.Health, state: State) -> None:
    if state is State.SIGNED:
        health.mended("identity")
    else:
        health.broken("identity", f"the device is not signed ({state}): see `conciergerie doctor`")


async def _serve(
    settings: Settings,
    database: Database,
    client: Client,
    services: Services,
    health: health_of.Health,
    words: Words,
    site: Site | None,
    *,
    keyless: bool,
    safe: Safe,
) -> None:
    clock = SystemClock()
    options = Options(
        client.user_id,
        settings.allowed_servers,
        language=settings.language,
        zone=str(settings.timezone),
        prefix=settings.prefix,
        operators=settings.operators,
        spaces=settings.spaces,
        by_name=[own.prefix for own in settings.lieux if not own.is_sure],
        public_url=settings.pages.public_url,
        client_url=settings.pages.client_url,
        chatons_url=settings.chatons_url,
        backups=settings.backups,
        promise=settings.promise,
        page_key=key_in(settings.data_dir),
        safe=safe,
    )
    outbox = Outbox(client, database, tally=health.tally)
    matrix = Homeserver(client, database)
    bot = assemble(database, matrix, services, health, options, outbox, clock, words)
    if site:
        site.open(page_parts(bot, matrix, site))
    await bot.parts.count_deaths()  # before anything is tried anew
    opened = bot.parts.careful(client.decrypt)
    sync = Sync(
        client, database, news=bot.news, synced=health.synced, away=health.away, along=outbox.noting, decrypt=opened
    )
    conditions = (database.condition, client.condition)
    bot.disk_watch.conditions = [*conditions]
    for condition in conditions:
        condition.told = partial(tell, health)
    async with asyncio.TaskGroup() as group:
        for part in (sync.run(), outbox.run(), bot.run(), health.beats(), _last(bot.safe_mode_news.lasts.set)):
            group.create_task(part)
        if not safe:
            group.create_task(bot.parts.apart("introducing", partial(_introduce, matrix, options.name)))
            looked_at = partial(bot.parts.apart, "broken things")
            group.create_task(_look_again(looked_at, settings, client, services, health))
        if keyless:  # a database that was put back without them (Litestream): the device is another
            log.warning("a new device, for the keys of the one before are lost", device=client.device_id)
            group.create_task(bot.parts.apart("new device", partial(bot.tell_new_device, client.device_id)))
        for condition in conditions:
            group.create_task(condition.end())


def tell(health: health_of.Health, file: str, words: str) -> None:
    """What cannot be written is said for as long as it cannot."""
    if words:
        health.broken(file, words)
        log.error("data cannot be written", file=file, why=words)
    else:
        health.mended(file)
        log.info("data are written again", file=file)


async def _last(lasts: Callable[[], None]) -> None:
    """By a clock that nobody sets."""
    await asyncio.sleep(SOON)
    lasts()


async def _look_again(
    tried: Tried, settings: Settings, client: Client, services: Services, health: health_of.Health
) -> None:
    """What is told as broken is looked at again: somebody may have mended it, and nothing else would notice."""

    async def look() -> None:
        await services.look_again()
        if health.is_broken("identity"):
            with suppress(Refused, Unavailable):
                _tell_identity(health, await signed(settings, client))

    while True:
        await asyncio.sleep(LOOK)
        await tried(look)


async def _introduce(matrix: Homeserver, name: str) -> None:
    """Name and picture: all that a newcomer sees of the bot in its invitation."""
    with suppress(Refused, Unavailable):
        await matrix.introduce(name, (files("bot.pictures") / "avatar.png").read_bytes())
