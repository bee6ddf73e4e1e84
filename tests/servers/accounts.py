"""The people of a directory, asked of the directory itself: what the bot says about them is not believed."""

from __future__ import annotations

import asyncio
import secrets
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol
from urllib.parse import quote

from tests.servers.canaille import Canaille
from tests.servers.keycloak import Client
from tests.servers.keycloak_admin import KeycloakAdmin
from tests.servers.plain_http import plain_http
from tests.servers.slapd import Slapd
from tests.servers.synapse import Account, Synapse


@dataclass(frozen=True, slots=True)
class Found:
    login: str
    emails: tuple[str, ...]
    groups: tuple[str, ...]
    active: bool = True


class Accounts(Protocol):
    """`label` says which directory this is; `settings` are the bot's."""

    label: str

    @property
    def settings(self) -> Mapping[str, str]: ...
    async def with_email(self, email: str) -> list[Found]: ...


class SsoAccounts:
    """Canaille, through SCIM."""

    label = "Canaille, SCIM"

    def __init__(self, sso: Canaille) -> None:
        self._sso = sso

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DIRECTORY": "scim",
            "SCIM_URL": self._sso.scim_url,
            "SCIM_TOKEN_URL": self._sso.token_url,
            "SCIM_CLIENT_ID": self._sso.bot.id,
            "SCIM_CLIENT_SECRET": self._sso.bot.secret,
        }

    async def with_email(self, email: str) -> list[Found]:
        async with plain_http() as http:
            grant = {"grant_type": "client_credentials", "scope": "openid"}
            token = await http.post(self._sso.token_url, data=grant, auth=(self._sso.bot.id, self._sso.bot.secret))
            http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
            page = (await http.get(f"{self._sso.scim_url}/Users")).raise_for_status().json()
            found = [user for user in page["Resources"] if email in _emails(user)]
            whole = [(await http.get(f"{self._sso.scim_url}/Users/{user['id']}")).json() for user in found]
        return [Found(user["userName"], _emails(user), _groups(user), user["active"]) for user in whole]


def _emails(user: dict[str, list[dict[str, str]]]) -> tuple[str, ...]:
    return tuple(each["value"] for each in user.get("emails", []))


def _groups(user: dict[str, list[dict[str, str]]]) -> tuple[str, ...]:
    return tuple(each.get("display") or each["value"] for each in user.get("groups", []))


class KeycloakAccounts:
    """Keycloak's stand-in through its Admin REST, as somebody who may look."""

    label = "Keycloak, Admin REST"

    def __init__(self, sso: KeycloakAdmin) -> None:
        self._sso = sso
        sso.clients["reader"] = Client(secrets.token_urlsafe(16), role="view")

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DIRECTORY": "keycloak",
            "KEYCLOAK_URL": self._sso.at,
            "KEYCLOAK_REALM": "lieu",
            "KEYCLOAK_CLIENT_ID": "bot",
            "KEYCLOAK_CLIENT_SECRET": self._sso.clients["bot"].secret,
        }

    async def with_email(self, email: str) -> list[Found]:
        whole = [(row, await self._ask(f"users/{row['id']}/groups")) for row in await self._named(email)]
        return [
            Found(row["username"], (row["email"],), tuple(group["name"] for group in groups), row["enabled"])
            for row, groups in whole
        ]

    async def sessions(self, email: str) -> int:
        """How many are open, of whoever has this address."""
        return sum([len(await self._ask(f"users/{row['id']}/sessions")) for row in await self._named(email)])

    async def tries(self, login: str, password: str) -> str:
        """Whether it lets them in; else what Keycloak says."""
        form = {"grant_type": "password", "client_id": "account", "username": login, "password": password}
        async with plain_http() as http:
            answer = await http.post(self._sso.token_url, data=form)
        return "entre" if answer.is_success else str(answer.json()["error_description"])

    async def _named(self, email: str) -> list[dict[str, Any]]:
        return await self._ask("users", email=email, exact="true")

    async def _ask(self, path: str, **query: str) -> list[dict[str, Any]]:
        headers = {"Authorization": f"Bearer {self._sso.token('reader')}"}
        async with plain_http(base_url=self._sso.at, headers=headers) as http:
            answer = (await http.get(f"/admin/realms/lieu/{path}", params=query)).raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found


LDAP = ["uid", "mail", "memberOf", "pwdAccountLockedTime"]


class LdapAccounts:
    """slapd, as its own administrator."""

    label = "OpenLDAP"

    def __init__(self, slapd: Slapd) -> None:
        self._slapd = slapd

    @property
    def settings(self) -> dict[str, str]:
        return {
            "DIRECTORY": "ldap",
            "LDAP_URL": self._slapd.url,
            "LDAP_BIND_DN": self._slapd.bot_dn,
            "LDAP_PASSWORD": self._slapd.bot_password,
            "LDAP_USERS_DN": self._slapd.users_dn,
            "LDAP_GROUPS_DN": self._slapd.groups_dn,
        }

    async def with_email(self, email: str) -> list[Found]:
        return await asyncio.to_thread(self._search, email)

    def _search(self, email: str) -> list[Found]:
        with warnings.catch_warnings():  # ldap3 still asks pyasn1 for names that have changed
            warnings.simplefilter("ignore", DeprecationWarning)
            import ldap3

        admin = self._slapd.admin_dn, self._slapd.admin_password
        connection = ldap3.Connection(self._slapd.url, *admin, auto_bind=True)
        try:
            connection.search(self._slapd.users_dn, f"(mail={email})", attributes=LDAP)
            found = [entry.entry_attributes_as_dict for entry in connection.entries]
        finally:
            connection.unbind()  # leaving a `with` would not
        return [_found(each) for each in found]


def _found(row: dict[str, list[str]]) -> Found:
    return Found(row["uid"][0], tuple(row["mail"]), tuple(map(_name, row["memberOf"])), not row["pwdAccountLockedTime"])


def _name(dn: str) -> str:
    return dn.partition(",")[0].partition("=")[2]


class HomeserverAccounts:
    """The homeserver's own, asked as `administrator`."""

    label = "Synapse alone"
    settings: Mapping[str, str] = MappingProxyType({"DIRECTORY": "synapse"})

    def __init__(self, synapse: Synapse, administrator: Account) -> None:
        self._synapse, self._administrator = synapse, administrator

    async def with_email(self, email: str) -> list[Found]:
        every = await self._ask("users?guests=false&locked=true&limit=10000")
        whole = [await self._ask(f"users/{quote(row['name'], safe='')}") for row in every["users"]]
        return [_on_synapse(row) for row in whole if email in _addresses(row)]

    async def _ask(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = await self._synapse.call(
            "GET", f"/_synapse/admin/v2/{path}", token=self._administrator.access_token
        )
        return found


def _addresses(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(one["address"] for one in row["threepids"])


def _on_synapse(row: dict[str, Any]) -> Found:
    return Found(row["name"][1:].partition(":")[0], _addresses(row), (), not row["locked"])
