"""Accounts of the Matrix Authentication Service: its stand-in, as its documentation and source were read and never
measured, and a real homeserver behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from integrations.directory.mas import SCOPE, TOKEN, MasClient, MasDirectory, connect
from integrations.errors import NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.http import Http
from integrations.oauth import ClientCredentials
from tests.integrations.synapse.test_accounts import signed_in
from tests.integrations.trouble import Trouble
from tests.servers.mas import AuthenticationService

PASSWORD = "trois chats dorment"


@pytest.fixture
async def zoe(delegated: MasDirectory, login: str, email: str) -> str:
    await delegated.ensure_account(login, "Zoé Martin", email)
    return login


def row_of(mas: AuthenticationService, login: str) -> tuple[str, dict[str, object]]:
    return next((id, row) for id, row in mas.administration.users.items() if row["username"] == login)


async def test_whoever_chooses_a_password_enters_with_it(
    delegated: MasDirectory, mas: AuthenticationService, zoe: str
) -> None:
    assert await mas.enter(zoe, PASSWORD) is None
    await delegated.choose_password(zoe, PASSWORD)
    assert (await delegated.was_used(zoe), await delegated.is_in_use(zoe)) == (False, False)
    account = await mas.enter(zoe, PASSWORD)
    assert account
    assert await signed_in(mas.homeserver, account) == "yes"
    assert (await delegated.was_used(zoe), await delegated.is_in_use(zoe)) == (True, True)
    with pytest.raises(Refused, match="already-has-password"):
        await delegated.choose_password(zoe, "un autre, bien long")
    with pytest.raises(Refused, match="already-has-password"):
        await delegated.start_first_login(zoe)
    assert mas.administration.passwords[row_of(mas, zoe)[0]] == PASSWORD


async def test_a_pause_shuts_and_ends_what_is_open(
    delegated: MasDirectory, mas: AuthenticationService, zoe: str
) -> None:
    await delegated.choose_password(zoe, PASSWORD)
    account = await mas.enter(zoe, PASSWORD)
    assert account
    for _ in range(2):
        await delegated.set_active(zoe, False)
        await delegated.logout(zoe)
    assert "M_UNKNOWN_TOKEN" in await signed_in(mas.homeserver, account)
    assert await mas.enter(zoe, PASSWORD) is None
    assert await delegated.was_used(zoe)
    await delegated.set_active(zoe, True)
    assert await mas.enter(zoe, PASSWORD)


async def test_an_account_is_closed_and_what_was_written_stays(
    delegated: MasDirectory, mas: AuthenticationService, zoe: str
) -> None:
    await delegated.choose_password(zoe, PASSWORD)
    account = await mas.enter(zoe, PASSWORD)
    assert account
    await delegated.delete(zoe)
    assert await signed_in(mas.homeserver, account) != "yes"
    assert await mas.enter(zoe, PASSWORD) is None
    assert not await delegated.is_free(zoe)
    with pytest.raises(NotFound):
        await delegated.set_active(zoe, True)


async def test_an_end_that_is_only_promised_is_asked_for_again(
    delegated: MasDirectory, mas: AuthenticationService, zoe: str
) -> None:
    mas.administration.late = True
    try:
        with pytest.raises(Unavailable) as trouble:
            await delegated.delete(zoe)
        assert trouble.value.unknown
    finally:
        mas.administration.late = False
    await delegated.delete(zoe)
    assert await delegated.find(username=zoe) == ()


async def test_whoever_administers_is_nobodys_to_touch(
    delegated: MasDirectory, mas: AuthenticationService, zoe: str, email: str
) -> None:
    id, row = row_of(mas, zoe)
    row["admin"] = True
    for act in (
        delegated.set_active(zoe, False),
        delegated.choose_password(zoe, PASSWORD),
        delegated.delete(zoe),
        delegated.set_email(zoe, f"autre.{email}"),
        delegated.logout(zoe),
    ):
        with pytest.raises(NotPermitted, match="synapse-administrator"):
            await act
    assert (row["locked_at"], id in mas.administration.passwords) == (None, False)


async def test_a_weak_password_is_refused_and_told_nowhere(delegated: MasDirectory, zoe: str) -> None:
    with pytest.raises(Rejected, match="password-refused") as refusal:
        await delegated.choose_password(zoe, "bref")
    assert refusal.value.words == {"reason": "weak"}


async def test_where_passwords_are_off_that_is_said(
    delegated: MasDirectory, mas: AuthenticationService, zoe: str
) -> None:
    mas.administration.takes_passwords = False
    try:
        with pytest.raises(Refused, match="passwords-off"):
            await delegated.choose_password(zoe, PASSWORD)
        assert [(finding.code, finding.ok) for finding in await delegated.check()] == [("directory-mas", False)]
    finally:
        mas.administration.takes_passwords = True
    assert [(finding.code, finding.ok) for finding in await delegated.check()] == [("directory-mas", True)]


async def test_an_account_whose_address_was_never_written_is_finished(
    delegated: MasDirectory, mas: AuthenticationService, zoe: str, email: str
) -> None:
    mas.administration.emails.clear()
    account, created = await delegated.ensure_account(zoe, "Zoé Martin", email)
    assert (account["email"], created) == (email, False)


@pytest.fixture
async def shaky(mas: AuthenticationService, trouble: Trouble) -> AsyncIterator[MasDirectory]:
    """The same at the end of a bad line."""
    http = Http("directory", mas.url, transport=trouble)
    token = ClientCredentials(http, TOKEN, *mas.client, scope=SCOPE)
    directory = MasDirectory(MasClient(http, token), Http("directory", mas.homeserver.base_url))
    yield directory
    await directory.close()


@pytest.mark.parametrize("path", ["/v1/users", "/v1/user-emails"])
@pytest.mark.parametrize("lost", [httpx.ReadTimeout("silence"), httpx.Response(502), httpx.Response(500)], ids=str)
async def test_an_account_is_made_once_whatever_is_lost(
    shaky: MasDirectory, trouble: Trouble, login: str, email: str, path: str, lost: httpx.Response | Exception
) -> None:
    trouble.after("POST", path, lost)
    with pytest.raises(Unavailable) as away:
        await shaky.ensure_account(login, "Zoé Martin", email)
    assert away.value.unknown
    account, created = await shaky.ensure_account(login, "Zoé Martin", email)
    assert (account["email"], created) == (email, False)
    assert [one.login for one in await shaky.find(email=email)] == [login]


async def test_a_password_whose_answer_was_lost_is_handed_over_again(
    shaky: MasDirectory, trouble: Trouble, mas: AuthenticationService, zoe: str
) -> None:
    trouble.after("POST", "/set-password", httpx.Response(502))
    with pytest.raises(Unavailable) as away:
        await shaky.choose_password(zoe, PASSWORD)
    assert away.value.unknown
    assert PASSWORD not in f"{away.value!r} {away.value.__context__!r}"
    await shaky.choose_password(zoe, PASSWORD)
    assert await mas.enter(zoe, PASSWORD)


async def test_a_name_that_the_homeserver_keeps_is_taken(delegated: MasDirectory, mas: AuthenticationService) -> None:
    await mas.register(mas.homeserver, "passerelle")
    with pytest.raises(Refused, match="login-taken"):
        await delegated.ensure_account("passerelle", "Passerelle", "passerelle@example.org")


async def test_everybody_is_read_page_after_page(delegated: MasDirectory, mas: AuthenticationService, zoe: str) -> None:
    before = dict(mas.administration.users)
    row = row_of(mas, zoe)[1]
    try:
        for n in range(230):
            mas.administration.users[f"02{n:024d}"] = {**row, "username": f"foule{n}"}
        assert {f"foule{n}" for n in range(230)} | {zoe} <= await delegated.logins()
    finally:
        mas.administration.users.clear()
        mas.administration.users.update(before)


async def test_who_may_not_administer_is_told_so(mas: AuthenticationService) -> None:
    id, secret = mas.client
    for client, permits, code in (
        ((id, "faux"), True, "directory-credentials"),
        ((id, secret), False, "directory-credentials"),
    ):
        mas.administration.permits = permits
        directory = connect(mas.url, *client, homeserver=mas.homeserver.base_url)
        assert [finding.code for finding in await directory.check()] == [code]
        with pytest.raises(NotPermitted):
            await directory.find(username="zoe")
        await directory.close()
        mas.administration.permits = True


async def test_a_token_that_ended_is_asked_anew(delegated: MasDirectory, mas: AuthenticationService, zoe: str) -> None:
    assert await delegated.find(username=zoe)
    mas.administration.tokens.clear()
    assert await delegated.find(username=zoe)
    mas.administration.tokens.update(dict.fromkeys(mas.administration.tokens, "openid"))
    with pytest.raises(NotPermitted, match="directory-scope"):
        await delegated.find(username=zoe)
    mas.administration.tokens.clear()


async def test_an_address_without_its_administration_is_told(mas: AuthenticationService) -> None:
    directory = connect(f"{mas.url}nulle-part", *mas.client, homeserver=mas.homeserver.base_url)
    assert [finding.code for finding in await directory.check()] == ["directory-token-url"]
    await directory.close()
