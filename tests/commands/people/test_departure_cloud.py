"""What a departure does in Nextcloud: groups, the end of shares that are given back, and what the bot cannot touch."""

from __future__ import annotations

import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.services.nextcloud import NEXTCLOUD
from commands.people.accounts.departure.inventory import handing_over
from integrations.nextcloud import EDIT_FILE
from tests.commands.people.test_departure import LIEU, asks, hours_pass, leaves
from tests.servers.nextcloud import StandIn
from tests.stage.transcript_header import BOT, GROUP, Scenery, scenery
from tests.tiers import either

VERSIONS = either("34.0.1", "29.0.1")
BIKES, ELSEWHERE = f"{GROUP}.velo", "chorale"


@asynccontextmanager
async def there(path: Path, version: str, *, administered: bool) -> AsyncIterator[Scenery]:
    """Zoé is in the lieu's group, in another one of the lieu, and in one that is not the lieu's."""
    header = {"version de Nextcloud": version, "Nextcloud administré": "oui" if administered else "non"}
    async with scenery(LIEU | header, path) as scene:
        await scene.stage.bot.ownership.own(1, "directory", "group", BIKES)
        memory = server(scene).memory
        memory.groups += [BIKES, ELSEWHERE]
        memory.accounts[BOT].subadmin += [BIKES]
        memory.accounts["zoe"].groups += [BIKES, ELSEWHERE]
        yield scene


def server(scene: Scenery) -> StandIn:
    assert scene.nextcloud
    return scene.nextcloud


def groups(scene: Scenery) -> set[str]:
    return set(server(scene).memory.accounts["zoe"].groups)


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_administrator_takes_the_lieu_s_groups_and_gives_them_back(tmp_path: Path, version: str) -> None:
    async with there(tmp_path, version, administered=True) as scene:
        said = await leaves(scene)
        assert groups(scene) == {ELSEWHERE}
        assert f"✓ Groupes de Nextcloud\u202f: sortie de {GROUP} et de {BIKES}" in said
        assert "est fait, et relu dans chaque service" in said
        said = await asks(scene, "!départ annuler zoé", "oui")
        assert groups(scene) == {GROUP, BIKES, ELSEWHERE}
        assert f"✓ Groupes de Nextcloud\u202f: retour dans {GROUP} et {BIKES}" in said


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_group_that_is_shown_by_another_name_is_taken_too(tmp_path: Path, version: str) -> None:
    """Nextcloud tells of somebody's groups their ids: none was the one that people named, and "done" was told."""
    async with there(tmp_path, version, administered=True) as scene:
        server(scene).memory.shown[GROUP] = "Bénévoles du Lieu"
        await scene.stage.bot.lieux.choose(1, group="Bénévoles du Lieu")
        said = await leaves(scene)
        assert groups(scene) == {ELSEWHERE}
        assert f"✓ Groupes de Nextcloud\u202f: sortie de Bénévoles du Lieu et de {BIKES}" in said
        await asks(scene, "!départ annuler zoé", "oui")
        assert groups(scene) == {GROUP, BIKES, ELSEWHERE}


@pytest.mark.parametrize("version", VERSIONS)
async def test_who_looks_after_groups_alone_keeps_the_lieu_s_own_to_the_last(tmp_path: Path, version: str) -> None:
    async with there(tmp_path, version, administered=False) as scene:
        said = await leaves(scene)
        assert groups(scene) == {GROUP, ELSEWHERE}
        assert not server(scene).memory.accounts["zoe"].enabled
        assert f"✓ Groupes de Nextcloud\u202f: sortie de {BIKES}" in said
        assert f"– Groupes de Nextcloud\u202f: {GROUP} reste" in said
        assert "est fait, et relu dans chaque service" in said
        await asks(scene, "!départ annuler zoé", "oui")
        assert groups(scene) == {GROUP, BIKES, ELSEWHERE}


async def test_a_group_that_is_no_longer_the_bot_s_to_look_after_is_left_to_a_human(tmp_path: Path) -> None:
    async with there(tmp_path, "34.0.1", administered=False) as scene:
        server(scene).memory.accounts[BOT].subadmin.remove(BIKES)
        said = await leaves(scene)
        assert groups(scene) == {GROUP, BIKES, ELSEWHERE}
        assert f"→ Groupes de Nextcloud, reste à faire par une personne qui en a le droit\u202f: {BIKES}" in said
        assert "n’est fait qu’en partie" in said


async def test_a_group_that_cannot_be_given_back_is_said(tmp_path: Path) -> None:
    async with there(tmp_path, "34.0.1", administered=False) as scene:
        await leaves(scene)
        server(scene).memory.accounts[BOT].subadmin.remove(BIKES)
        said = await asks(scene, "!départ annuler zoé", "oui")
        assert groups(scene) == {GROUP, ELSEWHERE}
        assert f"→ Groupes de Nextcloud, reste à faire par une personne qui en a le droit\u202f: {BIKES}" in said


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("after", ["fails", pytest.param("hangs", marks=pytest.mark.full)])
async def test_an_unknown_outcome_takes_no_group_too_many(tmp_path: Path, version: str, after: str) -> None:
    async with there(tmp_path, version, administered=True) as scene:
        weather = server(scene).weather
        weather.after_writing, weather.writes = after, 4  # type: ignore[assignment]
        await leaves(scene)
        await hours_pass(scene)
        weather.clear()
        await hours_pass(scene)
        assert groups(scene) == {ELSEWHERE}
        assert not server(scene).memory.accounts["zoe"].enabled
        assert [share.to for share in server(scene).shares()] == [GROUP]  # what she shares herself


# -- what is theirs


async def test_whoever_leaves_no_file_leaves_nothing_to_take_over(tmp_path: Path) -> None:
    async with there(tmp_path, "34.0.1", administered=False) as scene:
        memory = server(scene).memory
        memory.homes["zoe"] = {"": memory.node()}
        memory.shares = {id: share for id, share in memory.shares.items() if share.owner != "zoe"}
        said = await leaves(scene)
        assert "prend la suite" not in said
        assert "✓ Fichiers dans Nextcloud\u202f: rien à faire" in said
        assert "✓ Partages donnés\u202f: rien à faire" in said


@pytest.mark.parametrize("version", VERSIONS)
async def test_what_they_share_themselves_is_named_and_not_touched(tmp_path: Path, version: str) -> None:
    async with there(tmp_path, version, administered=False) as scene:
        said = await leaves(scene, heir="marc")
        assert "Partages donnés\u202f: Recettes" in said
        assert "→ Partages donnés\u202f: Recettes\u202f; je ne peux pas y mettre fin" in said
        assert "Ses fichiers dans Nextcloud\u202f: 4,3\u202fMo" in said
        assert [(share.owner, share.path) for share in server(scene).shares()] == [("zoe", "/Recettes")]


# -- shares that are given back


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_shared_file_is_taken_and_given_back(tmp_path: Path, version: str) -> None:
    async with there(tmp_path, version, administered=False) as scene:
        memory, cloud = server(scene).memory, scene.stage.services[NEXTCLOUD]
        assert cloud
        memory.homes[BOT]["Photos/affiche.pdf"] = memory.node(b"x", "application/pdf")
        made = await cloud.shares.ensure("Photos/affiche.pdf", person="zoe", permissions=EDIT_FILE)
        await scene.stage.bot.ownership.own(1, "nextcloud", "share", made["id"], scene.people["Bob"])
        said = await leaves(scene)
        assert "Photos/affiche.pdf" in said
        assert await cloud.shares.get(made["id"]) is None
        await asks(scene, "!départ annuler zoé", "oui")
        (back,) = [share for share in await cloud.shares.with_person("zoe") if not share["is_folder"]]
        assert (back["path"], back["permissions"]) == ("/Photos/affiche.pdf", EDIT_FILE)


async def test_a_share_that_is_given_back_is_watched_again(tmp_path: Path) -> None:
    async with there(tmp_path, "34.0.1", administered=False) as scene:
        cloud = scene.stage.services[NEXTCLOUD]
        assert cloud
        (share,) = await cloud.shares.with_person("zoe")
        await cloud.shares.change(share["id"], expires="2027-03-20")
        await leaves(scene)
        await asks(scene, "!départ annuler zoé", "oui")
        owned = await scene.stage.bot.ownership.owned(1, "nextcloud", "share")
        (new,) = await cloud.shares.with_person("zoe")
        assert [bool(row["watcher"]) for id, row in owned.items() if id == new["id"]] == [True]
        office = scene.rooms["Conciergerie"].room_id
        before = len(scene.stage.said(office))
        await scene.stage.wait(50)
        assert len(scene.stage.said(office)) == before
        await scene.stage.wait(9)
        assert "Photos" in scene.stage.last(office)
        await scene.stage.click(scene.people["Bob"], office, "✅")
        (longer,) = await cloud.shares.with_person("zoe")
        assert longer["expires"] > "2027-03-20"


@pytest.mark.parametrize(
    ("logins", "command"),
    [
        (("zoe", "bob"), "occ files:transfer-ownership -- zoe bob"),
        (("zoe", ""), "occ files:transfer-ownership -- zoe"),
        (("zoé d'ici", "--path=/"), "occ files:transfer-ownership -- 'zoé d'\"'\"'ici' --path=/"),
        (("$(reboot)", "a; b"), "occ files:transfer-ownership -- '$(reboot)' 'a; b'"),
    ],
)
def test_a_shell_reads_the_logins_as_they_are(logins: tuple[str, str], command: str) -> None:
    assert handing_over(*logins) == command
    assert shlex.split(command)[3:] == [login for login in logins if login]


async def test_who_gets_the_files_is_named_in_the_administrator_s_command(tmp_path: Path) -> None:
    async with there(tmp_path, "34.0.1", administered=False) as scene:
        server(scene).add_account("bob", name="Bob", groups=[GROUP])
        said = await asks(scene, "!départ zoé", "tout de suite", "bob", "oui")
        assert "peut les transmettre à Bob" in said
        assert "occ files:transfer-ownership -- zoe bob" in said


async def test_whoever_has_no_account_there_is_not_made_up(tmp_path: Path) -> None:
    async with there(tmp_path, "34.0.1", administered=False) as scene:
        said = await asks(scene, "!départ zoé", "tout de suite", "bob", "oui")
        assert (
            "suivie de l’identifiant de la personne qui les reçoit\u202f: occ files:transfer-ownership -- zoe" in said
        )
        assert "-- zoe bob" not in said


async def test_whoever_is_warned_is_told_how_to_give_their_files_themselves(tmp_path: Path) -> None:
    async with there(tmp_path, "34.0.1", administered=False) as scene:
        await asks(scene, "!départ zoé", "prévenir d’abord", "demain", "bob", "oui")
        room = scene.stage.matrix.directs[scene.people["Zoé"]]
        assert "donner tes fichiers toi-même à Bob, qui prend la suite" in scene.stage.last(room)
