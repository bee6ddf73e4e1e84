"""The stage of a transcript: a lieu, its people, its rooms and its services, as the header of the file says."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from bot.app import Services
from integrations.directory import Account, login_from
from integrations.directory.none import NoDirectory
from integrations.nextcloud import Nextcloud
from integrations.nextcloud.door import Accounts
from tests.servers.nextcloud import StandIn
from tests.talk.directory import MemoryDirectory
from tests.talk.passes import MemoryPasses
from tests.talk.stage import ME, Clock, FakeRoom, Stage
from tests.talk.synapse import MemorySynapse, somebody

GROUP, FOLDER, BOT, PASSWORD = "la.rosee", "La Rosée", "concierge", "un mot de passe bien long"
SECRET = "q7Xw2-application"


@dataclass
class Scenery:
    """People by the names that the transcript gives them, rooms by theirs."""

    stage: Stage
    header: Mapping[str, str]
    people: dict[str, str] = field(default_factory=dict)
    rooms: dict[str, FakeRoom] = field(default_factory=dict)
    directory: MemoryDirectory | None = None
    nextcloud: StandIn | None = None
    synapse: MemorySynapse | None = None

    def listed(self, name: str) -> list[str]:
        return [item.strip() for item in self.header.get(name, "").split(",") if item.strip()]

    def says(self, name: str) -> bool:
        return self.header.get(name, "non") != "non"

    # -- people

    def people_arrive(self) -> None:
        for kind in ("concierges", "membres", "autres"):
            for written in self.listed(kind):
                name, _, id = written.partition(" @")
                self.people[name] = f"@{id}" if id else f"@{login_from(name)}:lieu.fr"
        self.stage.matrix.names |= {ME: "Conciergerie (bot)"} | {id: name for name, id in self.people.items()}

    def ids(self, *kinds: str) -> list[str]:
        return [self.people[written.partition(" @")[0]] for kind in kinds for written in self.listed(kind)]

    def accounts_exist(self) -> None:
        """The homeserver knows everybody of its own, and the directory those of `comptes connus`."""
        if self.synapse:
            self.synapse.accounts = {id: somebody(id) for id in self.people.values() if id.endswith(":lieu.fr")}
            self.synapse.sessions = {id: {"téléphone", "bureau"} for id in self.synapse.accounts}
        for name in self.listed("comptes connus"):
            login = self.people[name][1:].partition(":")[0]
            assert self.directory
            self.directory.accounts[login] = Account(login, name, f"{login}@exemple.fr", True, login)

    # -- the lieu

    def build(self, name: str, concierges: list[str], members: list[str]) -> FakeRoom:
        """A space that the bot was not invited to yet."""
        space = self.rooms[name] = self.stage.matrix.room(name, space=True)
        space.members = dict.fromkeys([*concierges, *members], "join")
        space.levels = dict.fromkeys(concierges, 100) | {ME: 0 if self.says("sans droits") else 50}
        space.alias, space.join = self.header.get("adresse", ""), "knock" if self.says("on frappe") else "invite"
        return space

    def furnish(self, space: FakeRoom, names: list[str]) -> None:
        for name in names:
            room = self.rooms[name] = self.stage.matrix.room(name, parent=space.room_id)
            room.members, room.levels = dict(space.members) | {ME: "join"}, {ME: 100}
            if name in self.listed("salons sans la Conciergerie"):
                del room.members[ME], room.levels[ME]

    async def install(self, space: FakeRoom, office: str) -> None:
        """As if the concierges had answered already."""
        space.members[ME] = "join"
        lieux = self.stage.bot.lieux
        lieu = await lieux.create(space.room_id, space.name, language="fr", zone="Europe/Paris", now=1)
        await self.stage.bot.arrivals.know(lieu.id, list(space.members))
        self.furnish(space, [office])
        await lieux.choose(lieu.id, installed=True, office=self.rooms[office].room_id, **self.choices())

    async def give_accounts(self) -> None:
        """Those of `comptes du lieu` were made by the bot."""
        (lieu,) = await self.stage.bot.lieux.all()
        for person in (self.people[name] for name in self.listed("comptes du lieu")):
            login = person[1:].partition(":")[0]
            await self.stage.bot.arrivals.own_account(lieu.id, login, person, address=person)
        for name in self.listed("nextcloud du lieu"):
            await self.give_cloud(lieu.id, self.people[name])

    async def give_cloud(self, lieu: int, person: str) -> None:
        """An account that the bot made, in the lieu's groups, and a folder shared with it alone."""
        assert self.nextcloud
        assert self.directory
        own, login = self.stage.bot.arrivals.own, person[1:].partition(":")[0]
        self.nextcloud.add_account(login, groups=[GROUP])
        self.directory.groups.setdefault(GROUP, set()).add(login)
        await own(lieu, "nextcloud", "account", login, person)
        cloud = self.stage.services.cloud
        assert cloud
        await cloud.ensure_folder("Photos")
        share = await cloud.ensure_share("Photos", person=login)
        await own(lieu, "nextcloud", "share", share["id"], person)

    def choices(self) -> dict[str, Any]:
        return {
            "formal": self.says("vous"),
            "charter": self.header.get("charte", ""),
            "approval": self.says("accord"),
            "open_rooms": self.room_ids("salons ouverts"),
            "offered_rooms": self.room_ids("salons au choix"),
            "hall": next(iter(self.room_ids("présentations")), None),
            "group": GROUP if self.nextcloud else "",
            "folder": FOLDER if self.nextcloud else "",
            "two": self.listed("actes à deux"),
        }

    # -- in Nextcloud, before anybody speaks

    def store(self) -> None:
        """Folders, files (« path = size »), shares (« path au groupe … », « path à … »), and the bot's room."""
        server = self.nextcloud
        if server is None:
            return
        for path in self.listed("dossiers"):
            server.add_folder(BOT, path)
        for written in self.listed("fichiers"):
            path, _, size = written.partition(" = ")
            server.memory.homes[BOT][path] = server.memory.node(b"x" * int(size), "text/plain")
        for written in self.listed("partages"):
            path, to_group, group = written.partition(" au groupe ")
            path, _, person = path.partition(" à ") if not to_group else (path, "", "")
            if person:
                server.add_account(person)
            server.memory.share(0 if person else 1, BOT, f"/{path}", person or group, 15)
        account = server.memory.accounts[BOT]
        account.quota = int(self.header.get("place", -3))
        account.groups += ["admin"] if self.says("Nextcloud administré") else []
        server.memory.policy.team_folders = self.header.get("dossiers d’équipe") != "non"

    def room_ids(self, name: str) -> list[str]:
        return [self.rooms[each].room_id for each in self.listed(name)]

    # -- services

    def weather(self, service: str, fair: bool) -> None:
        """A service goes away, or comes back."""
        if service == "l’annuaire":
            assert self.directory
            self.directory.down = not fair
        elif service == "la messagerie":
            assert self.synapse
            self.synapse.down = not fair
        else:
            assert self.nextcloud
            self.nextcloud.weather.maintenance = not fair


@asynccontextmanager
async def scenery(header: Mapping[str, str], path: Path) -> AsyncIterator[Scenery]:
    async with AsyncExitStack() as stack:
        directory = MemoryDirectory() if header.get("comptes", "non") != "non" else None
        server = cloud = None
        clock = Clock()
        if header.get("nextcloud", "non") != "non":
            server = StandIn(header.get("version de Nextcloud", "34.0.1"), today=lambda: _day(clock))
            server.add_account(BOT, PASSWORD, name="Concierge", groups=[GROUP], subadmin=[GROUP])
            _furnish_cloud(server, header)
            url = await stack.enter_async_context(server.running())
            source: Accounts = "sso" if header["nextcloud"] == "sso" else "bot"
            server.memory.accounts[BOT].app_passwords.add(SECRET)  # the same in each play: passwords are made of it
            cloud = Nextcloud(url, BOT, SECRET, password=PASSWORD, accounts=source, read_timeout=3)
            cloud.url = "https://nuage.lieu.fr"  # what people are told
            stack.push_async_callback(cloud.close)
        passes = MemoryPasses() if header.get("codes d’inscription", "non") != "non" else None
        synapse = MemorySynapse() if header.get("administration", "non") != "non" else None
        services = Services(directory or NoDirectory(), cloud, passes, synapse)
        stage = await Stage.open(path, services, clock=clock)
        stage.matrix.takes_codes = passes is not None
        stack.push_async_callback(stage.close)
        scene = Scenery(stage, header, directory=directory, nextcloud=server, synapse=synapse)
        await _furnish(scene)
        yield scene


def _day(clock: Clock) -> date:
    return datetime.fromtimestamp(clock.at / 1000, ZoneInfo("Europe/Paris")).date()


def _furnish_cloud(server: StandIn, header: Mapping[str, str]) -> None:
    """Accounts, and what the administration demands of shares."""
    for login in filter(None, (name.strip() for name in header.get("comptes nextcloud", "").split(","))):
        server.add_account(login, backend="user_oidc", groups=[GROUP])
    rules = header.get("règles des partages", "")
    for folder in filter(None, (name.strip() for name in header.get("proposés par un autre nuage", "").split(","))):
        told = {"remote": "https://nuage.phare.fr/", "remote_id": "1", "token": "t", "owner": "phare"}
        server.memory.offer(**told, name=f"/{folder}", user=BOT)
    server.mounts = {"all://nuage.phare.fr": httpx.ASGITransport(StandIn())}
    server.public = "https://nuage.lieu.fr"
    server.memory.token = (f"lien-{n}" for n in itertools.count(1)).__next__
    policy = server.memory.policy
    policy.link_password = "mot de passe" in rules
    policy.group_sharing = "sans groupe" not in rules
    policy.link_days = 30 if "30 jours" in rules else None


async def _furnish(scene: Scenery) -> None:
    scene.people_arrive()
    scene.accounts_exist()
    scene.store()
    concierges, members = scene.ids("concierges"), scene.ids("membres")
    space = scene.build(scene.header["lieu"], concierges, members)
    if alias := scene.header.get("liste"):
        scene.stage.matrix.aliases[alias] = scene.stage.matrix.room("Veille anti-arnaques").room_id
    scene.furnish(space, scene.listed("salons"))
    if scene.header.get("installé") != "non":
        await scene.install(space, "Conciergerie")
        await scene.give_accounts()
    if other := scene.header.get("autre lieu"):
        await scene.install(scene.build(other, concierges, []), f"Conciergerie · {other}")
