"""The real servers behind the contract tests, each started once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from integrations.directory import Directory
from integrations.directory.canaille import CanaillePages
from integrations.directory.cloud_accounts import NextcloudDirectory
from integrations.directory.homeserver_accounts import SynapseDirectory
from integrations.directory.keycloak import Keycloak as Realm
from integrations.directory.keycloak import connect as connect_to_realm
from integrations.directory.ldap import Ldap
from integrations.directory.ldap_connection import POLICY_CONTROL
from integrations.directory.ldap_kinds import KINDS, below_base
from integrations.directory.mas import MasDirectory
from integrations.directory.mas import connect as mas_directory
from integrations.directory.no_directory import NoDirectory
from integrations.directory.scim import Scim, connect
from integrations.directory.scim_client import ScimClient
from integrations.http import Http
from integrations.nextcloud import Nextcloud
from integrations.oauth import ClientCredentials
from integrations.synapse import Synapse as Admin
from tests.integrations.trouble import Trouble
from tests.servers.canaille import Canaille
from tests.servers.gate import Gate
from tests.servers.keycloak import Keycloak
from tests.servers.keycloak_admin import KeycloakAdmin
from tests.servers.mailcatcher import MailCatcher
from tests.servers.mas import AuthenticationService
from tests.servers.nextcloud import StandIn
from tests.servers.real_keycloak import RealKeycloak
from tests.servers.real_keycloak import ensure_here as real_keycloak_here
from tests.servers.scim_server import ScimServer
from tests.servers.slapd import Slapd, ensure_installed
from tests.servers.slapd_furnishings import GUICHET, LLDAP, YUNOHOST
from tests.servers.synapse import Account, Synapse

SSO = "https://sso.example.org"  # where people find it
ON_DEMAND = {"test_real_keycloak.py"}  # `pytest -m live`: minutes, and a download


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if collection_path.name in ON_DEMAND and "live" not in config.getoption("markexpr") else None


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


@pytest.fixture(scope="session")
async def keycloak() -> AsyncIterator[Keycloak]:
    async with Keycloak() as server:
        yield server


def on_keycloak(server: Keycloak) -> Scim:
    bot = server.clients["bot"]
    return connect(server.scim_url, token_url=server.token_url, client_id="bot", client_secret=bot.secret)


@pytest.fixture
async def realm(keycloak: Keycloak) -> AsyncIterator[Scim]:
    directory = on_keycloak(keycloak)
    yield directory
    await directory.close()


@pytest.fixture(scope="session")
async def keycloak_admin() -> AsyncIterator[KeycloakAdmin]:
    async with KeycloakAdmin(SSO) as server:
        yield server


def in_realm(server: KeycloakAdmin, *, group: str = "", client: str = "bot") -> Realm:
    secret = server.clients[client].secret
    return connect_to_realm(server.at, "lieu", client_id=client, client_secret=secret, group=group, mail_hours=72)


@pytest.fixture
async def admin_rest(keycloak_admin: KeycloakAdmin) -> AsyncIterator[Realm]:
    directory = in_realm(keycloak_admin)
    yield directory
    await directory.close()


@pytest.fixture(scope="session")
async def real_keycloak(mails: MailCatcher, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealKeycloak]:
    if reason := await asyncio.to_thread(real_keycloak_here):
        pytest.skip(f"KEYCLOAK ITSELF NOT TESTED: {reason}")
    async with RealKeycloak(tmp_path_factory.mktemp("keycloak"), smtp_port=mails.port) as server:
        yield server


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


@pytest.fixture
async def cloud() -> AsyncIterator[NextcloudDirectory]:
    """Nextcloud's stand-in, as an administrator sees it."""
    server = StandIn("34.0.1")
    async with server.running() as url:
        bot = Nextcloud(url, "admin", server.app_password("admin"), password="admin", accounts_from="bot")
        yield NextcloudDirectory(bot, "")
        await bot.close()


@pytest.fixture
def lemonldap(slapd: Slapd) -> Ldap:
    return furnished(slapd, "lemonldap")


@pytest.fixture(scope="session")
async def yunohost_tree(slapd: Slapd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Slapd]:
    async with Slapd(tmp_path_factory.mktemp("yunohost") / "tree", furnishing=YUNOHOST) as server:
        yield server


@pytest.fixture
def yunohost(yunohost_tree: Slapd) -> Ldap:
    return furnished(yunohost_tree, "yunohost")


@pytest.fixture(scope="session")
async def lldap_tree(slapd: Slapd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Slapd]:
    async with Slapd(tmp_path_factory.mktemp("lldap") / "tree", furnishing=LLDAP) as server:
        yield server


@pytest.fixture
async def lldap(lldap_tree: Slapd) -> AsyncIterator[Ldap]:
    """Through a door that shuts where a control is asked for, as LLDAP's own does."""
    async with Gate(lldap_tree.port, unheard=POLICY_CONTROL.encode()) as gate:
        yield furnished(lldap_tree, "lldap", gate.port)


@pytest.fixture(scope="session")
async def guichet_tree(slapd: Slapd, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Slapd]:
    async with Slapd(tmp_path_factory.mktemp("guichet") / "tree", furnishing=GUICHET) as server:
        yield server


@pytest.fixture
def guichet(guichet_tree: Slapd) -> Ldap:
    return furnished(guichet_tree, "guichet")


def furnished(server: Slapd, kind: str, port: int = 0) -> Ldap:
    """With what is known of this kind of software alone."""
    of_kind = KINDS[kind]
    return Ldap(
        f"ldap://127.0.0.1:{port or server.port}",
        bind_dn=server.bot_dn,
        password=server.bot_password,
        users_dn=below_base(of_kind.users, server.bot_dn),
        groups_dn=below_base(of_kind.groups, server.bot_dn),
        kind=of_kind,
    )


@pytest.fixture(scope="session")
async def administrator(synapse: Synapse) -> Account:
    return await synapse.register(f"admin-{secrets.token_hex(4)}", admin=True)


@pytest.fixture
async def homeserver(synapse: Synapse, administrator: Account) -> AsyncIterator[SynapseDirectory]:
    directory = SynapseDirectory(Admin(synapse.base_url, administrator.access_token))
    yield directory
    await directory.close()


@pytest.fixture(scope="session")
async def mas(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AuthenticationService]:
    """The stand-in for the Matrix Authentication Service, before a real homeserver."""
    async with AuthenticationService() as mas, Synapse(tmp_path_factory.mktemp("mas"), more=mas.settings) as synapse:
        mas.homeserver = synapse
        yield mas


@pytest.fixture
async def delegated(mas: AuthenticationService) -> AsyncIterator[MasDirectory]:
    directory = mas_directory(mas.url, *mas.client, homeserver=mas.homeserver.base_url)
    yield directory
    await directory.close()


SERVERS = {
    "canaille": "sso",
    "scim2-server": "strict",
    "keycloak": "realm",
    "keycloak-admin": "admin_rest",
    "slapd-uid": "ldap_uid",
    "slapd-cn": "ldap_cn",
    "lemonldap": "lemonldap",
    "nextcloud": "cloud",
    "synapse": "homeserver",
    "mas": "delegated",
}
ON_HOMESERVER = {"synapse", "mas"}
CHANGING = {**SERVERS, "guichet": "guichet"}
GROUPING = {name: fixture for name, fixture in CHANGING.items() if name not in ON_HOMESERVER}
NAMELESS = ("keycloak", "mas")  # by SCIM it was never seen to change a name; this one has none to change
NAMING = {name: fixture for name, fixture in CHANGING.items() if name not in NAMELESS}
MAKING = {**CHANGING, "lldap": "lldap"}
EVERY = {**MAKING, "yunohost": "yunohost"}


@pytest.fixture(params=MAKING)
def directory(request: pytest.FixtureRequest) -> Directory:
    found: Directory = request.getfixturevalue(MAKING[request.param])
    return found


@pytest.fixture(params=CHANGING)
def changing(request: pytest.FixtureRequest) -> Directory:
    """Where what is known of somebody can be changed, or taken away."""
    found: Directory = request.getfixturevalue(CHANGING[request.param])
    return found


@pytest.fixture(params=NAMING)
def naming(request: pytest.FixtureRequest) -> Directory:
    """Where a name that is there can be written otherwise."""
    found: Directory = request.getfixturevalue(NAMING[request.param])
    return found


@pytest.fixture(params=NAMELESS)
def nameless(request: pytest.FixtureRequest) -> Directory:
    found: Directory = request.getfixturevalue(CHANGING[request.param])
    return found


@pytest.fixture(params=GROUPING)
def grouping(request: pytest.FixtureRequest) -> Directory:
    """Where there are groups."""
    found: Directory = request.getfixturevalue(GROUPING[request.param])
    return found


@pytest.fixture(params=SERVERS)
def locking(request: pytest.FixtureRequest) -> Directory:
    found: Directory = request.getfixturevalue(SERVERS[request.param])
    return found


@pytest.fixture(params=[*EVERY, "none"])
def any_directory(request: pytest.FixtureRequest) -> Directory:
    if request.param == "none":
        return NoDirectory()
    found: Directory = request.getfixturevalue(EVERY[request.param])
    return found


NUMBERS = count(1)


@pytest.fixture
def login() -> str:
    """A username that no other test has."""
    return f"zoe.martin{next(NUMBERS)}"


@pytest.fixture
def email(login: str) -> str:
    return f"{login}@example.org"
