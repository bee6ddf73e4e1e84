"""Which town a lieu is in: asked once where the name does not say it, and never before coordinates that were given."""

from __future__ import annotations

import pytest

from bot.network.gazetteer import called
from tests.network.lieux import Lieux, Place
from tests.network.two import LASER, Two

REUNION, FRANCE = (town["geo_uri"] for town in called("Saint-Denis"))
BY_HAND = "geo:47.3900,0.6800"


@pytest.fixture
async def two(lieux: Lieux) -> Two:
    return await Two.meet(lieux)


async def say(lieux: Lieux, place: Place, *lines: str) -> list[str]:
    before = len(lieux.said(place))
    for line in lines:
        await lieux.write(place.concierge, place.office.room_id, line)
    return lieux.said(place)[before:]


async def card(two: Two) -> dict[str, object]:
    """What La Rosée says of itself, as Le Moulin has it."""
    found = await two.moulin.stage.bot.network.networks.around(two.moulin.lieu)
    return next(one["card"] for one in found["others"] if one["card"]["name"] == "La Rosée")


async def sent(two: Two) -> dict[str, object]:
    """The same, as it is on the wire."""
    (row,) = await two.moulin.stage.bot.network.networks.of(two.moulin.lieu.id)
    told = await two.moulin.stage.bot.network.networks.declarations.neighbours(row["network"])
    return next(one["card"] for one in told if one["card"]["name"] == "La Rosée")


async def test_a_town_alone_of_its_name_says_where_a_lieu_is(two: Two) -> None:
    await say(two.lieux, two.rosee, "!réseau régler", "ville", "chinon", "oui")
    assert (await card(two))["geo_uri"] == called("Chinon")[0]["geo_uri"]
    assert "geo_uri" not in await sent(two), "what follows from the town is not told twice"
    await say(two.lieux, two.rosee, "!réseau régler", "ville", "Lausanne", "oui")
    assert "geo_uri" not in await card(two)


async def test_of_namesakes_it_is_asked_once_and_told_to_the_others(two: Two) -> None:
    said = await say(two.lieux, two.rosee, "!réseau régler", "ville", "Saint-Denis")
    assert "Plusieurs villes s’appellent Saint-Denis" in said[-1]
    await say(two.lieux, two.rosee, "Île-de-France", "oui")
    assert (await sent(two))["geo_uri"] == FRANCE
    said = await say(two.lieux, two.rosee, "!lieux près de Saint-Denis")
    assert "Laquelle" not in said[0], "we are there"


async def test_the_other_one_may_be_meant_later(two: Two) -> None:
    await say(two.lieux, two.rosee, "!réseau régler", "ville", "Saint-Denis", "Île-de-France", "oui")
    await say(two.lieux, two.rosee, "!réseau régler", "ville", "Saint-Denis", "La Réunion", "oui")
    assert (await sent(two))["geo_uri"] == REUNION
    await say(two.lieux, two.rosee, "!réseau régler", "ville", "Tours", "oui")
    assert "geo_uri" not in await sent(two), "the coordinates of the town before are not those of the lieu"


async def test_whoever_does_not_say_which_is_nowhere(two: Two) -> None:
    await say(two.lieux, two.rosee, "!réseau régler", "ville", "Saint-Denis", "passer", "oui")
    assert (await card(two))["town"] == "Saint-Denis"
    assert "geo_uri" not in await card(two)


async def test_coordinates_that_were_given_stay_whatever_the_town(two: Two) -> None:
    await say(two.lieux, two.rosee, "!réseau régler", "coordonnées", "47.39, 0.68", "oui")
    said = await say(two.lieux, two.rosee, "!réseau régler", "ville", "Saint-Denis")
    assert "Laquelle" not in said[-1]
    await say(two.lieux, two.rosee, "oui")
    assert (await sent(two))["geo_uri"] == BY_HAND
    await say(two.lieux, two.rosee, "!réseau régler", "ville", "passer")
    assert (await sent(two))["geo_uri"] == BY_HAND
    assert "town" not in await sent(two)


async def test_it_is_asked_where_a_network_is_made_or_joined(lieux: Lieux) -> None:
    rosee, moulin = await lieux.build("La Rosée", "rosee.fr"), await lieux.build("Le Moulin", "moulin.fr")
    said = await say(lieux, rosee, "!réseau créer Touraine", "Valence", "Occitanie")
    assert any("• région\u202f: Occitanie" in one for one in said), "shown before it counts"
    await say(lieux, rosee, "oui")
    (row,) = await rosee.stage.bot.network.networks.of(rosee.lieu.id)
    assert row["choices"]["card"] == {"town": "Valence", "geo_uri": called("Valence")[1]["geo_uri"]}
    address = await rosee.stage.bot.network.networks.address(row["network"])
    said = await say(lieux, moulin, f"!réseau rejoindre {address}", "St Denis")
    assert "Laquelle" in said[-1]
    await say(lieux, moulin, "2")
    (row,) = await moulin.stage.bot.network.networks.of(moulin.lieu.id)
    assert row["choices"]["card"] == {"town": "St Denis", "geo_uri": FRANCE}


async def test_a_request_says_how_far_it_comes_from(two: Two) -> None:
    await say(two.lieux, two.rosee, "!réseau régler", "ville", "Amboise", "oui")
    await say(two.lieux, two.moulin, "!réseau régler", "ville", "Chinon", "oui")
    await two.lieux.ask(two.rosee, LASER)
    assert any("La Rosée (Amboise, à 62 km) cherche" in said for said in two.there())
