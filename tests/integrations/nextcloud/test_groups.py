"""Groups and memberships are made so, by a group admin where that is enough."""

from __future__ import annotations

import pytest

from integrations.errors import NotFound, NotPermitted, Refused, Rejected
from integrations.nextcloud import READ, Nextcloud
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


# -- named by what people see

SEEN = "Bénévoles du Lieu"


@pytest.fixture
def volunteers(server: StandIn) -> str:
    """A group whose id is not its name: nobody but an administrator ever saw the id."""
    server.memory.groups.append("benevoles")
    server.memory.shown["benevoles"] = SEEN
    server.add_folder(BOT, "Accueil")
    return "benevoles"


@pytest.mark.parametrize("name", [SEEN, "bénévoles du lieu", "Be\u0301ne\u0301voles du Lieu", "benevoles"])
async def test_a_group_named_as_people_see_it_has_no_empty_twin(
    admin: Nextcloud, server: StandIn, volunteers: str, name: str
) -> None:
    before = list(server.memory.groups)
    assert await admin.groups.ensure(name) is False
    assert server.memory.groups == before
    assert await admin.groups.ensure_member("carol", name) == {"member": True}
    assert server.groups()[volunteers] == await admin.groups.members(name) == ["carol"]
    await admin.shares.ensure("Accueil", group=name)
    await admin.shares.ensure("Accueil", group=name, permissions=READ)
    assert [(share.to, share.permissions) for share in server.shares()] == [(volunteers, READ)]
    folder = await admin.team_folders.ensure("Équipe")
    await admin.team_folders.ensure_group(folder["id"], name, READ)
    assert [one["groups"] for one in await admin.team_folders.all()] == [{volunteers: READ}]
    assert await admin.groups.remove_member("carol", name) == {"member": False}
    assert server.groups()[volunteers] == []
    admin.accounts.source = "bot"
    await admin.accounts.ensure("lea", "Léa", "lea@exemple.fr", group=name)
    assert server.groups()[volunteers] == ["lea"]


async def test_whoever_may_not_list_groups_finds_it_by_sharing(
    cloud: Nextcloud, server: StandIn, volunteers: str
) -> None:
    """A group admin does not see what groups are called; somebody without any right does not see groups at all."""
    for _ in range(2):
        assert await cloud.groups.called(SEEN) == [volunteers]
        await cloud.shares.ensure("Accueil", group=SEEN)
        assert [share.to for share in server.shares()] == [volunteers]
        server.memory.accounts[BOT].subadmin = []
        server.memory.shares.clear()


async def test_of_two_groups_of_one_name_none_is_taken_by_chance(
    admin: Nextcloud, server: StandIn, volunteers: str
) -> None:
    server.memory.groups.append("ben2")
    server.memory.shown["ben2"] = SEEN
    assert await admin.groups.called(SEEN) == ["ben2", volunteers]
    for act in (admin.groups.ensure(SEEN), admin.groups.members(SEEN), admin.shares.ensure("Accueil", group=SEEN)):
        with pytest.raises(Refused) as refusal:
            await act
        assert (refusal.value.code, refusal.value.words) == ("nextcloud-group-two", {"group": SEEN})
    assert await admin.groups.ensure("ben2") is False
    server.memory.groups.append(SEEN)  # whose id it is, wins over whose name it is, and both are asked about
    assert await admin.groups.id_of(SEEN) == SEEN
    assert await admin.groups.called(SEEN) == [SEEN, "ben2", volunteers]


async def test_what_administers_is_in_nobodys_gift_whatever_it_is_called(admin: Nextcloud, server: StandIn) -> None:
    server.memory.shown["admin"] = "Équipe du quartier"
    server.add_folder(BOT, "Accueil")
    for act in (
        admin.groups.ensure("Équipe du quartier"),
        admin.groups.ensure_member("carol", "Équipe du quartier"),
        admin.shares.ensure("Accueil", group="Équipe du quartier"),
    ):
        with pytest.raises(NotPermitted) as refusal:
            await act
        assert refusal.value.code == "group-administers"
    assert "admin" not in server.memory.accounts["carol"].groups
