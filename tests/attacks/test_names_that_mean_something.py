"""A username says who somebody is: nobody gets one that speaks for the house, or that is somebody's in any service.

Eve comes in by the ordinary door, and chooses her username herself; or a concierge is talked into inviting « Support ».
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.stage.lieu_services import BOT
from tests.stage.transcript_header import Scenery, scenery

EVE = "@eve:ailleurs.fr"
HEADER = {
    **{"lieu": "La Rosée", "concierges": "Anne", "membres": "Marc", "autres": "Eve @eve:ailleurs.fr"},
    **{"nextcloud": "oui", "comptes": "oui", "accord": "oui"},
}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(HEADER, tmp_path) as scene:
        yield scene


async def arrives(scene: Scenery, *lines: str, person: str = EVE) -> str:
    """Eve enters, and answers what the bot asks her. Its last word to her."""
    await scene.stage.enter(person, scene.space.room_id)
    private = scene.stage.matrix.directs[person]
    await scene.stage.enter(person, private)
    for line in lines:
        await scene.stage.write(person, private, line)
    return scene.stage.last(private)


@pytest.mark.parametrize(
    "login",
    [
        *("admin", "Admin", "ADMIN", "ad.min", "a-d-m-i-n", "àdmin", "adm1n", "admin2", "root", "r00t", "postmaster"),
        *("webmaster", "abuse", "hostmaster", "noreply", "no-reply", "security", "support", "info", "inf0", "contact"),
        *("system", "nextcloud", "synapse", "matrix", "conciergerie", "conc1ergerie", "conciergerie.rosee", "root.eve"),
        *("adrnin", "postrnaster", "vvebmaster", "adrn1n"),
        *("la.rosee", "larosee", BOT, "concierge-bot", "mailer-daemon", "www-data"),
    ],
)
async def test_eve_does_not_become_the_house(scene: Scenery, login: str) -> None:
    said = await arrives(scene, "Eve", login)
    assert "n’est pas libre" in said or "déjà pris" in said or "disponible" in said, said
    assert scene.directory
    assert not scene.directory.accounts


async def test_what_is_proposed_instead_can_be_had(scene: Scenery) -> None:
    """She is told of one that is really free, and gets it."""
    said = await arrives(scene, "Eve", "root")
    assert "root2" not in said
    assert "eve2" in said
    private = scene.stage.matrix.directs[EVE]
    for line in ("eve2", "eve@ailleurs.fr", "passer", "oui"):
        await scene.stage.write(EVE, private, line)
    office = scene.rooms["Conciergerie"].room_id
    await scene.stage.click(scene.people["Anne"], office, "✅")
    assert scene.directory
    assert list(scene.directory.accounts) == ["eve2"]


async def test_nor_somebody_of_the_cloud_alone(scene: Scenery) -> None:
    """Whoever signs in to the cloud by the SSO under the name of the treasurer, is the treasurer there."""
    assert scene.nextcloud
    scene.nextcloud.add_account("tresor", groups=["compta"])
    said = await arrives(scene, "Eve", "tresor")
    assert scene.directory
    assert not scene.directory.accounts
    assert "tresor2" in said


async def test_nor_somebody_of_the_homeserver_alone(scene: Scenery) -> None:
    said = await arrives(scene, "Eve", "marc")
    assert "marc2" in said


async def test_whoever_approves_sees_by_which_name_and_address(scene: Scenery) -> None:
    """Eve calls herself Anne, and would be `anne.martin`: Anne reads so before she says yes."""
    await arrives(scene, "Anne", "anne.martin", "eve@ailleurs.fr", "passer", "oui")
    asked = scene.stage.last(scene.rooms["Conciergerie"].room_id)
    assert EVE in asked
    assert "anne.martin" in asked


async def test_a_concierge_invites_nobody_under_the_name_of_the_house(scene: Scenery) -> None:
    office, anne = scene.rooms["Conciergerie"].room_id, scene.people["Anne"]
    for line in ("!inviter Admin admin@exemple.fr", "oui", "!compte créer Support support@exemple.fr", "oui"):
        await scene.stage.write(anne, office, line)
    assert scene.directory
    assert [*scene.directory.accounts] == ["membre", "membre2"]
