"""What stands before every page: who asks, how often, how much and from where; and what every answer bears.

A path may hold a secret: it is in no log and in no answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import structlog
from aiohttp import web

from bot.errors import Refused, Unavailable
from bot.web.limits import Limits, household
from bot.web.proxies import Proxies, came_through_one
from bot.web.render import Renderer
from integrations.domains import is_loopback

log = structlog.get_logger(__name__)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Server": "Conciergerie",
}
INSIDE = frozenset({"/health", "/metrics"})  # the supervisor's, and nobody's who comes from outside
OWN_SITE = frozenset({"same-origin", "none"})
# In an hour, of one asker, who may be a whole lieu on its open day. ASKS: forms, in one lieu; WRONG: dead links.
PAGES, ACTS, ASKS, WRONG = 1_200, 120, 15, 60
SLOWEST_FORM, SLOWEST = 10.0, 100.0  # seconds until somebody has sent what they write, and until it is answered
FORM = "application/x-www-form-urlencoded"
# What is said of each refusal; « bad » of all others.
ABOUT = {
    403: "elsewhere",
    404: "nothing",
    405: "nothing",
    408: "slow",
    413: "large",
    429: "often",
    500: "broken",
    503: "away",
}


class Guard:
    """`public_url` is where the pages are."""

    def __init__(self, public_url: str, proxies: Proxies, limits: Limits, renderer: Renderer) -> None:
        at = urlsplit(public_url)
        self._origin = f"{at.scheme}://{at.netloc}"
        self._host = None if is_loopback(at.hostname) else at.hostname  # without a proxy, all come from here
        self._proxies, self._limits, self._renderer = proxies, limits, renderer

    def count(self, what: str, request: web.Request, most: int) -> None:
        """Whoever does it more often than that in an hour is told to wait. Raises HTTPTooManyRequests."""
        asker = household(self._proxies.asker(request.remote, request.headers))
        if not self._limits.within(what, asker, most):
            raise web.HTTPTooManyRequests(headers={"Retry-After": "3600"})

    def stand_before(self, application: web.Application) -> None:
        """All that is asked there passes here first."""

        @web.middleware
        async def stand(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path in INSIDE and not self._comes_from_outside(request):
                return await handler(request)
            response = await self._answered(request, handler)
            response.headers.update(HEADERS)
            return response

        application.middlewares.append(stand)

    def _comes_from_outside(self, request: web.Request) -> bool:
        try:
            asked = urlsplit(f"//{request.headers.get('Host', '')}").hostname or ""
        except ValueError:  # no name of a host
            return True
        return came_through_one(request.headers) or asked.rstrip(".") == self._host

    async def _answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path in INSIDE:
                raise web.HTTPNotFound
            await self._let_in(request)
            async with asyncio.timeout(SLOWEST):
                return await handler(request)
        except web.HTTPException as refusal:
            return self._said(request, refusal)
        except (Refused, Unavailable, TimeoutError):
            return self._said(request, web.HTTPServiceUnavailable(headers={"Retry-After": "60"}))
        except Exception:
            log.exception("a page broke", page=_name(request))
            return self._said(request, web.HTTPInternalServerError())

    async def _let_in(self, request: web.Request) -> None:
        """Raises the HTTPException that says why not."""
        acts = request.method not in ("GET", "HEAD")
        self.count("act" if acts else "page", request, ACTS if acts else PAGES)
        if acts:
            self._check_origin(request)
            await _take_form(request)

    def _check_origin(self, request: web.Request) -> None:
        """Another site's page does not press our buttons. With no referrer, a browser's own origin is « null »."""
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "null")
        if (site not in OWN_SITE) if site else (origin not in ("null", self._origin)):
            raise web.HTTPForbidden

    def _said(self, request: web.Request, refusal: web.HTTPException) -> web.StreamResponse:
        """The refusal as a page, in the words of whoever asked; a way on is left as it is."""
        if refusal.status < 400:
            return web.Response(status=refusal.status, headers={"Location": refusal.headers["Location"]})
        page = self._renderer.answer(
            "error", self._renderer.tongue(request), status=refusal.status, about=ABOUT.get(refusal.status, "bad")
        )
        told = (name for name in ("Allow", "Retry-After") if name in refusal.headers)
        page.headers.update({name: refusal.headers[name] for name in told})
        return page


async def _take_form(request: web.Request) -> None:
    """All of what was written, within its time: whoever drips it holds nothing up. The server takes no more than a
    form's length. As browsers send it: in UTF-8, and not packed."""
    packed = request.headers.get("Content-Encoding", "identity") != "identity"
    told = request.content_type == FORM and (request.charset or "utf-8").lower() == "utf-8"
    if packed or (request.can_read_body and not told):
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(SLOWEST_FORM):
            await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except ValueError:  # its letters are none
        raise web.HTTPBadRequest from None


def _name(request: web.Request) -> str:
    """Which page, without what is secret in its address."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "none"
