"""One HTTP client for every service: time-outs, safe repeats, and failures told as `Unavailable`.

No redirect is followed, and no proxy or password file of the environment has a say: what is sent is for one address.
"""

from __future__ import annotations

import asyncio
import json
import math
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from .errors import Moved, Unavailable, leads_to

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND"})
TRIES = 3
CONNECT, READ = 5.0, 60.0
LONGEST_ANSWER = 10 * 2**20
LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered. `headers` are lower-cased."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """The body as JSON, or None where it is not JSON (servers answer HTML when they are ill)."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that every service is checked against, read once."""
    return httpx.create_ssl_context()


class Http:
    """A service's address, its time-outs (seconds) and its cookies. `transport` is replaceable for tests.

    `at` is the machine to ask, instead of whichever the name leads to; no answer is longer than `longest`.
    """

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        connect: float = CONNECT,
        read: float = READ,
        at: str | None = None,
        longest: int = LONGEST_ANSWER,
    ) -> None:
        self.service = service
        self._base, self._longest = base_url.rstrip("/"), longest
        named = httpx.URL(self._base)
        # The name stays in the request and in the certificate that is wanted; only the way to it is given.
        self._extensions = {"sni_hostname": named.host} if at else {}
        own = {"Host": named.netloc.decode()} if at else {}
        self._whole = connect + 2 * read  # a time-out counts silence: a server that drips bytes is never silent
        self._client = httpx.AsyncClient(
            base_url=named.copy_with(host=at) if at else named,
            headers={**own, **(headers or {})},
            auth=auth,
            transport=transport,
            timeout=httpx.Timeout(read, connect=connect),
            verify=_trusted(),
            follow_redirects=False,
            trust_env=False,
        )

    @property
    def url(self) -> str:
        return self._base

    async def __call__(
        self, method: str, path: str, *, retry_after: float = 30.0, limited: float | None = None, **request: Any
    ) -> Answer:
        """Send one request; reads are repeated on a broken connection, writes never are.

        Raises `Unavailable` on no answer and on 429, 502, 503, 504 (`unknown` where a write may have happened), `Moved`
        on a redirect;
        `retry_after` (seconds) holds where the server names no delay, `limited` where it says 429 without one.
        Every other status is the caller's.
        """
        safe = method in SAFE
        answer = await self._send(method, path, TRIES if safe else 1, retry_after, request)
        if 300 <= answer.status < 400:
            to = leads_to(
                *(self._base, path) if path.startswith("/") else (path, ""), answer.headers.get("location", "")
            )
            raise Moved(self.service, to, unknown=not safe and answer.status < 307)
        if answer.status in (429, 502, 503, 504):
            unknown = not safe and answer.status in (502, 504)
            otherwise = retry_after if limited is None or answer.status != 429 else limited
            raise Unavailable(self.service, _delay(answer, otherwise), unknown=unknown)
        return answer

    async def _send(self, method: str, path: str, tries: int, retry_after: float, request: dict[str, Any]) -> Answer:
        for left in reversed(range(tries)):
            try:
                return await self._exchange(method, path, request)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
                if not left:
                    raise Unavailable(self.service, retry_after) from None
            except (httpx.HTTPError, TimeoutError):
                if not left:
                    raise Unavailable(self.service, retry_after, unknown=method not in SAFE) from None
        raise AssertionError("a request is tried at least once")

    async def _exchange(self, method: str, path: str, request: dict[str, Any]) -> Answer:
        body = bytearray()
        asking = self._client.stream(method, path, extensions=self._extensions, **request)
        async with asyncio.timeout(self._whole), asking as response:
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > self._longest:
                    raise httpx.ReadError("an answer without end")
        return Answer(response.status_code, response.headers, bytes(body))

    async def close(self) -> None:
        await self._client.aclose()


def _delay(answer: Answer, otherwise: float) -> float:
    try:
        seconds = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return otherwise
    return min(max(seconds, 1.0), LONGEST_WAIT) if math.isfinite(seconds) else otherwise
