"""Lieux on two homeservers that federate, with their bots: a request and its answers, for two, and among five."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from importlib.resources import files

import pytest

from tests.demo.place import Place
from tests.servers.federation import Federation

from .conftest import Open, Settle
from .network import Two, ask, card, meet, read, says, shown, thread

LASER, SOLDERING = "une découpeuse laser pour samedi", "une soudeuse pour mardi"
PICTURE = files("bot").joinpath("avatar.png").read_bytes()


async def test_a_request_is_answered_from_another_homeserver(two: Two) -> None:
    asked, card = await two.ask(LASER)
    anne, office = two.rosee.anne.person, two.rosee.office
    other, there = two.moulin.anne.person, two.moulin.office
    await other.react(there, card, "🙋")
    await anne.next(office, says("Le Moulin peut aider"))
    await anne.edited(office, asked, "On en parle")
    await other.edited(there, card, "On en parle")
    first = await other.say_in_thread(there, card, "On en a deux")
    line = await anne.next(office, says("On en a deux"))
    assert thread(line.content) == asked
    await other.edit(there, first, "On en a une")
    await anne.edited(office, line.event_id, "On en a une")
    await anne.say_in_thread(office, asked, "Samedi matin ?")
    back = await other.next(there, says("Samedi matin"))
    assert (thread(back.content), back.body) == (card, "La Rosée\u202f: Samedi matin ?")
    await other.redact(there, first)
    await anne.next(office, lambda heard: heard.content.get("redacts") == line.event_id)


async def test_a_picture_is_opened_where_it_was_not_uploaded(two: Two) -> None:
    asked, card = await two.ask(LASER)
    anne, office = two.rosee.anne.person, two.rosee.office
    below = {"rel_type": "m.thread", "event_id": card}
    await two.moulin.anne.person.show(two.moulin.office, PICTURE, "atelier.png", **{"m.relates_to": below})
    shown = await anne.next(office, says("atelier.png"))
    assert (thread(shown.content), shown.content["msgtype"]) == (asked, "m.image")
    assert await anne.opened(shown.content) == PICTURE


async def test_a_lieu_that_left_hears_no_more(two: Two) -> None:
    await two.ask(LASER)
    moulin, there = two.moulin.anne, two.moulin.office
    await moulin.says(there, "!réseau quitter")
    await moulin.converses(there, [("network.which", "1"), ("network.sure-leave", "✅")])
    await moulin.hears(there, "network.left")
    await ask(two.rosee, SOLDERING)
    await moulin.says(there, "!demande un coup de main")
    await moulin.hears(there, "request.no-network")
    heard = " ".join((await read(two.moulin, two.moulin.lieu.account.user_id)).values())
    assert LASER in heard
    assert SOLDERING not in heard


@dataclass
class Five:
    """La Rosée asks; Le Hangar shares the bot of Le Moulin, and is in no network."""

    rosee: Place
    moulin: Place
    fabrique: Place
    recollets: Place
    hangar: Place


@pytest.fixture
async def five(federation: Federation, open_lieu: Open, settle: Settle) -> Five:
    here, there = federation.servers
    first, mill, *others = await asyncio.gather(*(open_lieu(server) for server in (here, there, here, there)))
    names = ("La Rosée", "Le Moulin", "La Fabrique", "Les Récollets", "Le Hangar")
    five = Five(*await asyncio.gather(*map(settle, names, (first, mill, *others, mill))))
    await meet(five.rosee, five.moulin, five.fabrique, five.recollets)
    return five


async def test_each_of_five_lieux_sees_what_concerns_it(five: Five) -> None:
    asked = await ask(five.rosee, LASER)
    anne, office = five.rosee.anne.person, five.rosee.office
    moulin, fabrique, recollets = [await card(one, LASER) for one in (five.moulin, five.fabrique, five.recollets)]
    await five.recollets.anne.person.react(five.recollets.office, recollets, "🔕")
    await five.moulin.anne.person.react(five.moulin.office, moulin, "🙋")
    await anne.next(office, says("Le Moulin peut aider"))
    await five.fabrique.anne.person.say_in_thread(five.fabrique.office, fabrique, "Quelle épaisseur ?")
    question = await anne.next(office, says("Quelle épaisseur"))
    await anne.reply(office, question.event_id, "Six millimètres")
    await five.fabrique.anne.person.next(five.fabrique.office, says("Six millimètres"))
    await anne.say_in_thread(office, asked, "Samedi, ça vous va ?")
    for place in (five.moulin, five.fabrique):
        await place.anne.person.next(place.office, says("Samedi, ça vous va"))
    await ask(five.rosee, SOLDERING)
    for place in (five.moulin, five.fabrique, five.recollets):
        await card(place, SOLDERING)
    assert await shown(five.rosee, "La Fabrique") == ["Quelle épaisseur ?"]
    assert await shown(five.moulin, "La Rosée") == ["Samedi, ça vous va ?"]
    assert await shown(five.fabrique, "La Rosée") == ["Six millimètres", "Samedi, ça vous va ?"]
    assert await shown(five.recollets, "La Rosée") == []
    await nothing_was_heard(five.hangar)


async def nothing_was_heard(place: Place) -> None:
    """Its bot has long told the lieu that it shares it with."""
    await place.anne.says(place.office, "!demande un coup de main")
    await place.anne.hears(place.office, "request.no-network")
    heard = " ".join((await read(place, place.lieu.account.user_id)).values())
    assert not any(word in heard for word in ("La Rosée", "Touraine", LASER, SOLDERING))
