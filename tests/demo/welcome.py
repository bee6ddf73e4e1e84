"""One welcome, act by act: each returns once what it promises has happened."""

from __future__ import annotations

from tests.demo.actor import PATIENCE, Actor
from tests.demo.newcomers import Newcomer
from tests.demo.place import HALL, Place

WISH = "Apprendre à souder, et le jardin"


class Welcome:
    """Zoé (whoever `newcomer` is) comes to `place`. `direct` is her room with the bot, from `arrive` on."""

    zoe: Actor
    direct: str

    def __init__(self, place: Place, newcomer: Newcomer) -> None:
        self.place, self.newcomer = place, newcomer

    async def invite(self) -> None:
        """One line in the office."""
        anne, office = self.place.anne, self.place.office
        await anne.says(office, f"!inviter {self.newcomer.invited_as}")
        await anne.hears(office, "J’invite cette personne")
        await anne.clicks(office, "✅")
        await anne.hears(office, "L’invitation est partie")

    async def arrive(self) -> None:
        """Zoé opens her client, and the private room that waits for her."""
        self.zoe = await self.place.enter("Zoé", await self.newcomer.arrive(self.place.line))
        direct = await self.zoe.person.invited(lambda one: one.is_direct, timeout=PATIENCE)
        self.direct = await self.zoe.person.join(direct.room_id)
        self.zoe.follow(self.direct, "en privé, Zoé")

    async def answer(self) -> None:
        """Zoé answers, one question by reaction, and changes one answer."""
        await self.zoe.converses(self.direct, self._answers())
        await self.zoe.hears(self.direct, "J’ai transmis aux concierges")

    def _answers(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Comment veux-tu qu’on t’appelle", "Zoe"),
            ("cette charte te convient", "✅"),
            *self.newcomer.extra,
            ("Qu’est-ce qui t’amène", WISH),
            ("Quels salons", "1"),
            ("te présente", "oui"),
            ("Je récapitule", "modifier prénom"),
            ("Comment veux-tu qu’on t’appelle", "Zoé"),
            ("Je récapitule", "✅"),
        )

    async def approve(self) -> None:
        """Anne says yes with a click, and the doors open."""
        await self.place.anne.hears(self.place.office, "voudrait rejoindre")
        await self.place.anne.clicks(self.place.office, "✅")
        await self.zoe.hears(self.direct, "bienvenue à")
        await self.zoe.hears(self.direct, "clé de récupération")
        for room in (self.place.space, *self.place.rooms.values()):
            await self.zoe.person.invited(lambda one, room=room: one.room_id == room, timeout=PATIENCE)
            await self.zoe.person.join(room, via=[self.place.lieu.synapse.server_name])

    async def introduce(self) -> None:
        """The members read who came, and Anne takes care of her."""
        hall = self.place.rooms[HALL]
        await self.place.anne.hears(hall, "qui vient d’arriver")
        await self.place.anne.clicks(hall, "👋")
        await self.place.anne.sees(hall, "ccueilli·e par Anne")
