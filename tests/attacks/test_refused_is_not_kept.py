"""What a service refused is not written down: else the bot believes for ever what nobody agreed to.

Anne is a concierge, honest or not. Whatever she answers to `!installer`, a refusal of Nextcloud or of the directory
leaves the lieu with what it had before.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.lieux import Choices
from tests.network.lieux import Lieux
from tests.network.two import Two
from tests.stage.lieu_services import BOT
from tests.stage.transcript_header import GROUP, Scenery, scenery

FOLDER = "La Rosée"
HEADER = {"lieu": FOLDER, "concierges": "Anne", "nextcloud": "oui", "comptes": "oui", "dossiers": f"{FOLDER}, Compta"}


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    """La Rosée, with its group and its folder; the bot's account holds the folder of the accountants too."""
    async with scenery(HEADER, tmp_path) as scene:
        yield scene


async def says(scene: Scenery, *lines: str) -> list[str]:
    return await scene.answers_to("Anne", *lines)


async def chosen(scene: Scenery) -> Choices:
    (lieu,) = await scene.stage.bot.lieux.all()
    return lieu.choices


@pytest.mark.parametrize("folder", ["/", "//", ".", "..", "../..", "La Rosée/..", "./", "/./", " / "])
async def test_the_whole_cloud_is_no_folder_of_a_lieu(scene: Scenery, folder: str) -> None:
    """With `/` for a folder, `!partage` lists what every lieu has, and publishes it."""
    await says(scene, "!installer dossier partagé", "passer", folder, "oui", "annuler", "annuler")
    assert (await chosen(scene)).folder == FOLDER
    offered = "\n".join(await says(scene, "!partage"))
    assert "La Rosée" in offered
    assert "Compta" not in offered


async def test_a_lieu_that_kept_the_whole_cloud_before_has_no_folder_now(scene: Scenery) -> None:
    """What an earlier version wrote down is worth no more."""
    (lieu,) = await scene.stage.bot.lieux.all()
    for folder in ("/", "..", "La Rosée/..", "."):
        await scene.stage.bot.lieux.choose(lieu.id, folder=folder)
        for line in ("!partage", "!dossier", "!dossier qui Compta"):
            said = "\n".join(await says(scene, line, "annuler"))
            assert "Compta" not in said.replace("Compta »", "")
            assert "dossier" in said


@pytest.mark.parametrize(
    "folder", ["La Rosée.part", "‥", "Compta／2026", "a:b", ".htaccess", "fin.", "a%2Fb", "..%2f", "a\\b"]
)
async def test_a_name_that_the_cloud_refuses_is_not_kept(scene: Scenery, folder: str) -> None:
    await says(scene, "!installer dossier partagé", "passer", folder, "oui", "annuler")
    assert (await chosen(scene)).folder == FOLDER


async def test_a_group_that_the_cloud_does_not_make_is_not_kept(scene: Scenery) -> None:
    """The bot looks after one group and may make no other."""
    said = await says(scene, "!installer dossier partagé", "phare", "Le Phare", "oui", "sans cela")
    assert ((await chosen(scene)).group, (await chosen(scene)).folder) == (GROUP, FOLDER)
    assert not any("C’est changé" in line for line in said)
    assert any("rien n’a changé" in line for line in said)


async def test_what_was_half_made_before_the_refusal_can_be_asked_for_again(scene: Scenery) -> None:
    """The directory had made its group already when Nextcloud said no: it is this lieu's, nobody's from before."""
    assert scene.nextcloud
    await says(scene, "!installer dossier partagé", "phare", "Le Phare", "oui")
    scene.nextcloud.memory.accounts[BOT].groups.append("admin")
    await says(scene, "!installer dossier partagé", "phare", "Le Phare", "oui")
    assert ((await chosen(scene)).group, (await chosen(scene)).folder) == ("phare", "Le Phare")


async def test_at_the_first_installation_too(tmp_path: Path) -> None:
    """Nothing had been chosen before: the lieu opens without a folder, and says so."""
    header = {
        **{"lieu": FOLDER, "concierges": "Anne", "hébergeurs": "Anne", "installé": "non"},
        **{"nextcloud": "oui", "comptes": "oui"},
    }
    async with scenery(header, tmp_path) as scene:
        await scene.stage.bring_bot(scene.people["Anne"], scene.space.room_id)
        private = scene.stage.matrix.directs[scene.people["Anne"]]
        without, answers = "sans cela", ("passer", "non", "1", "groupe : phare", "dossier : Le Phare", "oui")
        for line in (without, *answers, without):
            await scene.stage.write(scene.people["Anne"], private, line)
        choices = await chosen(scene)
        assert choices.installed
        assert (choices.group, choices.folder) == ("", "")
        assert any("Le dossier partagé n’est pas prêt" in line for line in scene.stage.said(private))


async def test_a_room_that_does_not_let_the_bot_in_is_not_its_office(tmp_path: Path) -> None:
    """Anne names a room whose door is shut: the requests of newcomers would go where nobody reads them."""
    header = {"lieu": FOLDER, "concierges": "Anne", "salons": "Place, Bureau", "salons sans la Conciergerie": "Bureau"}
    async with scenery(header, tmp_path) as scene:
        before = await chosen(scene)
        for line in ("!installer salon des concierges", "!installer salon des présentations"):
            said = await says(scene, line, "Bureau", "sans cela")
            assert any("ne s’ouvrent pas à moi" in each for each in said)
            assert not any("C’est changé" in each for each in said)
        assert await chosen(scene) == before


async def test_a_room_that_the_bot_may_not_open_is_not_open(tmp_path: Path) -> None:
    """Nobody is promised a room whose door the bot could not open."""
    header = {"lieu": FOLDER, "concierges": "Anne", "salons": "Place, Atelier", "salons ouverts": "Place"}
    async with scenery(header, tmp_path) as scene:
        scene.rooms["Atelier"].levels[scene.stage.me] = 50
        await says(scene, "!installer les salons ouverts et au choix", "tout")
        opened = (await chosen(scene)).open_rooms
        assert scene.rooms["Place"].room_id in opened
        assert scene.rooms["Atelier"].room_id not in opened


async def test_what_a_network_does_not_take_is_not_said_of_the_lieu(lieux: Lieux) -> None:
    """The bot was put out of the coordination room and does not know yet: the page that Anne gives reaches nobody."""
    two = await Two.meet(lieux)
    networks = two.rosee.stage.bot.network.networks
    (before,) = await networks.of(two.rosee.lieu.id)
    room = (await networks.declarations.get(before["network"])).room_id
    two.rosee.stage.world.rooms[str(room)].members[two.rosee.stage.me] = "leave"
    for line in ("!réseau régler", "page", "rosee.example"):
        await lieux.write(two.rosee.concierge, two.rosee.office.room_id, line)
    (after,) = await networks.of(two.rosee.lieu.id)
    assert after["choices"] == before["choices"]
    assert "web" not in after["choices"].get("card", {})
