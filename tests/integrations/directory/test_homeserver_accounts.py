"""Accounts that Synapse keeps itself: whose they are to touch, and what a password opens. On a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from integrations.directory.homeserver_accounts import SynapseDirectory
from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.synapse import Synapse as Admin
from tests.integrations.trouble import Trouble
from tests.servers.synapse import Account, Synapse

PASSWORD = "trois chats dorment"
V2 = "/_synapse/admin/v2/users"


@pytest.fixture
async def zoe(homeserver: SynapseDirectory, login: str, email: str) -> str:
    await homeserver.ensure_account(login, "Zoé Martin", email)
    return login


async def signs_in(synapse: Synapse, login: str, password: str) -> str:
    try:
        await synapse.login(login, password)
    except RuntimeError as refusal:
        return next(word for word in str(refusal).split('"') if word.startswith("M_"))
    return "yes"


async def change(synapse: Synapse, administrator: Account, login: str, **changes: object) -> None:
    path = f"{V2}/{synapse.user_id(login)}"
    await synapse.call("PUT", path, changes, token=administrator.access_token)


async def test_nobody_enters_an_account_that_was_just_made(synapse: Synapse, zoe: str) -> None:
    for password in ("", " ", "None", "null", zoe):
        assert await signs_in(synapse, zoe, password or "\0") == "M_FORBIDDEN"


async def test_whoever_chooses_a_password_enters_with_it(
    homeserver: SynapseDirectory, synapse: Synapse, zoe: str
) -> None:
    await homeserver.choose_password(zoe, PASSWORD)
    assert not await homeserver.is_in_use(zoe)  # nothing is left of what was tried
    assert await signs_in(synapse, zoe, PASSWORD) == "yes"
    assert (await homeserver.was_used(zoe), await homeserver.is_in_use(zoe)) == (True, True)
    with pytest.raises(Refused, match="already-has-password"):
        await homeserver.choose_password(zoe, "un autre, bien long")
    with pytest.raises(Refused, match="already-has-password"):
        await homeserver.start_first_login(zoe)
    assert await signs_in(synapse, zoe, PASSWORD) == "yes"


@pytest.fixture
async def shaky(synapse: Synapse, administrator: Account, trouble: Trouble) -> AsyncIterator[SynapseDirectory]:
    """The same at the end of a bad line."""
    directory = SynapseDirectory(Admin(synapse.base_url, administrator.access_token, transport=trouble))
    yield directory
    await directory.close()


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("silence"), httpx.Response(502), httpx.Response(500)], ids=str)
async def test_an_answer_that_was_lost_is_read_back(
    shaky: SynapseDirectory, trouble: Trouble, synapse: Synapse, zoe: str, lost: httpx.Response | Exception
) -> None:
    trouble.after("PUT", "/v2/users/", lost)
    await shaky.choose_password(zoe, PASSWORD)
    assert await signs_in(synapse, zoe, PASSWORD) == "yes"


async def test_what_was_never_written_is_not_said_to_be(
    shaky: SynapseDirectory, trouble: Trouble, synapse: Synapse, zoe: str
) -> None:
    trouble.before("PUT", "/v2/users/", httpx.Response(502))
    with pytest.raises(Unavailable) as away:
        await shaky.choose_password(zoe, PASSWORD)
    assert away.value.unknown
    assert PASSWORD not in repr(away.value) + str(away.value.__context__)
    assert await signs_in(synapse, zoe, PASSWORD) == "M_FORBIDDEN"
    await shaky.choose_password(zoe, PASSWORD)
    assert await signs_in(synapse, zoe, PASSWORD) == "yes"


async def test_a_trial_that_is_refused_too_often_spoils_nothing(
    shaky: SynapseDirectory, trouble: Trouble, synapse: Synapse, zoe: str
) -> None:
    trouble.before("POST", "/v3/login", httpx.Response(429, json={"errcode": "M_LIMIT_EXCEEDED"}))
    await shaky.choose_password(zoe, PASSWORD)
    assert await signs_in(synapse, zoe, PASSWORD) == "yes"


async def test_an_account_is_made_once_whatever_is_lost(
    shaky: SynapseDirectory, trouble: Trouble, login: str, email: str
) -> None:
    trouble.after("PUT", "/v2/users/", httpx.ReadTimeout("silence"))
    with pytest.raises(Unavailable):
        await shaky.ensure_account(login, "Zoé Martin", email)
    account, created = await shaky.ensure_account(login, "Zoé Martin", email)
    assert (account["email"], created) == (email, False)


async def test_a_pause_and_an_end_shut_the_door(homeserver: SynapseDirectory, synapse: Synapse, zoe: str) -> None:
    await homeserver.choose_password(zoe, PASSWORD)
    await homeserver.set_active(zoe, False)
    assert await homeserver.hold(zoe) == "shut"
    assert await signs_in(synapse, zoe, PASSWORD) == "M_USER_LOCKED"
    await homeserver.set_active(zoe, True)
    assert await signs_in(synapse, zoe, PASSWORD) == "yes"
    await homeserver.delete(zoe)
    assert await signs_in(synapse, zoe, PASSWORD) in ("M_FORBIDDEN", "M_USER_DEACTIVATED")
    assert not await homeserver.is_free(zoe)
    with pytest.raises(NotFound):
        await homeserver.choose_password(zoe, PASSWORD)


async def test_a_pause_of_somebody_who_never_came_leaves_them_new(homeserver: SynapseDirectory, zoe: str) -> None:
    """It is tried with a session of ours, which is not theirs."""
    await homeserver.set_active(zoe, False)
    await homeserver.set_active(zoe, True)
    assert not await homeserver.was_used(zoe)
    assert (await homeserver.start_first_login(zoe)).kind == "page"


async def test_whoever_administers_is_nobodys_to_touch(
    homeserver: SynapseDirectory, synapse: Synapse, administrator: Account, zoe: str, email: str
) -> None:
    await change(synapse, administrator, zoe, admin=True)
    for act in (
        homeserver.set_active(zoe, False),
        homeserver.choose_password(zoe, PASSWORD),
        homeserver.delete(zoe),
        homeserver.set_email(zoe, f"autre.{email}"),
    ):
        with pytest.raises(NotPermitted, match="synapse-administrator"):
            await act
    assert await signs_in(synapse, zoe, PASSWORD) == "M_FORBIDDEN"


async def test_a_program_is_nobody(
    homeserver: SynapseDirectory, synapse: Synapse, administrator: Account, zoe: str, email: str
) -> None:
    await change(synapse, administrator, zoe, user_type="bot")
    assert await homeserver.find(username=zoe) == ()
    assert zoe not in await homeserver.logins()
    assert zoe not in {account.login for account in await homeserver.everybody()}
    assert not await homeserver.is_free(zoe)
    with pytest.raises(Conflict):
        await homeserver.ensure_account(zoe, "Zoé Martin", email)
    with pytest.raises(NotFound):
        await homeserver.choose_password(zoe, PASSWORD)


async def test_whoever_is_paused_is_among_everybody(homeserver: SynapseDirectory, zoe: str) -> None:
    """Synapse leaves them out of its list, unless it is asked."""
    await homeserver.set_active(zoe, False)
    assert zoe in await homeserver.logins()
    assert {account.login: account.active for account in await homeserver.everybody()}[zoe] is False


async def test_an_account_whose_address_was_never_written_is_finished(
    homeserver: SynapseDirectory, synapse: Synapse, administrator: Account, login: str, email: str
) -> None:
    """Synapse writes an account first, and its address afterwards."""
    await change(synapse, administrator, login, displayname="Zoé Martin")
    account, created = await homeserver.ensure_account(login, "Zoé Martin", email)
    assert (account["email"], created) == (email, False)


async def test_an_account_of_somebody_else_is_not_finished(
    homeserver: SynapseDirectory, synapse: Synapse, administrator: Account, login: str, email: str
) -> None:
    await synapse.register(login)
    await change(synapse, administrator, login, displayname="Zoé Martin")
    with pytest.raises(Conflict):
        await homeserver.ensure_account(login, "Zoé Martin", email)


async def test_a_telephone_stays_when_an_address_changes(
    homeserver: SynapseDirectory, synapse: Synapse, administrator: Account, zoe: str, email: str
) -> None:
    phone = {"medium": "msisdn", "address": "33600000000"}
    await change(synapse, administrator, zoe, threepids=[{"medium": "email", "address": email}, phone])
    await homeserver.set_email(zoe, f"autre.{email}")
    row = await synapse.call("GET", f"{V2}/{synapse.user_id(zoe)}", token=administrator.access_token)
    assert {one["address"] for one in row["threepids"]} == {f"autre.{email}", phone["address"]}


@pytest.fixture
async def demanding(tmp_path_factory: pytest.TempPathFactory) -> object:
    policy = {
        "enabled": True,
        "minimum_length": 12,
        **dict.fromkeys(("require_digit", "require_symbol", "require_lowercase", "require_uppercase"), True),
    }
    folder = tmp_path_factory.mktemp("demanding")
    async with Synapse(folder, more={"password_config": {"policy": policy}}) as server:
        admin = await server.register("admin", admin=True)
        directory = SynapseDirectory(Admin(server.base_url, admin.access_token))
        yield directory, server
        await directory.close()


@pytest.mark.full
async def test_what_the_homeserver_asks_of_a_password_is_said(
    demanding: tuple[SynapseDirectory, Synapse], login: str, email: str
) -> None:
    """Its administration takes any: it is asked what it wants of people, and held to that."""
    directory, synapse = demanding
    await directory.ensure_account(login, "Zoé Martin", email)
    told = {}
    for password in ("Court 1", "trois chats dorment", "TROIS CHATS 3", "Trois chats dorment", "Troischatsdorment3"):
        with pytest.raises(Rejected, match="password-refused") as refusal:
            await directory.choose_password(login, password)
        told[password] = refusal.value.words
    assert [*told.values()] == [
        {"reason": "short", "least": "12"},
        {"reason": "no-digit"},
        {"reason": "no-lowercase"},
        {"reason": "no-digit"},
        {"reason": "no-symbol"},
    ]
    await directory.choose_password(login, "Trois chats dorment à 3 h")
    assert await signs_in(synapse, login, "Trois chats dorment à 3 h") == "yes"


@pytest.mark.full
async def test_where_passwords_are_off_that_is_said(tmp_path: object, login: str, email: str) -> None:
    more = {"password_config": {"enabled": False}}
    async with Synapse(tmp_path / "off", more=more) as server:  # type: ignore[operator]
        admin = await server.register("admin", admin=True)
        directory = SynapseDirectory(Admin(server.base_url, admin.access_token))
        await directory.ensure_account(login, "Zoé Martin", email)
        with pytest.raises(Refused, match="passwords-off"):
            await directory.choose_password(login, PASSWORD)
        assert [(finding.code, finding.ok) for finding in await directory.check()] == [("directory-synapse", False)]
        await directory.close()
