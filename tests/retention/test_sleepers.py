"""Accounts that nobody uses: only what a service says counts, and nothing is closed by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.retention.sleepers import Sleeper, Sleepers
from bot.services.tenancy import Services
from tests.stage.transcript_header import Scenery, scenery

ANNE, ZOE, MARC = "@anne:lieu.fr", "@zoe.martin:lieu.fr", "@marc.petit:lieu.fr"
WITHOUT = {
    "lieu": "La Rosée",
    "concierges": "Anne, Bob",
    "membres": "Zoé Martin, Marc Petit",
    "salons": "Place du village",
    "comptes": "oui",
    "comptes connus": "Anne, Zoé Martin, Marc Petit",
    "comptes du lieu": "Anne, Zoé Martin, Marc Petit",
}
WITH = WITHOUT | {"nextcloud": "oui", "nextcloud du lieu": "Anne, Zoé Martin, Marc Petit", "administration": "oui"}
YEAR = 365 * 86_400_000


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(WITH, tmp_path) as scene:
        yield scene


async def asked_of(scene: Scenery) -> tuple[Any, Sleepers, Services]:
    bot = scene.stage.bot
    (lieu,) = await bot.lieux.all()
    sleepers, services = await bot.provide(Sleepers, lieu), await bot.provide(Services, lieu)
    assert isinstance(sleepers, Sleepers)
    assert isinstance(services, Services)
    return lieu, sleepers, services


async def found(scene: Scenery) -> list[Sleeper]:
    lieu, sleepers, services = await asked_of(scene)
    return await sleepers.found(lieu, services)


def was_in_cloud(scene: Scenery, person: str, years: int) -> None:
    assert scene.nextcloud
    at = scene.stage.clock.at - years * YEAR
    scene.nextcloud.memory.accounts[person[1:].partition(":")[0]].last_login = at // 1000


def was_on_matrix(scene: Scenery, person: str, years: int) -> None:
    assert scene.synapse
    scene.synapse.visits[person] = scene.stage.clock.at - years * YEAR


async def test_of_whom_nobody_knows_is_not_asleep(scene: Scenery) -> None:
    """Never signed in, sessions that are all ended: 0 is what is not known."""
    assert await found(scene) == []


async def test_who_was_anywhere_since_is_not_asleep(scene: Scenery) -> None:
    was_in_cloud(scene, ZOE, 5)
    was_on_matrix(scene, ZOE, 1)
    was_in_cloud(scene, MARC, 1)
    was_on_matrix(scene, MARC, 5)
    assert await found(scene) == []
    was_on_matrix(scene, ZOE, 4)
    (zoe,) = await found(scene)
    assert (zoe["person"], sorted(zoe["seen"])) == (ZOE, ["nextcloud", "synapse"])


async def test_a_concierge_is_never_one_of_them(scene: Scenery) -> None:
    was_in_cloud(scene, ANNE, 9)
    assert await found(scene) == []


async def test_who_spoke_with_the_bot_is_awake(scene: Scenery) -> None:
    was_in_cloud(scene, ZOE, 9)
    was_in_cloud(scene, MARC, 9)
    await scene.stage.write(ZOE, scene.rooms["Place du village"].room_id, "!aide")
    assert [one["person"] for one in await found(scene)] == [MARC]


async def test_it_is_as_long_as_the_lieu_chose(scene: Scenery) -> None:
    was_in_cloud(scene, ZOE, 1)
    lieu, _, _ = await asked_of(scene)
    await scene.stage.bot.lieux.choose(lieu.id, keep_asleep=6)
    assert [one["person"] for one in await found(scene)] == [ZOE]


async def test_who_is_leaving_is_not_asked_about(scene: Scenery) -> None:
    was_in_cloud(scene, ZOE, 9)
    lieu, _, _ = await asked_of(scene)
    await scene.stage.database.write(
        lambda tx: tx.execute(
            "INSERT INTO departures (lieu, person, name, login, by, status, locks_at, created_at, changed_at)"
            " VALUES (?, ?, 'Zoé', '', ?, 'announced', 1, 1, 1)",
            (lieu.id, ZOE, ANNE),
        )
    )
    assert await found(scene) == []


async def test_another_lieu_is_asked_of_its_own_alone(scene: Scenery) -> None:
    was_in_cloud(scene, ZOE, 9)
    was_in_cloud(scene, MARC, 9)
    _, sleepers, services = await asked_of(scene)
    space = scene.stage.matrix.room("Le Phare", space=True).room_id
    other = await scene.stage.bot.lieux.create(space, "Le Phare", language="fr", zone="Europe/Paris", now=1)
    assert await sleepers.found(other, services) == []
    await scene.stage.bot.ownership.own_account(other.id, "zoe.martin", ZOE, address=ZOE)
    assert [one["person"] for one in await sleepers.found(other, services)] == [ZOE]


async def test_a_lieu_where_nobody_says_it_is_never_asked(tmp_path: Path) -> None:
    async with scenery(WITHOUT, tmp_path) as scene:
        office = scene.rooms["Conciergerie"].room_id
        _, _, services = await asked_of(scene)
        assert await services.tell_last_seen() == {"directory": False}
        assert await found(scene) == []
        await scene.stage.write(ANNE, office, "!installer conservation")
        for _ in range(3):
            await scene.stage.write(ANNE, office, "ok")
        assert "Rien ne change" in "\n".join(scene.stage.said(office))
        assert "compte que personne" not in "\n".join(scene.stage.said(office))


@pytest.mark.parametrize(
    "changes",
    [
        {"comptes nextcloud": "zoe.martin", "nextcloud du lieu": ""},  # the SSO's, which Nextcloud made at a sign-in
        dict.fromkeys(("comptes", "comptes connus", "comptes du lieu", "nextcloud du lieu"), ""),  # in Nextcloud alone
    ],
)
async def test_nextcloud_tells_it_whoever_made_the_account(changes: dict[str, str], tmp_path: Path) -> None:
    header = {name: said for name, said in (WITH | {"administration": "non"} | changes).items() if said}
    async with scenery(header, tmp_path) as scene:
        assert scene.nextcloud
        if "zoe.martin" not in scene.nextcloud.memory.accounts:
            scene.nextcloud.add_account("zoe.martin", groups=["la.rosee"])
        was_in_cloud(scene, ZOE, 4)
        (lieu,) = await scene.stage.bot.lieux.all()
        await scene.stage.bot.ownership.own_account(lieu.id, "zoe.martin", ZOE, address=ZOE)
        assert [one["person"] for one in await found(scene)] == [ZOE]


async def test_a_homeserver_tells_it_of_the_accounts_that_it_keeps(tmp_path: Path) -> None:
    header = {"lieu": "La Rosée", "concierges": "Anne, Bob", "membres": "Zoé Martin", "salons": "Place du village"}
    async with scenery(header | {"comptes": "sur la messagerie", "comptes du lieu": "Zoé Martin"}, tmp_path) as scene:
        was_on_matrix(scene, ZOE, 4)
        (zoe,) = await found(scene)
        assert (zoe["person"], [*zoe["seen"]]) == (ZOE, ["synapse"])


async def test_a_service_that_is_away_is_waited_for(scene: Scenery) -> None:
    """Whoever is active there must not be taken for asleep."""
    was_in_cloud(scene, ZOE, 5)
    was_on_matrix(scene, ZOE, 0)
    assert scene.synapse
    scene.synapse.down = True
    bot, office = scene.stage.bot, scene.rooms["Conciergerie"].room_id
    (lieu,) = await bot.lieux.all()
    await bot.nights._begin(lieu, "asleep", "2027-01", {})
    await scene.stage.settle()
    assert not any("que personne n’a utilisé" in line for line in scene.stage.said(office))
    scene.synapse.down = False
    await scene.stage.wait(1)
    assert not any("que personne n’a utilisé" in line for line in scene.stage.said(office))


# -- accounts of an SSO


async def test_an_sso_that_notes_visits_is_believed_beside_the_others(scene: Scenery) -> None:
    """Whoever is there every day, and in the cloud never, is not asleep."""
    was_in_cloud(scene, ZOE, 5)
    was_in_cloud(scene, MARC, 5)
    assert scene.directory
    now = scene.stage.clock.at
    scene.directory.visits = {"zoe.martin": now - YEAR, "marc.petit": now - 4 * YEAR}
    (marc,) = await found(scene)
    assert (marc["person"], marc["seen"]) == (
        MARC,
        {"nextcloud": (now - 5 * YEAR) // 1000 * 1000, "directory": now - 4 * YEAR},
    )


async def test_where_the_sso_alone_notes_visits_it_is_asked_by_it(tmp_path: Path) -> None:
    async with scenery(WITHOUT, tmp_path) as scene:
        assert scene.directory
        _, _, services = await asked_of(scene)
        assert await services.tell_last_seen() == {"directory": False}
        scene.directory.visits = {"zoe.martin": scene.stage.clock.at - 4 * YEAR}
        assert await services.tell_last_seen() == {"directory": True}
        assert [one["person"] for one in await found(scene)] == [ZOE]


async def test_an_sso_that_is_away_is_not_said_to_be_silent(scene: Scenery) -> None:
    _, _, services = await asked_of(scene)
    assert await services.tell_last_seen() == {"directory": False, "synapse": True, "nextcloud": True}
    assert scene.directory
    scene.directory.down = True
    assert (await services.tell_last_seen())["directory"]
