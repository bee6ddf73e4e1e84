"""One HTTP client for every service: time-outs, safe repeats, and failures told as `Unavailable`.

No redirect is followed, and no proxy or password file of the environment has a say: what is sent is for one address.
"""

from __future__ import annotations

import asyncio
import json
import math
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx

from .causes import BEHIND_A_PROXY, answered_instead, cause_of
from .errors import Moved, Unavailable, is_elsewhere, leads_to

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND"})
TRIES = 3
CONNECT, READ = 5.0, 60.0
LONGEST_ANSWER = 10 * 2**20
LONGEST_WAIT = 3600.0
NOT_NOW = BEHIND_A_PROXY | {429, 503}
SPOKEN_TO_IN_CLEAR = (b"sent to HTTPS port", b"SSL-enabled server port")  # nginx; Apache


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

    @property
    def is_page(self) -> bool:
        """Whether it is made for a browser, whatever it says."""
        return self.headers.get("content-type", "").startswith("text/html")


def instead(answer: Answer) -> str:
    """The cause of an answer that says « not now »."""
    return answered_instead(answer.status, answer.headers.get("content-type", ""))


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that every service is checked against, read once."""
    return httpx.create_ssl_context()


class Http:
    """A service's address, its time-outs (seconds) and its cookies. `transport` is replaceable for tests. `why` reads
    the cause of « not now » from an answer, where a service tells more of it than others.

    `at` is the machine to ask, instead of whichever the name leads to; no answer is longer than `longest`, and
    unless it may be `packed`, none is taken that grows when it is opened.
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
        packed: bool = True,
        why: Callable[[Answer], str] = instead,
    ) -> None:
        self.service = service
        self._why = why
        self._base, self._longest, self._packed = base_url.rstrip("/"), longest, packed
        named = httpx.URL(self._base)
        # The name stays in the request and in the certificate that is wanted; only the way to it is given.
        self._extensions = {"sni_hostname": named.host} if at else {}
        own = {"Host": named.netloc.decode()} if at else {}
        own |= {} if packed else {"Accept-Encoding": "identity"}
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
        self,
        method: str,
        path: str,
        *,
        retry_after: float = 30.0,
        limited: float | None = None,
        redirects: bool = False,
        **request: Any,
    ) -> Answer:
        """Send one request; reads are repeated on a broken connection, writes never are.

        Raises `Unavailable` with its cause: on no answer, and on 429, 503 and what a proxy says in the place of a
        service (`unknown` where a write may have happened); `Moved` on a redirect.
        `redirects`: one is what was asked for, and is not followed either.
        `retry_after` (seconds) holds where the server names no delay, `limited` where it says 429 without one.
        Every other status is the caller's.
        """
        safe = method in SAFE
        answer = await self._send(method, path, TRIES if safe else 1, retry_after, request)
        if 300 <= answer.status < 400 and not redirects:
            raise self._moved(path, answer.headers.get("location", ""), unknown=not safe and answer.status < 307)
        if answer.status == 400 and any(said in answer.body for said in SPOKEN_TO_IN_CLEAR):
            raise Moved(self.service, self._base.replace("http://", "https://", 1))
        if answer.status in NOT_NOW:
            unknown = not safe and answer.status not in (429, 503)
            otherwise = retry_after if limited is None or answer.status != 429 else limited
            raise Unavailable(self.service, _delay(answer, otherwise), unknown=unknown, cause=self._why(answer))
        return answer

    def _moved(self, path: str, location: str, *, unknown: bool) -> Moved:
        base, asked = (self._base, path) if path.startswith("/") else (path, "")
        portal = is_elsewhere(base, asked, location)
        return Moved(self.service, leads_to(base, asked, location), unknown=unknown, portal=portal)

    async def _send(self, method: str, path: str, tries: int, retry_after: float, request: dict[str, Any]) -> Answer:
        for left in reversed(range(tries)):
            try:
                return await self._exchange(method, path, request)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
                if not left:
                    raise self._away(path, error, retry_after) from None
            except (httpx.HTTPError, TimeoutError) as error:
                if not left:
                    raise self._away(path, error, retry_after, unknown=method not in SAFE) from None
        raise AssertionError("a request is tried at least once")

    def _away(self, path: str, error: Exception, retry_after: float, *, unknown: bool = False) -> Unavailable:
        host = httpx.URL(self._base).join(path).host
        return Unavailable(self.service, retry_after, unknown=unknown, cause=cause_of(error), host=host)

    async def _exchange(self, method: str, path: str, request: dict[str, Any]) -> Answer:
        body = bytearray()
        asking = self._client.stream(method, path, extensions=self._extensions, **request)
        async with asyncio.timeout(self._whole), asking as response:
            if not self._packed and response.headers.get("content-encoding", "identity") != "identity":
                raise httpx.DecodingError("packed, although it was not to be")
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
