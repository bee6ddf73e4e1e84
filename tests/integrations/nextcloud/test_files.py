"""Folders are looked into, renamed and moved to the bin: the one that was meant, whatever became of it meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.errors import Conflict, NotFound, NotPermitted, Rejected, Unavailable
from integrations.nextcloud import EDIT, READ, Nextcloud
from tests.servers.nextcloud import StandIn
from tests.servers.nextcloud.profile import DISK

from .conftest import BOT, GROUP, PASSWORD, Clock

ODD = ("Été à la Forge — projet", "100 % bois & métal #2", " espace ", "deux: points? *", "é" * 125)


@pytest.fixture(autouse=True)
def lieu(server: StandIn) -> None:
    server.add_folder(BOT, "Lieu")
    server.add_folder(BOT, "Lieu/Atelier")
    server.add_folder(BOT, "Lieu/Atelier/Poterie")
    server.add_folder(BOT, "Lieu/Atelier bis")
    server.memory.homes[BOT]["Lieu/Atelier/plan.txt"] = server.memory.node(b"x" * 12, "text/plain")


async def id_of(cloud: Nextcloud, path: str) -> str:
    found = await cloud.files.entry(path)
    assert found is not None
    return found["id"]


async def test_folders_come_first_with_their_size(cloud: Nextcloud) -> None:
    found = await cloud.files.entries("Lieu/Atelier")
    assert [(one["name"], one["is_folder"], one["size"]) for one in found] == [
        ("Poterie", True, 0),
        ("plan.txt", False, 12),
    ]
    assert [one["name"] for one in await cloud.files.entries("Lieu")] == ["Atelier", "Atelier bis"]
    above = await cloud.files.entry("Lieu")
    assert above is not None
    assert (above["name"], above["is_folder"], above["size"], above["permissions"]) == ("Lieu", True, 12, "RGDNVCK")
    assert above["etag"]


@pytest.mark.parametrize("name", ODD)
async def test_a_name_given_elsewhere_is_taken_as_it_is(cloud: Nextcloud, server: StandIn, name: str) -> None:
    server.add_folder(BOT, f"Lieu/{name}")
    server.add_folder(BOT, f"Lieu/{name}/dedans")
    assert name in [one["name"] for one in await cloud.files.entries("Lieu")]
    assert [one["name"] for one in await cloud.files.entries(f"Lieu/{name}")] == ["dedans"]
    id = await id_of(cloud, f"Lieu/{name}")
    assert await cloud.files.move(f"Lieu/{name}", "Lieu/Propre", id=id) == {"moved": True}
    assert "/Lieu/Propre/dedans" in server.folders(BOT)


@pytest.mark.parametrize("path", ["Lieu/../..", "../carol", "Lieu/./Atelier", "Lieu\\Atelier", "Lieu/a\nb"])
async def test_no_path_leads_elsewhere(cloud: Nextcloud, server: StandIn, path: str) -> None:
    for call in (
        cloud.files.entry(path),
        cloud.files.entries(path),
        cloud.files.bin(path, id="1"),
        cloud.files.move(path, "Lieu/a", id="1"),
    ):
        with pytest.raises(Rejected):
            await call
    assert not any(method in ("DELETE", "MOVE") for method, _ in server.asked)


async def test_what_is_not_there_is_told(cloud: Nextcloud) -> None:
    assert await cloud.files.entry("Lieu/Absent") is None
    for path in ("Lieu/Absent", "Lieu/Atelier/plan.txt"):
        with pytest.raises(NotFound, match="nextcloud-folder"):
            await cloud.files.entries(path)


async def test_a_folder_keeps_its_shares_when_it_is_renamed(cloud: Nextcloud, server: StandIn) -> None:
    await cloud.shares.ensure("Lieu/Atelier/Poterie", group=GROUP)
    id = await id_of(cloud, "Lieu/Atelier")
    for _ in range(2):  # a second time, as after a crash
        assert await cloud.files.move("Lieu/Atelier", "Lieu/Atelier d’été", id=id) == {"moved": True}
    assert server.folders(BOT) == ["/Lieu", "/Lieu/Atelier bis", "/Lieu/Atelier d’été", "/Lieu/Atelier d’été/Poterie"]
    assert [share.path for share in server.shares()] == ["/Lieu/Atelier d’été/Poterie"]


async def test_nothing_is_written_over(cloud: Nextcloud, server: StandIn) -> None:
    before = server.folders(BOT)
    with pytest.raises(Conflict) as refusal:
        await cloud.files.move("Lieu/Atelier", "Lieu/Atelier bis", id=await id_of(cloud, "Lieu/Atelier"))
    assert refusal.value.code == "folder-name-taken"
    assert server.folders(BOT) == before


@pytest.mark.parametrize("name", ["quoi ?", "x" * 251, "é" * 126, "point.", ".htaccess"])
async def test_a_new_name_must_suit_everybody(cloud: Nextcloud, server: StandIn, name: str) -> None:
    with pytest.raises(Rejected):
        await cloud.files.move("Lieu/Atelier", f"Lieu/{name}", id=await id_of(cloud, "Lieu/Atelier"))
    assert "/Lieu/Atelier" in server.folders(BOT)


async def test_accents_are_composed(cloud: Nextcloud, server: StandIn) -> None:
    await cloud.folders.ensure("Lieu/E\u0301te\u0301")
    assert "/Lieu/Été" in server.folders(BOT)


async def test_another_folder_of_the_same_name_is_not_touched(cloud: Nextcloud, server: StandIn) -> None:
    """The one that was meant has gone, and somebody has made another in its place."""
    id = await id_of(cloud, "Lieu/Atelier")
    server.memory.homes[BOT]["Lieu/Atelier"] = server.memory.node()
    assert await cloud.files.bin("Lieu/Atelier", id=id) == {"binned": False}
    with pytest.raises(NotFound):
        await cloud.files.move("Lieu/Atelier", "Lieu/Autre", id=id)
    assert "/Lieu/Atelier" in server.folders(BOT)


async def test_a_folder_goes_to_the_bin_once(cloud: Nextcloud, server: StandIn) -> None:
    id = await id_of(cloud, "Lieu/Atelier")
    assert await cloud.files.bin("Lieu/Atelier", id=id) == {"binned": True}
    assert await cloud.files.bin("Lieu/Atelier", id=id) == {"binned": False}
    assert server.folders(BOT) == ["/Lieu", "/Lieu/Atelier bis"]


@pytest.mark.parametrize("letters", ["SRMGDNVCK", "RGCK"])
async def test_what_is_mounted_or_fixed_stays(cloud: Nextcloud, server: StandIn, letters: str) -> None:
    """Deleting another's share would only let go of it."""
    server.memory.homes[BOT]["Lieu/Atelier"].permissions = letters
    id = await id_of(cloud, "Lieu/Atelier")
    for call in (cloud.files.bin("Lieu/Atelier", id=id), cloud.files.move("Lieu/Atelier", "Lieu/Autre", id=id)):
        with pytest.raises(NotPermitted, match="nextcloud-folder-fixed"):
            await call
    assert "/Lieu/Atelier" in server.folders(BOT)


async def test_who_reaches_a_folder(cloud: Nextcloud, server: StandIn) -> None:
    await cloud.shares.ensure("Lieu", group=GROUP, permissions=EDIT)
    await cloud.shares.ensure("Lieu/Atelier", person="carol", permissions=READ)
    await cloud.shares.ensure("Lieu/Atelier/Poterie", person="dave", permissions=EDIT)
    await cloud.shares.ensure("Lieu/Atelier bis", person="carol", permissions=READ)
    found = await cloud.shares.reaching("Lieu/Atelier")
    assert {(share["path"], share["to"]) for share in found} == {
        ("/Lieu", GROUP),
        ("/Lieu/Atelier", "carol"),
        ("/Lieu/Atelier/Poterie", "dave"),
    }
    server.memory.policy.sharing = False
    with pytest.raises(NotPermitted, match="nextcloud-sharing-off"):
        await cloud.shares.reaching("Lieu")


async def test_how_much_room_is_left(cloud: Nextcloud, server: StandIn) -> None:
    assert await cloud.files.quota() == {"used": 12, "total": 0 if server.memory.modern else 12 + DISK}
    server.memory.accounts[BOT].quota = 100
    assert await cloud.files.quota() == {"used": 12, "total": 100}


@pytest.fixture
async def impatient(server: StandIn, clock: Clock) -> Any:
    cloud = Nextcloud(server.url, BOT, server.app_password(BOT), password=PASSWORD, clock=clock, read_timeout=0.5)
    yield cloud
    await cloud.close()


@pytest.mark.parametrize("after", ["fails", "hangs"])
async def test_a_lost_answer_is_looked_up(impatient: Nextcloud, server: StandIn, after: Any) -> None:
    id = await id_of(impatient, "Lieu/Atelier")
    server.weather.after_writing = after
    assert await impatient.files.move("Lieu/Atelier", "Lieu/Forge", id=id) == {"moved": True}
    server.weather.writes = 1
    assert await impatient.files.bin("Lieu/Forge", id=id) == {"binned": True}
    assert server.weather.writes == 0
    assert server.folders(BOT) == ["/Lieu", "/Lieu/Atelier bis"]


@pytest.mark.parametrize("knob", ["maintenance", "limited"])
async def test_patience_is_asked(cloud: Nextcloud, server: StandIn, knob: str) -> None:
    id = await id_of(cloud, "Lieu/Atelier")
    setattr(server.weather, knob, True)
    calls = (
        cloud.files.entries("Lieu"),
        cloud.files.bin("Lieu/Atelier", id=id),
        cloud.files.move("Lieu/Atelier", "Lieu/a", id=id),
    )
    for call in calls:
        with pytest.raises(Unavailable) as wait:
            await call
        assert wait.value.retry_after == (30 if knob == "maintenance" else 600)
    server.weather.clear()
    assert await cloud.files.bin("Lieu/Atelier", id=id) == {"binned": True}


async def test_refused_credentials_are_told(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.accounts[BOT].app_passwords.clear()
    with pytest.raises(Unavailable, match="credentials"):
        await cloud.files.entries("Lieu")
