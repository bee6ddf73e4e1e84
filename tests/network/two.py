"""La Rosée and Le Moulin, in one network; La Rosée asks for a laser cutter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.network.lieux import Lieux, Place
from tests.stage.stage import FakeRoom

LASER = "une découpeuse laser pour samedi"


@dataclass
class Two:
    """`asked` and `card` are the request's messages in the two conciergeries, `room` the coordination room."""

    lieux: Lieux
    rosee: Place
    moulin: Place
    room: FakeRoom
    asked: str = ""
    card: str = ""

    @classmethod
    async def meet(cls, lieux: Lieux, **how: Any) -> Two:
        rosee = await lieux.build("La Rosée", "rosee.fr", **how)
        moulin = await lieux.build("Le Moulin", "moulin.fr", **how)
        return cls(lieux, rosee, moulin, lieux.rooms[await lieux.network(rosee, moulin)])

    async def ask(self, what: str = LASER) -> None:
        await self.lieux.ask(self.rosee, what)
        self.asked, self.card = self.lieux.card(self.rosee, what), self.lieux.card(self.moulin, what)

    def here(self) -> list[str]:
        return self.lieux.said(self.rosee)

    def there(self) -> list[str]:
        return self.lieux.said(self.moulin)

    async def answer(self, text: str, *, to: str = "", **content: Any) -> str:
        """Somebody of Le Moulin, in the thread of the card."""
        place = self.moulin
        return await self.lieux.write(place.concierge, place.office.room_id, text, **below(self.card, to), **content)

    async def say(self, text: str, *, to: str = "") -> str:
        """Somebody of La Rosée, below the request."""
        place = self.rosee
        return await self.lieux.write(place.concierge, place.office.room_id, text, **below(self.asked, to))

    def envelopes(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of this kind in the coordination room, in their order."""
        key = f"org.conciergerie.{kind}"
        return [event["content"][key] for event in self.room.events if key in event["content"]]

    async def forge(self, sender: str, kind: str, body: Any, **content: Any) -> str:
        """Somebody says in the coordination room what only a bot should."""
        self.room.members.setdefault(sender, "join")
        return await self.lieux.write(sender, self.room.room_id, "…", **{f"org.conciergerie.{kind}": body}, **content)


def below(root: str, to: str = "") -> dict[str, Any]:
    """In the thread of `root`; on purpose as an answer `to` one of its messages."""
    reply = {"m.in_reply_to": {"event_id": to or root}, "is_falling_back": not to}
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": root} | reply}
