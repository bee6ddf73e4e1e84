"""Lieux with their bots, on one stage, and how they come into a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app import Services
from bot.lieux import Lieu
from bot.store.database import Database
from tests.stage.several_bots import Federation
from tests.stage.stage import FakeRoom, Stage


@dataclass
class Place:
    """A lieu, its concierge, a member, its conciergerie and a room for everybody."""

    name: str
    stage: Stage
    lieu: Lieu
    concierge: str
    member: str
    office: FakeRoom
    hall: FakeRoom


class Lieux(Federation):
    """`places` by name."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.places: dict[str, Place] = {}

    async def build(
        self,
        name: str,
        server: str,
        *,
        bot: str = "",
        services: Services | None = None,
        store: type[Database] = Database,
    ) -> Place:
        """A lieu that is installed; several may have the same `bot`."""
        me = bot or f"@conciergerie:{server}"
        stage = self.stages.get(me) or await self.open(me, services or Services(), store)
        concierge, member = f"@anne:{server}", f"@marc:{server}"
        self.names |= {concierge: "Anne", member: "Marc", me: "Conciergerie (bot)"}
        space = self.room(name, space=True)
        space.members, space.levels = dict.fromkeys((concierge, member, me), "join"), {concierge: 100, me: 50}
        office, hall = (self.room(f"{kind} · {name}", parent=space.room_id) for kind in ("Conciergerie", "Salon"))
        for room in (office, hall):
            room.members, room.levels = dict(space.members), {me: 100, concierge: 50}
        made = await stage.bot.lieux.create(space.room_id, name, language="fr", zone="Europe/Paris", now=1)
        choices: dict[str, Any] = {"installed": True, "office": office.room_id, "open_rooms": [hall.room_id]}
        await stage.bot.lieux.choose(made.id, **choices)
        lieu = await stage.bot.lieux.get(made.id)
        assert lieu
        self.places[name] = Place(name, stage, lieu, concierge, member, office, hall)
        return self.places[name]

    async def network(self, *places: Place, name: str = "Touraine", town: str = "Tours") -> str:
        """The first one, in this town, makes it, the others join by its address and are let in. Returns the
        coordination room."""
        (first, *others), before = places, {*self.rooms}
        await self.write(first.concierge, first.office.room_id, f"!réseau créer {name}")
        await self.write(first.concierge, first.office.room_id, town)
        await self.click(first.concierge, first.office.room_id, "✅")
        for place in others:
            await self.join_network(first, place)
        made = (room for room in self.rooms.values() if room.room_id not in before)
        return next(room.room_id for room in made if room.network and not room.space)

    async def join_network(self, first: Place, place: Place) -> None:
        """By the address of the network that the first one made."""
        (row,) = await first.stage.bot.network.networks.of(first.lieu.id)
        address = await first.stage.bot.network.networks.address(row["network"])
        await self.write(place.concierge, place.office.room_id, f"!réseau rejoindre {address}")
        await self.write(place.concierge, place.office.room_id, "passer")
        await self.click(first.concierge, first.office.room_id, "✅")

    def said(self, place: Place, room: FakeRoom | None = None) -> list[str]:
        """What the bot of this lieu said in its conciergerie, or in another room."""
        return place.stage.said((room or place.office).room_id)

    def card(self, place: Place, words: str) -> str:
        """The message of this lieu's bot that has these words, in its conciergerie."""
        return next(
            str(event["event_id"])
            for event in reversed(place.office.events)
            if words in event["content"].get("body", "")
            and event["sender"].startswith("@conciergerie")
            and "m.new_content" not in event["content"]
        )

    async def ask(self, place: Place, what: str) -> None:
        """A request in the conciergerie, in the name of the lieu."""
        room = place.office.room_id
        await self.write(place.concierge, room, f"!demande {what}")
        for question, answer in (("C’est plutôt", "1"), ("Jusqu’à quand", "passer")):
            if question in self.said(place)[-1]:
                await self.write(place.concierge, room, answer)
        await self.click(place.concierge, room, "✅")

    def last_message(self, place: Place) -> dict[str, Any]:
        return next(dict(e["content"]) for e in reversed(place.office.events) if e["type"] == "m.room.message")

    def is_redacted(self, place: Place, event_id: str) -> bool:
        return any(event["redacted"] for event in place.office.events if event["event_id"] == event_id)
