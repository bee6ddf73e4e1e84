"""Anne's lieu: a space and two rooms, as Element makes them; and the installation, after which the bot can welcome."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack

from tests.demo.actor import PATIENCE, Actor, Line
from tests.demo.host import allow
from tests.servers.element import Element
from tests.servers.lieu import Lieu
from tests.servers.person import Person

NAME, HALL, GARDEN = "La Rosée", "Place du village", "Jardin"
CHARTER = "On range après soi, on demande avant de photographier, et chacun·e est bienvenu·e."
QUESTIONS = (
    ("install.charter", CHARTER),
    ("install.approval", "✅"),
    ("install.office", "1"),
    ("install.summary", "✅"),
)


class Place:
    """`login` is Anne's account on the lieu's homeserver."""

    def __init__(
        self, lieu: Lieu, line: Line, login: str = "anne", name: str = NAME, rooms: Sequence[str] = (HALL, GARDEN)
    ) -> None:
        self.lieu, self.line, self.name = lieu, line, name
        self.login, self._names = login, rooms
        self._stack = AsyncExitStack()

    async def enter(self, name: str, person: Person) -> Actor:
        """Somebody opens their Matrix client, until `end`."""
        return Actor(name, await self._stack.enter_async_context(person), self.line)

    async def prepare(self) -> None:
        """What lieux have before they meet the bot."""
        synapse = self.lieu.synapse
        account = await synapse.register(self.login)
        await synapse.call(
            "PUT",
            f"/_matrix/client/v3/profile/{account.user_id}/displayname",
            {"displayname": "Anne"},
            token=account.access_token,
        )
        self.anne = await self.enter("Anne", Person(synapse, account))
        self.element = Element(self.anne.person)
        self.space = await self.element.create_space(self.name)
        self.rooms = {name: await self.element.create_first_room(self.space, name) for name in self._names}
        self.line(self.name, "Anne", f"(crée un espace privé, et des salons : {', '.join(self.rooms)})")
        for name, room in self.rooms.items():
            self.anne.follow(room, name)

    async def host_says_yes(self) -> None:
        """Inès is asked whether this space is a lieu; each of her clients is a device of its own."""
        synapse = self.lieu.synapse
        async with Person(synapse, await synapse.login(self.lieu.host.user_id)) as person:
            await allow(Actor("Inès", person, self.line), self.anne.person.user_id)

    async def install(self) -> None:
        """Anne invites the bot into the space, gives it what it asks for there, and answers its questions."""
        await self.meet()
        await self.anne.hears(self.private, "talk.right-space")
        await self.make_administrator()
        await self.answer()

    async def meet(self) -> None:
        """The bot is invited as a guest, and its host says yes; Anne opens the private room that waits for her."""
        self.line(self.name, "Anne", "(invite la Conciergerie dans l’espace)")
        await self.element.invite(self.space, self.lieu.account.user_id)
        await self.host_says_yes()
        direct = await self.anne.person.invited(lambda one: one.is_direct, timeout=PATIENCE)
        self.anne.follow(direct.room_id, "en privé, Anne")
        self.private = await self.anne.person.join(direct.room_id)

    async def make_administrator(self) -> None:
        """In the space; Anne does in Element what the bot's sentence says."""
        self.line(self.name, "Anne", "(membres › Conciergerie › Rang : Administrateur › Continuer)")
        await self.element.make_administrator(self.space, self.lieu.account.user_id)

    async def answer(self) -> None:
        """All questions, up to the conciergerie that the bot makes."""
        await self.anne.converses(self.private, QUESTIONS)
        await self.anne.hears(self.private, "install.done")
        if self.lieu.cloud:
            self.group, self.folder = self._summed_up("groupe"), self._summed_up("dossier")
        office = await self.anne.person.invited(lambda one: "Conciergerie" in one.name, timeout=PATIENCE)
        self.office = await self.anne.person.join(office.room_id)
        self.anne.follow(self.office, office.name)

    async def entrust_rooms(self) -> None:
        """Anne makes the bot an administrator of her rooms: it asks for that where an act needs it, which is another
        story than what these tests tell."""
        for room in self.rooms.values():
            await self.element.make_administrator(room, self.lieu.account.user_id)

    def _summed_up(self, label: str) -> str:
        """An answer as the recapitulation shows it: a bot that serves several lieux proposes names of their own."""
        said = [line for heard in self.anne.person.messages(self.private) for line in heard.body.splitlines()]
        return next(line for line in reversed(said) if line.startswith(f"• {label}")).rpartition(": ")[2]

    async def end(self) -> None:
        """Everybody closes their client."""
        await self._stack.aclose()
