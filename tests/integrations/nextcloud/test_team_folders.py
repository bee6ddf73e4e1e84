"""Team folders: made once, opened to groups that exist; every refusal is told, also those that come broken."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.errors import NotFound, NotPermitted, Rejected, Unavailable, Unsupported
from integrations.nextcloud import EDIT, READ, Nextcloud
from tests.servers.nextcloud import StandIn
from tests.servers.nextcloud.memory import Storage

from .conftest import BOT, GROUP

GB = 2**30


async def test_a_team_folder_is_made_once(admin: Nextcloud, server: StandIn) -> None:
    made = await admin.team_folders.ensure("Fablab d’été")
    assert made["created"]
    assert await admin.team_folders.ensure("Fablab d’été") == {"id": made["id"], "created": False}
    assert [folder.name for folder in server.memory.team_folders.values()] == ["Fablab d’été"]
    assert await admin.team_folders.all() == [
        {"id": made["id"], "name": "Fablab d’été", "groups": {}, "quota": None, "size": 0}
    ]


@pytest.mark.parametrize("name", ["", "/", "Atelier/Poterie", "quoi ?", "x" * 251])
async def test_a_bad_name_is_never_sent(admin: Nextcloud, server: StandIn, name: str) -> None:
    """An empty one would be mounted over everything."""
    with pytest.raises(Rejected):
        await admin.team_folders.ensure(name)
    assert server.memory.team_folders == {}


async def test_a_group_has_the_rights_that_were_asked(admin: Nextcloud, server: StandIn) -> None:
    id = (await admin.team_folders.ensure("Fablab"))["id"]
    for bits in (EDIT, READ, READ):
        assert await admin.team_folders.ensure_group(id, GROUP, bits) == {"group": GROUP, "permissions": bits}
        assert (await admin.team_folders.all())[0]["groups"] == {GROUP: bits}
    for _ in range(2):
        assert await admin.team_folders.ensure_group(id, GROUP, 0) == {"group": GROUP, "permissions": 0}
        assert (await admin.team_folders.all())[0]["groups"] == {}


async def test_a_group_that_does_not_exist_is_told(admin: Nextcloud, server: StandIn) -> None:
    id = (await admin.team_folders.ensure("Fablab"))["id"]
    with pytest.raises(NotFound, match="nextcloud-group"):
        await admin.team_folders.ensure_group(id, "absent", EDIT)
    with pytest.raises(NotFound, match="nextcloud-team-folder"):
        await admin.team_folders.ensure_group("9999", GROUP, EDIT)
    assert (await admin.team_folders.all())[0]["groups"] == {}


async def test_room_is_given_and_taken_back(admin: Nextcloud, server: StandIn) -> None:
    id = (await admin.team_folders.ensure("Fablab"))["id"]
    for quota in (5 * GB, 5 * GB, None):
        assert await admin.team_folders.limit(id, quota) == {"quota": quota}
        assert (await admin.team_folders.all())[0]["quota"] == quota
    for quota in (0, -3, 12):
        with pytest.raises(Rejected):
            await admin.team_folders.limit(id, quota)
    with pytest.raises(NotFound):
        await admin.team_folders.limit("9999", GB)


async def test_without_the_right_it_is_told(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.team_folder("Fablab").groups[GROUP] = EDIT
    server.memory.team_folder("À d’autres")
    assert [folder["name"] for folder in await cloud.team_folders.all()] == ["Fablab"]
    for call in (cloud.team_folders.ensure("Autre"), cloud.team_folders.limit("1", GB)):
        with pytest.raises(NotPermitted, match="nextcloud-team-right"):
            await call
    assert len(server.memory.team_folders) == 2


async def test_without_the_app_it_is_told(admin: Nextcloud, server: StandIn) -> None:
    server.memory.policy.team_folders = False
    with pytest.raises(Unsupported, match="nextcloud-team-app"):
        await admin.team_folders.ensure("Fablab")


async def test_a_lost_answer_is_looked_up(admin: Nextcloud, server: StandIn) -> None:
    await admin.groups.ensure("avant")  # so that it is the write, not the confirmation, that is struck
    server.weather.after_writing = "fails"
    made = await admin.team_folders.ensure("Fablab")
    assert server.weather.writes == 0
    for bits in (READ, EDIT, 0):
        server.weather.writes = 1
        await admin.team_folders.ensure_group(made["id"], GROUP, bits)
        assert (await admin.team_folders.all())[0]["groups"] == ({GROUP: bits} if bits else {})
    assert server.weather.writes == 0
    assert await admin.team_folders.ensure("Fablab") == {"id": made["id"], "created": False}
    assert len(server.memory.team_folders) == 1


@pytest.mark.parametrize("knob", ["maintenance", "limited"])
async def test_patience_is_asked(admin: Nextcloud, server: StandIn, knob: str) -> None:
    setattr(server.weather, knob, True)
    with pytest.raises(Unavailable):
        await admin.team_folders.ensure("Fablab")
    server.weather.clear()
    assert (await admin.team_folders.ensure("Fablab"))["created"]


async def test_storages_are_listed_without_what_opens_them(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.storages += [Storage(3, "NC du lieu B", [GROUP]), Storage(4, "À d’autres", ["autres"])]
    found: list[Any] = await cloud.storages.all()
    kind = "Nextcloud (WebDAV)" if server.memory.modern else "Nextcloud"
    assert found == [{"name": "NC du lieu B", "kind": kind, "groups": [GROUP]}]
    server.memory.policy.storages_app = False
    with pytest.raises(Unsupported, match="nextcloud-storages"):
        await cloud.storages.all()
    assert server.memory.accounts[BOT].groups == [GROUP]
