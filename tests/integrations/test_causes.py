"""Why nobody answered is never lost, whoever asks: on lines that really are so, before servers that really say so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.matrix.client_api import ClientApi
from integrations.causes import cause_of
from integrations.errors import Unavailable
from integrations.http import Http
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse
from tests.servers.certificates import Authority
from tests.servers.ill_server import LINES, IllServer, line_of
from tests.servers.ports import free_port

HOME = "/_matrix/client/versions"


pytestmark = pytest.mark.usefixtures("trusted")


async def by_http(url: str) -> object:
    http = Http("x", url)
    try:
        return await http("GET", HOME)
    finally:
        await http.close()


async def by_matrix(url: str) -> object:
    api = ClientApi(url, "token")
    try:
        return await api.call("GET", HOME)
    finally:
        await api.close()


Ask = Callable[[str], Awaitable[object]]
every_way = pytest.mark.parametrize("ask", [by_http, by_matrix])


async def why(ask: Ask, url: str) -> tuple[str, Unavailable]:
    with pytest.raises(Unavailable) as lost:
        await ask(url)
    return lost.value.cause, lost.value


@every_way
@pytest.mark.parametrize("cause", LINES)
async def test_what_a_certificate_lacks(ask: Ask, cause: str, authority: Authority, tmp_path: Path) -> None:
    server = IllServer()
    async with server.running(line_of(cause, authority, tmp_path)) as url:
        told, trouble = await why(ask, url)
    assert (told, trouble.passes) == (cause, False)
    assert server.asked == [], "nothing is said to it"


@every_way
async def test_where_nobody_listens(ask: Ask) -> None:
    told, trouble = await why(ask, f"http://127.0.0.1:{free_port()}")
    assert (told, trouble.passes) == ("nobody", True)


@every_way
async def test_a_name_that_leads_nowhere(ask: Ask) -> None:
    told, trouble = await why(ask, "https://nuage.invalid")
    assert (told, trouble.words["host"]) in {("name", "nuage.invalid"), ("lookup", "nuage.invalid")}


@every_way
async def test_no_encryption_where_it_is_wanted(ask: Ask) -> None:
    async with IllServer().running() as url:
        assert (await why(ask, url.replace("http://", "https://")))[0] == "no-tls"


@every_way
@pytest.mark.parametrize("status", [502, 503, 504, 521, 526])
async def test_the_page_of_a_proxy(ask: Ask, status: int) -> None:
    async with IllServer(status).running() as url:
        assert (await why(ask, url))[0] == "proxy"


@every_way
@pytest.mark.parametrize(
    ("location", "cause", "to"),
    [
        ("https://nuage.exemple.fr" + HOME, "moved", "https://nuage.exemple.fr"),
        ("https://nuage.exemple.fr/dans/un/dossier" + HOME, "moved", "https://nuage.exemple.fr/dans/un/dossier"),
        ("https://sso.exemple.fr/portail?r=aHR0cHM6", "portal", "https://sso.exemple.fr/portail"),
        ("/login", "portal", "HERE/login"),
    ],
)
async def test_where_a_redirect_leads(ask: Ask, location: str, cause: str, to: str) -> None:
    async with IllServer(302, {"Location": location}, b"").running() as url:
        told, trouble = await why(ask, url)
    assert (told, trouble.words["to"], trouble.passes) == (cause, to.replace("HERE", url), False)


@every_way
async def test_too_many_requests(ask: Ask) -> None:
    limited = b'{"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2000}'
    async with IllServer(429, {"Content-Type": "application/json"}, limited).running() as url:
        assert (await why(ask, url))[0] == "limited"


async def test_a_port_that_wants_encryption_and_says_so() -> None:
    said = b"<html><body>The plain HTTP request was sent to HTTPS port</body></html>"
    async with IllServer(400, body=said).running() as url:
        told, trouble = await why(by_http, url)
    assert (told, trouble.words["to"]) == ("moved", url.replace("http://", "https://"))


# -- what a service makes of it


def cloud_at(url: str) -> Any:
    return Nextcloud(url, "bot", "secret")


def synapse_at(url: str) -> Any:
    return Synapse(url, "secret")


async def first_finding(service: Any) -> tuple[str, bool]:
    try:
        found = (await service.check())[0]
    finally:
        await service.close()
    return found.code, found.ok


@pytest.mark.parametrize(("at", "name"), [(cloud_at, "nextcloud"), (synapse_at, "synapse")])
@pytest.mark.parametrize("cause", LINES)
async def test_a_certificate_is_a_finding_of_its_own(
    at: Callable[[str], Any], name: str, cause: str, authority: Authority, tmp_path: Path
) -> None:
    async with IllServer().running(line_of(cause, authority, tmp_path)) as url:
        assert await first_finding(at(url)) == (f"{name}-{cause}", False)


@pytest.mark.parametrize(("at", "name"), [(cloud_at, "nextcloud"), (synapse_at, "synapse")])
async def test_a_proxy_is_a_finding_of_its_own(at: Callable[[str], Any], name: str) -> None:
    async with IllServer().running() as url:
        assert await first_finding(at(url)) == (f"{name}-proxy", False)


def test_an_error_within_errors_is_found() -> None:
    try:
        raise ExceptionGroup("several addresses", [OSError("v6"), ConnectionRefusedError("v4")])
    except ExceptionGroup as several:
        outer = httpx.ConnectError("all failed")
        outer.__cause__ = several
    assert cause_of(outer) == "nobody"
    loop = ValueError()
    loop.__cause__ = loop
    assert cause_of(loop) == ""
