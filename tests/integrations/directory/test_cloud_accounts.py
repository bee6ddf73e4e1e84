"""Nextcloud as the place where a lieu has its accounts, seen by whoever administers one group of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from integrations.directory.cloud_accounts import NextcloudDirectory
from integrations.errors import NotPermitted, Protected, Refused
from integrations.nextcloud import Nextcloud
from tests.servers.nextcloud import Mail, StandIn
from tests.tiers import either

GROUP, PASSWORD = "la.rosee", "un mot de passe bien long"
ZOE = ("zoe", "Zoé Martin", "zoe@example.org")


@pytest.fixture(params=either("34.0.1", "29.0.1"))
async def server(request: pytest.FixtureRequest) -> AsyncIterator[StandIn]:
    server = StandIn(request.param)
    server.add_account("bot", PASSWORD, groups=[GROUP], subadmin=[GROUP])
    async with server.running():
        yield server


@pytest.fixture
async def directory(server: StandIn) -> AsyncIterator[NextcloudDirectory]:
    cloud = Nextcloud(server.url, "bot", server.app_password("bot"), password=PASSWORD, accounts_from="bot")
    yield NextcloudDirectory(cloud, GROUP)
    await cloud.close()


async def test_a_newcomer_is_mailed_one_link(directory: NextcloudDirectory, server: StandIn) -> None:
    for _ in range(2):
        await directory.ensure_account(*ZOE)
    assert server.users()["zoe"].groups == [GROUP]
    assert server.memory.mails == [Mail("zoe@example.org", with_link=True)]


async def test_a_link_is_mailed_again_or_its_page_is_named(directory: NextcloudDirectory, server: StandIn) -> None:
    """The older version sends applications away from its page for forgotten passwords."""
    await directory.ensure_account(*ZOE)
    first = await directory.start_first_login("zoe")
    if server.memory.modern:
        assert (first.kind, first.expires_in) == ("mail", 7 * 24 * 3600)
        assert server.memory.mails == [Mail("zoe@example.org", with_link=True)] * 2
    else:
        assert (first.kind, first.link) == ("external", f"{server.url}/login")


async def test_nobody_who_has_a_password_or_is_shut_out_is_mailed_a_link(
    directory: NextcloudDirectory, server: StandIn
) -> None:
    await directory.ensure_account(*ZOE)
    await directory.set_active("zoe", False)
    with pytest.raises(Refused) as shut:
        await directory.start_first_login("zoe")
    server.users()["zoe"].last_login = 1
    with pytest.raises(Refused) as has:
        await directory.start_first_login("zoe")
    assert (shut.value.code, has.value.code) == ("nextcloud-account-shut", "already-has-password")
    assert len(server.memory.mails) == 1


async def test_what_somebody_left_in_their_account_is_never_deleted(
    directory: NextcloudDirectory, server: StandIn
) -> None:
    await directory.ensure_account(*ZOE)
    server.users()["zoe"].last_login = 1
    with pytest.raises(Protected) as refusal:
        await directory.delete("zoe")
    assert refusal.value.code == "nextcloud-account-used"
    assert "zoe" in server.users()


async def test_who_administers_nextcloud_is_not_shown(directory: NextcloudDirectory, server: StandIn) -> None:
    server.users()["admin"].groups.append(GROUP)
    assert await directory.members_of("admin") == ()
    assert "admin" not in await directory.logins()
    assert not await directory.is_free("admin")


async def test_a_group_that_the_bot_does_not_look_after_is_nobodys_to_give(
    directory: NextcloudDirectory, server: StandIn
) -> None:
    await directory.ensure_account(*ZOE)
    server.memory.groups.append("autre")
    with pytest.raises(NotPermitted):
        await directory.set_member("autre", "zoe", True)
    assert server.users()["zoe"].groups == [GROUP]


@pytest.mark.parametrize("name", ["Bénévoles du Lieu", "bénévoles du lieu", "benevoles"])
async def test_somebody_is_in_the_group_and_out_of_it_by_the_name_that_people_see(server: StandIn, name: str) -> None:
    """Nextcloud tells of somebody's groups their ids: one who leaves was seen in none, and stayed in it."""
    server.memory.groups += ["benevoles", "autre"]
    server.memory.shown["benevoles"] = "Bénévoles du Lieu"
    server.users()["bot"].subadmin += ["benevoles", "autre"]
    cloud = Nextcloud(server.url, "bot", server.app_password("bot"), password=PASSWORD, accounts_from="bot")
    directory = NextcloudDirectory(cloud, name)
    await directory.ensure_account(*ZOE)
    await directory.set_member("autre", "zoe", True)
    assert name in await directory.groups_of("zoe")
    await directory.set_member(name, "zoe", False)
    assert server.users()["zoe"].groups == ["autre"]
    assert await directory.groups_of("zoe") == ("autre",)
    await directory.set_member(name, "zoe", True)
    assert await directory.members_of(name) == ("zoe",)
    await cloud.close()


async def test_eighty_people_are_looked_for_in_one_list(directory: NextcloudDirectory, server: StandIn) -> None:
    await directory.ensure_account(*ZOE)
    server.asked.clear()
    for n in range(80):
        assert await directory.find(email=f"personne{n}@example.org") == ()
    assert [login.login for login in await directory.find(email="zoe@example.org")] == ["zoe"]
    assert len(server.asked) == 1
    await directory.ensure_account("ida", "Ida", "ida@example.org")
    assert await directory.find(email="ida@example.org"), "what was made since is seen"


async def test_a_group_is_there_by_whatever_name_people_know_it(directory: NextcloudDirectory) -> None:
    assert await directory.has_group(GROUP)
    assert not await directory.has_group("nulle.part")
