"""Accounts that a homeserver's Matrix Authentication Service keeps, by its administration.

https://element-hq.github.io/matrix-authentication-service/api/ — version 1.22, as read in its documentation and source,
and not measured on a running one. The client is listed in its `policy.data.admin_clients`. It does not tell what people
are called: their homeserver does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from integrations.domains import email_asked, email_read
from integrations.errors import Conflict, NotFound, NotPermitted, Refused, Rejected, Unavailable
from integrations.findings import Finding, away
from integrations.http import Answer, Http
from integrations.oauth import ClientCredentials, NoTokens, Token, UnknownClient, unexpected

from . import Account, AccountDict, Capability, Hold
from .homeserver_accounts import ABLE, AT_ONCE, LOCALPART, MOST, HomeserverDirectory

SERVICE = "directory"
V1, TOKEN = "/api/admin/v1", "/oauth2/token"
DISCOVERY = "/.well-known/openid-configuration"
SCOPE = "urn:mas:admin"
PAGE, PAGES = 100, 200
SESSIONS = ("compat-sessions", "oauth2-sessions", "user-sessions")
ON_DEVICES = SESSIONS[:2]
PROFILE = "/_matrix/client/v3/profile"
LOGIN_OFF = "Password auth is disabled"  # how it calls a password that nobody could use
Row = dict[str, Any]
Query = Mapping[str, str | int]
NOTHING: Query = MappingProxyType({})


def connect(url: str, client_id: str, client_secret: str, *, homeserver: str) -> MasDirectory:
    http = Http(SERVICE, url)
    token = ClientCredentials(http, TOKEN, client_id, client_secret, scope=SCOPE)
    return MasDirectory(MasClient(http, token), Http(SERVICE, homeserver))


class MasClient:
    """Requests with their token; JSON:API (https://jsonapi.org) read warily."""

    def __init__(self, http: Http, token: Token) -> None:
        self.http, self._token = http, token

    async def call(self, method: str, path: str, body: Row | None = None, query: Query = NOTHING) -> Answer:
        """What was answered, whatever it says of what was asked for. Raises `NotPermitted` where the bot may not ask,
        `Unavailable`."""
        answer = await self._send(method, path, body, query)
        if answer.status == 401 and not answer.is_page and self._token.forget():
            answer = await self._send(method, path, body, query)
        if answer.status in (401, 403) and not answer.is_page and LOGIN_OFF not in _titles(answer):
            raise NotPermitted("directory-scope")
        if answer.status >= 500 or answer.is_page:
            raise unexpected(self.http, answer)
        return answer

    async def _send(self, method: str, path: str, body: Row | None, query: Query) -> Answer:
        try:
            headers = {"Authorization": f"Bearer {await self._token.get()}"}
        except UnknownClient:
            raise NotPermitted("directory-credentials") from None
        except NoTokens:
            raise NotPermitted("directory-token-url") from None
        return await self.http(method, f"{V1}/{path}", headers=headers, json=body, params=query)

    async def one(self, path: str) -> Row | None:
        """A thing; None where there is none."""
        answer = await self.call("GET", path)
        if answer.status == 404:
            return None
        return self.told(answer)

    async def every(self, path: str, **query: str) -> list[Row]:
        """All things of a list, page after page. Raises `Refused("directory-too-many")`."""
        found: list[Row] = []
        after: dict[str, str] = {}
        for _ in range(PAGES):
            answer = await self.call("GET", path, query={"page[first]": PAGE, **after, **query})
            row = answer.json()
            if answer.status != 200 or not isinstance(row, dict):
                raise unexpected(self.http, answer)
            page = [one for one in _rows(row.get("data")) if _text(one.get("id"))]
            found += page
            links = row.get("links")
            if not page or not (isinstance(links, dict) and links.get("next")):
                return found
            after = {"page[after]": page[-1]["id"]}
        raise Refused("directory-too-many")

    def told(self, answer: Answer) -> Row:
        """The thing that an answer is about."""
        row = answer.json()
        data = row.get("data") if isinstance(row, dict) else None
        if answer.status not in (200, 201) or not isinstance(data, dict) or not _text(data.get("id")):
            raise unexpected(self.http, answer)
        return data


class MasDirectory(HomeserverDirectory):
    """Whoever administers it is nobody's to touch."""

    def __init__(self, client: MasClient, homeserver: Http) -> None:
        self._client, self._homeserver = client, homeserver
        self._server = ""

    @property
    def url(self) -> str:
        return self._client.http.url

    async def capabilities(self) -> frozenset[Capability]:
        """A lock keeps sessions, which would live on where it is not obeyed: here they are ended besides."""
        return ABLE | {"logout"}

    async def server(self) -> str:
        if not self._server:
            config = (await self._client.call("GET", "site-config")).json()
            self._server = _text(config.get("server_name")) if isinstance(config, dict) else ""
        return self._server

    async def find(self, *, username: str | None = None, email: str | None = None) -> tuple[Account, ...]:
        if username is not None and not LOCALPART.fullmatch(username):
            return ()
        holders = await self._with(email) if email is not None else []
        if username is not None:
            named = await self._named(username)
            rows = [named] if named and (email is None or named["id"] in holders) else []
        else:
            rows = [row for id in holders if (row := await self._client.one(f"users/{quote(id, safe='')}"))]
        return tuple([await self._account(row) for row in rows if not _attribute(row, "deactivated_at")])

    async def ensure_account(self, login: str, name: str, email: str) -> tuple[AccountDict, bool]:
        email, there = email_asked(email), await self._named(login)
        if there is not None:
            mine = await self._emails(there)
            if not mine and not _attribute(there, "locked_at") and not await self._sessions(there["id"]):
                await self.set_email(login, email)  # it was made, and its address was not
            elif email not in map(email_asked, mine) or _attribute(there, "deactivated_at"):
                raise Conflict("login", login=login)
            return (await self._account(await self._known(login))).to_dict(), False
        await self._must_be_free("", email)
        answer = await self._client.call("POST", "users", {"username": login, "displayname": name})
        if answer.status == 409:
            raise Conflict("login", login=login)
        if answer.status == 400:
            raise Rejected("directory-rejected")
        await self._add_email(self._client.told(answer)["id"], email)
        return (await self._account(await self._known(login))).to_dict(), True

    async def set_email(self, login: str, email: str) -> None:
        email, row = email_asked(email), await self._ordinary(login)
        await self._must_be_free(row["id"], email)
        before = await self._client.every("user-emails", **{"filter[user]": row["id"]})
        if email not in [email_asked(_attribute(one, "email")) for one in before]:
            await self._add_email(row["id"], email)
        for one in before:
            if email_asked(_attribute(one, "email")) != email:
                await self._done(await self._client.call("DELETE", f"user-emails/{quote(one['id'], safe='')}"))

    async def was_used(self, login: str) -> bool:
        return bool(await self._sessions((await self._known(login))["id"]))

    async def is_in_use(self, login: str) -> bool:
        return bool(await self._sessions((await self._known(login))["id"], ON_DEVICES, **{"filter[status]": "active"}))

    async def choose_password(self, login: str, password: str) -> None:
        row = await self._ordinary(login)
        if await self._sessions(row["id"]):
            raise Refused("already-has-password")
        answer = await self._client.call("POST", f"{_path(row)}/set-password", {"password": password})
        if answer.status == 400:
            raise Rejected("password-refused", reason="weak")
        if answer.status == 403:
            raise Refused("passwords-off")
        await self._done(answer)

    async def set_active(self, login: str, active: bool) -> None:
        row = await self._known(login) if active else await self._ordinary(login)
        await self._done(await self._client.call("POST", f"{_path(row)}/{'unlock' if active else 'lock'}"))
        if bool(_attribute(await self._known(login), "locked_at")) is active:
            raise Unavailable(SERVICE, unknown=True)

    async def hold(self, login: str | None = None) -> Hold:
        return "shut"

    async def logout(self, login: str) -> None:
        """Whatever has ended meanwhile is no trouble (400)."""
        id = (await self._ordinary(login))["id"]
        for kind in SESSIONS:
            for one in await self._sessions(id, (kind,), **{"filter[status]": "active"}):
                await self._client.call("POST", f"{kind}/{quote(one['id'], safe='')}/finish")
        if await self._sessions(id, **{"filter[status]": "active"}):
            raise Unavailable(SERVICE, unknown=True)

    async def logins(self) -> frozenset[str]:
        rows = await self._client.every("users")
        return frozenset(_attribute(row, "username") for row in rows if not _attribute(row, "deactivated_at"))

    async def everybody(self) -> tuple[Account, ...]:
        rows = [row for row in await self._client.every("users") if not _attribute(row, "deactivated_at")]
        if len(rows) > MOST:
            raise Refused("directory-too-many")
        emails: dict[str, list[str]] = {}
        for one in await self._client.every("user-emails"):
            emails.setdefault(_attribute(one, "user_id"), []).append(_attribute(one, "email"))
        places = asyncio.Semaphore(AT_ONCE)

        async def whole(row: Row) -> Account:
            async with places:
                return await self._account(row, emails.get(row["id"], []))

        return tuple(await asyncio.gather(*map(whole, rows)))

    async def delete(self, login: str) -> None:
        """For good: out of every session and every room; what they wrote stays."""
        if not await self.find(username=login):
            return
        row = await self._ordinary(login)
        both = {"skip_erase": True, "erase": False}  # the first since 1.0, the second before
        await self._done(await self._client.call("POST", f"{_path(row)}/deactivate", both))
        if await self.find(username=login):
            raise Unavailable(SERVICE, unknown=True)  # it has it done, and says so first

    async def is_free(self, login: str) -> bool:
        return await self._named(login) is None

    async def check(self) -> tuple[Finding, ...]:
        try:
            answer = await self._client.call("GET", "site-config")
            row = answer.json()
        except NotPermitted as no:
            return (Finding(no.code, False),)
        except Unavailable as trouble:
            return (away(SERVICE, trouble),)
        if answer.status != 200 or not isinstance(row, dict):
            return (Finding("directory-no-admin-api", False),)
        return (Finding("directory-mas", row.get("password_login_enabled") is True),)

    async def answers(self) -> None:
        """By what everybody is told, without a sign-in; a listener for its administration alone does not tell it."""
        try:
            answer = await self._client.http("GET", DISCOVERY)
            if answer.status == 404:
                answer = await self._client.call("GET", "site-config")
        except NotPermitted as no:
            if no.code == "directory-token-url":  # nobody is there who would give any
                raise Unavailable(SERVICE) from None
            raise
        told = answer.json()
        if answer.status != 200 or not isinstance(told, dict) or not {"issuer", "server_name"} & told.keys():
            raise unexpected(self._client.http, answer)

    async def close(self) -> None:
        await self._client.http.close()
        await self._homeserver.close()

    # -- what is told of somebody

    async def _named(self, login: str) -> Row | None:
        if not login.strip("."):  # a way up, where addresses are tidied
            return None
        row = await self._client.one(f"users/by-username/{quote(login, safe='')}")
        return row if row and _attribute(row, "username") == login else None

    async def _known(self, login: str) -> Row:
        row = await self._named(login)
        if row is None or _attribute(row, "deactivated_at"):
            raise NotFound("synapse-no-account", login=login)
        return row

    async def _ordinary(self, login: str) -> Row:
        row = await self._known(login)
        if row["attributes"].get("admin") is True:
            raise NotPermitted("synapse-administrator", user=login)
        return row

    async def _account(self, row: Row, emails: Iterable[str] | None = None) -> Account:
        login = _attribute(row, "username")
        mine = list(emails) if emails is not None else await self._emails(row)
        active = not _attribute(row, "locked_at")
        return Account(login, await self._called(login), next(iter(mine), ""), active, row["id"])

    async def _called(self, login: str) -> str:
        """As their homeserver shows them to anybody; empty where it does not."""
        answer = await self._homeserver("GET", f"{PROFILE}/{quote(f'@{login}:{await self.server()}', safe='')}")
        row = answer.json()
        return _text(row.get("displayname")) if answer.status == 200 and isinstance(row, dict) else ""

    async def _emails(self, row: Row) -> list[str]:
        rows = await self._client.every("user-emails", **{"filter[user]": row["id"]})
        return [email for one in rows if (email := _attribute(one, "email"))]

    async def _with(self, email: str) -> list[str]:
        """Whose this address is, however its domain was written down."""
        asked = email_asked(email)
        written = dict.fromkeys(one for one in (asked, email_read(asked), email.strip()) if "@" in one)
        found = [one for each in written for one in await self._client.every("user-emails", **{"filter[email]": each})]
        theirs = [one for one in found if email_asked(_attribute(one, "email")) == asked]
        return [*dict.fromkeys(_attribute(one, "user_id") for one in theirs)]

    async def _must_be_free(self, id: str, email: str) -> None:
        if any(other != id for other in await self._with(email)):
            raise Conflict("email")

    async def _add_email(self, id: str, email: str) -> None:
        answer = await self._client.call("POST", "user-emails", {"user_id": id, "email": email})
        if answer.status == 409:
            raise Conflict("email")
        if answer.status == 400:
            raise Rejected("directory-rejected")
        await self._done(answer)

    async def _sessions(self, id: str, kinds: Iterable[str] = SESSIONS, **query: str) -> list[Row]:
        return [one for kind in kinds for one in await self._client.every(kind, **{"filter[user]": id, **query})]

    async def _done(self, answer: Answer) -> None:
        if answer.status not in (200, 201, 204):
            raise unexpected(self._client.http, answer)


def _path(row: Row) -> str:
    return f"users/{quote(row['id'], safe='')}"


def _attribute(row: Row, name: str) -> str:
    attributes = row.get("attributes")
    return _text(attributes.get(name)) if isinstance(attributes, dict) else ""


def _titles(answer: Answer) -> list[str]:
    row = answer.json()
    return [_text(one.get("title")) for one in _rows(row.get("errors"))] if isinstance(row, dict) else []


def _rows(value: object) -> list[Row]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
