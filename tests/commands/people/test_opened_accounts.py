"""What was opened on the lieu's site, and is not closed to the end, is no lieu's any more: nobody gets it by a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.stage.transcript_header import Scenery, scenery

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Zoé Martin",
    "salons": "Place",
    "comptes": "oui",
    "administration": "oui",
    "comptes connus": "Zoé Martin",
    "comptes du lieu": "Zoé Martin",
    "site": "oui",
    "comptes ouverts sur le site": "Zoé Martin = author",
}


async def owned(scene: Scenery) -> list[str]:
    return [*await scene.stage.bot.ownership.owned(1, "wordpress", "account")]


def site(scene: Scenery) -> dict[str, list[str]]:
    assert scene.equipment.wordpress
    return scene.equipment.wordpress.roles()


@pytest.mark.parametrize("how", ["articles", "promoted", "nothing"])
async def test_of_a_closed_account_nothing_is_ours_on_the_site(tmp_path: Path, how: str) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        assert scene.equipment.wordpress
        zoe = scene.equipment.wordpress.named("zoe.martin")
        await scene.answers_to("Anne", "!compte suspendre zoé", "oui")
        if how == "articles":
            scene.equipment.wordpress.write(zoe)
        if how == "promoted":
            zoe.roles = ["editor"]
        await scene.answers_to("Anne", "!compte fermer zoé", "oui")
        left = {"articles": {"zoe.martin": []}, "promoted": {"zoe.martin": ["editor"]}, "nothing": {}}
        assert site(scene) == left[how]
        assert await owned(scene) == []


@pytest.mark.parametrize("promoted", [False, True])
async def test_of_a_departure_either(tmp_path: Path, promoted: bool) -> None:
    async with scenery(LIEU, tmp_path) as scene:
        assert scene.equipment.wordpress
        zoe = scene.equipment.wordpress.named("zoe.martin")
        scene.equipment.wordpress.write(zoe)
        await scene.answers_to("Anne", "!départ zoé tout de suite", "passer", "oui")
        assert site(scene) == {"zoe.martin": []}
        if promoted:
            zoe.roles = ["editor"]
        await scene.stage.wait(29.1)
        await scene.stage.click(scene.people["Bob"], scene.rooms["Conciergerie"].room_id, "✅")
        await scene.stage.wait(2)
        assert site(scene) == {"zoe.martin": ["editor"] if promoted else []}
        assert scene.equipment.wordpress.authors() == ["zoe.martin"]
        assert await owned(scene) == []


async def test_a_lieu_without_a_site_never_hears_of_one(tmp_path: Path) -> None:
    without = {name: value for name, value in LIEU.items() if "site" not in name}
    async with scenery(without, tmp_path) as scene:
        said = await scene.answers_to("Anne", "!compte", "annuler", "!membres zoé", "!état", "!départ zoé", "annuler")
        said += await scene.answers_to("Anne", "!parcours ajouter", "Viens-tu le soir ?", "soir", "oui ou non", "non")
        said += await scene.answers_to("Anne", "oui", "rien", "passer")
        assert len(said) > 10
        assert [body for body in said if re.search(r"(?i)\b(site|wordpress|ouvrir)\b", body)] == []


async def test_whoever_has_no_account_but_on_the_site_was_kept_out_of_no_directory(tmp_path: Path) -> None:
    more = {"comptes": "oui, dans un Keycloak", "membres": "Zoé Martin, Marc"}
    async with scenery(LIEU | more | {"comptes ouverts sur le site": "Marc = author"}, tmp_path) as scene:
        (said,) = await scene.answers_to("Anne", "!compte rétablir marc")
        assert "n’a pas été suspendu par moi" in said
