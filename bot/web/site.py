"""The addresses of the public pages, on the HTTP server of the bot: who asks for what, and what every answer bears."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files
from urllib.parse import urlsplit

from aiohttp import web

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.store.arrivals import Arrival
from bot.web.lieu_page import LieuPage
from bot.web.newcomer_page import OVER, NewcomerPage
from bot.web.page_parts import PageParts

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
}
STYLE = files("bot.web") / "style.css"


class Site:
    """The pages under `public_url`. Until the bot is there to `open` them, they say that they come."""

    def __init__(self, public_url: str) -> None:
        self.path = urlsplit(public_url).path.rstrip("/")
        self._parts: PageParts | None = None

    def open(self, parts: PageParts) -> None:
        self._parts = parts

    def mount(self, application: web.Application) -> None:
        application.middlewares.append(_with_headers)
        application.add_routes(
            [
                web.get(f"{self.path}/style.css", _style),
                web.get(f"{self.path}/{{lieu}}", self._lieu),
                web.get(f"{self.path}/{{lieu}}/bienvenue/{{token}}", self._newcomer),
                web.post(f"{self.path}/{{lieu}}/bienvenue/{{token}}", self._password),
            ]
        )

    async def _lieu(self, request: web.Request) -> web.Response:
        return await LieuPage(self._opened()).show(await self._lieu_of(request))

    async def _newcomer(self, request: web.Request) -> web.Response:
        return await NewcomerPage(self._opened()).show(*await self._arrival_of(request))

    async def _password(self, request: web.Request) -> web.Response:
        return await NewcomerPage(self._opened()).send_password_link(*await self._arrival_of(request))

    def _opened(self) -> PageParts:
        if self._parts is None:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "10"})
        return self._parts

    async def _lieu_of(self, request: web.Request) -> Lieu:
        parts = self._opened()
        id = await parts.addresses.lieu_of(request.match_info["lieu"])
        lieu = await parts.lieux.get(id) if id is not None and await parts.lieux.serves(id) else None
        if lieu is None or not lieu.choices.installed:
            raise web.HTTPNotFound
        return lieu

    async def _arrival_of(self, request: web.Request) -> tuple[Lieu, Arrival]:
        """Of a link that nobody can guess, as long as somebody is on the way."""
        parts, lieu = self._opened(), await self._lieu_of(request)
        id = parts.addresses.arrival_of(request.match_info["token"])
        try:
            arrival = await parts.arrivals.get(id or 0)
        except KeyError:
            raise web.HTTPNotFound from None
        if arrival["lieu"] != lieu.id or arrival["status"] in OVER:
            raise web.HTTPNotFound
        return lieu, arrival


async def _style(_request: web.Request) -> web.Response:
    return web.Response(text=STYLE.read_text("utf-8"), content_type="text/css")


@web.middleware
async def _with_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response = await handler(request)
    except (Refused, Unavailable):
        response = web.HTTPServiceUnavailable(headers={"Retry-After": "60"})
    except web.HTTPException as refusal:
        refusal.headers.update(HEADERS)
        raise
    response.headers.update(HEADERS)
    return response
