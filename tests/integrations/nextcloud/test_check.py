"""`check` says what works, and names what a person must mend."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.nextcloud import Nextcloud, mail_test
from tests.servers.nextcloud import StandIn
from tests.servers.nextcloud.identity import GUESSES

from .conftest import BOT, GROUP, PASSWORD


async def checked(server: StandIn, **more: Any) -> dict[str, bool]:
    cloud = Nextcloud(server.url, BOT, server.app_password(BOT), **({"password": PASSWORD} | more))
    try:
        return {finding.code: finding.ok for finding in await cloud.check()}
    finally:
        await cloud.close()


async def test_a_group_admin_with_its_password_can_do_its_work(server: StandIn) -> None:
    confirmation = "nextcloud-confirmation-ready" if server.memory.modern else "nextcloud-confirmation-not-needed"
    assert await checked(server, accounts_from="bot") == {
        "nextcloud-version": True,
        "nextcloud-credentials": True,
        "nextcloud-rights-subadmin": True,
        confirmation: True,
        "nextcloud-accounts-bot": True,
        "nextcloud-sharing": True,
        "nextcloud-group-sharing": True,
    }


async def test_a_missing_password_is_found_without_changing_anything(server: StandIn) -> None:
    before = server.groups()
    found = await checked(server, password=None)
    assert found.get("nextcloud-password-needed") == (False if server.memory.modern else None)
    assert found.get("nextcloud-confirmation-not-needed") == (None if server.memory.modern else True)
    assert server.groups() == before


async def test_a_wrong_password_is_found(server: StandIn) -> None:
    found = await checked(server, password="faux")
    assert found.get("nextcloud-password-wrong") == (False if server.memory.modern else None)


@pytest.mark.parametrize(("accounts", "fine"), [("sso", True), ("bot", False)])
async def test_accounts_of_an_sso_are_recognised(server: StandIn, accounts: str, fine: bool) -> None:
    server.add_account("erin", groups=[GROUP], backend="user_oidc")
    assert (await checked(server, accounts_from=accounts))["nextcloud-accounts-sso"] is fine


async def test_accounts_that_no_username_will_match_are_found(server: StandIn) -> None:
    server.add_account("0f" * 32, groups=[GROUP], backend="user_oidc")
    assert (await checked(server))["nextcloud-ids-hashed"] is False


async def test_a_lieu_without_people_yet_cannot_tell(server: StandIn) -> None:
    server.memory.remove(server.memory.accounts["carol"])
    assert (await checked(server))["nextcloud-accounts-unknown"] is True


@pytest.mark.parametrize(("accounts", "enough"), [("sso", True), ("bot", False)])
async def test_no_rights_are_enough_where_the_sso_fills_the_group(server: StandIn, accounts: str, enough: bool) -> None:
    server.memory.accounts[BOT].subadmin.clear()
    assert (await checked(server, accounts_from=accounts))["nextcloud-rights-none"] is enough


async def test_an_administrator_is_recognised(server: StandIn) -> None:
    server.memory.accounts[BOT].groups.append("admin")
    assert (await checked(server))["nextcloud-rights-admin"] is True


async def test_sharing_switched_off_is_found(server: StandIn) -> None:
    server.memory.policy.sharing = server.memory.policy.group_sharing = False
    found = await checked(server)
    assert (found["nextcloud-sharing"], found["nextcloud-group-sharing"]) == (False, False)


async def test_what_hides_the_rest_is_said_alone(server: StandIn) -> None:
    server.memory.accounts[BOT].enabled = False
    assert await checked(server) == {"nextcloud-credentials": False}
    server.weather.maintenance = True
    assert await checked(server) == {"nextcloud-version": True, "nextcloud-maintenance": False}
    await server.down()
    assert await checked(server) == {"nextcloud-nobody": False}


async def test_an_untrusted_address_is_found(server: StandIn) -> None:
    server.trusted = False
    assert await checked(server) == {"nextcloud-untrusted": False}


async def test_an_upgrade_that_waits_is_not_a_maintenance(server: StandIn) -> None:
    server.weather.upgrade = True
    assert await checked(server) == {"nextcloud-version": True, "nextcloud-upgrade": False}


async def test_an_address_that_is_made_to_wait_is_not_an_outage(server: StandIn) -> None:
    server.identities.guesses = GUESSES + 1
    assert await checked(server) == {"nextcloud-throttled": False}


# -- mails that do not leave, while Nextcloud answers "OK"


async def tried(server: StandIn) -> dict[str, bool]:
    cloud = Nextcloud(server.url, BOT, server.app_password(BOT), password=PASSWORD)
    found = {finding.code: finding.ok for finding in await cloud.try_mails()}
    await cloud.close()
    return found


async def test_mails_that_do_not_leave_are_found_by_sending_one(server: StandIn) -> None:
    account = server.memory.accounts[BOT]
    account.groups.append("admin")
    account.email = "concierge@exemple.fr"
    assert await tried(server) == {"nextcloud-mails-leave": True}
    assert [mail.to for mail in server.memory.mails] == ["concierge@exemple.fr"]
    server.weather.mail_down = True
    assert await tried(server) == {"nextcloud-mails-stuck": False}


async def test_a_mail_server_that_says_nothing_is_found_too(server: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    server.memory.accounts[BOT].groups.append("admin")
    server.memory.accounts[BOT].email = "concierge@exemple.fr"
    monkeypatch.setattr(mail_test, "PATIENCE", 0.2)
    server.weather.after_writing = "hangs"
    assert await tried(server) == {"nextcloud-mails-stuck": False}


async def test_what_nextcloud_does_not_tell_is_a_humans_to_try(server: StandIn) -> None:
    assert await tried(server) == {"nextcloud-mails-untried": True}
    server.memory.accounts[BOT].email = "concierge@exemple.fr"
    assert await tried(server) == {"nextcloud-mails-untold": True}


async def test_a_nextcloud_that_is_away_is_said_once(server: StandIn) -> None:
    server.weather.maintenance = True
    assert await tried(server) == {}


async def test_a_look_at_the_state_sends_no_mail(cloud: Nextcloud, server: StandIn) -> None:
    server.memory.accounts[BOT].groups.append("admin")
    server.memory.accounts[BOT].email = "concierge@exemple.fr"
    await cloud.check()
    assert server.memory.mails == []
