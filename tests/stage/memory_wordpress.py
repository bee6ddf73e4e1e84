"""A site on WordPress with a memory, asked as a real one is, which answers as the real ones that were recorded."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx

from integrations.wordpress import ROLES, WordPress

URL, USER, PASSWORD = "https://site.lieu.fr", "conciergerie", "abcd efgh ijkl mnop qrst uvwx"
ADMINISTRATOR = "administrator"
RIGHTS = ("list_users", "create_users", "edit_users", "promote_users", "delete_users")
PAGE = "<!DOCTYPE html>\n<html dir='ltr'>\n<head>\n<title>{}</title></head><body id='error-page'></body></html>"
Json = dict[str, Any]


@dataclass
class Account:
    id: int
    username: str
    email: str
    name: str
    roles: list[str]
    app_passwords: int = 0


@dataclass
class Article:
    id: int
    author: int
    kind: str = "posts"
    status: str = "publish"


@dataclass
class MemoryWordPress(httpx.AsyncBaseTransport):
    """`down`: nobody answers, or to writes (`down_to_writes`) · `maintenance`, `database_down`: as it then says.
    `forgets`: so many answers to writes get lost, though they are carried out; where it is `deaf`, it is down from then
    on. `plain`: without pretty permalinks; `application_passwords`: whether they are on; `header_lost`: the web server
    keeps the password for itself. `asked` is all that was, and `told` what became of accounts, in words."""

    accounts: dict[int, Account] = field(default_factory=dict)
    articles: dict[int, Article] = field(default_factory=dict)
    down: bool = False
    down_to_writes: bool = False
    maintenance: bool = False
    database_down: bool = False
    forgets: int = 0
    deaf: bool = False
    plain: bool = False
    application_passwords: bool = True
    header_lost: bool = False
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = iter(range(2, 10**6))
        self.bot = self.add(USER, "bot@lieu.fr", ADMINISTRATOR)

    def site(self) -> WordPress:
        """As the bot holds it."""
        return WordPress(URL, USER, PASSWORD, transport=self, read_timeout=3)

    def add(self, username: str, email: str, *roles: str) -> Account:
        account = Account(next(self._numbers), username, email, username, list(roles))
        self.accounts[account.id] = account
        return account

    def write(self, author: Account, kind: str = "posts", status: str = "publish") -> Article:
        article = Article(next(self._numbers), author.id, kind, status)
        self.articles[article.id] = article
        return article

    def named(self, username: str) -> Account:
        return next(account for account in self.accounts.values() if account.username == username)

    def roles(self) -> dict[str, list[str]]:
        """Of everybody but the bot."""
        return {each.username: each.roles for each in self.accounts.values() if each is not self.bot}

    def authors(self) -> list[str]:
        """Of all that is to be read."""
        return [self.accounts[each.author].username for each in self.articles.values() if each.status != "trash"]

    # -- answering

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        if self.down or (self.down_to_writes and request.method != "GET"):
            raise httpx.ConnectError("nobody")
        self.asked.append(f"{request.method} {request.url.path}")
        if self.maintenance and request.method == "GET":
            return httpx.Response(503, html=PAGE.format("Maintenance"), headers={"Retry-After": "600"})
        if self.maintenance:
            return _no(503, "wp_die", **{"Retry-After": "600"})
        if self.database_down:
            return httpx.Response(500, html=PAGE.format("Database Error"))
        answer = self._answered(request)
        if request.method != "GET" and self.forgets:
            self.forgets, self.down = self.forgets - 1, self.deaf
            raise httpx.ReadTimeout("lost on the way back")
        return answer

    def _answered(self, request: httpx.Request) -> httpx.Response:
        query = {name: values[0] for name, values in parse_qs(request.url.query.decode()).items()}
        route = self._route(request.url.path, query)
        if route is None:
            return httpx.Response(404, html=PAGE.format("Page not found"))
        if route == "/":
            ways = {"application-passwords": {"endpoints": {}}} if self.application_passwords else []
            return httpx.Response(200, json={"namespaces": ["oembed/1.0", "wp/v2"], "authentication": ways})
        if not self._is_the_bot(request):
            code = "rest_cannot_create_user" if request.method == "POST" else "rest_not_logged_in"
            return _no(401, code)
        body = json.loads(request.content or b"{}")
        match [part for part in route.removeprefix("/wp/v2/").split("/") if part]:
            case ["users"] if request.method == "POST":
                return self._create(body)
            case ["users"]:
                wanted = query.get("search", "").lower()
                return _some([_shown(each) for each in self.accounts.values() if wanted in each.email.lower()])
            case ["users", "me"]:
                return httpx.Response(200, json=_shown(self.bot) | {"capabilities": self._rights()})
            case ["users", id, "application-passwords"] if int(id) in self.accounts:
                count, self.accounts[int(id)].app_passwords = self.accounts[int(id)].app_passwords, 0
                return httpx.Response(200, json={"deleted": True, "count": count})
            case ["users", id] if int(id) in self.accounts:
                return self._one(request.method, self.accounts[int(id)], body, query)
            case ["users", _]:
                return _no(404, "rest_user_invalid_id")
            case [("posts" | "pages" | "media") as kind]:
                return _some([{"id": each.id} for each in self._of(kind, int(query["author"]), query.get("status"))])
            case [("posts" | "pages" | "media"), id] if int(id) in self.articles:
                article = self.articles[int(id)]
                return httpx.Response(200, json={"id": article.id, "author": article.author})
            case [("posts" | "pages" | "media"), _]:
                return _no(404, "rest_post_invalid_id")
        return _no(404, "rest_no_route")

    def _route(self, path: str, query: dict[str, str]) -> str | None:
        if "rest_route" in query:
            return query["rest_route"]
        return None if self.plain or not path.startswith("/wp-json") else path.removeprefix("/wp-json") or "/"

    def _is_the_bot(self, request: httpx.Request) -> bool:
        """Blanks in an application password do not count."""
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or not self.application_passwords or self.header_lost:
            return False
        user, _, password = base64.b64decode(said).decode().partition(":")
        return user == USER and password.replace(" ", "") == PASSWORD.replace(" ", "")

    def _rights(self) -> dict[str, bool]:
        return dict.fromkeys(RIGHTS, True) if ADMINISTRATOR in self.bot.roles else {"read": True}

    def _of(self, kind: str, author: int, status: str | None) -> Iterator[Article]:
        return (
            each
            for each in self.articles.values()
            if (each.kind, each.author) == (kind, author) and each.status != "trash"
        )

    def _create(self, body: Json) -> httpx.Response:
        if missing := [name for name in ("username", "email", "password") if not body.get(name)]:
            return _no(400, "rest_missing_callback_param", params=missing)
        if len(body["username"]) > 60:
            return _no(500, "user_login_too_long")
        if any(role not in (*ROLES, "editor", ADMINISTRATOR) for role in body.get("roles", ())):
            return _no(400, "rest_user_invalid_role")
        for each in self.accounts.values():
            if each.username.lower() == body["username"].lower():
                return _no(500, "existing_user_login")
            if each.email.lower() == body["email"].lower():
                return _no(500, "existing_user_email")
        made = self.add(body["username"], body["email"], *body.get("roles", ["subscriber"]))
        made.name = body.get("name") or made.username
        self.told.append(f"{made.username} : {' et '.join(made.roles)}")
        return httpx.Response(201, json=_shown(made))

    def _one(self, method: str, account: Account, body: Json, query: dict[str, str]) -> httpx.Response:
        if method == "POST":
            account.roles = list(body.get("roles", account.roles))
            self.told.append(f"{account.username} : {' et '.join(account.roles) or 'aucun rôle'}")
        if method != "DELETE":
            return httpx.Response(200, json=_shown(account))
        if "reassign" not in query:
            return _no(400, "rest_missing_callback_param", params=["reassign"])
        heir = query["reassign"]
        if heir != "false" and (int(heir) not in self.accounts or int(heir) == account.id):
            return _no(400, "rest_user_invalid_reassign")
        theirs = [each for each in self.articles.values() if each.author == account.id]
        given = f" ; {len(theirs)} pour {self.accounts[int(heir)].username}" if theirs and heir != "false" else ""
        self.told.append(f"{account.username} : supprimé{given}")
        for each in theirs:
            if heir == "false":
                each.status = "trash"
            else:
                each.author = int(heir)
        del self.accounts[account.id]
        return httpx.Response(200, json={"deleted": True, "previous": _shown(account)})


def _shown(account: Account) -> Json:
    row = {"id": account.id, "username": account.username, "name": account.name, "email": account.email}
    return row | {"roles": list(account.roles)}


def _some(rows: list[Json]) -> httpx.Response:
    return httpx.Response(200, json=rows, headers={"X-WP-Total": str(len(rows)), "X-WP-TotalPages": "1"})


def _no(status: int, code: str, *, params: list[str] | None = None, **headers: str) -> httpx.Response:
    data = None if status == 500 else {"status": status} | ({"params": params} if params else {})
    return httpx.Response(status, json={"code": code, "message": "…", "data": data}, headers=headers)
