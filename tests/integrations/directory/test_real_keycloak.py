"""Keycloak itself (`-m live`) keeps what every directory promises, and does what its stand-in says it does."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from integrations.directory.keycloak import Keycloak, connect
from integrations.errors import Conflict, NotPermitted, Refused, Rejected, Unavailable
from integrations.identity_providers import IdentityProvider, IdentityProviders
from tests.servers.mailcatcher import MailCatcher
from tests.servers.real_keycloak import RealKeycloak

from .test_contract import *  # noqa: F403

pytestmark = pytest.mark.live
PASSWORD, OTHER = "un long mot de passe", "un autre mot de passe"


def as_client(server: RealKeycloak, client: str = "bot", *, group: str = "") -> Keycloak:
    return connect(server.url, "lieu", client_id=client, client_secret=server.secret, group=group, mail_hours=5)


@pytest.fixture
async def directory(real_keycloak: RealKeycloak) -> AsyncIterator[Keycloak]:
    directory = as_client(real_keycloak)
    yield directory
    await directory.close()


@pytest.fixture
def any_directory(directory: Keycloak) -> Keycloak:
    return directory


@pytest.fixture
def grouping(directory: Keycloak) -> Keycloak:
    return directory


@pytest.fixture
def locking(directory: Keycloak) -> Keycloak:
    return directory


async def test_a_pause_holds_against_the_password_and_against_links_of_before(
    real_keycloak: RealKeycloak, directory: Keycloak, mails: MailCatcher, login: str, email: str
) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    for _ in range(3):
        await directory.start_first_login(login)
    links = [(await mails.next_mail(email)).link("action-token") for _ in range(3)]
    assert await real_keycloak.follow(links[0], PASSWORD)
    assert await real_keycloak.sign_in(login, PASSWORD) == ""
    with pytest.raises(Refused, match="already-has-password"):
        await directory.start_first_login(login)
    await directory.set_active(login, False)
    await directory.logout(login)
    assert await directory.hold(login) == "shut"
    assert await real_keycloak.sign_in(login, PASSWORD) == "Account disabled"
    assert not await real_keycloak.follow(links[1], OTHER)
    await directory.set_active(login, True)
    assert await real_keycloak.sign_in(login, PASSWORD) == ""
    assert await real_keycloak.follow(links[2], OTHER), "links of before live on"
    assert not await real_keycloak.follow(links[2], PASSWORD), "each once"
    assert await real_keycloak.sign_in(login, OTHER) == ""


async def test_a_link_to_an_address_that_was_mistyped_opens_nothing_once_that_is_put_right(
    real_keycloak: RealKeycloak, directory: Keycloak, mails: MailCatcher, login: str, email: str
) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    await directory.start_first_login(login)
    link = (await mails.next_mail(email)).link("action-token")
    await directory.set_email(login, f"juste.{email}")
    assert not await real_keycloak.follow(link, PASSWORD)


async def test_who_typed_too_many_wrong_passwords_is_seen_and_let_try_again(
    real_keycloak: RealKeycloak, directory: Keycloak, mails: MailCatcher, login: str, email: str
) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    await directory.start_first_login(login)
    assert await real_keycloak.follow((await mails.next_mail(email)).link("action-token"), PASSWORD)
    assert await directory.barred(login) is None
    for _ in range(4):
        assert await real_keycloak.sign_in(login, "faux")
    barred = await directory.barred(login)
    assert barred
    assert barred.until
    assert await real_keycloak.sign_in(login, PASSWORD) == "Invalid user credentials"
    await directory.unbar(login)
    assert await directory.barred(login) is None
    assert await real_keycloak.sign_in(login, PASSWORD) == ""
    await directory.set_active(login, False)
    assert await directory.barred(login) is None, "a pause is none"


async def test_who_is_kept_out_for_good_is_let_in_again(
    real_keycloak: RealKeycloak, directory: Keycloak, mails: MailCatcher, login: str, email: str
) -> None:
    at_once = {
        "permanentLockout": True,
        "maxTemporaryLockouts": 0,
        "failureFactor": 2,
        "quickLoginCheckMilliSeconds": 0,
    }
    await real_keycloak.admin("PUT", "", at_once)
    await directory.ensure_account(login, "Zoé Martin", email)
    await directory.start_first_login(login)
    assert await real_keycloak.follow((await mails.next_mail(email)).link("action-token"), PASSWORD)
    for _ in range(3):
        assert await real_keycloak.sign_in(login, "faux")
    await real_keycloak.admin("PUT", "", {"permanentLockout": False, "quickLoginCheckMilliSeconds": 1000})
    barred = await directory.barred(login)
    assert barred
    assert barred.until is None
    await directory.unbar(login)
    assert await directory.barred(login) is None
    assert await real_keycloak.sign_in(login, PASSWORD) == ""


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Zoé <3", "directory-name-rejected"),
        ("A & B", "directory-name-rejected"),
        ("Z" * 300, "directory-name-rejected"),
    ],
)
async def test_what_it_does_not_take_is_told(directory: Keycloak, login: str, email: str, name: str, code: str) -> None:
    with pytest.raises(Rejected) as refusal:
        await directory.ensure_account(login, name, email)
    assert refusal.value.code == code
    assert await directory.is_free(login)


async def test_a_program_is_nobody_and_its_name_is_taken(directory: Keycloak) -> None:
    assert await directory.find(username="service-account-bot") == ()
    assert not await directory.is_free("service-account-bot")
    assert "service-account-bot" not in await directory.logins()


@pytest.mark.parametrize("name", ["L'Établi & co", "50 % bénévoles", "a%2Fb", "Été_2026 (1)", "~", "« été »", "a\\b"])
async def test_a_name_with_signs_is_a_name(directory: Keycloak, login: str, email: str, name: str) -> None:
    await directory.ensure_account(login, "Zoé", email)
    await directory.set_member(name, login, True)
    await directory.set_member(name, login, True)
    assert await directory.groups_of(login) == (name,)


async def test_a_group_whose_people_administer_is_in_nobodys_gift(
    real_keycloak: RealKeycloak, directory: Keycloak, login: str, email: str
) -> None:
    await directory.ensure_account(login, "Zoé", email)
    await directory.ensure_group(f"equipe.{login}")
    admin = real_keycloak.admin
    group = (await admin("GET", f"/group-by-path/equipe.{login}"))["id"]
    (management,) = await admin("GET", "/clients", clientId="realm-management")
    role = await admin("GET", f"/clients/{management['id']}/roles/manage-users")
    await admin("POST", f"/groups/{group}/role-mappings/clients/{management['id']}", [role])
    with pytest.raises(NotPermitted, match="group-administers"):
        await directory.set_member(f"equipe.{login}", login, True)
    assert await directory.groups_of(login) == ()


async def test_mails_that_do_not_leave_are_no_outage_of_the_directory(
    real_keycloak: RealKeycloak, directory: Keycloak, login: str, email: str
) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    for server in ({"host": "127.0.0.1", "port": "1", "from": "sso@example.org"}, {}):
        await real_keycloak.admin("PUT", "", {"smtpServer": server})
        with pytest.raises(Unavailable) as trouble:
            await directory.start_first_login(login)
        assert trouble.value.cause == "mails-fail"
    mended = {"host": "127.0.0.1", "port": str(real_keycloak.smtp_port), "from": "sso@example.org"}
    await real_keycloak.admin("PUT", "", {"smtpServer": mended})
    assert (await directory.start_first_login(login)).kind == "mail"


async def test_a_lieu_of_several_sees_its_own_people_alone(
    real_keycloak: RealKeycloak, directory: Keycloak, login: str, email: str
) -> None:
    ours, theirs = f"la.rosee.{login}", f"phare.{login}"
    await directory.ensure_account(f"{login}.phare", "Marin Phare", f"phare.{email}")
    await directory.set_member(theirs, f"{login}.phare", True)
    await directory.ensure_group(ours)
    account = await real_keycloak.add_bot(f"bot.{login}", "query-users", "query-groups")
    group = (await real_keycloak.admin("GET", f"/group-by-path/{ours}"))["id"]
    rights = ["view", "view-members", "manage-members", "manage-membership"]
    await real_keycloak.permit(account, "Groups", rights, group)
    narrow = as_client(real_keycloak, f"bot.{login}", group=ours)
    try:
        assert [finding.code for finding in await narrow.check() if not finding.ok] == []
        await narrow.ensure_account(login, "Zoé Martin", email)
        await narrow.set_member(ours, login, True)
        assert await narrow.members_of(ours) == (login,)
        assert await narrow.logins() == {login}
        assert await narrow.has_group(theirs)
        assert not await narrow.has_group("nulle.part")
        assert await narrow.is_free(f"{login}.phare")
        with pytest.raises(Conflict, match="login-taken"):
            await narrow.ensure_account(f"{login}.phare", "Zoé Phare", f"x.{email}")
        assert not await narrow.is_free(f"{login}.phare")
        with pytest.raises(NotPermitted, match="directory-no-membership"):
            await narrow.set_member(ours, login, False)
        with pytest.raises(NotPermitted, match="directory-no-new-group"):
            await narrow.ensure_group(f"atelier.{login}")
        await real_keycloak.permit(account, "Users", ["manage-group-membership"])
        await narrow.set_member(ours, login, False)
        assert await narrow.members_of(ours) == ()
        assert await directory.groups_of(login) == ()
    finally:
        await narrow.close()


# -- accounts of elsewhere


@pytest.fixture
async def university(real_keycloak: RealKeycloak) -> str:
    """A provider of identities, and the client with which newcomers come back to their pages: the address of both."""
    with_nobody = {"authorizationUrl": "https://idp.example/a", "tokenUrl": "https://idp.example/t"}
    config = {"clientId": "x", "clientSecret": "y", "useJwksUrl": "false"} | with_nobody
    known = {one["alias"] for one in await real_keycloak.admin("GET", "/identity-provider/instances")}
    if "renater" not in known:
        row = {"alias": "renater", "providerId": "oidc", "enabled": True, "config": config}
        await real_keycloak.admin("POST", "/identity-provider/instances", row)
        client = {"clientId": "bienvenue", "publicClient": True, "redirectUris": ["https://bienvenue.example/*"]}
        await real_keycloak.admin("POST", "/clients", client)
    asked = "client_id=bienvenue&response_type=code&response_mode=fragment&scope=openid"
    begin = f"{real_keycloak.url}/realms/lieu/protocol/openid-connect/auth?{asked}"
    return f"{begin}&redirect_uri={{back}}&kc_idp_hint={{provider}}"


@pytest.mark.parametrize(
    ("provider", "pages", "told"),
    [
        ("renater", "https://bienvenue.example/la-rosee/bienvenue/1-abc", ("identity-providers", True)),
        ("inconnu", "https://bienvenue.example/la-rosee", ("identity-providers-page", True)),
        ("renater", "https://ailleurs.example/la-rosee", ("identity-providers-refused", False)),
    ],
)
async def test_a_hint_leads_straight_to_a_provider_that_is_there(
    university: str, provider: str, pages: str, told: tuple[str, bool]
) -> None:
    (finding,) = await IdentityProviders([IdentityProvider.called(provider)], university, pages).check()
    assert (finding.code, finding.ok) == told


async def test_an_identity_is_given_to_one_account_alone(
    university: str, real_keycloak: RealKeycloak, directory: Keycloak, login: str, email: str
) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    await directory.ensure_account(f"{login}.b", "Lou Petit", f"b.{email}")
    for _ in range(2):
        await directory.link_identity(login, "renater", email)
    for act, code in (
        (directory.link_identity(f"{login}.b", "renater", email), "subject-taken"),
        (directory.link_identity(f"{login}.b", "inconnu", f"b.{email}"), "identity-provider-unknown"),
        (directory.link_identity(login, "renater", f"autre.{email}"), "provider-taken"),
    ):
        with pytest.raises(Refused) as refusal:
            await act
        assert refusal.value.code == code
    (row,) = await real_keycloak.admin("GET", "/users", idpAlias="renater", idpUserId=email)
    assert row["username"] == login


async def test_whether_it_answers_is_asked_of_what_everybody_is_told(real_keycloak: RealKeycloak) -> None:
    """Without a sign-in, so that a secret which is not known any more is no outage; and no other realm is taken for
    ours."""
    wrong = connect(real_keycloak.url, "lieu", client_id="bot", client_secret="another", mail_hours=5)
    other = connect(real_keycloak.url, "leiu", client_id="bot", client_secret=real_keycloak.secret, mail_hours=5)
    beside = connect(f"{real_keycloak.url}/auth", "lieu", client_id="bot", client_secret="another", mail_hours=5)
    try:
        await wrong.answers()
        with pytest.raises(NotPermitted, match="directory-no-realm"):
            await other.answers()
        with pytest.raises(Unavailable):
            await beside.answers()
    finally:
        for one in (wrong, other, beside):
            await one.close()


# -- who came when


async def test_who_signed_in_last_is_told_where_the_realm_keeps_it(
    real_keycloak: RealKeycloak, directory: Keycloak, mails: MailCatcher, login: str, email: str
) -> None:
    await directory.ensure_account(login, "Zoé Martin", email)
    await directory.start_first_login(login)
    assert await real_keycloak.follow((await mails.next_mail(email)).link("action-token"), PASSWORD)
    await directory.logout(login)
    assert not await directory.tells_visits()
    assert "directory-visits-hidden" in [finding.code for finding in await directory.check()]
    await real_keycloak.add_bot(f"watch.{login}", "manage-users", "view-events")
    await real_keycloak.admin("PUT", "/events/config", {"eventsEnabled": True, "enabledEventTypes": ["LOGIN"]})
    watching = as_client(real_keycloak, f"watch.{login}")
    try:
        assert await watching.last_visit(login) == 0
        before = time.time() * 1000 - 1000
        assert await real_keycloak.sign_in(login, PASSWORD) == ""
        assert before <= await directory.last_visit(login) <= time.time() * 1000, "by the session"
        await directory.logout(login)
        assert await directory.last_visit(login) == 0
        assert before <= await watching.last_visit(login) <= time.time() * 1000, "by what is kept"
        assert await watching.tells_visits()
    finally:
        await watching.close()
        await real_keycloak.admin("PUT", "/events/config", {"eventsEnabled": False})
