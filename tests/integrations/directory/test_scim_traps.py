"""What went wrong once on a real SCIM server, each with the countermeasure that is tested here."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from integrations.directory import scim_resources
from integrations.directory.scim import Scim, connect
from integrations.errors import Conflict, NotPermitted, Rejected, Unavailable
from integrations.oauth import FixedToken
from tests.integrations.trouble import Trouble
from tests.servers.canaille import Canaille
from tests.servers.scim_server import ScimServer

LOST = [httpx.Response(500), httpx.Response(502), httpx.ReadTimeout("no answer"), httpx.ReadError("cut")]


def writes(trouble: Trouble) -> list[str]:
    return [request.method for request in trouble.seen if request.method != "GET" and "/oauth/" not in request.url.path]


@pytest.mark.parametrize("outcome", LOST, ids=repr)
async def test_an_account_made_under_an_error_is_ours(
    shaky: Scim, trouble: Trouble, login: str, email: str, outcome: httpx.Response | Exception
) -> None:
    trouble.after("POST", "/Users", outcome)
    row, created = await shaky.ensure_account(login, "Zoé Martin", email)
    assert (row["login"], created) == (login, True)
    assert writes(trouble) == ["POST"]


@pytest.mark.parametrize("outcome", LOST, ids=repr)
async def test_an_account_that_was_not_made_is_asked_for_later(
    shaky: Scim, trouble: Trouble, login: str, email: str, outcome: httpx.Response | Exception
) -> None:
    trouble.before("POST", "/Users", outcome)
    with pytest.raises(Unavailable):
        await shaky.ensure_account(login, "Zoé Martin", email)
    assert await shaky.is_free(login)
    assert (await shaky.ensure_account(login, "Zoé Martin", email))[1]


async def test_a_creation_that_says_yes_and_does_nothing_is_not_believed(
    shaky: Scim, trouble: Trouble, login: str, email: str
) -> None:
    trouble.before("POST", "/Users", httpx.Response(201, json={"userName": login, "id": "1"}))
    with pytest.raises(Unavailable):
        await shaky.ensure_account(login, "Zoé Martin", email)


async def test_two_arrivals_with_one_address_make_one_account(sso: Scim, login: str, email: str) -> None:
    outcomes = await asyncio.gather(
        *(sso.ensure_account(f"{login}.{n}", "Zoé Martin", email) for n in range(3)), return_exceptions=True
    )
    assert [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)] == [Conflict, Conflict]
    assert len(await sso.find(email=email)) == 1


async def test_nothing_is_ever_put(shaky: Scim, trouble: Trouble, login: str, email: str) -> None:
    await shaky.ensure_account(login, "Zoé Martin", email)
    await shaky.set_active(login, False)
    await shaky.set_member(f"membres.{login}", login, True)
    await shaky.set_member(f"membres.{login}", login, False)
    await shaky.delete(login)
    assert set(writes(trouble)) == {"POST", "PATCH", "DELETE"}


async def test_what_is_so_already_is_not_written(shaky: Scim, trouble: Trouble, login: str, email: str) -> None:
    await shaky.ensure_account(login, "Zoé Martin", email)
    await shaky.set_member(f"membres.{login}", login, True)
    done = len(writes(trouble))
    await shaky.ensure_account(login, "Zoé Martin", email)
    await shaky.set_active(login, True)
    await shaky.ensure_group(f"membres.{login}")
    await shaky.set_member(f"membres.{login}", login, True)
    assert len(writes(trouble)) == done


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_change_made_under_an_error_is_seen(
    shaky: Scim, trouble: Trouble, login: str, email: str, method: str
) -> None:
    await shaky.ensure_account(login, "Zoé Martin", email)
    trouble.after(method, "/Users/", httpx.Response(500))
    await (shaky.set_active(login, False) if method == "PATCH" else shaky.delete(login))
    assert [found.active for found in await shaky.find(username=login)] == ([False] if method == "PATCH" else [])


async def test_a_group_made_twice_by_others_is_the_oldest(sso: Scim, login: str, email: str) -> None:
    await sso.ensure_account(login, "Zoé Martin", email)
    name = f"double.{login}"
    for _ in range(2):
        assert await sso._client.create("Groups", scim_resources.group(name)) is None
    await sso.set_member(name, login, True)
    assert login in await sso.members_of(name)
    rows = [row for row in await sso._client.everything("Groups") if row["displayName"] == name]
    assert [bool(row.get("members")) for row in rows].count(True) == 1


async def test_a_group_that_somebody_else_changes_meanwhile_is_not_overwritten(
    strict: Scim, login: str, email: str
) -> None:
    await strict.ensure_account(login, "Zoé Martin", email)
    await strict.ensure_group(f"membres.{login}")
    (seen,) = await strict._client.find("Groups", "displayName", f"membres.{login}")
    await strict.set_member(f"membres.{login}", login, True)
    assert isinstance(await strict._client.replace("Groups", seen, "members", []), Unavailable)
    assert login in await strict.members_of(f"membres.{login}")


@pytest.mark.parametrize("name", ["zoé#1", "a/b", "what?", "50%", "Zoé Martin"])
async def test_people_with_unusual_usernames_are_found(
    sso: Scim, strict: Scim, login: str, email: str, name: str
) -> None:
    for n, directory in enumerate((sso, strict)):
        person = scim_resources.person(f"{name}{login}", "Zoé Martin", f"{n}.{email}")
        assert await directory._client.create("Users", person) is None
        assert len(await directory.find(username=f"{name}{login}")) == (0 if "/" in name and directory is sso else 1)


async def test_a_revoked_token_is_replaced_once(shaky: Scim, trouble: Trouble, login: str) -> None:
    assert await shaky.is_free(login)
    trouble.before("GET", "/Users", httpx.Response(401))
    assert await shaky.is_free(login)
    assert len([request for request in trouble.seen if "/oauth/token" in request.url.path]) == 2


async def test_refused_credentials_are_told_without_their_secret(canaille: Canaille) -> None:
    wrong = connect(canaille.scim_url, token_url=canaille.token_url, client_id="bot", client_secret="s3cret")
    with pytest.raises(NotPermitted) as refusal:
        await wrong.is_free("zoe")
    assert "s3cret" not in repr(refusal.value)
    assert [(finding.code, finding.ok) for finding in await wrong.check()] == [("directory-credentials", False)]
    await wrong.close()


async def test_a_refused_fixed_token(scim_server: ScimServer) -> None:
    wrong = connect(scim_server.url, token="s3cret")
    with pytest.raises(NotPermitted):
        await wrong.is_free("zoe")
    assert "s3cret" not in repr(FixedToken("s3cret"))
    await wrong.close()


async def test_an_address_that_the_sso_does_not_accept(sso: Scim, login: str) -> None:
    with pytest.raises(Rejected) as refusal:
        await sso.ensure_account(login, "Zoé Martin", "zoe@lieu.test")
    assert "email" in refusal.value.words["reason"]
    assert await sso.is_free(login)


async def test_an_outage_is_told_and_passes(canaille: Canaille, sso: Scim, login: str, email: str) -> None:
    await sso.ensure_account(login, "Zoé Martin", email)
    await canaille.stop()
    try:
        with pytest.raises(Unavailable):
            await sso.ensure_account(f"{login}.bis", "Zoé Martin", f"bis.{email}")
        assert [(finding.code, finding.ok) for finding in await sso.check()] == [("directory-nobody", False)]
    finally:
        await canaille.start()
    assert (await sso.ensure_account(f"{login}.bis", "Zoé Martin", f"bis.{email}"))[1]
    assert not await sso.is_free(login)
