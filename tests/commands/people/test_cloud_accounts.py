"""The accounts of a lieu that has Nextcloud and nothing else: closed, left, and never emptied."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.people.test_departure import asks
from tests.commands.people.test_room import ALONE
from tests.stage.transcript_header import GROUP, Scenery, scenery


async def owns(scene: Scenery, login: str) -> bool:
    return await scene.stage.bot.ownership.owns_account(1, login)


@pytest.mark.parametrize("used", [True, False])
async def test_an_account_is_closed_with_what_is_in_it_and_deleted_if_nobody_was_there(
    tmp_path: Path, used: bool
) -> None:
    async with scenery(ALONE, tmp_path) as scene:
        assert scene.nextcloud
        await asks(scene, "!compte créer Awa Diop awa@exemple.fr", "oui")
        scene.nextcloud.users()["awa.diop"].last_login = int(used)
        await asks(scene, "!compte suspendre awa", "oui")
        said = await asks(scene, "!compte fermer awa", "oui")
        accounts = scene.nextcloud.users()
        if used:
            assert "reste fermé, avec ce qu’il contient" in said
            assert not accounts["awa.diop"].enabled
            assert await owns(scene, "awa.diop"), "it can be given back still"
        else:
            assert "n’avait jamais servi, n’existe plus" in said
            assert "awa.diop" not in accounts
            assert not await owns(scene, "awa.diop")


async def test_an_account_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """Marc's was made by whoever administers Nextcloud: it is in the lieu's group, and not the lieu's."""
    async with scenery(ALONE, tmp_path) as scene:
        assert scene.nextcloud
        scene.nextcloud.add_account("marc", name="Marc", groups=[GROUP])
        for line in ("!compte suspendre marc", "!compte renvoyer marc", "!compte place marc"):
            assert "n’a pas été ouvert par ce lieu" in await asks(scene, line)
        await asks(scene, "!départ marc", "tout de suite", "oui")
        assert scene.nextcloud.users()["marc"].enabled
        assert scene.nextcloud.memory.mails == []


async def test_the_name_of_a_hidden_account_is_given_to_nobody(tmp_path: Path) -> None:
    """A group's administrator is not shown it, and Nextcloud refuses it."""
    async with scenery(ALONE, tmp_path) as scene:
        assert scene.nextcloud
        scene.nextcloud.add_account("awa.diop", groups=["ailleurs"])
        said = await asks(scene, "!compte créer Awa Diop awa@exemple.fr", "oui")
        assert "awa.diop2" in said
        assert scene.nextcloud.users()["awa.diop"].groups == ["ailleurs"]


async def test_a_lieu_without_a_group_is_told_what_is_missing(tmp_path: Path) -> None:
    async with scenery(ALONE, tmp_path) as scene:
        await scene.stage.bot.lieux.choose(1, group="")
        said = await asks(scene, "!compte créer Awa Diop awa@exemple.fr", "oui")
        assert "Choisis d’abord celui du lieu" in said
        assert not await owns(scene, "awa.diop")
