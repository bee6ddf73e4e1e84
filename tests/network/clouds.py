"""Two lieux that agree, each with a Nextcloud of its own, or without one."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from bot.app import Services
from bot.services.nextcloud import NEXTCLOUD
from bot.store.database import Database
from integrations.nextcloud import Nextcloud
from tests.network.lieux import Lieux, Place
from tests.network.two import LASER, Two
from tests.servers.nextcloud import ANYWHERE, StandIn
from tests.stage.stage import FakeRoom

BOT, PASSWORD = "concierge", "un mot de passe bien long"
TITLE = f"U{LASER[1:]}"
FOLDER = f"{TITLE} · La Rosée 1"
PEOPLE = ("anne", "marc")


@dataclass
class Pact(Two):
    """`offer` is the answer of Le Moulin, below the request at La Rosée; `clouds` by the name of the lieu."""

    offer: str = ""
    clouds: dict[str, StandIn] = field(default_factory=dict)

    async def offer_help(self) -> None:
        await self.lieux.click(self.moulin.concierge, self.moulin.office.room_id, "🙋", on=self.card)
        self.offer = self.lieux.card(self.rosee, "Le Moulin peut aider")

    async def yes_here(self, who: str = "") -> None:
        await self.lieux.click(who or self.rosee.concierge, self.rosee.office.room_id, "✅", on=self.offer)

    async def yes_there(self, who: str = "") -> None:
        proposal = self.lieux.card(self.moulin, "est d’accord pour le faire avec nous")
        await self.lieux.click(who or self.moulin.concierge, self.moulin.office.room_id, "✅", on=proposal)

    async def enter(self, person: str, room_id: str) -> None:
        self.lieux.moves(room_id, person, person, "join")
        await self.lieux.settle()

    async def agree(self) -> None:
        await self.yes_here()
        await self.yes_there()

    @property
    def request(self) -> str:
        return str(self.envelopes("request")[0]["id"])

    @property
    def project(self) -> FakeRoom:
        """The room that was made."""
        (room,) = (room for room in self.lieux.rooms.values() if room.name == TITLE)
        return room

    def reach(self, place: Place) -> dict[str, str]:
        """Who reaches what in the cloud of a lieu: person → folder."""
        shares = self.clouds[place.name].shares()
        return {str(share.to): share.path.strip("/") for share in shares if share.type == 0}


async def services(stack: AsyncExitStack, version: str) -> tuple[Services, StandIn | None]:
    """`version` of the Nextcloud; empty for none."""
    if not version:
        return Services(), None
    server = StandIn(version)
    server.add_account(BOT, PASSWORD, groups=["lieu"], subadmin=["lieu"])
    for login in PEOPLE:
        server.add_account(login, groups=["lieu"])
    url = await stack.enter_async_context(server.running())
    cloud = Nextcloud(url, BOT, server.app_password(BOT), password=PASSWORD, read_timeout=3, outside=ANYWHERE)
    stack.push_async_callback(cloud.close)
    return Services({NEXTCLOUD: cloud}), server


async def pact(
    lieux: Lieux,
    stack: AsyncExitStack,
    here: str = "34.0.1",
    there: str = "29.0.1",
    store: type[Database] = Database,
    other: type[Database] = Database,
) -> Pact:
    """Le Moulin offered help; nobody said yes yet."""
    ours, our_cloud = await services(stack, here)
    theirs, their_cloud = await services(stack, there)
    rosee = await lieux.build("La Rosée", "rosee.fr", services=ours, store=store)
    moulin = await lieux.build("Le Moulin", "moulin.fr", services=theirs, store=other)
    found = Pact(lieux, rosee, moulin, lieux.rooms[await lieux.network(rosee, moulin)])
    found.clouds |= {name: cloud for name, cloud in (("La Rosée", our_cloud), ("Le Moulin", their_cloud)) if cloud}
    await found.ask()
    await found.offer_help()
    return found
