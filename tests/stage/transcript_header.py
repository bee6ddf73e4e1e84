"""The scene of a transcript: a lieu, its people, its rooms and its services, as the header of the file says."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.lieux import Lieu
from bot.operator.census_import import read
from bot.services.nextcloud import NEXTCLOUD
from bot.settings import CENTRAL_ELEMENT
from bot.store import censuses
from integrations.directory import Account, login_from
from tests.servers.chatons import FEDERATION, ChatonsFiles
from tests.servers.mail_server import MailServer
from tests.servers.nextcloud import StandIn
from tests.servers.odoo import Odoo
from tests.stage.copies import Copies
from tests.stage.lieu_services import BOT, GROUP, ON_HOMESERVER, Equipment, equip, says
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.memory_synapse import MemorySynapse, somebody
from tests.stage.stage import DAY, ME, Clock, FakeRoom, Stage
from tests.stage.visitor import Visitor, serving
from tests.stage.world import server

LIST = Path(__file__).parents[1] / "data" / "tiers-lieux-2019.csv"

__all__ = ["BOT", "GROUP", "Scenery", "scenery"]


@dataclass
class Scenery:
    """People by the names that the transcript gives them, rooms by theirs."""

    stage: Stage
    header: Mapping[str, str]
    equipment: Equipment
    people: dict[str, str] = field(default_factory=dict)
    rooms: dict[str, FakeRoom] = field(default_factory=dict)
    visitor: Visitor | None = None  # where there are pages
    chatons: ChatonsFiles | None = None  # what hosts tell of themselves
    copies: Copies | None = None  # where the bot's data leave its machine

    @property
    def lieu(self) -> str:
        return self.header["lieu"]

    @property
    def space(self) -> FakeRoom:
        return self.rooms[self.lieu]

    @property
    def group(self) -> str:
        return login_from(self.lieu)

    @property
    def directory(self) -> MemoryDirectory | None:
        return self.equipment.directory

    @property
    def nextcloud(self) -> StandIn | None:
        return self.equipment.nextcloud

    @property
    def mail_server(self) -> MailServer | None:
        return self.equipment.mail_server

    @property
    def odoo(self) -> Odoo | None:
        return self.equipment.odoo

    @property
    def sso_mails(self) -> list[str]:
        """To whom the directory wrote."""
        return self.directory.mails if self.directory else []

    @property
    def cloud_mails(self) -> list[str]:
        """To whose account Nextcloud wrote, and whether they can choose a password with it."""
        people = {account.email for account in self.nextcloud.users().values()} if self.nextcloud else set()
        sent = [mail for mail in self.nextcloud.memory.mails if mail.to in people] if self.nextcloud else []
        return [f"{mail.to}{' : de quoi choisir son mot de passe' if mail.with_link else ''}" for mail in sent]

    @property
    def mails(self) -> list[str]:
        """What the lieu wrote itself: to whom, and what they read of it first."""
        sent = self.mail_server.mails if self.mail_server else []
        return [f"{', '.join(mail.to)} : « {mail.subject} »" for mail in sent]

    @property
    def site_changes(self) -> list[str]:
        """What became of accounts of the site."""
        return self.equipment.wordpress.told if self.equipment.wordpress else []

    @property
    def synapse(self) -> MemorySynapse | None:
        return self.equipment.synapse

    def listed(self, name: str) -> list[str]:
        return [item.strip() for item in self.header.get(name, "").split(",") if item.strip()]

    def says(self, name: str) -> bool:
        return says(self.header, name)

    @property
    def is_installed(self) -> bool:
        return self.header.get("installé") != "non"

    # -- people

    async def answers_to(self, who: str, *lines: str, room: str = "Conciergerie") -> list[str]:
        """What the bot says in that room while somebody writes these lines."""
        id = self.rooms[room].room_id
        before = len(self.stage.said(id))
        for line in lines:
            await self.stage.write(self.people[who], id, line)
        return self.stage.said(id)[before:]

    async def the_host(self) -> str:
        """The operators' room, with Inès in it."""
        room = await self.stage.bot.operators.room()
        assert room is not None
        if self.stage.world.rooms[room].members[self.people["Inès"]] != "join":
            await self.stage.enter(self.people["Inès"], room)
        return room

    def people_arrive(self) -> None:
        for kind in ("concierges", "membres", "autres", "hébergeurs"):
            self.people |= dict(called(written, server(self.stage.me)) for written in self.listed(kind))
        self.stage.matrix.names |= {self.stage.me: "Conciergerie (bot)"} | {
            id: name for name, id in self.people.items()
        }

    def ids(self, *kinds: str) -> list[str]:
        return [self.people[written.partition(" @")[0]] for kind in kinds for written in self.listed(kind)]

    def accounts_exist(self) -> None:
        """The homeserver knows everybody of its own, and the directory those of `comptes connus`."""
        invited = list[str]()
        if self.header.get("comptes") == ON_HOMESERVER:
            invited = self.ids("autres")
            self.stage.matrix.sign_in = {"sso": False, "password": True, "providers": []}
        if self.synapse:
            own = [id for id in self.people.values() if server(id) == server(self.stage.me) and id not in invited]
            called = {id: name for name, id in self.people.items()}
            self.synapse.known = {id: {**somebody(id), "name": called[id]} for id in own}
            self.synapse.sessions = {id: {"téléphone", "bureau"} for id in self.synapse.known}
        for name in self.listed("comptes connus"):
            login = self.people[name][1:].partition(":")[0]
            assert self.directory
            self.directory.accounts[login] = Account(login, name, f"{login}@exemple.fr", True, login)
        self.accounts_of_before()

    def accounts_of_before(self) -> None:
        """« Camille Durand = camille.d »: made by hand, by whoever administers; who is in the lieu's group; and what
        the homeserver knows of people."""
        for name, login in self.pairs("comptes d’avant"):
            if self.directory:
                self.directory.accounts[login] = Account(login, name, f"{login}@exemple.fr", True, login)
            if self.says("comptes dans Nextcloud") and self.nextcloud:
                self.nextcloud.add_account(login, name=name, email=f"{login}@exemple.fr", groups=[self.group])
        for login in self.listed("dans le groupe"):
            assert self.directory
            self.directory.groups.setdefault(self.group, set()).add(login)
        for name, email in self.pairs("e-mails de la messagerie"):
            assert self.synapse
            self.synapse.known[self.people[name]]["emails"].append(email)
        for name in self.listed("administrent la messagerie"):
            assert self.synapse
            self.synapse.known[self.people[name]]["admin"] = True

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """« name = value », or a name alone, of which the value is made."""
        cut = [written.partition(" = ") for written in self.listed(name)]
        return [(before, after or login_from(before)) for before, _, after in cut]

    # -- the lieu

    def build(self, name: str, concierges: list[str], members: list[str]) -> FakeRoom:
        """A space that the bot was not invited to yet: it has no power there before somebody gives it some."""
        space = self.rooms[name] = self.stage.matrix.room(name, space=True)
        space.members = dict.fromkeys([*concierges, *members], "join")
        weak = self.says("sans droits") or not self.is_installed
        space.levels = dict.fromkeys(concierges, 100) | {self.stage.me: 0 if weak else 50}
        space.alias, space.join = self.header.get("adresse", ""), "knock" if self.says("on frappe") else "invite"
        return space

    def furnish(self, space: FakeRoom, names: list[str]) -> None:
        for name in names:
            room = self.rooms[name] = self.stage.matrix.room(name, parent=space.room_id)
            room.members, room.levels = dict(space.members), {}
            outside = name in self.listed("salons sans la Conciergerie")
            hidden = name in self.listed("salons privés")
            if not self.is_installed:  # as Element makes them
                room.levels = {who: level for who, level in space.levels.items() if level}
                room.join = "restricted"
            elif not (outside or hidden):
                room.members[self.stage.me], room.levels[self.stage.me] = "join", 100
                if name in {*self.listed("salons ouverts"), *self.listed("salons au choix")}:
                    room.join = "restricted"  # as the installation made them
            if outside:
                room.join = "knock"  # it is seen, and not entered
            if hidden or name in self.listed("salons sur invitation"):
                room.join = "invite"

    async def install(self, space: FakeRoom, office: str) -> Lieu:
        """As if the concierges had answered already."""
        space.members[self.stage.me] = "join"
        lieux = self.stage.bot.lieux
        days_ago = self.stage.clock.at - 3 * DAY  # since Tuesday: no week was to be told yet
        lieu = await lieux.create(space.room_id, space.name, language="fr", zone="Europe/Paris", now=days_ago)
        await self.stage.bot.arrivals.know(lieu.id, list(space.members))
        await self.stage.bot.people.note_key_holders(lieu)
        self.furnish(space, [office])
        await lieux.choose(lieu.id, installed=True, office=self.rooms[office].room_id, **self.choices(space.name))
        return lieu

    async def give_accounts(self, lieu: Lieu) -> None:
        """Those of `comptes du lieu` were made by the bot."""
        for person in (self.people[name] for name in self.listed("comptes du lieu")):
            login = person[1:].partition(":")[0]
            await self.stage.bot.ownership.own_account(lieu.id, login, person, address=person)
        for name in self.listed("nextcloud du lieu"):
            await self.give_cloud(lieu.id, self.people[name])
        for name, role in self.pairs("comptes ouverts sur le site"):
            await self.give_site(lieu.id, self.people[name], role)

    async def give_site(self, lieu: int, person: str, role: str) -> None:
        """An account of the site, that the bot opened."""
        assert self.equipment.wordpress
        login = person[1:].partition(":")[0]
        ref = str(self.equipment.wordpress.add(login, f"{login}@exemple.fr", role).id)
        await self.stage.bot.ownership.own(lieu, "wordpress", "account", ref, person)

    async def give_cloud(self, lieu: int, person: str) -> None:
        """An account that the bot made, in the lieu's groups, a folder shared with it alone, and one that it shares."""
        assert self.nextcloud
        assert self.directory
        own, login = self.stage.bot.ownership.own, person[1:].partition(":")[0]
        self.nextcloud.add_account(login, groups=[self.group])
        self.directory.groups.setdefault(self.group, set()).add(login)
        await own(lieu, "nextcloud", "account", login, person)
        cloud = self.stage.services[NEXTCLOUD]
        assert cloud
        await cloud.folders.ensure("Photos")
        share = await cloud.shares.ensure("Photos", person=login)
        await own(lieu, "nextcloud", "share", share["id"], person)
        self.nextcloud.add_folder(login, "Recettes")
        memory = self.nextcloud.memory
        memory.homes[login]["Recettes/soupe.md"] = memory.node(b"x" * 4_500_000, "text/markdown")
        memory.share(1, login, "/Recettes", GROUP, 15)

    def choices(self, lieu: str) -> dict[str, Any]:
        return {
            "formal": self.says("vous"),
            "charter": self.header.get("charte", ""),
            "approval": self.says("accord"),
            "open_rooms": self.room_ids("salons ouverts"),
            "offered_rooms": self.room_ids("salons au choix"),
            "hall": next(iter(self.room_ids("présentations")), None),
            "group": login_from(lieu) if self.nextcloud else "",
            "folder": lieu if self.nextcloud else "",
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
        for written in self.listed("groupes de Nextcloud"):  # « id = what people see »
            group, _, shown = written.partition(" = ")
            server.memory.groups.append(group)
            server.memory.shown |= {group: shown} if shown else {}
        server.memory.policy.team_folders = self.header.get("dossiers d’équipe") != "non"

    def room_ids(self, name: str) -> list[str]:
        return [self.rooms[each].room_id for each in self.listed(name)]

    # -- services

    def have_joined(self) -> None:
        """« Anne Roux = anne@exemple.fr »: they joined a while ago, or a year ago tomorrow."""
        if server := self.equipment.helloasso:
            for name, days_ago in (("adhésions", 100), ("adhésions qui finissent demain", 364)):
                for written in self.listed(name):
                    called, _, email = written.partition(" = ")
                    first, _, last = called.partition(" ")
                    payer = None if email else ("Une", "Autre")
                    server.joins(first, last, email or None, payer=payer, days_ago=days_ago)

    def weather(self, service: str, fair: bool) -> None:
        """A service goes away, or comes back."""
        if service == "l’annuaire":
            assert self.directory
            self.directory.down = not fair
        elif service == "la messagerie":
            assert self.synapse
            self.synapse.down = not fair
        elif service == "l’annuaire des CHATONS":
            assert self.chatons
            self.chatons.down = not fair
        elif service == "Odoo":
            assert self.odoo
            self.odoo.ill = not fair
        elif service == "le site":
            assert self.equipment.wordpress
            self.equipment.wordpress.down = not fair
        elif service == "le serveur des e-mails":
            assert self.mail_server
            self.mail_server.answers = {} if fair else {"MAIL": "451 4.3.2 Try again later"}
        elif service == "HelloAsso":
            assert self.equipment.helloasso
            self.equipment.helloasso.weather.status = 0 if fair else 503
        else:
            assert self.nextcloud
            self.nextcloud.weather.maintenance = not fair

    async def import_lieux(self) -> None:
        """The host imported the list of `tests/data`."""
        rows = censuses.rows_of(read(LIST, {}).lieux)
        told = ("Mission Coworking", "Licence Ouverte 2.0", "2019-06")
        await self.stage.database.write(censuses.replace, *told, self.stage.clock.at, rows)

    # -- all of it

    async def set(self, office: str = "Conciergerie") -> None:
        """Everything is in its place before anybody speaks; `office` is the concierges' room."""
        self.people_arrive()
        self.accounts_exist()
        self.store()
        self.have_joined()
        concierges, members = self.ids("concierges"), self.ids("membres")
        space = self.build(self.lieu, concierges, members)
        if alias := self.header.get("liste"):
            self.stage.matrix.aliases[alias] = self.stage.matrix.room("Veille anti-arnaques").room_id
        self.furnish(space, self.listed("salons"))
        if self.is_installed:
            await self.give_accounts(await self.install(space, office))
        for written in self.listed("espaces"):  # « La Dune de Lou »: somebody's, whom the bot does not serve
            name, _, person = written.partition(" de ")
            self.build(name, [self.people[person]], [])
        if self.says("lieux de 2019"):
            await self.import_lieux()
        if other := self.header.get("autre lieu"):
            await self.install(self.build(other, concierges, []), f"Conciergerie · {other}")


def called(written: str, home: str) -> tuple[str, str]:
    """« Anne », or « Anne @anne:ailleurs.fr » → her name and address."""
    name, _, id = written.partition(" @")
    return name, f"@{id}" if id else f"@{login_from(name)}:{home}"


def operators(header: Mapping[str, str], home: str) -> list[str]:
    """Those who host the bot."""
    names = [name.strip() for name in header.get("hébergeurs", "").split(",")]
    return [called(name, home)[1] for name in names if name]


async def _chatons(stack: AsyncExitStack) -> ChatonsFiles:
    files = ChatonsFiles()
    await stack.enter_async_context(files.running())
    files.furnish()
    return files


PAGE_KEY = b"a key of the stage"  # so that links are the same at each play


@asynccontextmanager
async def scenery(header: Mapping[str, str], path: Path) -> AsyncIterator[Scenery]:
    async with AsyncExitStack() as stack:
        clock = Clock()
        equipment = await equip(stack, header, clock)
        chatons = await _chatons(stack) if says(header, "chatons") else None
        hosts = operators(header, server(ME))
        stage = await Stage.open(
            path,
            equipment.services,
            clock=clock,
            operators=hosts,
            public_url=header.get("pages", ""),
            client_url=header.get("client", CENTRAL_ELEMENT),
            chatons_url=f"{chatons.url}{FEDERATION}" if chatons else "",
            page_key=PAGE_KEY,
        )
        stage.matrix.takes_codes = equipment.takes_codes
        stack.push_async_callback(stage.close)
        scene = Scenery(stage, header, equipment, chatons=chatons)
        await scene.set()
        scene.copies = Copies(stage) if says(header, "sauvegardes") else None
        if url := header.get("pages"):
            scene.visitor = Visitor(stage, await stack.enter_async_context(serving(stage, url)))
        yield scene
