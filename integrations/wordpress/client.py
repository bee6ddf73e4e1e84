"""The one way in: where the site's interface is, one write at a time, and refusals told as ours."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.errors import NotFound, NotPermitted, Rejected, Unavailable, Unsupported, reason
from integrations.http import Answer, Http, instead

SERVICE = "wordpress"
SHUT = 60.0  # seconds between two looks whether a human has mended it
PRETTY, PLAIN = "/wp-json", "/"  # without pretty permalinks the route is a part of the query
MAINTENANCE = (b"wp-die-message", b"<title>Maintenance</title>")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a route answered. `code` is WordPress's word for a refusal, empty for none; `total` how many there are of
    which `body` shows some."""

    status: int
    body: Any
    code: str
    total: int

    @property
    def ok(self) -> bool:
        return self.status in (200, 201) and not self.code


class Client:
    """Requests of one account; see `WordPress` for what it takes."""

    def __init__(self, url: str, user: str, app_password: str, *, transport: Any, read_timeout: float) -> None:
        headers = {"Accept": "application/json"}
        self.http = Http(
            SERVICE, url, headers=headers, auth=(user, app_password), transport=transport, read=read_timeout, why=_why
        )
        self.url = url.rstrip("/")  # what people are told
        self.writing = asyncio.Lock()  # of three that make the same account at once, two succeed
        self._root = ""
        self._me = ""

    async def close(self) -> None:
        await self.http.close()

    async def index(self) -> Json:
        """What the site says of its interface to everybody, wherever that is. Raises `Unavailable` with the cause
        "address" where there is none of a WordPress."""
        query = {"_fields": "namespaces,authentication"}
        for root in (PRETTY, PLAIN):
            path, params = _at(root, "/", query)
            answer = await self.http("GET", path, params=params, auth=None)
            found = answer.json()
            if answer.status == 200 and isinstance(found, dict) and "wp/v2" in texts(found.get("namespaces")):
                self._root = root
                return found
            if answer.status >= 500:
                raise Unavailable(SERVICE, cause="broken")
            if answer.status == 401:
                raise Unavailable(SERVICE, SHUT, cause="gate")
        raise Unavailable(SERVICE, SHUT, cause="address")

    @property
    def is_plain(self) -> bool:
        """Whether its addresses are those of a site without pretty permalinks, as far as one has looked."""
        return self._root == PLAIN

    async def whoami(self) -> Json:
        """The bot's own account, with what it may do (`capabilities`). A route that everybody may read would answer
        bad credentials as though nobody had asked."""
        found = mapping((await self.get("/wp/v2/users/me", context="edit")).body)
        self._me = identifier(found.get("id"))
        if not self._me:
            raise Unavailable(SERVICE, SHUT, cause="credentials")
        return found

    async def me(self) -> str:
        """The id of the bot's own account, asked once."""
        return self._me or identifier((await self.whoami())["id"])

    async def get(self, route: str, **query: Any) -> Reply:
        """What a route answers. Raises what is refused."""
        return settled(await self.ask("GET", route, query))

    async def look(self, route: str, **query: Any) -> Reply | None:
        """None for what does not exist."""
        try:
            return await self.get(route, **query)
        except NotFound:
            return None

    async def ask(self, method: str, route: str, query: Mapping[str, Any], body: Json | None = None) -> Reply:
        """One request; what its answer refuses is the caller's to tell, but for what lets nobody in."""
        if not self._root:
            await self.index()
        path, params = _at(self._root, route, query)
        answer = await self.http(method, path, params=params, json=body)
        reply = read(answer)
        if answer.status == 401:
            raise Unavailable(SERVICE, SHUT, cause="credentials" if reply.code else "gate")
        if answer.status == 404 and not reply.code:  # the site's own page: its addresses may have been changed
            self._root = ""
            raise Unavailable(SERVICE, SHUT, cause="address")
        if answer.status == 403 and not reply.code:
            raise Unavailable(SERVICE, SHUT, cause="gate")
        if not reply.code and (reply.body is None or answer.status >= 400):
            raise Unavailable(SERVICE, unknown=method != "GET", cause="broken")
        return reply


def _at(root: str, route: str, query: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The path and the query of a route."""
    if root == PLAIN:
        return PLAIN, {"rest_route": route, **query}
    return f"{root}{route}", dict(query)


def read(answer: Answer) -> Reply:
    body = answer.json()
    code = text(body.get("code")) if isinstance(body, dict) and not 200 <= answer.status < 300 else ""
    return Reply(answer.status, body, code, number(answer.headers.get("x-wp-total", "")))


def settled(reply: Reply, *, unknown: bool = False) -> Reply:
    """It, or what its refusal means that no route has a meaning of its own for: by the code where one status means
    several things, for what exists already is a 500. The site's own sentence is not shown."""
    if reply.ok:
        return reply
    if reply.status == 403:
        raise NotPermitted("wordpress-not-administrator")
    if reply.code == "rest_no_route":
        raise Unsupported("wordpress-no-accounts")
    if reply.status == 404:
        raise NotFound("wordpress-not-found")
    if reply.status < 500:
        raise Rejected("wordpress-rejected", reason=reason(reply.code))
    raise Unavailable(SERVICE, unknown=unknown, cause="broken")


def _why(answer: Answer) -> str:
    """While it is brought up to date it says so itself, in a page or in JSON, and in its own language."""
    said = answer.status == 503 and (read(answer).code == "wp_die" or any(sign in answer.body for sign in MAINTENANCE))
    return "maintenance" if said else instead(answer)


def text(value: object) -> str:
    return value if isinstance(value, str) else ""


def texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def mapping(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Json]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0


def identifier(value: object) -> str:
    """What an account or an article is known by; empty for what is none."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else ""
