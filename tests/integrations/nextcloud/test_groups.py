"""Groups and memberships are made so, by a group admin where that is enough."""

from __future__ import annotations

import pytest

from integrations.errors import NotFound, NotPermitted, Rejected
from integrations.nextcloud import Nextcloud
from tests.servers.nextcloud import StandIn

from .conftest import BOT, GROUP


async def test_an_administrator_makes_a_group_once(admin: Nextcloud, server: StandIn) -> None:
    assert await admin.groups.ensure("Compagnons & ami·es") is True
    assert await admin.groups.ensure("Compagnons & ami·es") is False
    assert "Compagnons & ami·es" in server.groups()


async def test_a_group_admin_finds_a_group_and_cannot_make_one(cloud: Nextcloud) -> None:
    assert await cloud.groups.ensure(GROUP) is False
    with pytest.raises(NotPermitted) as refusal:
        await cloud.groups.ensure("autre")
    assert (refusal.value.code, refusal.value.words) == ("nextcloud-group-right", {"group": "autre"})


@pytest.mark.parametrize("name", ["", " ", " a", "a" * 65])
async def test_a_group_needs_a_plain_name(admin: Nextcloud, name: str) -> None:
    with pytest.raises(Rejected):
        await admin.groups.ensure(name)


async def test_a_person_joins_once(cloud: Nextcloud, server: StandIn) -> None:
    for _ in range(2):
        assert await cloud.groups.ensure_member("dave", GROUP) == {"member": True}
    assert await cloud.groups.members(GROUP) == ["carol", BOT, "dave"]
    assert sum(method == "POST" for method, _ in server.asked) == (2 if server.memory.modern else 1)


async def test_a_person_who_never_signed_in_is_pending(cloud: Nextcloud) -> None:
    assert await cloud.groups.ensure_member("noe", GROUP) == {"member": False, "pending": True}


async def test_a_member_needs_no_write_at_all(cloud: Nextcloud, server: StandIn) -> None:
    assert await cloud.groups.ensure_member("Carol", GROUP) == {"member": True}
    assert {method for method, _ in server.asked} == {"GET"}


async def test_a_person_leaves_and_again(admin: Nextcloud, server: StandIn) -> None:
    for login in ("carol", "carol", "nobody"):
        assert await admin.groups.remove_member(login, GROUP) == {"member": False}
    assert server.groups()[GROUP] == [BOT]


async def test_a_group_admin_cannot_empty_a_life(cloud: Nextcloud) -> None:
    with pytest.raises(NotPermitted) as refusal:
        await cloud.groups.remove_member("carol", GROUP)
    assert refusal.value.code == "nextcloud-last-group"


async def test_an_unknown_group_is_told(cloud: Nextcloud) -> None:
    with pytest.raises(NotFound) as refusal:
        await cloud.groups.ensure_member("dave", "absent")
    assert refusal.value.code == "nextcloud-group"


async def test_anothers_group_is_told(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.groups.append("voisins")
    with pytest.raises(NotPermitted) as refusal:
        await cloud.groups.ensure_member("dave", "voisins")
    assert refusal.value.code == "nextcloud-group-right"
