"""Two lieux on two homeservers that federate, each with its bot as its own process: a request and its answers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.demo.actor import PATIENCE
from tests.demo.place import Place
from tests.servers.federation import Federation
from tests.servers.person import Heard

from .conftest import Open, unique, untold

LASER = "une découpeuse laser pour samedi"


def says(words: str) -> Callable[[Heard], bool]:
    return lambda heard: heard.type == "m.room.message" and words in heard.body


@dataclass
class Two:
    rosee: Place
    moulin: Place

    async def network(self) -> None:
        """La Rosée makes a network; Le Moulin joins it by its address."""
        anne, office = self.rosee.anne, self.rosee.office
        await anne.says(office, "!réseau créer Touraine")
        await anne.converses(office, [("network.town", "Tours"), ("network.sure", "✅")])
        made = await anne.person.next(office, says("rejoindre"))
        address = re.search(r"!réseau rejoindre (\S+)\.", made.body)
        assert address
        other, there = self.moulin.anne, self.moulin.office
        await other.says(there, f"!réseau rejoindre {address[1]}")
        await other.converses(there, [("network.town", "passer")])
        await other.hears(there, "network.asked")
        await anne.converses(office, [("network.let-in", "✅")])
        await other.person.next(there, says("nous sommes dans le réseau"), timeout=PATIENCE)

    async def ask(self) -> tuple[str, str]:
        """The request's messages in the two conciergeries."""
        anne, office = self.rosee.anne, self.rosee.office
        await anne.says(office, f"!demande {LASER}")
        answers = (
            ("request.kind", "1"),
            ("request.until", "passer"),
            ("request.named", "❌"),
            ("request.sure", "✅"),
        )
        await anne.converses(office, answers)
        asked = await anne.person.next(office, says("Notre demande"))
        card = await self.moulin.anne.person.next(self.moulin.office, says(LASER))
        return asked.event_id, card.event_id


@pytest.fixture
async def two(federation: Federation, open_lieu: Open) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        places = []
        for name, server in (("La Rosée", federation.here), ("Le Moulin", federation.there)):
            place = Place(await open_lieu(server), untold, unique("anne"), name)
            stack.push_async_callback(place.end)
            await place.prepare()
            await place.install()
            places.append(place)
        yield Two(*places)


async def test_a_request_is_answered_from_another_homeserver(two: Two) -> None:
    await two.network()
    asked, card = await two.ask()
    anne, office = two.rosee.anne.person, two.rosee.office
    other, there = two.moulin.anne.person, two.moulin.office
    await other.react(there, card, "🙋")
    await anne.next(office, says("Le Moulin peut aider"))
    await anne.edited(office, asked, "On en parle")
    await other.edited(there, card, "On en parle")
    first = await other.say_in_thread(there, card, "On en a deux")
    line = await anne.next(office, says("On en a deux"))
    assert _thread(line.content) == asked
    await other.edit(there, first, "On en a une")
    await anne.edited(office, line.event_id, "On en a une")
    await anne.say_in_thread(office, asked, "Samedi matin ?")
    back = await other.next(there, says("Samedi matin"))
    assert (_thread(back.content), back.body) == (card, "La Rosée\u202f: Samedi matin ?")
    await other.redact(there, first)
    await anne.next(office, lambda heard: heard.content.get("redacts") == line.event_id)


def _thread(content: dict[str, Any]) -> Any:
    return content["m.relates_to"]["event_id"]
