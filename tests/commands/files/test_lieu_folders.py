"""`!dossier` beside its transcripts: what it may touch, what it leaves in the journal, and what an accident changes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.store.database import Tx
from tests.commands.welcome.test_crash_welcome import ANNE, World, deaths
from tests.servers.nextcloud.memory import Storage
from tests.stage.stage import ME
from tests.stage.transcript_header import BOT, GROUP, Scenery, scenery
from tests.tiers import Sweep, either

LIEU = {
    "lieu": "La Rosée",
    "concierges": "Anne",
    "nextcloud": "oui",
    "dossiers": "La Rosée, La Rosée/Ateliers, La Rosée/Ateliers/Bois, La Rosée/Phare, La Rosée/Phare/Notes, Ailleurs",
}


@pytest.fixture(params=either("34.0.1", "29.0.1"))
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU | {"version de Nextcloud": request.param}, tmp_path) as scene:
        yield scene


def office(scene: Scenery) -> str:
    return scene.rooms["Conciergerie"].room_id


async def says(scene: Scenery, *lines: str) -> str:
    for line in lines:
        await scene.stage.write(scene.people["Anne"], office(scene), line)
    return scene.stage.last(office(scene))


def folders(scene: Scenery) -> list[str]:
    assert scene.nextcloud
    return scene.nextcloud.folders(BOT)


async def noted(scene: Scenery) -> list[tuple[str, dict[str, str]]]:
    def look(tx: Tx) -> list[tuple[str, dict[str, str]]]:
        return [(row["what"], json.loads(row["words"])) for row in tx.execute("SELECT * FROM acts ORDER BY seq")]

    return await scene.stage.database.read(look)


async def test_each_act_leaves_one_line(scene: Scenery) -> None:
    await says(scene, "!dossier créer Ateliers/Poterie", "oui", "!dossier renommer Ateliers/Poterie en Terre", "oui")
    await says(
        scene,
        "!dossier qui",
        "ici",
        "!dossier corbeille Ateliers/Terre",
        "oui",
        "!dossier corbeille Ateliers/Bois",
        "annuler",
    )
    assert await noted(scene) == [
        ("folder-made", {"folder": "La Rosée/Ateliers/Poterie"}),
        ("folder-renamed", {"folder": "La Rosée/Ateliers/Poterie", "name": "Terre"}),
        ("folder-binned", {"folder": "La Rosée/Ateliers/Terre"}),
    ]
    assert "/La Rosée/Ateliers/Bois" in folders(scene)


async def test_nothing_outside_of_the_lieu_is_reached(scene: Scenery) -> None:
    before = folders(scene)
    for path in ("../Ailleurs", "/Ailleurs", "Ateliers/../../Ailleurs", "..", "Ateliers/..", "%2e%2e/Ailleurs"):
        for act in ("corbeille", "renommer", "qui"):
            await says(scene, f"!dossier {act} {path}")
            assert "quel dossier" in scene.stage.last(office(scene)), (act, path)
            await says(scene, "Ailleurs")
            assert "ne fait pas partie" in scene.stage.last(office(scene))
            await says(scene, "annuler")
    assert folders(scene) == before
    await says(scene, "!dossier créer ../Ailleurs/Dedans")
    assert folders(scene) == before
    assert await noted(scene) == []


async def other_lieu(scene: Scenery, folder: str) -> None:
    """Another lieu that this bot serves too."""
    space = scene.stage.matrix.room("Le Phare", space=True)
    lieu = await scene.stage.bot.lieux.create(space.room_id, "Le Phare", language="fr", zone="Europe/Paris", now=1)
    await scene.stage.bot.lieux.choose(lieu.id, installed=True, folder=folder)


async def test_another_lieu_s_folder_is_not_seen(scene: Scenery) -> None:
    await other_lieu(scene, "La Rosée/Phare")
    before = folders(scene)
    assert "Phare" not in await says(scene, "!dossier corbeille")
    assert "Phare" not in await says(scene, "annuler", "!dossier corbeille Phare")
    assert "Notes" not in await says(scene, "annuler", "!dossier qui Phare/Notes")
    assert folders(scene) == before


async def test_what_is_around_another_lieu_s_folder_stays(scene: Scenery) -> None:
    await other_lieu(scene, "La Rosée/Phare/Notes")
    before = folders(scene)
    assert "n’est pas à ce lieu" in await says(scene, "!dossier corbeille Phare")
    assert "n’est pas à ce lieu" in await says(scene, "!dossier renommer Phare en Port")
    assert folders(scene) == before


async def test_one_folder_for_two_lieux_is_left_alone(scene: Scenery) -> None:
    await other_lieu(scene, "La Rosée")
    assert "pas à ce lieu seulement" in await says(scene, "!dossier créer Ateliers/Poterie")
    assert "/La Rosée/Ateliers/Poterie" not in folders(scene)


@pytest.mark.parametrize("line", ["corbeille La Rosée", "corbeille /", "renommer La Rosée en Autre", "jeter la rosee"])
async def test_the_lieu_s_own_folder_stays(scene: Scenery, line: str) -> None:
    assert "le dossier du lieu lui-même" in await says(scene, f"!dossier {line}")
    assert "/La Rosée" in folders(scene)


@pytest.mark.parametrize("after", ["fails", pytest.param("hangs", marks=pytest.mark.full)])
async def test_a_lost_answer_changes_nothing(scene: Scenery, after: Any) -> None:
    assert scene.nextcloud
    for line, said in (
        ("!dossier créer Ateliers/Poterie", "C’est fait"),
        ("!dossier renommer Ateliers/Poterie en Terre", "s’appelle maintenant Terre"),
    ):
        scene.nextcloud.weather.after_writing, scene.nextcloud.weather.writes = after, 1
        assert said in await says(scene, line, "oui")
    await says(scene, "!dossier corbeille Ateliers/Terre")
    scene.nextcloud.weather.writes = 1
    assert "dans la corbeille" in await says(scene, "oui")
    assert scene.nextcloud.weather.writes == 0
    assert len(await noted(scene)) == 3


async def test_a_limit_is_waited_for(scene: Scenery) -> None:
    assert scene.nextcloud
    await says(scene, "!dossier corbeille Ateliers/Bois")
    scene.nextcloud.weather.limited = True
    assert "Je réessaie" in await says(scene, "oui")
    scene.nextcloud.weather.clear()
    await scene.stage.wait(1)
    assert "dans la corbeille" in scene.stage.last(office(scene))
    assert "/La Rosée/Ateliers/Bois" not in folders(scene)


async def test_a_folder_made_anew_meanwhile_is_not_the_one(scene: Scenery) -> None:
    await says(scene, "!dossier corbeille Ateliers/Bois")
    assert scene.nextcloud
    scene.nextcloud.add_folder(BOT, "La Rosée/Ateliers/Bois")
    assert "n’est plus là" in await says(scene, "oui")
    assert "/La Rosée/Ateliers/Bois" in folders(scene)


async def test_a_folder_is_binned_where_sharing_is_switched_off(scene: Scenery) -> None:
    assert scene.nextcloud
    scene.nextcloud.memory.policy.sharing = False
    assert "dans la corbeille" in await says(scene, "!dossier corbeille Ateliers/Bois", "oui")
    assert "partage de dossiers est désactivé" in await says(scene, "!dossier qui Ateliers")


async def test_what_comes_from_elsewhere_stays(scene: Scenery) -> None:
    assert scene.nextcloud
    scene.nextcloud.memory.homes[BOT]["La Rosée/Ateliers"].permissions = "SRMGDNVCK"
    assert "vient d’ailleurs" in await says(scene, "!dossier corbeille Ateliers", "ici", "oui")
    assert "/La Rosée/Ateliers" in folders(scene)
    assert await noted(scene) == []


async def test_a_long_list_is_read_eight_lines_at_a_time(scene: Scenery) -> None:
    assert scene.nextcloud
    for n in range(11):
        scene.nextcloud.add_account(f"membre{n:02}")
        scene.nextcloud.memory.share(0, BOT, "/La Rosée/Ateliers", f"membre{n:02}", 1)
    await says(scene, "!dossier qui Ateliers")
    listed, asked = scene.stage.said(office(scene))[-2:]
    assert listed.count("membre") == 8
    assert "veux-tu la suite" in asked
    await says(scene, "la suite")
    assert scene.stage.said(office(scene))[-2].count("membre") == 3


async def test_only_the_lieu_s_storages_are_listed(scene: Scenery) -> None:
    assert scene.nextcloud
    scene.nextcloud.memory.accounts[BOT].groups.append("phare")
    scene.nextcloud.memory.storages += [Storage(1, "S3 Garage", [GROUP]), Storage(2, "NAS du Phare", ["phare"])]
    await says(scene, "!dossier stockages")
    told = "\n".join(scene.stage.said(office(scene)))
    assert "S3 Garage" in told
    assert "Phare" not in told
    assert "Je ne branche pas" in told


async def test_only_team_folders_that_the_bot_made_for_the_lieu_are_changed(scene: Scenery) -> None:
    assert scene.nextcloud
    scene.nextcloud.memory.accounts[BOT].groups.append("admin")
    scene.nextcloud.memory.team_folder("Ancien").groups[GROUP] = 31
    scene.nextcloud.memory.team_folder("À d’autres").groups["phare"] = 31
    told = await says(scene, "!dossier équipe voir")
    assert "Ancien" in told
    assert "À d’autres" not in told
    assert "que j’aie créé" in await says(scene, "!dossier équipe place")
    await says(scene, "!dossier équipe créer", "Phare")
    scene.nextcloud.memory.team_folder("Phare")  # meanwhile, and not by us
    assert "déjà un dossier d’équipe" in await says(scene, "oui")
    del scene.nextcloud.memory.team_folders[3]
    await says(scene, "!dossier équipe créer", "Fablab", "oui", "!dossier équipe groupe", "1", GROUP, "fermer", "oui")
    assert [(one.name, one.groups) for one in scene.nextcloud.memory.team_folders.values()] == [
        ("Ancien", {GROUP: 31}),
        ("À d’autres", {"phare": 31}),
        ("Fablab", {}),
    ]
    assert await noted(scene) == [
        ("team-folder-made", {"folder": "Fablab"}),
        ("team-folder-opened", {"folder": "Fablab", "group": GROUP, "right": "none"}),
    ]


# -- the look of every day


async def standing(scene: Scenery) -> int:
    query = "SELECT count(*) AS n FROM conversations WHERE dialogue = 'quota' AND status = 'open'"
    return await scene.stage.database.read(lambda tx: int(tx.execute(query).fetchone()["n"]))


async def test_the_look_of_every_day_goes_on_once(scene: Scenery) -> None:
    for _ in range(3):
        await scene.stage.start_standing("quota")
        await scene.stage.wait(1)
        assert await standing(scene) == 1
    await scene.stage.event(scene.rooms["La Rosée"].room_id, ME, "m.room.member", {"membership": "leave"}, state_key=ME)
    assert await standing(scene) == 0
    await scene.stage.start_standing("quota")
    assert await standing(scene) == 0
    assert scene.stage.said(office(scene)) == []


async def test_without_a_nextcloud_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    async with scenery({"lieu": "La Rosée", "concierges": "Anne"}, tmp_path) as scene:
        await scene.stage.start_standing("quota")
        assert await standing(scene) == 0
        assert "pas encore de dossier" in await says(scene, "!dossier")


async def test_where_there_is_nothing_to_look_at_the_next_look_is_tomorrow(tmp_path: Path) -> None:
    """Not in an hour: a talk that began for nothing is kept for a month."""
    begun = "SELECT count(*) AS n FROM conversations WHERE dialogue = 'quota'"
    async with scenery({"lieu": "La Rosée", "concierges": "Anne"}, tmp_path) as scene:
        for hours, looks in ((0, 1), (1, 1), (22, 1), (2, 2)):
            await scene.stage.wait(hours / 24)
            await scene.stage.start_standing("quota")
            assert await scene.stage.database.read(lambda tx: int(tx.execute(begun).fetchone()["n"])) == looks


# -- deaths


async def tidied(world: World) -> None:
    world.server.add_folder("concierge", "La Rosée")
    for line in ("créer Ateliers/Poterie", "renommer Ateliers/Poterie en Terre", "qui Ateliers", "corbeille Ateliers"):
        await world.happens(world.writes(ANNE, world.office, f"!dossier {line}"))
        if line.startswith(("créer", "renommer")):
            await world.happens(world.writes(ANNE, world.office, "oui"))
    await world.happens(world.writes(ANNE, world.office, "Terre"))
    await world.happens(world.clicks(ANNE, world.office, "✅"))


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    assert len(await deaths(tmp_path, sweep, after, tidied)) > 20
