"""Why an SSO lets nobody in, before servers that really say so: at SCIM_URL, and where its tokens are given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from integrations.directory import Directory
from integrations.directory.keycloak import Keycloak as Realm
from integrations.directory.keycloak import connect as connect_to_realm
from integrations.directory.scim import connect
from integrations.errors import NotPermitted, Unavailable
from tests.servers.certificates import Authority
from tests.servers.ill_server import LINES, IllServer, line_of
from tests.servers.keycloak import Keycloak

HTML, JSON = {"Content-Type": "text/html; charset=utf-8"}, {"Content-Type": "application/json"}
SAID = json.dumps({"error": "x"}).encode()
ELSEWHERE = {"Location": "https://sso.example.org/portail?rd=x"}

ANSWERS: Mapping[str, tuple[IllServer, str]] = {
    "maintenance": (IllServer(503, JSON | {"Retry-After": "120"}, SAID), "busy"),
    "a proxy, nothing behind": (IllServer(502), "proxy"),
    "a proxy, in maintenance": (IllServer(503, HTML | {"Retry-After": "120"}), "proxy"),
    "too many requests": (IllServer(429, JSON, SAID), "limited"),
    "a page to sign in": (IllServer(302, ELSEWHERE, b""), "portal"),
    "a page, and all is well": (IllServer(200, HTML), "portal"),
    "a password of its own": (IllServer(401, HTML | {"WWW-Authenticate": 'Basic realm="x"'}), "gate"),
    "a wall": (IllServer(403, HTML), "gate"),
    "broken within": (IllServer(500, JSON, SAID), "broken"),
}


async def told(directory: Directory) -> tuple[str, float]:
    """Its cause, and in how many seconds it is to be asked again."""
    try:
        (finding,) = await directory.check()
        with pytest.raises(Unavailable) as down:
            await directory.is_free("zoe")
        assert (finding.code, finding.ok) == (f"directory-{down.value.cause}", False)
        return down.value.cause, down.value.retry_after
    finally:
        await directory.close()


@pytest.mark.parametrize("answer", ANSWERS)
async def test_what_stands_at_scim_url(answer: str) -> None:
    server, cause = ANSWERS[answer]
    async with server.running() as url:
        found, patience = await told(connect(f"{url}/scim/v2", token="t"))
    assert found == cause
    assert patience == 120.0 or "Retry-After" not in server.headers


@pytest.mark.parametrize("answer", ANSWERS)
async def test_what_stands_where_tokens_are_given(answer: str) -> None:
    server, cause = ANSWERS[answer]
    async with Keycloak() as sso, server.running() as url:
        directory = connect(sso.scim_url, token_url=f"{url}/token", client_id="bot", client_secret="s")
        assert (await told(directory))[0] == cause


def realm_at(url: str) -> Realm:
    return connect_to_realm(url, "lieu", client_id="bot", client_secret="s3cret", mail_hours=72)


@pytest.mark.parametrize("answer", ANSWERS)
async def test_what_stands_at_keycloak_url(answer: str) -> None:
    server, cause = ANSWERS[answer]
    async with server.running() as url:
        found, patience = await told(realm_at(url))
    assert found == cause
    assert patience == 120.0 or "Retry-After" not in server.headers


@pytest.mark.parametrize("port", ["scim", "token"])
async def test_an_address_that_was_written_without_its_encryption(port: str) -> None:
    async with Keycloak() as sso:
        redirect: Any = IllServer(301, {"Location": "https://sso.example.org/scim/v2/ServiceProviderConfig"}, b"")
        if port == "token":
            redirect = IllServer(301, {"Location": "https://sso.example.org/token"}, b"")
        async with redirect.running() as url:
            directory = (
                connect(f"{url}/scim/v2", token="t")
                if port == "scim"
                else connect(sso.scim_url, token_url=f"{url}/token", client_id="bot", client_secret="s3cret")
            )
            (finding,) = await directory.check()
            await directory.close()
    assert (finding.code, finding.ok) == ("directory-moved", False)
    assert finding.words["to"].startswith("https://sso.example.org")


async def test_no_tokens_at_that_address() -> None:
    """« Realm does not exist »: the credentials may be good."""
    async with Keycloak() as sso:
        wrong = sso.token_url.replace("/lieu/", "/leiu/")
        directory = connect(sso.scim_url, token_url=wrong, client_id="bot", client_secret="s")
        with pytest.raises(NotPermitted) as refusal:
            await directory.is_free("zoe")
        assert refusal.value.code == "directory-token-url"
        assert [finding.code for finding in await directory.check()] == ["directory-token-url"]
        await directory.close()


@pytest.mark.parametrize("server", [IllServer(405, JSON, SAID), IllServer(200, JSON, b'{"realm": "lieu"}')])
async def test_another_page_of_the_sso_than_the_one_for_tokens(server: IllServer) -> None:
    """« No answer: is it up? », told of a realm whose own address was written."""
    async with Keycloak() as sso, server.running() as url:
        directory = connect(sso.scim_url, token_url=f"{url}/realms/lieu", client_id="bot", client_secret="s")
        assert [finding.code for finding in await directory.check()] == ["directory-token-url"]
        await directory.close()


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """The one that this machine trusts."""
    authority = Authority.create(tmp_path / "ca")
    monkeypatch.setattr("integrations.http._trusted", authority.trusted)
    return authority


@pytest.mark.parametrize("cause", LINES)
async def test_what_its_certificate_lacks(cause: str, authority: Authority, tmp_path: Path) -> None:
    server = IllServer()
    async with Keycloak() as sso, server.running(line_of(cause, authority, tmp_path)) as url:
        assert (await told(connect(f"{url}/scim/v2", token="s3cret")))[0] == cause
        assert (await told(realm_at(url)))[0] == cause
        apart = connect(sso.scim_url, token_url=f"{url}/token", client_id="bot", client_secret="s3cret")
        assert (await told(apart))[0] == cause
    assert server.asked == [], "nothing is said to it"
