"""How much room people's files may take: only of accounts that are the lieu's, and of whoever comes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.people.test_departure import LIEU, asks
from tests.stage.transcript_header import GROUP, scenery

ALONE = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Zoé, Marc",
    "salons": "Place",
    "salons ouverts": "Place",
    "nextcloud": "oui",
    "dossiers": "La Rosée",
}


async def test_an_account_that_is_not_the_lieu_s_keeps_its_room(tmp_path: Path) -> None:
    """Marc has an account in the SSO and, in Nextcloud, somebody else may be called so."""
    async with scenery(LIEU, tmp_path) as scene:
        assert scene.nextcloud
        scene.nextcloud.add_account("marc", groups=[GROUP])
        said = await asks(scene, "!compte place marc", "1 Go")
        assert "n’a pas été ouvert par ce lieu" in said
        await scene.stage.bot.ownership.own_account(1, "marc", scene.people["Marc"], address=None)
        said = await asks(scene, "!compte place marc", "1 Go")
        assert "n’a pas, dans Nextcloud, de compte que je peux régler" in said
        assert scene.nextcloud.users()["marc"].quota == -3


@pytest.mark.parametrize("header", [LIEU, ALONE])
async def test_whoever_comes_has_the_room_that_the_lieu_chose(tmp_path: Path, header: dict[str, str]) -> None:
    async with scenery(header, tmp_path) as scene:
        assert scene.nextcloud
        await asks(scene, "!compte place tout le monde", "1,5 Go")
        await asks(scene, "!compte créer Awa Diop awa@exemple.fr", "oui")
        assert scene.nextcloud.users()["awa.diop"].quota == 1.5 * 2**30
        await asks(scene, "!compte place nouveaux comptes", "illimitée")
        await asks(scene, "!compte créer Ida Roux ida@exemple.fr", "oui")
        assert scene.nextcloud.users()["ida.roux"].quota == -3


@pytest.mark.parametrize(("header", "links"), [(LIEU, 0), (ALONE, 1)])
async def test_nobody_is_mailed_two_ways_to_a_password(tmp_path: Path, header: dict[str, str], links: int) -> None:
    """With an SSO it mails the only one; Nextcloud does where the accounts are its own."""
    async with scenery(header, tmp_path) as scene:
        assert scene.nextcloud
        await asks(scene, "!compte créer Awa Diop awa@exemple.fr", "oui")
        assert "awa.diop" in scene.nextcloud.users()
        mails = [mail for mail in scene.nextcloud.memory.mails if mail.with_link]
        assert len(mails) == links
        assert len(mails) + len(scene.sso_mails) == 1


async def test_what_fills_nextcloud_is_told_of_the_lieu_s_people_alone(tmp_path: Path) -> None:
    async with scenery(ALONE, tmp_path) as scene:
        assert scene.nextcloud
        memory = scene.nextcloud.memory
        await asks(scene, "!compte créer Awa Diop awa@exemple.fr", "oui")
        scene.nextcloud.add_account("voisine", name="Voisine", groups=[GROUP])
        for login in ("awa.diop", "voisine"):
            memory.homes[login]["film.mp4"] = memory.node(b"x" * 3_000_000, "video/mp4")
        said = await asks(scene, "!dossier place")
        assert "Awa Diop\u202f: 2,9\u202fMo" in said
        assert "Voisine" not in said
