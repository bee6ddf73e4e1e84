"""`!installer`: what one lieu chose is not another's, whatever they are called."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.lieux import Choices
from tests.stage.stage import ME
from tests.stage.transcript_header import GROUP, Scenery, scenery

BERTHE, FOLDER = "@berthe:lieu.fr", "La Rosée"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    """La Rosée, and another lieu of the same name, which Berthe looks after."""
    header = {
        **{"lieu": FOLDER, "concierges": "Anne", "nextcloud": "oui", "comptes": "oui", "dossiers": FOLDER},
        "Nextcloud administré": "oui",
    }
    async with scenery(header, tmp_path) as scene:
        matrix, lieux = scene.stage.matrix, scene.stage.bot.lieux
        space = matrix.room(FOLDER, space=True)
        office = scene.rooms["là-bas"] = matrix.room("Conciergerie", parent=space.room_id)
        for room in (space, office):
            room.members, room.levels = {BERTHE: "join", ME: "join"}, {BERTHE: 100, ME: 100}
        other = await lieux.create(space.room_id, FOLDER, language="fr", zone="Europe/Paris", now=1)
        await lieux.choose(other.id, installed=True, office=office.room_id)
        yield scene


async def answers(scene: Scenery, *lines: str) -> str:
    for line in lines:
        await scene.stage.write(BERTHE, scene.rooms["là-bas"].room_id, line)
    return scene.stage.last(scene.rooms["là-bas"].room_id)


async def chosen(scene: Scenery) -> list[Choices]:
    return [lieu.choices for lieu in await scene.stage.bot.lieux.all()]


async def test_two_lieux_of_one_name_are_given_two_groups_and_two_folders(scene: Scenery) -> None:
    assert "la.rosee-2" in await answers(scene, "!installer dossier partagé")
    assert "La Rosée-2" in await answers(scene, "passer")
    await answers(scene, "passer", "oui")
    assert [(one.group, one.folder) for one in await chosen(scene)] == [
        (GROUP, FOLDER),
        ("la.rosee-2", "La Rosée-2"),
    ]


@pytest.mark.parametrize("folder", ["La Rosée", "la rosée/", "La Rosée/Photos", "LA ROSE\u0301E"])
async def test_what_another_lieu_has_cannot_be_taken(scene: Scenery, folder: str) -> None:
    await answers(scene, "!installer dossier partagé", "La.Rosee")
    assert any("déjà pris" in said for said in scene.stage.said(scene.rooms["là-bas"].room_id))
    await answers(scene, "phare", folder)
    assert (await chosen(scene))[1].folder == ""
    await answers(scene, "Le Phare", "oui")
    assert [(one.group, one.folder) for one in await chosen(scene)] == [(GROUP, FOLDER), ("phare", "Le Phare")]


async def test_a_lieu_keeps_its_own(scene: Scenery) -> None:
    for line in ("!installer dossier partagé", GROUP, FOLDER, "oui"):
        await scene.stage.write(scene.people["Anne"], scene.rooms["Conciergerie"].room_id, line)
    assert (await chosen(scene))[0].folder == FOLDER
    assert "C’est" in scene.stage.last(scene.rooms["Conciergerie"].room_id)
