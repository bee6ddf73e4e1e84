"""HelloAsso's API v5 in memory, as read in its documentation and its OpenAPI description of February 2026, and **not
measured**: a key of a real association is needed for that, and there is none here.

As read: tokens live 30 minutes, and are refreshed with the client's id alone; a page that is empty is the last one, and
comes with a token for the next one all the same; `user` of an item has a name and no address; what a key does not open
is 403. As guessed: that unknown credentials are 401, that a refresh token serves once, and what 429 looks like.
"""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from tests.servers.ports import free_port

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 1, 15, 12, tzinfo=PARIS)
LIFETIME = 1800
MOST = 100  # items of a page
Row = dict[str, Any]


@dataclass
class Form:
    """A membership form: `validity` as HelloAsso names it, `start` and `end` of a `Custom` one."""

    slug: str
    validity: str = "MovingYear"
    end: date | None = None
    start: date | None = None


@dataclass
class Weather:
    """What goes wrong: `status` answers everything, `after` so many pages; `endless` pages repeat their token; `ends`:
    each token is refused after so many requests; `odd`: what is answered in the place of a page of items."""

    status: int = 0
    after: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    ends: int = 0
    odd: Any = None


class HelloAssoServer:
    """`async with HelloAssoServer() as server:` serves one association. `now`: what its clocks say."""

    def __init__(self, organization: str = "la-rosee", now: Callable[[], datetime] = lambda: NOON) -> None:
        self.port, self.organization, self._now = free_port(), organization, now
        self.client_id, self.secret = "client", secrets.token_urlsafe(16)
        self.forms = {"adhesion": Form("adhesion")}
        self.items: list[Row] = []
        self.weather = Weather()
        self.granted: list[str] = []  # by which grant each token was asked for
        self.asked: list[str] = []  # the addresses, with their queries
        self._tokens: dict[str, int] = {}  # how often each was used
        self._refresh: set[str] = set()
        self._ids = itertools.count(1001)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> HelloAssoServer:
        application = web.Application()
        of = "/v5/organizations/{slug}"
        application.add_routes(
            [
                web.post("/oauth2/token", self._token),
                web.get(f"{of}/items", self._items),
                web.get(f"{of}/forms", self._forms),
                web.get(f"{of}/forms/Membership/{{form}}/public", self._form),
            ]
        )
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    # -- what people do there

    def joins(
        self,
        first: str,
        last: str,
        email: str | None = None,
        *,
        form: str = "adhesion",
        payer: tuple[str, str] | None = None,
        days_ago: int = 0,
        fields: dict[str, str] | None = None,
        **more: Any,
    ) -> Row:
        """Somebody becomes a member; somebody else may pay for it, and `email` is the payer's."""
        at = self._now() - timedelta(days=days_ago)
        id, paid = next(self._ids), payer or (first, last)
        item: Row = {
            "order": {"id": id + 90_000, "date": at.isoformat(), "formSlug": form, "formType": "Membership"},
            "payer": {"firstName": paid[0], "lastName": paid[1], "country": "FRA", "email": email},
            "payments": [{"id": id + 50_000, "amount": 1500, "state": "Authorized"}],
            "user": {"firstName": first, "lastName": last},
            "name": "Adhésion",
            "priceCategory": "Fixed",
            "customFields": [
                {"id": n, "name": name, "type": "TextInput", "answer": answer}
                for n, (name, answer) in enumerate((fields or {}).items())
            ],
            "id": id,
            "amount": 1500,
            "type": "Membership",
            "state": "Processed",
        }
        self.items.append(item | more)
        return self.items[-1]

    def cancel(self, first: str) -> None:
        for item in self.items:
            if item["user"]["firstName"] == first:
                item["state"] = "Canceled"

    # -- the wire

    def _ill(self) -> web.Response | None:
        weather = self.weather
        if not weather.status:
            return None
        if weather.after > 0:
            weather.after -= 1
            return None
        return web.json_response({"message": "no"}, status=weather.status, headers=weather.headers)

    async def _token(self, request: web.Request) -> web.Response:
        form = await request.post()
        grant = str(form.get("grant_type"))
        known = form.get("client_id") == self.client_id
        if grant == "client_credentials":
            known = known and form.get("client_secret") == self.secret
        elif grant == "refresh_token":
            known = known and form.get("refresh_token") in self._refresh
            self._refresh.discard(str(form.get("refresh_token")))
        else:
            return web.json_response({"error": "unsupported_grant_type"}, status=400)
        if not known:
            return web.json_response({"error": "invalid_client"}, status=401)
        self.granted.append(grant)
        token, refresh = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        self._tokens[token] = 0
        self._refresh.add(refresh)
        told = {"access_token": token, "refresh_token": refresh, "token_type": "bearer", "expires_in": LIFETIME}
        return web.json_response(told)

    def _refusal(self, request: web.Request) -> web.Response | None:
        self.asked.append(request.path_qs)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        used = self._tokens.get(token)
        if used is None or (self.weather.ends and used >= self.weather.ends):
            return web.json_response({"message": "Unauthorized"}, status=401)
        self._tokens[token] += 1
        if request.match_info["slug"] != self.organization:
            return web.json_response({"message": "Forbidden"}, status=403)
        return self._ill()

    async def _items(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        if self.weather.odd is not None:
            return web.json_response(self.weather.odd)
        query = request.query
        kinds, since = query.get("tierTypes"), query.get("from", "")
        rows = [row for row in self.items if not kinds or row.get("type") in kinds.split(",")]
        rows = [row for row in rows if not since or row["order"]["date"] >= since]
        rows.sort(key=lambda row: str(row["order"]["date"]), reverse=query.get("sortOrder") != "Asc")
        if query.get("withDetails") != "true":
            rows = [{name: value for name, value in row.items() if name != "customFields"} for row in rows]
        return web.json_response(self._page(rows, request))

    async def _forms(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        rows = [{"formSlug": form.slug, "formType": "Membership", "state": "Public"} for form in self.forms.values()]
        return web.json_response(self._page(rows, request))

    async def _form(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        form = self.forms.get(request.match_info["form"])
        if form is None:
            return web.json_response({"message": "Not found"}, status=404)
        told: Row = {"formSlug": form.slug, "formType": "Membership", "validityType": form.validity}
        for name, day in (("startDate", form.start), ("endDate", form.end)):
            if day:
                told[name] = datetime(day.year, day.month, day.day, tzinfo=PARIS).isoformat()
        return web.json_response(told)

    def _page(self, rows: list[Row], request: web.Request) -> Row:
        size = min(int(request.query.get("pageSize", 20)), MOST)
        token = request.query.get("continuationToken", "")
        found = re.fullmatch(r"after-(\d+)", token)
        first = int(found[1]) if found and not self.weather.endless else 0
        after = "after-0" if self.weather.endless else f"after-{first + size}"
        pagination = {"pageSize": size, "totalCount": -1, "pageIndex": 1, "totalPages": -1, "continuationToken": after}
        return {"data": rows[first : first + size], "pagination": pagination}
