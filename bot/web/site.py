"""The addresses of the public pages, on the HTTP server of the bot: who asks for what."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network
from urllib.parse import urlsplit

from aiohttp import web

from bot.arrivals.page_addresses import short_name
from bot.lieux import Lieu
from bot.store.arrivals import Arrival
from bot.web.asker_page import AskerPage
from bot.web.guard import ASKS, WRONG, Guard
from bot.web.lieu_page import LieuPage
from bot.web.limits import Limits
from bot.web.newcomer_page import NewcomerPage
from bot.web.page_parts import PageParts
from bot.web.proof import prove
from bot.web.proxies import Proxies
from bot.web.render import Renderer
from bot.words import Words

STYLE = files("bot.web") / "style.css"
BEHIND = " \t\u00a0\u202f.,;:!?)>]\"'»"  # what comes along when an address is copied out of a sentence


class Site:
    """The pages under `public_url`, in `language` where nobody chose one; the word of the `proxies` is taken. Until the
    bot is there to `open` them, they say that they come."""

    def __init__(
        self,
        public_url: str,
        words: Words,
        language: str = "fr",
        proxies: Iterable[IPv4Network | IPv6Network] = (),
    ) -> None:
        self.path = urlsplit(public_url).path.rstrip("/")
        self.limits = Limits()
        self.renderer = Renderer(words, self.path, language)
        self.proxies = Proxies(proxies)
        self._guard = Guard(public_url, self.proxies, self.limits, self.renderer)
        self._parts: PageParts | None = None

    def open(self, parts: PageParts) -> None:
        self._parts = parts
        self._newcomers = NewcomerPage(parts)
        self._lieux = LieuPage(parts)
        self._askers = AskerPage(parts)

    def mount(self, application: web.Application) -> None:
        self._guard.stand_before(application)
        application.add_routes(
            [
                web.get(f"{self.path}/", self._home),
                web.get(f"{self.path}/style.css", self._style),
                web.get(f"{self.path}/proof/{{token}}", self._proof),
                web.get(f"{self.path}/{{lieu}}", self._lieu),
                web.get(f"{self.path}/{{lieu}}/", self._lieu),
                web.post(f"{self.path}/{{lieu}}", self._ask),
                web.get(f"{self.path}/{{lieu}}/demande/{{token}}", self._asker),
                web.post(f"{self.path}/{{lieu}}/demande/{{token}}", self._asker),
                web.get(f"{self.path}/{{lieu}}/bienvenue/{{token}}", self._newcomer),
                web.post(f"{self.path}/{{lieu}}/bienvenue/{{token}}", self._press),
            ]
        )

    async def _home(self, request: web.Request) -> web.Response:
        """Which lieux are here is theirs to tell."""
        return self.renderer.answer("home", self.renderer.tongue(request))

    async def _style(self, _request: web.Request) -> web.Response:
        return web.Response(text=STYLE.read_text("utf-8"), content_type="text/css")

    async def _proof(self, request: web.Request) -> web.Response:
        return prove(self._opened().addresses.tokens, self.proxies, request)

    async def _lieu(self, request: web.Request) -> web.Response:
        lieu = await self._lieu_of(request)
        address = await self._opened().addresses.of_lieu(lieu)
        if request.path != urlsplit(address).path:
            raise web.HTTPMovedPermanently(address)
        return await self._lieux.show(lieu, request)

    async def _ask(self, request: web.Request) -> web.Response:
        lieu = await self._lieu_of(request)
        self._guard.count(f"ask/{lieu.id}", request, ASKS)
        return await self._lieux.receive(lieu, request)

    async def _asker(self, request: web.Request) -> web.Response:
        """The page of somebody who asked: it is shown, or its button was pressed."""
        lieu = await self._lieu_of(request)
        row = await self._opened().join_door.find(lieu, request.match_info["token"].rstrip(BEHIND))
        if row is None:
            self._guard.count("wrong", request, WRONG)
            return await self._askers.gone(lieu, request)
        return await (self._askers.act if request.method == "POST" else self._askers.show)(lieu, row, request)

    async def _newcomer(self, request: web.Request) -> web.Response:
        lieu, arrival = await self._arrival_of(request)
        return await self._newcomers.show(lieu, arrival, request) if arrival else self._gone(lieu, request)

    async def _press(self, request: web.Request) -> web.Response:
        lieu, arrival = await self._arrival_of(request)
        if arrival is None:
            return self._gone(lieu, request)
        return await self._newcomers.press(lieu, arrival, request)

    def _opened(self) -> PageParts:
        if self._parts is None:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "10"})
        return self._parts

    async def _lieu_of(self, request: web.Request) -> Lieu:
        """Of a name that somebody may have copied by hand: « La Rosée » and « la-rosee/ » lead there too."""
        told = request.match_info["lieu"]
        lieu = await self._named(told) or await self._named(short_name(told))
        if lieu is None:
            raise web.HTTPNotFound
        return lieu

    async def _named(self, name: str) -> Lieu | None:
        parts = self._opened()
        id = await parts.addresses.lieu_of(name)
        lieu = await parts.lieux.get(id) if id is not None and await parts.lieux.serves(id) else None
        return lieu if lieu and lieu.choices.installed else None

    async def _arrival_of(self, request: web.Request) -> tuple[Lieu, Arrival | None]:
        """Of a link that nobody can guess, as long as somebody is on the way; None of any other."""
        parts, lieu = self._opened(), await self._lieu_of(request)
        arrival = await parts.addresses.arrival_of(request.match_info["token"].rstrip(BEHIND))
        if arrival is None:
            self._guard.count("wrong", request, WRONG)
            return lieu, None
        if arrival["lieu"] != lieu.id or await self._newcomers.is_over(lieu, arrival):
            return lieu, None
        return lieu, arrival

    def _gone(self, lieu: Lieu, request: web.Request) -> web.Response:
        """The same for a link that was never made, is another lieu's, or is over."""
        return self.renderer.answer("gone", self.renderer.tongue(request, lieu.tongue), status=404, lieu=lieu.name)
