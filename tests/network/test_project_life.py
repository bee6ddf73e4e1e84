"""What becomes of a project: more people, another lieu, its end, on both sides."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.network.clouds import FOLDER, TITLE, Pact, pact, services
from tests.network.lieux import Lieux, Place

HOUR = 1 / 24


@pytest.fixture
async def two(lieux: Lieux) -> AsyncIterator[Pact]:
    """La Rosée and Le Moulin agreed, each with a Nextcloud."""
    async with AsyncExitStack() as stack:
        two = await pact(lieux, stack)
        await two.agree()
        yield two


async def order(two: Pact, place: Place, *lines: str) -> None:
    """What the concierge of a lieu writes."""
    for line in lines:
        await two.lieux.write(place.concierge, place.office.room_id, line)


async def test_the_list_tells_with_whom_since_when_and_where(two: Pact) -> None:
    await two.enter(two.moulin.concierge, two.project.room_id)
    for place, other in ((two.rosee, "Le Moulin"), (two.moulin, "La Rosée")):
        await order(two, place, "!projet", "1")
        said = "\n".join(two.lieux.said(place)[-4:])
        assert f"{TITLE}, avec {other}" in said
        assert "Dans le salon\u202f: Anne." in said
        assert f"Le dossier\u202f: {FOLDER}." in said


async def test_a_lieu_without_projects_is_told_how_they_begin(lieux: Lieux) -> None:
    place = await lieux.build("Le Phare", "phare.fr")
    await lieux.write(place.concierge, place.office.room_id, "!projet")
    assert "pas encore de projet" in lieux.said(place)[-1]


@pytest.mark.parametrize("side", ["rosee", "moulin"])
async def test_somebody_who_is_named_decides_whether_they_come(two: Pact, side: str) -> None:
    place: Place = getattr(two, side)
    await order(two, place, f"!projet {TITLE.split()[1]}", "faire venir une personne", "Marc")
    assert place.member not in two.project.members
    private = place.stage.matrix.directs[place.member]
    await two.enter(place.member, private)
    assert "Veux-tu en être" in place.stage.said(private)[-1]
    await two.lieux.write(place.member, private, "oui")
    assert two.project.members[place.member] == "invite"
    assert two.reach(place) == {"anne": FOLDER, "marc": FOLDER}


async def test_whoever_says_no_is_named_to_nobody(two: Pact) -> None:
    await order(two, two.moulin, "!projet 1", "faire venir une personne", "Marc")
    private = two.moulin.stage.matrix.directs[two.moulin.member]
    await two.lieux.write(two.moulin.member, private, "non")
    assert two.moulin.member not in two.project.members
    assert two.moulin.member not in str(two.envelopes("state"))


async def test_the_end_is_the_end_on_both_sides(two: Pact) -> None:
    await order(two, two.rosee, "!projet 1", "terminer", "oui")
    assert two.project.archived == two.rosee.lieu.space
    assert two.reach(two.rosee) == two.reach(two.moulin) == {}
    await two.lieux.wait(2 * HOUR)
    assert [share for cloud in two.clouds.values() for share in cloud.shares()] == []
    assert two.clouds["Le Moulin"].memory.offers == {}
    assert "C’est pourvu" in "\n".join(two.here())
    assert "C’est pourvu" in "\n".join(two.there())
    assert "a terminé le projet" in two.there()[-1] or "a terminé le projet" in two.there()[-2]
    for place in (two.rosee, two.moulin):
        await order(two, place, "!journal")
        assert two.lieux.said(place)[-1].count("a terminé le projet") == 1
        await order(two, place, "!projet 1")
        assert "est terminé depuis" in two.lieux.said(place)[-1]


async def test_a_lieu_that_leaves_leaves_the_rest_to_the_other(two: Pact) -> None:
    await order(two, two.moulin, "!projet 1", "quitter", "oui")
    assert two.reach(two.moulin) == {}
    assert two.reach(two.rosee) == {"anne": FOLDER}
    assert [share for share in two.clouds["La Rosée"].shares() if share.type == 6] == []
    assert two.project.archived is None
    assert any("Le Moulin quitte le projet" in said for said in two.here())


async def test_a_third_lieu_agrees_by_one_click_too(lieux: Lieux) -> None:
    async with AsyncExitStack() as stack:
        two = await pact(lieux, stack)
        equipment, cloud = await services(stack, "29.0.1")
        assert cloud
        phare = await lieux.build("Le Phare", "phare.fr", services=equipment)
        two.clouds["Le Phare"] = cloud
        await lieux.join_network(two.rosee, phare)
        await two.agree()
        await order(two, two.rosee, "!projet 1", "proposer à un autre lieu", "Le Phare", "oui")
        proposal = lieux.card(phare, "est d’accord pour le faire avec nous")
        await lieux.click(phare.concierge, phare.office.room_id, "✅", on=proposal)
        assert two.project.members[phare.concierge] == "invite"
        assert two.project.members[phare.stage.me] == "join"
        assert two.reach(phare) == {"anne": FOLDER}
        assert two.envelopes("request")[-1]["with"] == sorted(two.envelopes("request")[-1]["with"])
        assert len(two.envelopes("request")[-1]["with"]) == 2


async def test_a_lieu_that_left_may_be_asked_again(two: Pact) -> None:
    await order(two, two.moulin, "!projet 1", "quitter", "oui")
    await order(two, two.rosee, "!projet 1", "proposer à un autre lieu", "Le Moulin", "oui")
    await two.yes_there()
    assert two.reach(two.moulin) == {"anne": FOLDER}
    assert len([said for said in two.there() if "est ouvert, avec" in said]) == 2
    await order(two, two.moulin, "!projet 1")
    assert "avec La Rosée" in "\n".join(two.there()[-4:])
