"""The process dies at every write of an invitation and its welcome, before and after it: nobody notices but the clock.

The Matrix, the directory and the Nextcloud of the test survive; the bot starts again from its file.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import astuple
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.services.directory import DIRECTORY
from bot.services.nextcloud import NEXTCLOUD
from bot.services.synapse import SYNAPSE
from bot.services.wordpress import WORDPRESS
from bot.store.database import Tx
from bot.store.inbox import Event
from integrations.nextcloud import Nextcloud
from tests.servers.nextcloud import StandIn
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.memory_synapse import MemorySynapse, somebody
from tests.stage.memory_wordpress import MemoryWordPress
from tests.stage.stage import ME, Clock, FakeMatrix, Stage
from tests.stage.sudden_death import Mortal
from tests.tiers import Sweep

ANNE, BOB, ZOE = "@anne:lieu.fr", "@bob:lieu.fr", "@zoe.martin:lieu.fr"
SECRET, TODAY = "q7Xw2-application", date(2027, 1, 15)
OURS = ("InboxWorker.", "Engine.", "Outbox.")  # what dies with the process


class World:
    """Everything but the bot, and the bot as long as it lives."""

    def __init__(self, path: Path, server: StandIn) -> None:
        self.path, self.server = path, server
        self.matrix, self.clock, self.directory = FakeMatrix(), Clock(), MemoryDirectory()
        self.synapse = MemorySynapse({ZOE: somebody(ZOE)})
        self.matrix.names = {ANNE: "Anne", BOB: "Bob", ZOE: "Zoé Martin"}
        self.operators: tuple[str, ...] = ()
        self.has_sso = True
        self.site: MemoryWordPress | None = None
        self.stage: Stage

    async def begin(self) -> None:
        cloud = Nextcloud(self.server.url, "concierge", SECRET, password="un long secret", accounts_from="bot")
        cloud.client.url = "https://nuage.lieu.fr"  # what people are told
        sso = {DIRECTORY: self.directory} if self.has_sso else {}
        site = {WORDPRESS: self.site.site()} if self.site else {}
        services = Services({**sso, NEXTCLOUD: cloud, SYNAPSE: self.synapse, **site})
        self.stage = await Stage.open(self.path, services, self.matrix, self.clock, Mortal, operators=self.operators)

    async def end(self) -> None:
        await self.stage.close()
        for service in (NEXTCLOUD, WORDPRESS):
            if (part := self.stage.services[service]) is not None:
                await part.close()

    async def furnish(self) -> None:
        space = self.matrix.room("La Rosée", space=True)
        space.members, space.levels = {ANNE: "join", BOB: "join", ME: "join"}, {ANNE: 100, BOB: 100, ME: 50}
        rooms = [self.matrix.room(name, parent=space.room_id) for name in ("Conciergerie", "Place", "Atelier")]
        for room in rooms:
            room.members, room.levels = dict(space.members), {ME: 100}
        self.office, self.hall, workshop = (room.room_id for room in rooms)
        lieux = self.stage.bot.lieux
        lieu = await lieux.create(space.room_id, "La Rosée", language="fr", zone="Europe/Paris", now=1)
        choices = {"office": self.office, "hall": self.hall, "open_rooms": [self.hall], "offered_rooms": [workshop]}
        more = {"installed": True, "charter": "On range.", "approval": True, "group": "rosee", "folder": "La Rosée"}
        await lieux.choose(lieu.id, **choices, **more)

    async def die_and_rise(self) -> None:
        """As after `kill -9`: nothing is closed in order, and what was in memory is gone."""
        dying = [task for task in asyncio.all_tasks() if _name(task).startswith(OURS)]
        for task in dying:
            task.cancel()
        await asyncio.gather(*dying, return_exceptions=True)
        await self.stage.bot.inbox_worker.close()  # those that are dead already: nobody else asks how they ended
        await self.end()
        Mortal.died.clear()
        Mortal.deadly = 0
        await self.begin()
        await self.stage.bot.engine.resume()

    async def happens(self, event: Event) -> None:
        if not await Mortal.survives(self.stage.hear(event)):
            await self.die_and_rise()
            await self.stage.hear(event)  # the sync brings again what was not written

    async def passes(self, days: float) -> None:
        """Time, during which the process may die."""
        if not await Mortal.survives(self.stage.wait(days)):
            await self.die_and_rise()
            await self.stage.wait(0)

    # -- what people do

    def direct(self, person: str = ZOE) -> str:
        return self.matrix.directs[person]

    def writes(self, who: str, room_id: str, text: str) -> Event:
        return self.stage.happens(room_id, who, "m.room.message", {"msgtype": "m.text", "body": text})

    def clicks(self, who: str, room_id: str, key: str) -> Event:
        relation = {"rel_type": "m.annotation", "event_id": self.stage.last_question(room_id), "key": key}
        return self.stage.happens(room_id, who, "m.reaction", {"m.relates_to": relation})

    def enters(self, who: str, room_id: str) -> Event:
        self.matrix.world.rooms[room_id].members[who] = "join"
        return self.stage.happens(room_id, who, "m.room.member", {"membership": "join"}, state_key=who)

    def leaves(self, who: str, room_id: str) -> Event:
        self.matrix.world.rooms[room_id].members[who] = "leave"
        return self.stage.happens(room_id, who, "m.room.member", {"membership": "leave"}, state_key=who)

    # -- what there is in the end

    def seen(self) -> dict[str, Any]:
        """What people see in each room; event ids become places in the room."""
        return {self.title(room_id): list(self.events(room_id)) for room_id in self.matrix.world.rooms}

    def title(self, room_id: str) -> str:
        return next(
            (key for key, made in self.matrix.made_rooms.items() if made == room_id),
            self.matrix.world.rooms[room_id].name,
        )

    def events(self, room_id: str) -> list[Any]:
        events = self.matrix.world.rooms[room_id].events
        places = {event["event_id"]: n for n, event in enumerate(events)}
        return [[e["sender"], e["type"], _placed(e["content"], places), e["redacted"]] for e in events]

    async def made(self) -> dict[str, Any]:
        return {
            "members": {self.title(id): dict(room.members) for id, room in self.matrix.world.rooms.items()},
            "levels": {self.title(id): dict(room.levels) for id, room in self.matrix.world.rooms.items()},
            "directory groups": self.directory.groups,
            "sessions": self.synapse.sessions,
            "cloud accounts": {login: account.enabled for login, account in self.server.users().items()},
            "accounts": sorted((a.login, a.name, a.email, a.active) for a in self.directory.accounts.values()),
            "addresses": self.synapse.known,
            "mails": sorted(set(self.directory.mails)),
            "cloud mails": sorted(astuple(mail) for mail in self.server.memory.mails),
            "groups": self.server.groups() | self.directory.groups,
            "folders": self.server.folders("concierge"),
            "shares": sorted(astuple(share) for share in self.server.shares()),
            "site": self.site.roles() if self.site else {},
            "articles": self.site.authors() if self.site else [],
            "owned": await self.stage.database.read(_owned),
            "journal": await self.stage.database.read(_acts),
            "path": [row["number"] for row in await self.stage.bot.path_versions.versions(1, 100)],
        }


def _acts(tx: Tx) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in tx.execute("SELECT by, what, about, words FROM acts ORDER BY by, what, about, words")]


def _owned(tx: Tx) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in tx.execute("SELECT lieu, service, kind, ref, person FROM owned ORDER BY 1, 2, 3, 4")]


def _name(task: asyncio.Task[Any]) -> str:
    return str(getattr(task.get_coro(), "__qualname__", ""))


def _placed(value: Any, places: dict[str, int]) -> Any:
    if isinstance(value, dict):
        return {key: _placed(item, places) for key, item in value.items()}
    return places.get(value, value) if isinstance(value, str) else value


@asynccontextmanager
async def world(path: Path) -> AsyncIterator[World]:
    server = StandIn(today=lambda: TODAY)
    bot = server.add_account("concierge", "un long secret", groups=["rosee"], subadmin=["rosee", "rosee.velo"])
    bot.app_passwords.add(SECRET)
    for folder in ("La Rosée", "La Rosée/Photos"):
        server.add_folder("concierge", folder)
    server.public = "https://nuage.lieu.fr"
    server.memory.token = (f"lien-{n}" for n in itertools.count(1)).__next__
    server.memory.policy.link_password = True
    Mortal.died = asyncio.Event()
    Mortal.dies_at(0, after=False)
    async with server.running():
        world = World(path, server)
        await world.begin()
        try:
            await world.furnish()
            yield world
        finally:
            await world.end()


async def whole_welcome(world: World) -> None:
    await world.happens(world.writes(ANNE, world.office, "!inviter Zoé Martin zoe@exemple.fr"))
    await world.happens(world.clicks(ANNE, world.office, "✅"))
    await world.happens(world.enters(ZOE, world.direct()))
    for line in ("oui", "Réparer mon vélo", "1", "oui", "modifier prénom", "Zoé M.", "oui"):
        await world.happens(world.writes(ZOE, world.direct(), line))
    await world.happens(world.clicks(BOB, world.office, "✅"))
    await world.happens(world.clicks(ANNE, world.hall, "👋"))


async def left_in_the_middle(world: World) -> None:
    """And invited again, once; then they leave for good, and a concierge has them invited."""
    await world.happens(world.writes(ANNE, world.office, "!inviter Zoé Martin zoe@exemple.fr"))
    await world.happens(world.clicks(ANNE, world.office, "✅"))
    await world.happens(world.enters(ZOE, world.direct()))
    await world.happens(world.writes(ZOE, world.direct(), "oui"))
    await world.happens(world.leaves(ZOE, world.direct()))
    await world.happens(world.enters(ZOE, world.direct()))
    await world.happens(world.writes(ZOE, world.direct(), "Réparer mon vélo"))
    await world.happens(world.leaves(ZOE, world.direct()))
    await world.passes(3)
    await world.happens(world.writes(ANNE, world.office, "!suivi zoé relancer"))
    await world.happens(world.enters(ZOE, world.direct()))
    for line in ("1", "oui", "oui"):
        await world.happens(world.writes(ZOE, world.direct(), line))
    await world.happens(world.clicks(BOB, world.office, "✅"))


async def nextcloud_alone(world: World) -> None:
    """The lieu has no SSO: its accounts are in Nextcloud."""
    await world.end()
    world.has_sso = False
    await world.begin()


Play = Callable[[World], Awaitable[None]]


async def nothing(world: World) -> None:
    """The world is ready."""


async def played(
    path: Path, deadly: int, after: bool, play: Play, before: Play
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """What people saw and what was made, and what the writes were; nobody dies `before`."""
    async with world(path) as there:
        await before(there)
        Mortal.dies_at(deadly, after=after)
        await play(there)
        assert not Mortal.deadly, f"nobody died at write {deadly}"
        writes = [*Mortal.kinds]
        return there.seen(), await there.made(), writes


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    assert len(await deaths(tmp_path, sweep, after, whole_welcome)) > 100


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_is_mailed_twice_by_nextcloud_whenever_the_bot_dies(
    tmp_path: Path, sweep: Sweep, after: bool
) -> None:
    assert len(await deaths(tmp_path, sweep, after, whole_welcome, nextcloud_alone)) > 100


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_while_somebody_leaves_and_comes_back(
    tmp_path: Path, sweep: Sweep, after: bool
) -> None:
    assert len(await deaths(tmp_path, sweep, after, left_in_the_middle)) > 80


async def deaths(path: Path, sweep: Sweep, after: bool, play: Play, before: Play = nothing) -> list[str]:
    """What the writes are. The process died at one of each kind, without a difference."""
    seen, made, writes = await played(path / "alive", 0, after, play, before)
    for write in sweep(writes, after=after):
        found, there, _ = await played(path / str(write), write, after, play, before)
        assert made == there, f"death {'after' if after else 'before'} write {write}"
        for room, events in seen.items():
            assert found[room] == events, f"{room}, death {'after' if after else 'before'} write {write}"
    return writes
