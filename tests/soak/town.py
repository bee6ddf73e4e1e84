"""Lieux of one bot on a real Synapse and a small Nextcloud: their rooms, people and networks, and what is on disk."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import aiohttp

from bot.lieux import Lieux
from bot.store.data_folder import DATABASE
from bot.store.database import Database
from tests.bench.people import Caller, Ear, Heard
from tests.demo.sentences import plain
from tests.servers.bot_process import BotProcess
from tests.servers.lieu import Lieu
from tests.servers.nextcloud import StandIn
from tests.servers.ports import answers
from tests.servers.synapse import Synapse
from tests.soak.hasty import HastyClock

AT_ONCE = 8  # lieux that are built at the same time
NETWORK = 5  # lieux in each network
PARIS = ZoneInfo("Europe/Paris")
PATIENCE = 300.0  # seconds: longer than a question waits, so that whoever waits in vain has met a loss
READY = 300.0


class HastyProcess(BotProcess):
    """`conciergerie run` for which time passes faster."""

    clock: HastyClock

    def argv(self, name: str, *more: str) -> list[str]:
        program, _, _, *rest = super().argv(name, *more)
        return [program, "-m", "tests.soak.hasty", *rest]

    def launch(self) -> None:
        self.environment |= self.clock.environment
        super().launch()

    async def ready(self) -> None:
        """However busy the homeserver is with many rooms."""
        await answers(f"{self.url}/health", within=READY, alive=self.is_alive, log=str(self.log))


class HastyLieu(Lieu):
    def process(self, folder: Path, port: int = 0) -> HastyProcess:
        return HastyProcess(folder, self.settings(), port=port)

    def settings(self) -> dict[str, str]:
        return super().settings() | {"NEXTCLOUD_ACCOUNTS": "sso"}


@dataclass(eq=False, slots=True)
class Place:
    """A lieu, as its people know it. `turn`: one conversation at a time in its conciergerie."""

    name: str
    anne: Caller
    marc: Caller
    space: str
    office: str
    hall: str
    neighbours: list[Place] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    silenced: bool = False


class Sizes(NamedTuple):
    """Bytes of the database, and of its write-ahead log."""

    database: int
    log: int


class Town:
    """`async with Town.built(folder, lieux, clock) as town`: everything runs, and the bot has heard of all of it."""

    def __init__(self, synapse: Synapse, lieu: Lieu, http: aiohttp.ClientSession, cloud: StandIn) -> None:
        self.synapse, self.lieu, self.cloud, self._http = synapse, lieu, cloud, http
        self.places: list[Place] = []
        self.listener: Caller
        self.ear: Ear
        assert isinstance(lieu.bot, HastyProcess)
        self.bot: HastyProcess = lieu.bot

    @classmethod
    @asynccontextmanager
    async def built(cls, folder: Path, lieux: int, clock: HastyClock) -> AsyncIterator[Town]:
        async with AsyncExitStack() as stack:
            cloud = StandIn(today=lambda: town.today)
            synapse = await stack.enter_async_context(Synapse(folder / "synapse", sync_cache=False))
            lieu = await stack.enter_async_context(HastyLieu(folder / "lieu", synapse, cloud=cloud))
            connections = aiohttp.TCPConnector(limit=0)
            http = await stack.enter_async_context(aiohttp.ClientSession(connector=connections))
            town = cls(synapse, lieu, http, cloud)
            town.bot.clock = clock
            await town._build(lieux)
            town.ear = await stack.enter_async_context(Ear(town.listener))
            await town._meet()
            yield town

    @property
    def me(self) -> str:
        return self.lieu.account.user_id

    @property
    def today(self) -> date:
        return datetime.fromtimestamp(self.bot.clock.seconds(), PARIS).date()

    async def person(self, login: str, name: str) -> Caller:
        who = Caller(self._http, self.synapse.base_url, await self.synapse.register(login))
        await who.call("PUT", f"profile/{who.user_id}/displayname", {"displayname": name})
        return who

    # -- its lieux

    async def _build(self, count: int) -> None:
        """The first start of the bot makes its database and its keys; then it has these lieux."""
        await self.bot.start()
        await self.bot.stop()
        account = self.lieu.account
        me = Caller(self._http, self.synapse.base_url, account)
        self.listener = await self.person("ecoute", "Écoute")
        slots = asyncio.Semaphore(AT_ONCE)

        async def made(number: int) -> Place:
            async with slots:
                return await self._made(number, me)

        self.places = [*await asyncio.gather(*map(made, range(count)))]
        database = await Database.open(self.bot.data / DATABASE)
        lieux = Lieux(database)
        for place in self.places:
            self.cloud.add_folder("conciergerie", place.name)
            self.cloud.memory.groups.append(place.name.lower().replace(" ", "-"))
            lieu = await lieux.create(place.space, place.name, language="fr", zone="Europe/Paris", now=1)
            await lieux.choose(
                lieu.id,
                installed=True,
                office=place.office,
                open_rooms=[place.hall],
                group=place.name.lower().replace(" ", "-"),
                folder=place.name,
            )
        await database.close()
        await self.bot.start()

    async def _made(self, number: int, me: Caller) -> Place:
        name = f"Lieu {number}"
        anne, marc = [await self.person(f"{login}{number}", login.title()) for login in ("anne", "marc")]
        others = [me, marc, self.listener]
        levels = {"users": {anne.user_id: 100, me.user_id: 100}}
        body: dict[str, Any] = {
            "preset": "private_chat",
            "room_version": "10",
            "invite": [one.user_id for one in others],
            "power_level_content_override": levels,
        }
        space = await anne.create(name=name, creation_content={"type": "m.space"}, **body)
        office, hall = [await anne.create(name=f"{kind} {number}", **body) for kind in ("Conciergerie", "Salon")]
        via = {"via": [self.synapse.server_name]}
        for room in (office, hall):
            await anne.put(space, f"state/m.space.child/{room}", via)
            await anne.put(room, f"state/m.space.parent/{space}", via | {"canonical": True})
        for who in others:
            for room in (space, office, hall):
                if who is not marc or room != office:
                    await who.join(room)
        return Place(name, anne, marc, space, office, hall)

    async def _meet(self) -> None:
        """Networks of a few lieux each, made as concierges make them."""
        groups = [self.places[at : at + NETWORK] for at in range(0, len(self.places), NETWORK)]
        await asyncio.gather(*(self._network(number, group) for number, group in enumerate(groups)))

    async def _network(self, number: int, group: Sequence[Place]) -> None:
        first, *others = group
        await self.asks(first, f"!réseau créer Réseau {number}", "Dans quelle ville")
        await self.asks(first, "Tours", "Je crée le réseau")
        made = await self.asks(first, "oui", "rejoindre")
        address = re.search(r"!réseau rejoindre (\S+)", made.body)
        assert address
        for place in others:
            await self.asks(place, f"!réseau rejoindre {address[1]}", "Dans quelle ville")
            before = len(self.ear.said[first.office])
            await place.anne.say(place.office, "passer")
            card = await self.hears(first.office, before, place.name)
            await self.replies(first, card, "oui")
            await self.hears(place.office, 0, "nous sommes dans le réseau")
        for place in group:
            place.neighbours = [other for other in group if other is not place]

    async def asks(self, place: Place, words: str, answer: str) -> Heard:
        before = len(self.ear.said[place.office])
        await place.anne.say(place.office, words)
        return await self.hears(place.office, before, answer)

    async def replies(self, place: Place, card: Heard, words: str, *, thread: bool = False) -> None:
        """To this message of the bot, or in its thread."""
        above = {"event_id": card.event_id}
        relation = {"rel_type": "m.thread"} | above if thread else {"m.in_reply_to": above}
        await place.anne.send(place.office, {"msgtype": "m.text", "body": words, "m.relates_to": relation})

    async def hears(self, room: str, before: int, *words: str) -> Heard:
        """What the bot said there after so many messages, once it has all these words. Raises TimeoutError."""

        def found() -> Heard | None:
            said = (one for one in self.ear.said[room][before:] if one.sender == self.me)
            return next((one for one in said if all(each in plain(one.body) for each in words)), None)

        try:
            await self.ear.until(found, PATIENCE)
        except TimeoutError:
            told = [plain(one.body) for one in self.ear.said[room][before:]]
            raise TimeoutError(f"{words} not heard in {room}, but {told}") from None
        heard = found()
        assert heard
        return heard

    # -- what is kept

    def _look(self) -> closing[sqlite3.Connection]:
        return closing(sqlite3.connect(f"{(self.bot.data / DATABASE).as_uri()}?mode=ro", uri=True, timeout=30))

    def looked_at_its_clock(self, seconds: float) -> None:
        """Each hour of so many that pass while the bot is stopped: it would take them for a leap."""
        with closing(sqlite3.connect(self.bot.data / DATABASE)) as file, file:
            file.execute("UPDATE clock SET seen = seen + ?", (round(seconds * 1000),))

    def conversations(self, before: float) -> Counter[str]:
        """Those that there are and that began before this moment (seconds of the bot), by their names."""
        query = "SELECT dialogue, count(*) FROM conversations WHERE created_at < ? GROUP BY dialogue"
        with self._look() as file:
            return Counter(dict(file.execute(query, (before * 1000,)).fetchall()))

    def rows(self) -> dict[str, int]:
        """How many there are, by table."""
        with self._look() as file:
            names = [row[0] for row in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {
                name: file.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
                for name in sorted(names)
                if not name.startswith("sqlite_")
            }

    def complaints(self) -> Counter[str]:
        """What the bot's log has besides what is usual, and how often."""
        whole = (line for line in self.bot.log.read_text().splitlines() if line.startswith("{") and line.endswith("}"))
        lines = map(json.loads, whole)
        return Counter(str(line["event"]) for line in lines if line["level"] != "info")

    def sizes(self) -> Sizes:
        file = self.bot.data / DATABASE
        log = file.with_name(f"{file.name}-wal")
        return Sizes(file.stat().st_size, log.stat().st_size if log.exists() else 0)
