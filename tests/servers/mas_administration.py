"""The administration of the Matrix Authentication Service, with a memory.

A stand-in, held to what its documentation and the source of version 1.22 say, as read in November 2026: none of it was
measured on a running one. What it tells its homeserver (an account, a device, an end) the real Synapse is told.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from aiohttp import BasicAuth, web

V1, SCOPE = "/api/admin/v1", "urn:mas:admin"
USERNAME = re.compile(r"[a-z0-9=.\-/+][a-z0-9=_.\-/+]{0,254}")
WEAK = 8  # characters: zxcvbn is not here
THEN = "2026-11-30T09:00:00Z"
CLIENT = "01KBCDEFGHJKMNPQRSTVWXYZ00"
KINDS = {"compat-sessions": "compat-session", "oauth2-sessions": "oauth2-session", "user-sessions": "user-session"}
Row = dict[str, Any]
Tell = Callable[[str, Row], Awaitable[None]]


def _ulids() -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"01KB{next(numbers):022d}"


@dataclass
class Administration:
    """`tell` reaches the homeserver; `taken` says whether it keeps a name for somebody else. `passwords` by the id of a
    user; without `takes_passwords` nobody signs in with one. `permits`: its client may administer. `late`: a
    deactivation is promised, and not made yet."""

    tell: Tell
    taken: Callable[[str], Awaitable[bool]]
    server_name: Callable[[], str]
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    users: dict[str, Row] = field(default_factory=dict)
    emails: dict[str, Row] = field(default_factory=dict)
    sessions: dict[str, dict[str, Row]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    passwords: dict[str, str] = field(default_factory=dict)
    takes_passwords: bool = True
    permits: bool = True
    late: bool = False
    fresh: Callable[[], str] = field(default_factory=_ulids)
    tokens: dict[str, str] = field(default_factory=dict)

    def routes(self) -> list[web.RouteDef]:
        known: list[tuple[str, str, Callable[[web.Request], Awaitable[web.Response]]]] = [
            ("GET", "site-config", self._site_config),
            ("GET", "users", self._list_users),
            ("POST", "users", self._add_user),
            ("GET", "users/by-username/{name}", self._by_username),
            ("GET", "users/{id}", self._user),
            ("POST", "users/{id}/lock", self._lock),
            ("POST", "users/{id}/unlock", self._unlock),
            ("POST", "users/{id}/deactivate", self._deactivate),
            ("POST", "users/{id}/set-password", self._set_password),
            ("GET", "user-emails", self._list_emails),
            ("POST", "user-emails", self._add_email),
            ("DELETE", "user-emails/{id}", self._delete_email),
            ("GET", "{kind:(?:compat|oauth2|user)-sessions}", self._list_sessions),
            ("POST", "{kind:(?:compat|oauth2|user)-sessions}/{id}/finish", self._finish),
        ]
        doors = [web.route(method, f"{V1}/{path}", self._permitted(handler)) for method, path, handler in known]
        return [web.post("/oauth2/token", self._token), *doors]

    # -- what people do

    def named(self, username: str) -> Row | None:
        return next((row for row in self.users.values() if row["username"] == username), None)

    def begin(self, user: str, device: str) -> str:
        """A session of somebody on a device; its id."""
        id = self.fresh()
        self.sessions["compat-sessions"][id] = {
            "user_id": user,
            "device_id": device,
            "created_at": THEN,
            "finished_at": None,
        }
        return id

    def lets_in(self, user: str, session: str = "") -> bool:
        row = self.users.get(user)
        ended = session and self.sessions["compat-sessions"][session]["finished_at"]
        return bool(row and not row["locked_at"] and not row["deactivated_at"] and not ended)

    # -- the doors

    async def _token(self, request: web.Request) -> web.Response:
        told = await request.post()
        given = BasicAuth.decode(request.headers.get("Authorization", "Basic Og=="))
        if (given.login, given.password) != (CLIENT, self.secret):
            return web.json_response({"error": "invalid_client"}, status=401)
        if told.get("grant_type") != "client_credentials":
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if told.get("scope") == SCOPE and not self.permits:
            return web.json_response({"error": "access_denied"}, status=403)
        token = f"mat_{secrets.token_urlsafe(12)}"
        self.tokens[token] = str(told.get("scope", ""))
        return web.json_response({"access_token": token, "token_type": "Bearer", "expires_in": 300})

    def _permitted(self, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Any:
        async def door(request: web.Request) -> web.Response:
            scope = self.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
            if scope is None:
                return refused(401, "Unknown access token")
            if scope != SCOPE:
                return refused(403, "Missing urn:mas:admin scope")
            return await handler(request)

        return door

    async def _site_config(self, _request: web.Request) -> web.Response:
        return web.json_response(
            {
                "server_name": self.server_name(),
                "password_login_enabled": self.takes_passwords,
                "password_registration_enabled": False,
                "minimum_password_complexity": 3,
            }
        )

    async def _list_users(self, request: web.Request) -> web.Response:
        return paged(request, "user", self.users)

    async def _add_user(self, request: web.Request) -> web.Response:
        told = await request.json()
        name = told["username"]
        if self.named(name):
            return refused(409, "User already exists")
        if not USERNAME.fullmatch(name):
            return refused(400, "Username is not valid")
        if await self.taken(name):
            return refused(409, "Username is reserved by the homeserver")
        id = self.fresh()
        self.users[id] = {
            "username": name,
            "created_at": THEN,
            "locked_at": None,
            "deactivated_at": None,
            "admin": False,
        }
        called = {"set_displayname": told["displayname"]} if told.get("displayname") else {}
        await self.tell("provision_user", {"localpart": name, **called})
        return single("user", id, self.users[id], 201)

    async def _by_username(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = next((id for id, row in self.users.items() if row["username"] == name), None)
        return (
            single("user", found, self.users[found])
            if found
            else refused(404, f'User with username "{name}" not found')
        )

    async def _user(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        return single("user", id, self.users[id]) if id in self.users else refused(404, f"User ID {id} not found")

    async def _lock(self, request: web.Request) -> web.Response:
        if row := self.users.get(request.match_info["id"]):
            row["locked_at"] = row["locked_at"] or THEN
        return await self._user(request)

    async def _unlock(self, request: web.Request) -> web.Response:
        if row := self.users.get(request.match_info["id"]):
            row["locked_at"] = None
        return await self._user(request)

    async def _deactivate(self, request: web.Request) -> web.Response:
        told = await request.json() if request.can_read_body else {}
        if row := self.users.get(request.match_info["id"]):
            row["locked_at"] = row["locked_at"] or THEN
            if not self.late:
                row["deactivated_at"] = row["deactivated_at"] or THEN
                await self.tell(
                    "delete_user", {"localpart": row["username"], "erase": not told.get("skip_erase", False)}
                )
        return await self._user(request)

    async def _set_password(self, request: web.Request) -> web.Response:
        id, told = request.match_info["id"], await request.json()
        if not self.takes_passwords:
            return refused(403, "Password auth is disabled")
        if id not in self.users:
            return refused(404, f"User ID {id} not found")
        if len(told["password"]) < WEAK and not told.get("skip_password_check"):
            return refused(400, "Password is too weak")
        self.passwords[id] = told["password"]
        return web.Response(status=204)

    async def _list_emails(self, request: web.Request) -> web.Response:
        user, email = request.query.get("filter[user]"), request.query.get("filter[email]")
        if user is not None and user not in self.users:
            return refused(404, f"User ID {user} not found")
        return paged(
            request,
            "user-email",
            {
                id: row
                for id, row in self.emails.items()
                if user in (None, row["user_id"]) and (email is None or email.lower() == row["email"].lower())
            },
        )

    async def _add_email(self, request: web.Request) -> web.Response:
        told = await request.json()
        if told["user_id"] not in self.users:
            return refused(404, f"User ID {told['user_id']} not found")
        if told["email"].count("@") != 1:
            return refused(400, f'Email "{told["email"]}" is not valid')
        if any(told["email"].lower() == row["email"].lower() for row in self.emails.values()):
            return refused(409, f'User email "{told["email"]}" already in use')
        id = self.fresh()
        self.emails[id] = {"created_at": THEN, "user_id": told["user_id"], "email": told["email"]}
        return single("user-email", id, self.emails[id], 201)

    async def _delete_email(self, request: web.Request) -> web.Response:
        id = request.match_info["id"]
        gone = self.emails.pop(id, None)
        return web.Response(status=204) if gone else refused(404, f"User email ID {id} not found")

    async def _list_sessions(self, request: web.Request) -> web.Response:
        user, status = request.query.get("filter[user]"), request.query.get("filter[status]")
        if user is not None and user not in self.users:
            return refused(404, f"User ID {user} not found")
        if status not in (None, "active", "finished"):
            return refused(400, "Invalid filter parameters")
        kind = request.match_info["kind"]
        kept = {
            id: row
            for id, row in self.sessions[kind].items()
            if user in (None, row["user_id"]) and status in (None, "finished" if row["finished_at"] else "active")
        }
        return paged(request, KINDS[kind], kept)

    async def _finish(self, request: web.Request) -> web.Response:
        kind, id = request.match_info["kind"], request.match_info["id"]
        row = self.sessions[kind].get(id)
        if row is None:
            return refused(404, f"Session with ID {id} not found")
        if row["finished_at"]:
            return refused(400, f"Session with ID {id} is already finished")
        row["finished_at"] = THEN
        if row.get("device_id"):
            name = self.users[row["user_id"]]["username"]
            await self.tell("delete_device", {"localpart": name, "device_id": row["device_id"]})
        return single(KINDS[kind], id, row)


# -- JSON:API


def thing(kind: str, id: str, row: Row) -> Row:
    return {
        "type": kind,
        "id": id,
        "attributes": row,
        "links": {"self": f"{V1}/{kind}s/{id}"},
        "meta": {"page": {"cursor": id}},
    }


def single(kind: str, id: str, row: Row, status: int = 200) -> web.Response:
    return web.json_response({"data": thing(kind, id, row), "links": {"self": f"{V1}/{kind}s/{id}"}}, status=status)


def paged(request: web.Request, kind: str, rows: dict[str, Row]) -> web.Response:
    first, after = int(request.query.get("page[first]", "10")), request.query.get("page[after]", "")
    behind = [id for id in sorted(rows) if id > after]
    page, base = behind[:first], request.path
    links = {"self": f"{base}?page[first]={first}", "first": f"{base}?page[first]={first}"}
    if len(behind) > first:
        links["next"] = f"{base}?page[after]={quote(page[-1])}&page[first]={first}"
    data = [thing(kind, id, rows[id]) for id in page]
    return web.json_response({"meta": {"count": len(rows)}, "data": data, "links": links})


def refused(status: int, title: str) -> web.Response:
    return web.json_response({"errors": [{"title": title}]}, status=status)
