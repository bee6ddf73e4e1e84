"""The real servers behind the contract tests, each started once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest

from integrations.directory import Directory
from integrations.directory.canaille import CanaillePages
from integrations.directory.ldap import Ldap
from integrations.directory.no_directory import NoDirectory
from integrations.directory.oauth import ClientCredentials
from integrations.directory.scim import Scim, connect
from integrations.directory.scim_client import ScimClient
from integrations.http import Http
from tests.integrations.trouble import Trouble
from tests.servers.canaille import Canaille
from tests.servers.mailcatcher import MailCatcher
from tests.servers.scim_server import ScimServer
from tests.servers.slapd import Slapd, ensure_installed


@pytest.fixture(scope="session")
async def mails() -> AsyncIterator[MailCatcher]:
    async with MailCatcher() as catcher:
        yield catcher


@pytest.fixture(scope="session")
async def canaille(mails: MailCatcher, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Canaille]:
    async with Canaille(tmp_path_factory.mktemp("canaille"), smtp_port=mails.port) as server:
        yield server


@pytest.fixture(scope="session")
async def scim_server() -> AsyncIterator[ScimServer]:
    async with ScimServer() as server:
        yield server


def on_canaille(server: Canaille) -> Scim:
    return connect(
        server.scim_url, token_url=server.token_url, client_id=server.bot.id, client_secret=server.bot.secret
    )


@pytest.fixture
async def sso(canaille: Canaille) -> AsyncIterator[Scim]:
    directory = on_canaille(canaille)
    yield directory
    await directory.close()


@pytest.fixture
async def strict(scim_server: ScimServer) -> AsyncIterator[Scim]:
    directory = connect(scim_server.url, token=scim_server.token)
    yield directory
    await directory.close()


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
async def shaky(canaille: Canaille, trouble: Trouble) -> AsyncIterator[Scim]:
    """Canaille at the end of a bad line."""
    http = Http("directory", canaille.scim_url, transport=trouble)
    token = ClientCredentials(http, canaille.token_url, canaille.bot.id, canaille.bot.secret)
    pages = CanaillePages(lambda: Http("directory", canaille.url, transport=trouble))
    directory = Scim(ScimClient(http, token), pages)
    yield directory
    await directory.close()


@pytest.fixture(scope="session")
async def slapd(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Slapd]:
    if reason := await asyncio.to_thread(ensure_installed):
        pytest.skip(f"LDAP NOT TESTED: {reason}")
    async with Slapd(tmp_path_factory.mktemp("slapd") / "tree") as server:
        yield server


def on_slapd(server: Slapd, rdn: str = "uid") -> Ldap:
    return Ldap(
        server.url,
        bind_dn=server.bot_dn,
        password=server.bot_password,
        users_dn=server.users_dn,
        groups_dn=server.groups_dn,
        rdn=rdn,
        first_login_url="https://auth.example.org/resetpwd",
    )


@pytest.fixture
def ldap_uid(slapd: Slapd) -> Ldap:
    return on_slapd(slapd)


@pytest.fixture
def ldap_cn(slapd: Slapd) -> Ldap:
    return on_slapd(slapd, rdn="cn")


SERVERS = {"canaille": "sso", "scim2-server": "strict", "slapd-uid": "ldap_uid", "slapd-cn": "ldap_cn"}


@pytest.fixture(params=SERVERS)
def directory(request: pytest.FixtureRequest) -> Directory:
    found: Directory = request.getfixturevalue(SERVERS[request.param])
    return found


@pytest.fixture(params=[*SERVERS, "none"])
def any_directory(request: pytest.FixtureRequest) -> Directory:
    if request.param == "none":
        return NoDirectory()
    found: Directory = request.getfixturevalue(SERVERS[request.param])
    return found


NUMBERS = count(1)


@pytest.fixture
def login() -> str:
    """A username that no other test has."""
    return f"zoe.martin{next(NUMBERS)}"


@pytest.fixture
def email(login: str) -> str:
    return f"{login}@example.org"
