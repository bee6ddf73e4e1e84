"""What a departure does to the contact of somebody in Odoo, when more people than the bot have a hand in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.services.odoo import ODOO
from tests.servers.odoo import Odoo
from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne",
    "autres": "Zoé Martin @zoe.martin:lieu.fr",
    "comptes": "oui",
    "administration": "oui",
    "odoo": "oui",
    "autre lieu": "Le Phare",
}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    """Zoé has been welcomed, and has her contact."""
    async with scenery(LIEU, tmp_path) as scene:
        await scene.answers_to("Anne", "!inviter Zoé Martin zoe@exemple.fr", "oui")
        zoe = scene.people["Zoé Martin"]
        await scene.stage.enter(zoe, scene.stage.matrix.directs[zoe])
        for line in ("passer", "oui"):
            await scene.stage.write(zoe, scene.stage.matrix.directs[zoe], line)
        assert contacts(scene) == ["Zoé Martin · zoe@exemple.fr · La Rosée : membres"]
        yield scene


def server_of(scene: Scenery) -> Odoo:
    assert scene.odoo
    return scene.odoo


def contacts(scene: Scenery) -> list[str]:
    return [server_of(scene).described(id) for id in server_of(scene).contacts if id != 1]


async def leaves(scene: Scenery) -> str:
    """What the conciergerie reads in the end."""
    said = await scene.answers_to("Anne", "!départ zoé", "tout de suite", "oui")
    return next(one for one in reversed(said) if "relu dans chaque service" in one or "qu’en partie" in one)


async def test_one_that_another_lieu_has_too_is_not_archived(scene: Scenery) -> None:
    _, phare = await scene.stage.bot.lieux.all()
    await scene.stage.bot.ownership.own(phare.id, ODOO.name, "contact", "2", "@zoe.martin:lieu.fr")
    assert "un autre lieu s’en sert aussi" in await leaves(scene)
    assert contacts(scene) == ["Zoé Martin · zoe@exemple.fr"]


async def test_one_that_is_gone_leaves_nothing_to_do(scene: Scenery) -> None:
    del server_of(scene).contacts[2]
    assert "Odoo : rien à faire" in (await leaves(scene)).replace("\u202f", " ")
    await scene.answers_to("Anne", "!départ annuler zoé", "oui")
    assert contacts(scene) == []


async def test_whoever_works_in_odoo_by_now_keeps_their_contact_and_you_are_told_why(scene: Scenery) -> None:
    server = server_of(scene)
    server._insert("res.users", {"login": "zoe", "partner_id": 2})
    told = await leaves(scene)
    assert "You cannot archive contacts linked to an active user." in told
    assert "Linked active users" not in told, "one line, and nobody's name"
    assert server.contacts[2]["active"]
    assert server.contacts[2]["category_id"] == []


async def test_a_departure_from_the_rooms_alone_undoes_it_too(scene: Scenery) -> None:
    lieu, _ = await scene.stage.bot.lieux.all()
    await scene.stage.bot.ownership.disown(lieu.id, "directory", "account", "zoe.martin")
    await leaves(scene)
    assert contacts(scene) == ["Zoé Martin · zoe@exemple.fr · archivée"]


async def test_once_it_is_over_nothing_is_written_down_and_her_contact_is_known_again(scene: Scenery) -> None:
    await leaves(scene)
    await scene.stage.wait(29.5)
    await scene.answers_to("Anne", "oui")
    await scene.stage.wait(1)
    lieu, _ = await scene.stage.bot.lieux.all()
    owned = scene.stage.bot.ownership.owned
    assert [await owned(lieu.id, ODOO.name, kind) for kind in ("contact", "made", "tagged")] == [{}, {}, {}]
    assert contacts(scene) == ["Zoé Martin · zoe@exemple.fr · archivée"]
