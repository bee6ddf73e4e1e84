"""Answers that no server at hand gives: hostile ones, ignored filters, pages, tokens that end."""

from __future__ import annotations

import json

import httpx
import pytest

from integrations.directory import Subject, scim_resources
from integrations.directory.canaille import CanaillePages
from integrations.directory.scim import Scim, connect
from integrations.directory.scim_client import REMEMBER, ScimClient
from integrations.errors import NotFound, NotPermitted, Unavailable
from integrations.http import Http
from integrations.oauth import ClientCredentials, FixedToken


async def test_of_two_groups_of_one_name_the_oldest_is_meant() -> None:
    groups = [
        {"id": "a", "displayName": "membres", "meta": {"created": "2026-11-23T00:00:00Z"}, "members": []},
        {
            "id": "b",
            "displayName": "membres",
            "meta": {"created": "2026-11-22T00:00:00Z"},
            "members": [{"value": "zoe"}],
        },
    ]

    async def answer(request: httpx.Request) -> httpx.Response:
        if "Config" in request.url.path:
            return httpx.Response(404)
        user = {"id": "1", "userName": "zoe"}
        return httpx.Response(200, json={"Resources": [user] if "Users" in request.url.path else groups})

    directory = scripted(answer)
    assert "zoe" in await directory.members_of("membres")
    await directory.close()


async def test_a_value_does_not_leave_its_filter() -> None:
    filters: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        if "Config" in request.url.path:
            return httpx.Response(200, json={"filter": {"supported": True}})
        filters.append(request.url.params["filter"])
        return httpx.Response(200, json={"Resources": [], "totalResults": 0})

    directory = scripted(answer)
    await directory.find(username='a" or userName pr or userName eq "\\')
    assert filters == [r'userName eq "a\" or userName pr or userName eq \"\\"']
    await directory.close()


def test_an_account_that_does_not_say_is_active() -> None:
    assert scim_resources.is_active({})
    assert not scim_resources.is_active({"active": False})


async def test_a_token_is_renewed_before_it_ends() -> None:
    now = 0.0
    given: list[httpx.Request] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        given.append(request)
        return httpx.Response(200, json={"access_token": f"t{len(given)}", "expires_in": 600})

    http = Http("directory", "https://sso.example.org", transport=httpx.MockTransport(answer))
    token = ClientCredentials(http, "https://sso.example.org/oauth/token", "bot", "secret", clock=lambda: now)
    seen = []
    for now in (0.0, 500.0, 550.0, 1000.0):  # noqa: B007
        seen.append(await token.get())
    assert seen == ["t1", "t1", "t2", "t2"]
    await http.close()


@pytest.mark.parametrize(
    "body", [b"", b"<html>Erreur</html>", b"[]", b"null", b'{"Resources": 3}', b'{"Resources": [3, {}, {"id": 5}]}']
)
async def test_a_hostile_answer_is_an_outage_or_nobody(body: bytes) -> None:
    async def answer(request: httpx.Request) -> httpx.Response:
        config = json.dumps({"filter": {"supported": True}}).encode()
        return httpx.Response(200, content=config if "Config" in request.url.path else body)

    directory = scripted(answer)
    try:
        assert await directory.find(username="zoe") == ()
    except Unavailable:
        assert not body.startswith(b'{"Resources"')
    await directory.close()


async def test_a_server_that_ignores_filters_is_caught() -> None:
    everybody = [{"id": str(n), "userName": name, "emails": [{"value": f"{name}@example.org"}]} for n, name in
                 enumerate(["ada", "zoe", "zoe2"])]  # fmt: skip

    async def answer(request: httpx.Request) -> httpx.Response:
        if "Config" in request.url.path:
            return httpx.Response(200, json={"filter": {"supported": True}})
        return httpx.Response(200, json={"Resources": everybody, "totalResults": 3})

    directory = scripted(answer)
    assert [found.login for found in await directory.find(username="zoe")] == ["zoe"]
    assert [found.login for found in await directory.find(email="ZOE2@example.org")] == ["zoe2"]
    assert await directory.is_free("zo")
    await directory.close()


async def test_pages_are_turned_to_the_end() -> None:
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        if "Config" in request.url.path:
            return httpx.Response(404)
        first = int(request.url.params.get("startIndex", "1"))
        asked.append(str(first))
        rows = [
            {"id": str(n), "userName": f"p{n}", "emails": [{"value": f"p{n}@x.org"}]} for n in range(first, first + 2)
        ]
        return httpx.Response(200, json={"Resources": rows, "totalResults": 6})

    directory = scripted(answer)
    assert [found.login for found in await directory.find(email="p6@x.org")] == ["p6"]
    assert asked == ["1", "3", "5"]
    await directory.close()


def scripted(answer: object) -> Scim:
    http = Http("directory", "https://sso.example.org/scim/v2", transport=httpx.MockTransport(answer))  # type: ignore[arg-type]
    return Scim(ScimClient(http, FixedToken("t")), connect("https://sso.example.org", token="t")._pages)


class Upgraded:
    """A server that learns to change resources, and a client of it that is given its right, while the bot runs."""

    def __init__(self) -> None:
        self.can_patch = self.may_read = False
        self.tokens = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if "token" in request.url.path:
            self.tokens += 1
            may = "reader" if self.may_read else "nobody"
            return httpx.Response(200, json={"access_token": may, "expires_in": 86_400})
        if "Config" in request.url.path:
            return httpx.Response(200, json={"patch": {"supported": True}}) if self.can_patch else httpx.Response(404)
        if request.headers["authorization"] != "Bearer reader":
            return httpx.Response(403)
        return httpx.Response(200, json={"Resources": [], "totalResults": 0})


async def test_what_a_server_learns_is_seen_without_a_restart() -> None:
    server, now = Upgraded(), [1000.0]
    server.may_read = True
    http = Http("directory", "https://sso.example.org/scim", transport=httpx.MockTransport(server))
    client = ScimClient(http, FixedToken("reader"), clock=lambda: now[0])
    assert not await client.supports("patch")
    server.can_patch = True
    assert not await client.supports("patch")
    now[0] += REMEMBER
    assert await client.supports("patch")
    server.can_patch = False
    await client.config(fresh=True)  # `!état` and `doctor` look themselves
    assert not await client.supports("patch")
    await http.close()


async def test_a_client_that_is_given_its_right_needs_no_restart() -> None:
    """Its token lives a day, and says what the client might do when it was asked for."""
    server = Upgraded()
    http = Http("directory", "https://sso.example.org/scim", transport=httpx.MockTransport(server))
    token = ClientCredentials(http, "https://sso.example.org/token", "bot", "x")
    client = ScimClient(http, token)
    with pytest.raises(NotPermitted):
        await client.everything("Users")
    server.may_read = True
    assert await client.everything("Users") == []
    assert server.tokens <= 4
    await http.close()


# -- what the SSO calls an account

KEYCLOAK = "https://sso.example.org/realms/lieu/scim/v2"
ZOE = {"id": "fb0f8616-9756-44fb-91f1-ba94a4b6cede", "userName": "zoe.martin", "name": {}, "active": True}


def beside(url: str, subject: Subject | None = None) -> Scim:
    """As Keycloak 26.7.3 answered, at this address."""

    async def answer(request: httpx.Request) -> httpx.Response:
        if "Config" in request.url.path:
            return httpx.Response(200, json={"patch": {"supported": True}, "filter": {"supported": True}})
        found = [ZOE] if request.url.params["filter"] == 'userName eq "zoe.martin"' else []
        return httpx.Response(200, json={"Resources": found, "totalResults": len(found)})

    http = Http("directory", url, transport=httpx.MockTransport(answer))
    return Scim(ScimClient(http, FixedToken("t")), CanaillePages(lambda: http), subject=subject)


@pytest.mark.parametrize(
    ("url", "chosen", "subject"),
    [
        (KEYCLOAK, None, ZOE["id"]),
        ("https://example.org/auth/realms/le-lieu/scim/v2/", None, ZOE["id"]),
        (KEYCLOAK, "login", "zoe.martin"),  # where Synapse was told to take preferred_username
        ("https://id.example.org/scim/v2", None, None),
        ("https://realms.example.org/scim/v2", None, None),
        ("https://id.example.org/scim/v2", "id", ZOE["id"]),
    ],
)
async def test_keycloak_calls_an_account_by_its_id(url: str, chosen: Subject | None, subject: str | None) -> None:
    directory = beside(url, chosen)
    assert await directory.subject("zoe.martin") == subject
    with pytest.raises(NotFound):
        await directory.subject("personne")
    await directory.close()


@pytest.mark.parametrize(("url", "untold"), [(KEYCLOAK, False), ("https://id.example.org/scim/v2", True)])
async def test_what_a_lock_does_is_known_of_keycloak(url: str, untold: bool) -> None:
    directory = beside(url)
    assert (await directory.hold() == "untold") is untold
    await directory.close()
