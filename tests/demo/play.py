"""The play: Anne installs the bot in her lieu and invites Zoé, who ends with an account, a folder and rooms."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.servers.lieu import EmbeddedLieu
from tests.servers.person import Heard, Person

LINE = Callable[[str, str, str], None]  # (room, who, what)
CHARTER = "On range après soi, on demande avant de photographier, et chacun·e est bienvenu·e."
EMAIL = "zoe@example.org"
PATIENCE = 60.0


@dataclass
class Actor:
    """A person whose conversation is shown: what they say and click, and what the bot answers."""

    name: str
    person: Person
    line: LINE
    rooms: dict[str, str] = field(default_factory=dict)
    _shown: dict[str, int] = field(default_factory=dict)
    _question: dict[str, str] = field(default_factory=dict)

    def follow(self, room_id: str, name: str) -> None:
        self.rooms[room_id] = name

    async def hears(self, room_id: str, text: str) -> None:
        """Wait for a message with this text in it, and show all that was said up to there."""
        heard = await self.person.next(room_id, lambda one: text in self._new_words(one), timeout=PATIENCE)
        self.show(room_id)
        self._question[room_id] = heard.event_id

    def _new_words(self, heard: Heard) -> str:
        """What the bot says for the first time; narrow spaces are spaces here."""
        said = heard.type == "m.room.message" and heard.sender != self.person.user_id and not heard.replaces
        return heard.body.replace("\u202f", " ").replace("\u00a0", " ") if said else ""

    async def says(self, room_id: str, text: str) -> None:
        self.show(room_id)
        self.line(self.rooms[room_id], self.name, text)
        await self.person.say(room_id, text)

    async def clicks(self, room_id: str, key: str) -> None:
        """Click on the question that was heard last."""
        self.show(room_id)
        self.line(self.rooms[room_id], self.name, f"clique sur {key}")
        await self.person.react(room_id, self._question[room_id], key)

    def show(self, room_id: str) -> None:
        """Show what the bot said here since the last time."""
        timeline = self.person.timeline(room_id)
        for heard in timeline[self._shown.get(room_id, 0) :]:
            if heard.type == "m.room.message" and heard.sender != self.person.user_id:
                self.line(
                    self.rooms[room_id], "Conciergerie", f"(modifié) {heard.body}" if heard.replaces else heard.body
                )
        self._shown[room_id] = len(timeline)


@dataclass
class Play:
    """Each act returns once what it promises has happened; `seconds` holds how long each took."""

    lieu: EmbeddedLieu
    line: LINE
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    seconds: dict[str, float] = field(default_factory=dict)

    async def act(self, name: str, scene: Callable[[], Any]) -> None:
        begun = time.monotonic()
        await scene()
        self.seconds[name] = time.monotonic() - begun

    async def prepare(self) -> None:
        """Anne has a space with two rooms, as lieux do before they meet the bot."""
        synapse = self.lieu.synapse
        account = await synapse.register("anne")
        self.anne = Actor("Anne", await Person(synapse, account).__aenter__(), self.line)
        await self.anne.person.call(
            "PUT", f"/_matrix/client/v3/profile/{account.user_id}/displayname", {"displayname": "Anne"}
        )
        levels = {"power_level_content_override": {"users": {self.lieu.account.user_id: 100}}}
        create = self.anne.person.create_room
        self.space = await create(
            name="La Rosée", creation_content={"type": "m.space"}, preset="private_chat", **levels
        )
        self.rooms = {name: await create(name=name, preset="private_chat", **levels) for name in ("Atelier", "Jardin")}
        for room in self.rooms.values():
            await self.anne.person.call(
                "PUT",
                f"/_matrix/client/v3/rooms/{self.space}/state/m.space.child/{room}",
                {"via": [synapse.server_name]},
            )
            await self._invite(room)

    async def _invite(self, room: str) -> None:
        body = {"user_id": self.lieu.account.user_id}
        await self.anne.person.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", body)

    async def install(self) -> None:
        """Anne invites the bot into the space and answers its questions."""
        await self._invite(self.space)
        direct = await self.anne.person.invited(lambda one: one.is_direct, timeout=PATIENCE)
        self.anne.follow(direct.room_id, "privé, Anne")
        await self.anne.person.join(direct.room_id)
        room, anne = direct.room_id, self.anne
        for question, answer in (
            ("Dans quel salon", "1"), ("Comment est-ce que je parle", "1"), ("Quelle heure", "Paris"),
            ("Avez-vous une charte", CHARTER), ("Faut-il le « oui »", "✅"),
            ("ouverts à tout le monde", "Atelier"), ("au choix, selon les envies", "Jardin"),
            ("présente les nouvelles", "Atelier"), ("façons de se connecter", "passer"), ("groupe des membres", "passer"),
            ("dossier partagé du lieu", "passer"), ("Je mets tout en place", "✅"),
        ):  # fmt: skip
            await anne.hears(room, question)
            await (anne.clicks(room, answer) if answer == "✅" else anne.says(room, answer))
        await anne.hears(room, "peut accueillir")
        office = await anne.person.invited(lambda one: "Conciergerie" in one.name, timeout=PATIENCE)
        self.office = await anne.person.join(office.room_id)
        anne.follow(self.office, "Conciergerie · La Rosée")

    async def invite(self) -> None:
        """One line in the office: a name and an e-mail."""
        await self.anne.says(self.office, f"!inviter Zoé Martin {EMAIL}")
        await self.anne.hears(self.office, "J’invite cette personne")
        await self.anne.clicks(self.office, "✅")
        await self.anne.hears(self.office, "L’invitation est partie")

    async def arrive(self) -> None:
        """Zoé follows the link of her mail, chooses a password, and signs in to Matrix with it."""
        house = self.lieu.house
        await house.choose_password(EMAIL, self.password)
        self.line("e-mail", "La Rosée", house.mails.messages[-1].subject)
        zoe = await house.sign_in("zoe.martin", self.password)
        self.zoe = Actor("Zoé", await zoe.__aenter__(), self.line)
        direct = await self.zoe.person.invited(lambda one: one.is_direct, timeout=PATIENCE)
        self.direct = await self.zoe.person.join(direct.room_id)
        self.zoe.follow(self.direct, "privé, Zoé")

    async def answer(self) -> None:
        """Zoé answers, one question by reaction, and changes one answer."""
        zoe, room = self.zoe, self.direct
        await zoe.hears(room, "Comment veux-tu qu’on t’appelle")
        await zoe.says(room, "Zoe")
        await zoe.hears(room, "cette charte te convient")
        await zoe.clicks(room, "✅")
        await zoe.hears(room, "Qu’est-ce qui t’amène")
        await zoe.says(room, "Apprendre à souder, et le jardin")
        await zoe.hears(room, "Quels salons")
        await zoe.says(room, "1")
        await zoe.hears(room, "te présente")
        await zoe.says(room, "oui")
        await zoe.hears(room, "Je récapitule")
        await zoe.says(room, "modifier prénom")
        await zoe.hears(room, "Comment veux-tu qu’on t’appelle")
        await zoe.says(room, "Zoé")
        await zoe.hears(room, "Je récapitule")
        await zoe.clicks(room, "✅")
        await zoe.hears(room, "J’ai transmis aux concierges")

    async def approve(self) -> None:
        """Anne says yes with a click, and the doors open."""
        await self.anne.hears(self.office, "voudrait rejoindre")
        await self.anne.clicks(self.office, "✅")
        await self.zoe.hears(self.direct, "bienvenue à")
        await self.zoe.hears(self.direct, "clé de récupération")
        for room in (self.space, *self.rooms.values()):
            await self.zoe.person.invited(lambda one, room=room: one.room_id == room, timeout=PATIENCE)
            await self.zoe.person.join(room)

    async def end(self) -> None:
        for actor in (getattr(self, "anne", None), getattr(self, "zoe", None)):
            if actor:
                await actor.person.__aexit__()
