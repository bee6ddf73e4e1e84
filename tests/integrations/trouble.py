"""A network that misbehaves on demand, in front of a real server."""

from __future__ import annotations

from collections.abc import Callable

import httpx

Matches = Callable[[httpx.Request], bool]


class Trouble(httpx.AsyncBaseTransport):
    """Passes requests on and remembers them; `after` and `before` arm one accident each, for the next match."""

    def __init__(self, wire: httpx.AsyncBaseTransport | None = None) -> None:
        self._wire = wire or httpx.AsyncHTTPTransport(verify=False)  # in clear: the authorities need not be read
        self.seen: list[httpx.Request] = []
        self._before: list[tuple[Matches, httpx.Response | Exception]] = []
        self._after: list[tuple[Matches, httpx.Response | Exception]] = []

    def before(self, method: str, path: str, outcome: httpx.Response | Exception) -> None:
        """The request never reaches the server."""
        self._before.append((_matching(method, path), outcome))

    def after(self, method: str, path: str, outcome: httpx.Response | Exception) -> None:
        """The server carries the request out, and we are told something else."""
        self._after.append((_matching(method, path), outcome))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        if outcome := _take(self._before, request):
            return _told(outcome)
        response = await self._wire.handle_async_request(request)
        if outcome := _take(self._after, request):
            await response.aread()
            await response.aclose()
            return _told(outcome)
        return response

    async def aclose(self) -> None:
        await self._wire.aclose()


def _matching(method: str, path: str) -> Matches:
    return lambda request: request.method == method and path in request.url.path


def _take(
    accidents: list[tuple[Matches, httpx.Response | Exception]], request: httpx.Request
) -> httpx.Response | Exception | None:
    for accident in accidents:
        if accident[0](request):
            accidents.remove(accident)
            return accident[1]
    return None


def _told(outcome: httpx.Response | Exception) -> httpx.Response:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome
