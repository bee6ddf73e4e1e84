"""One welcome, act by act: each returns once what it promises has happened."""

from __future__ import annotations

from tests.demo.actor import PATIENCE, Actor
from tests.demo.newcomers import Newcomer
from tests.demo.place import HALL, Place
from tests.demo.sentences import label

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
        await anne.hears(office, "invite.summary")
        await anne.clicks(office, "✅")
        await anne.hears(office, "invite.done", "invite.done-by-hand")

    async def arrive(self) -> None:
        """Zoé opens her client, and the private room that waits for her."""
        self.zoe = await self.place.enter("Zoé", await self.newcomer.arrive(self.place.line))
        direct = await self.zoe.person.invited(lambda one: one.is_direct, timeout=PATIENCE)
        self.direct = await self.zoe.person.join(direct.room_id)
        self.zoe.follow(self.direct, "en privé, Zoé")

    async def answer(self) -> None:
        """Zoé answers, one question by reaction, and changes one answer."""
        await self.zoe.converses(self.direct, self._answers())
        await self.zoe.hears(self.direct, "welcome.pending")

    def _answers(self) -> tuple[tuple[str, str], ...]:
        return (
            *self.newcomer.named,
            ("welcome.charter", "✅"),
            *self.newcomer.extra,
            ("welcome.wish", WISH),
            ("welcome.introduced", "oui"),
            ("welcome.summary", f"modifier {label('welcome.name')}"),
            ("welcome.name", "Zoé"),
            ("welcome.summary", "✅"),
        )

    async def approve(self) -> None:
        """Anne says yes with a click, and the doors open."""
        await self.place.anne.hears(self.place.office, "welcome.approve")
        await self.place.anne.clicks(self.place.office, "✅")
        await self.zoe.reads(self.direct, "welcome.done")
        await self.zoe.person.invited(lambda one: one.room_id == self.place.space, timeout=PATIENCE)
        for room in (self.place.space, *self.place.rooms.values()):  # which opens the others
            await self.zoe.person.join(room, via=[self.place.lieu.synapse.server_name])

    async def introduce(self) -> None:
        """The members read who came, and Anne takes care of her."""
        hall = self.place.rooms[HALL]
        await self.place.anne.hears(hall, "introduction.newcomer")
        await self.place.anne.clicks(hall, "👋")
        await self.place.anne.sees(hall, "talk.chosen-by.claim")
