"""Lieux on two homeservers that federate, with their bots: a request and its answers, for two, and among five bots."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from importlib.resources import files

import pytest

from tests.demo.place import Place
from tests.servers.federation import Federation

from .conftest import Open, Settle
from .network import DRILL, LASER, Two, ask, card, meet, read, says, shown, thread

PICTURE = files("bot.pictures").joinpath("avatar.png").read_bytes()


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
    await moulin.converses(there, [("network.sure-leave", "✅")])
    await moulin.hears(there, "network.left")
    await two.rosee.anne.person.next(two.rosee.office, says("Le Moulin n’est plus dans le réseau"))
    await ask(two.rosee, DRILL)
    await moulin.says(there, "!demande un coup de main")
    await moulin.hears(there, "request.no-network")
    heard = " ".join((await read(two.moulin, two.moulin.lieu.account.user_id)).values())
    assert LASER in heard
    assert DRILL not in heard


async def test_the_keys_pass_to_another_lieu_which_can_then_let_others_in(two: Two) -> None:
    anne, office, moulin, there = two.rosee.anne, two.rosee.office, two.moulin.anne, two.moulin.office
    await anne.says(office, "!réseau confier")
    await anne.converses(office, [("network.to-whom", "1"), ("network.sure-entrust", "✅")])
    await moulin.person.next(there, says("Nous avons maintenant les clés"))
    await anne.says(office, "!réseau quitter")
    await anne.converses(office, [("network.sure-leave", "✅")])
    await moulin.person.next(there, says("La Rosée n’est plus dans le réseau"))
    await moulin.says(there, "!réseau inviter")
    await moulin.converses(there, [("network.bot", "passer")])
    told = await moulin.person.next(there, says("À transmettre"))
    address = re.search(r"!réseau rejoindre (\S+)", told.body)
    assert address
    await anne.says(office, f"!réseau rejoindre {address[1]}")
    await anne.converses(office, [("network.town", "passer")])
    await moulin.converses(there, [("lieu_admission.let-in", "✅")])
    await anne.person.next(office, says("nous sommes dans le réseau"))


async def test_an_invited_lieu_is_in_with_one_yes(two: Two) -> None:
    """Into a second network: they know each other from the first."""
    anne, office, moulin, there = two.rosee.anne, two.rosee.office, two.moulin.anne, two.moulin.office
    await anne.says(office, "!réseau créer Val de Loire")
    await anne.converses(office, [("network.sure", "✅")])
    await anne.person.next(office, says("Le réseau Val de Loire existe"))
    await anne.says(office, "!réseau inviter")
    await anne.converses(office, [("network.which", "Val de Loire"), ("network.bot", two.moulin.lieu.account.user_id)])
    await moulin.converses(there, [("lieu_admission.bidden", "✅")])
    await moulin.person.next(there, says("nous sommes dans le réseau Val de Loire"))


@dataclass
class Five:
    """La Rosée asks; Le Hangar shares the bot of Le Moulin, and is in no network."""

    rosee: Place
    moulin: Place
    fabrique: Place
    recollets: Place
    phare: Place
    hangar: Place


@pytest.fixture
async def five(federation: Federation, open_lieu: Open, settle: Settle) -> Five:
    here, there = federation.servers
    first, mill, *others = await asyncio.gather(*(open_lieu(server) for server in (here, there, here, there, here)))
    names = ("La Rosée", "Le Moulin", "La Fabrique", "Les Récollets", "Le Phare", "Le Hangar")
    five = Five(*await asyncio.gather(*map(settle, names, (first, mill, *others, mill))))
    await meet(five.rosee, five.moulin, five.fabrique, five.recollets, five.phare)
    return five


async def test_each_of_five_lieux_and_a_sixth_sees_what_concerns_it(five: Five) -> None:
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
    await ask(five.rosee, DRILL)
    for place in (five.moulin, five.fabrique, five.recollets, five.phare):
        await card(place, DRILL)
    assert await shown(five.rosee, "La Fabrique") == ["Quelle épaisseur ?"]
    assert await shown(five.moulin, "La Rosée") == ["Samedi, ça vous va ?"]
    assert await shown(five.fabrique, "La Rosée") == ["Six millimètres", "Samedi, ça vous va ?"]
    assert await shown(five.recollets, "La Rosée") == await shown(five.phare, "La Rosée") == []
    await nothing_was_heard(five.hangar)


async def nothing_was_heard(place: Place) -> None:
    """Its bot has long told the lieu that it shares it with."""
    await place.anne.says(place.office, "!demande un coup de main")
    await place.anne.hears(place.office, "request.no-network")
    heard = " ".join((await read(place, place.lieu.account.user_id)).values())
    assert not any(word in heard for word in ("La Rosée", "Touraine", LASER, DRILL))
