"""Accounts made by the bot: once, whole, and never somebody else's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from integrations.errors import Conflict, NotFound, NotPermitted, Rejected, Unavailable, Unsupported
from integrations.nextcloud import Nextcloud
from tests.servers.nextcloud import Mail, StandIn

from .conftest import BOT, GROUP, PASSWORD, Clock

NOE = {"login": "noe", "name": "Noé", "email": "noe@example.org", "group": GROUP}
MAIL = Mail("noe@example.org", with_link=True)


@pytest.fixture
async def maker(server: StandIn, clock: Clock) -> AsyncIterator[Nextcloud]:
    """The bot in a lieu without SSO."""
    secret = server.app_password(BOT)
    cloud = Nextcloud(server.url, BOT, secret, password=PASSWORD, accounts_from="bot", clock=clock)
    yield cloud
    await cloud.close()


def half_made(server: StandIn, **more: Any) -> None:
    server.add_account("noe", name="Noé", groups=[GROUP], **more).last_login = 0


async def test_an_account_is_made_once_and_mailed_a_link_once(maker: Nextcloud, server: StandIn) -> None:
    assert await maker.accounts.ensure(**NOE) == {"created": True}
    assert await maker.accounts.ensure(**NOE) == {"created": False}
    assert await maker.accounts.ensure(**NOE, ours=True) == {"created": False}
    made = server.users()["noe"]
    assert (made.name, made.email, made.groups, made.language) == ("Noé", "noe@example.org", [GROUP], "fr")
    assert server.memory.mails == [MAIL]


async def test_a_login_is_free_until_it_is_taken(maker: Nextcloud) -> None:
    assert await maker.accounts.is_free("noe")
    await maker.accounts.ensure(**NOE)
    assert not await maker.accounts.is_free("Noe")


async def test_where_the_sso_makes_accounts_the_bot_does_not(cloud: Nextcloud, server: StandIn) -> None:
    with pytest.raises(Unsupported):
        await cloud.accounts.ensure(**NOE)
    assert server.asked == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"login": ""}, "login"),
        ({"login": "élodie"}, "login"),
        ({"login": "a/b"}, "login"),
        ({"login": "a:b"}, "login"),
        ({"login": ".."}, "login"),
        ({"login": " trail"}, "login"),
        ({"login": "trail "}, "login"),
        ({"login": "l" * 65}, "login"),
        ({"login": "noe\n"}, "login"),
        ({"email": "pas-un-mail"}, "email"),
        ({"email": "a@b"}, "email"),
        ({"email": "a@b.org, c@d.org"}, "email"),
        ({"email": "a@b.org\n"}, "email"),
        ({"email": "a b@c.org"}, "email"),
        ({"name": " "}, "name"),
        ({"name": "n" * 65}, "name"),
        ({"name": "No\x00é"}, "name"),
    ],
)
async def test_what_the_server_would_half_accept_is_refused(
    maker: Nextcloud, server: StandIn, wrong: dict[str, str], code: str
) -> None:
    with pytest.raises(Rejected) as refusal:
        await maker.accounts.ensure(**(NOE | wrong))
    assert refusal.value.code == code
    assert server.asked == []


@pytest.mark.parametrize("login", ["jean paul", "a@b.org", "o'neil", "l" * 64, "Noe-2_x"])
async def test_unusual_logins_are_fine(maker: Nextcloud, login: str) -> None:
    assert await maker.accounts.ensure(**(NOE | {"login": login})) == {"created": True}


async def test_a_language_of_elsewhere_does_not_break_the_account(maker: Nextcloud, server: StandIn) -> None:
    assert await maker.accounts.ensure(**NOE, language="gcf") == {"created": True}
    assert server.memory.mails == [MAIL]


@pytest.mark.parametrize("ours", [False, True])
async def test_a_login_that_the_bot_cannot_see_is_taken(maker: Nextcloud, server: StandIn, ours: bool) -> None:
    """ "dave" is in no group of the bot's: for it, he does not exist until it tries."""
    with pytest.raises(Conflict) as refusal:
        await maker.accounts.ensure(**(NOE | {"login": "Dave"}), ours=ours)
    assert (refusal.value.field, refusal.value.code) == ("login", "login-taken")
    assert "dave" in server.users()


async def test_anothers_account_is_taken_and_untouched(maker: Nextcloud, server: StandIn) -> None:
    half_made(server)
    with pytest.raises(Conflict):
        await maker.accounts.ensure(**NOE)
    assert {method for method, _ in server.asked} == {"GET"}


async def test_a_half_made_account_is_made_again_within_the_same_call(maker: Nextcloud, server: StandIn) -> None:
    server.weather.half_creations = 2
    assert await maker.accounts.ensure(**NOE) == {"created": True}
    assert server.users()["noe"].email == "noe@example.org"
    assert server.memory.mails == [MAIL]


async def test_an_account_that_stays_half_made_is_not_left_behind(maker: Nextcloud, server: StandIn) -> None:
    server.weather.half_creations = 99
    with pytest.raises(Unavailable):
        await maker.accounts.ensure(**NOE)
    assert "noe" not in server.users()
    server.weather.clear()
    assert await maker.accounts.ensure(**NOE) == {"created": True}


@pytest.mark.parametrize("server", ["29.0.1"], indirect=True)
async def test_no_account_is_left_without_its_mail(maker: Nextcloud, server: StandIn) -> None:
    """The older server says "bad request" when the mail cannot leave; the account, whole, is there already."""
    server.memory.policy.mail_works = False
    with pytest.raises(Unavailable):
        await maker.accounts.ensure(**NOE)
    assert "noe" not in server.users()
    server.memory.policy.mail_works = True
    await maker.accounts.ensure(**NOE)
    assert server.memory.mails == [MAIL]


async def test_ours_left_half_made_by_a_crash_is_made_again(maker: Nextcloud, server: StandIn) -> None:
    half_made(server)
    assert await maker.accounts.ensure(**NOE, ours=True) == {"created": True}
    assert server.memory.mails == [MAIL]


async def test_ours_in_use_is_completed_and_never_deleted(maker: Nextcloud, server: StandIn) -> None:
    account = server.add_account("noe", "son mot de passe", name="Noé", groups=[GROUP])
    assert await maker.accounts.ensure(**NOE, ours=True) == {"created": False}
    assert server.users()["noe"] is account
    assert account.email == "noe@example.org"


async def test_an_unknown_group_makes_no_account(maker: Nextcloud, server: StandIn) -> None:
    with pytest.raises(NotFound) as refusal:
        await maker.accounts.ensure(**(NOE | {"group": "absent"}))
    assert refusal.value.code == "nextcloud-group"
    assert "noe" not in server.users()


async def test_a_bot_without_rights_is_told(maker: Nextcloud, server: StandIn) -> None:
    server.memory.accounts[BOT].subadmin.clear()
    with pytest.raises(NotPermitted) as refusal:
        await maker.accounts.ensure(**NOE)
    assert refusal.value.code == "nextcloud-account-right"


async def test_edits_stay_within_the_limit(maker: Nextcloud, server: StandIn, clock: Clock) -> None:
    for number in range(45):
        server.add_account(f"p{number}", groups=[GROUP])
        await maker.accounts.ensure(**(NOE | {"login": f"p{number}"}), ours=True)
    server.add_account("noe", groups=[GROUP])
    with pytest.raises(Unavailable) as wait:
        await maker.accounts.ensure(**NOE, ours=True)
    clock.now += wait.value.retry_after
    assert wait.value.retry_after == 600
    assert wait.value.cause == "limited"
    assert await maker.accounts.ensure(**NOE, ours=True) == {"created": False}


async def test_when_somebody_was_there_last_is_told_in_milliseconds(maker: Nextcloud, server: StandIn) -> None:
    await maker.accounts.ensure(**NOE)
    server.users()["noe"].last_login = 1_795_373_893
    found = await maker.accounts.get("noe")
    assert found
    assert found["last_seen"] == 1_795_373_893_000  # as a 29.0.1 told it (captured: whoami)


async def test_an_account_is_put_to_sleep_and_woken(maker: Nextcloud, server: StandIn) -> None:
    await maker.accounts.ensure(**NOE)
    for enabled in (False, False, True, True):
        assert await maker.accounts.set_enabled("noe", enabled, ours=True) == {"enabled": enabled}
        assert server.users()["noe"].enabled is enabled
        told = {"login": "noe", "name": NOE["name"], "email": NOE["email"], "enabled": enabled, "groups": [GROUP]}
        told |= {"seen": False, "last_seen": 0, "used": 0, "quota": None}
        assert await maker.accounts.get("noe") == told
    assert await maker.accounts.get("personne") is None


@pytest.mark.parametrize("after", ["fails", "hangs"])
async def test_a_sleep_whose_answer_was_lost_is_looked_up(server: StandIn, clock: Clock, after: Any) -> None:
    secret = server.app_password(BOT)
    cloud = Nextcloud(server.url, BOT, secret, password=PASSWORD, accounts_from="bot", clock=clock, read_timeout=0.5)
    await cloud.accounts.ensure(**NOE)
    server.weather.after_writing = after
    assert await cloud.accounts.set_enabled("noe", False, ours=True) == {"enabled": False}
    assert server.weather.writes == 0
    assert not server.users()["noe"].enabled
    await cloud.close()


async def test_neither_strangers_nor_administrators_are_put_to_sleep(maker: Nextcloud, server: StandIn) -> None:
    server.add_account("admin", name="Chef", groups=["admin", GROUP])
    server.memory.accounts[BOT].groups.append("admin")
    for login, ours, code in (("carol", False, "nextcloud-not-ours"), ("admin", True, "nextcloud-administrator")):
        with pytest.raises(NotPermitted) as refusal:
            await maker.accounts.set_enabled(login, False, ours=ours)
        assert refusal.value.code == code
        assert server.users()[login].enabled
    with pytest.raises(NotFound):
        await maker.accounts.set_enabled("personne", False, ours=True)


async def test_where_the_sso_makes_accounts_none_is_put_to_sleep(cloud: Nextcloud, server: StandIn) -> None:
    with pytest.raises(Unsupported):
        await cloud.accounts.set_enabled("dave", False, ours=True)
    assert server.users()["dave"].enabled


async def test_where_the_sso_lets_people_in_nobody_is_mailed_a_second_password(
    maker: Nextcloud, server: StandIn
) -> None:
    for _ in range(2):
        await maker.accounts.ensure(**NOE, ours=True, mails=False)
    made = server.users()["noe"]
    assert (made.email, made.groups) == ("noe@example.org", [GROUP])
    assert len(made.password) > 40, "nobody's to guess"
    assert server.memory.mails == []


async def test_an_address_that_must_be_given_makes_a_greeting_at_most(maker: Nextcloud, server: StandIn) -> None:
    server.memory.policy.email_required = True
    await maker.accounts.ensure(**NOE, mails=False)
    assert server.memory.mails == [Mail("noe@example.org", with_link=False)]


async def test_what_is_missing_of_an_account_without_a_mail_is_added(maker: Nextcloud, server: StandIn) -> None:
    """It is not made anew: between the two requests the bot may die."""
    server.add_account("noe", "a secret of nobody", name="Noé", groups=[GROUP]).last_login = 0
    assert await maker.accounts.ensure(**NOE, ours=True, mails=False) == {"created": False}
    assert (server.users()["noe"].email, server.users()["noe"].password) == ("noe@example.org", "a secret of nobody")


async def test_a_group_admin_without_a_group_is_told_what_is_missing(maker: Nextcloud) -> None:
    with pytest.raises(NotPermitted) as refusal:
        await maker.accounts.ensure(**NOE | {"group": ""})
    assert refusal.value.code == "nextcloud-account-group"


async def test_everybody_is_seen_in_one_look(maker: Nextcloud, server: StandIn) -> None:
    """Of the groups that the bot looks after; who administers Nextcloud is not among them."""
    await maker.accounts.ensure(**NOE)
    server.add_account("ailleurs", groups=["autre"])
    seen = {one["login"]: one for one in await maker.accounts.everybody()}
    assert "ailleurs" not in seen
    assert seen["noe"] == await maker.accounts.get("noe")


async def test_only_an_account_in_which_nobody_was_is_removed(maker: Nextcloud, server: StandIn) -> None:
    await maker.accounts.ensure(**NOE)
    server.users()["noe"].last_login = 1
    assert not await maker.accounts.remove_unused("noe")
    server.users()["noe"].last_login = 0
    assert await maker.accounts.remove_unused("noe")
    assert "noe" not in server.users()
    assert await maker.accounts.remove_unused("noe"), "it is gone already"


@pytest.mark.parametrize("act", ["set_email", "set_name", "set_quota", "remove_unused", "mail_link"])
async def test_who_administers_is_left_alone(maker: Nextcloud, server: StandIn, act: str) -> None:
    """Whatever the bot's own rights are."""
    server.memory.accounts[BOT].groups.append("admin")
    more = {"set_email": ["x@example.org"], "set_name": ["Zoé Martin"], "set_quota": [5]}.get(act, [])
    with pytest.raises(NotPermitted) as refusal:
        await getattr(maker.accounts, act)("admin", *more)
    assert refusal.value.code == "nextcloud-administrator"


async def test_links_are_asked_for_less_often_than_shuts_an_address_out(
    maker: Nextcloud, server: StandIn, clock: Clock
) -> None:
    await maker.accounts.ensure(**NOE)
    for _ in range(9):
        await maker.accounts.mail_link("noe")
    with pytest.raises(Unavailable) as wait:
        await maker.accounts.mail_link("noe")
    assert 0 < wait.value.retry_after <= 300
    clock.now += 300
    await maker.accounts.mail_link("noe")


async def test_a_quota_is_set_taken_away_and_given_with_the_account(maker: Nextcloud, server: StandIn) -> None:
    await maker.accounts.ensure(**NOE, quota=5 * 2**30)
    for most in (2**30, 2**30, None, None, 2 * 2**30):
        await maker.accounts.set_quota("noe", most)
        found = await maker.accounts.get("noe")
        assert found
        assert found["quota"] == most
    edits = [path for method, path in server.asked if method == "PUT" and path.endswith("/noe")]
    assert len(edits) == 3, "what is so already is not asked: fifty changes in ten minutes are the most"
