"""Lieux whose bots are processes of their own, in one network: how they meet and ask, and what their people see."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from babel.dates import format_date

from tests.demo.actor import PATIENCE
from tests.demo.place import Place
from tests.servers.person import Heard

from .transcript import events


def in_days(days: int) -> str:
    """That day as people name it: "vendredi". Today's name is asked (today, or in a week?), so it is never a test's."""
    return format_date(datetime.now(UTC) + timedelta(days=days), "EEEE", locale="fr")


LASER, DRILL = f"une découpeuse laser pour {in_days(4)}", f"une perceuse pour {in_days(2)}"


def says(words: str) -> Callable[[Heard], bool]:
    return lambda heard: heard.type == "m.room.message" and words in heard.body


def thread(content: dict[str, Any]) -> Any:
    return content["m.relates_to"]["event_id"]


async def meet(first: Place, *others: Place) -> None:
    """The first one makes a network; the others join by its address, and are let in."""
    anne, office = first.anne, first.office
    await anne.says(office, "!réseau créer Touraine")
    await anne.converses(office, [("network.town", "Tours"), ("network.sure", "✅")])
    made = await anne.person.next(office, says("rejoindre"))
    address = re.search(r"!réseau rejoindre (\S+)", made.body)
    assert address
    for place in others:
        await place.anne.says(place.office, f"!réseau rejoindre {address[1]}")
        await place.anne.converses(place.office, [("network.town", "passer")])
        await place.anne.hears(place.office, "network.asked")
        await anne.converses(office, [("lieu_admission.let-in", "✅")])
        await place.anne.person.next(place.office, says("nous sommes dans le réseau"), timeout=PATIENCE)


async def ask(place: Place, what: str) -> str:
    """The request's message in the conciergerie of the lieu that asks; `what` says of which kind, and until when."""
    await place.anne.says(place.office, f"!demande {what}")
    await place.anne.converses(place.office, [("request.sure", "✅")])
    return (await place.anne.person.next(place.office, says("Notre demande"))).event_id


async def card(place: Place, what: str) -> str:
    """The request's message in the conciergerie of another lieu."""
    return (await place.anne.person.next(place.office, says(what), timeout=PATIENCE)).event_id


async def read(place: Place, sender: str) -> dict[str, str]:
    """What somebody said in the conciergerie, as it reads now: corrected, and without what was taken back."""
    found: dict[str, str] = {}
    for event in await events(place.anne, place.office):
        content = event["content"]
        if event["type"] != "m.room.message" or event["sender"] != sender or "body" not in content:
            continue
        relation = content.get("m.relates_to", {})
        if relation.get("rel_type") != "m.replace":
            found[event["event_id"]] = content["body"]
        elif relation["event_id"] in found:
            found[relation["event_id"]] = content["m.new_content"]["body"]
    return found


async def shown(place: Place, of: str) -> list[str]:
    """The lines of another lieu that the bot shows, in their order, as they read now."""
    said = (await read(place, place.lieu.account.user_id)).values()
    return [line.removeprefix(f"{of}\u202f: ") for line in said if line.startswith(f"{of}\u202f: ")]


@dataclass
class Two:
    """In one network."""

    rosee: Place
    moulin: Place

    async def ask(self, what: str) -> tuple[str, str]:
        """The request's messages in the two conciergeries."""
        return await ask(self.rosee, what), await card(self.moulin, what)
