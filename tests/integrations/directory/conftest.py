"""The real servers behind the contract tests, each started once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest

from integrations.directory import Directory
from integrations.directory.first_login import CanaillePages
from integrations.directory.none import NoDirectory
from integrations.directory.scim import Scim, connect
from integrations.directory.scim_wire import Wire
from integrations.directory.token import ClientCredentials
from integrations.http import Http
from tests.servers.canaille import Canaille
from tests.servers.mailcatcher import MailCatcher
from tests.servers.scim_server import ScimServer

from .trouble import Trouble


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
    directory = Scim(Wire(http, token), pages)
    yield directory
    await directory.close()


SERVERS = {"canaille": "sso", "scim2-server": "strict"}


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
