"""The one HTTP client: what is repeated, what is not, and how a server's bad manners are told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from integrations.errors import Unavailable
from integrations.http import Http

Serve = Callable[[int], httpx.Response]


class Server(httpx.AsyncBaseTransport):
    """Answers the n-th request with what `serve` says of n."""

    def __init__(self, serve: Serve) -> None:
        self.serve, self.asked = serve, 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return self.serve(self.asked)


class Drip(httpx.AsyncByteStream):
    """A body without end: a piece now and then, never silent for long."""

    def __init__(self, piece: bytes, pause: float) -> None:
        self.piece, self.pause = piece, pause

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(self.pause)
            yield self.piece


def broken(_: int) -> httpx.Response:
    raise httpx.ReadError("broken")


def closed(_: int) -> httpx.Response:
    raise httpx.ConnectError("closed")


@pytest.mark.parametrize(
    ("method", "serve", "asked", "unknown"),
    [
        ("GET", broken, 3, False),
        ("GET", closed, 3, False),
        ("PROPFIND", broken, 3, False),
        ("POST", broken, 1, True),
        ("POST", closed, 1, False),
        ("POST", lambda _: httpx.Response(503), 1, False),
        ("POST", lambda _: httpx.Response(502), 1, True),
        ("GET", lambda _: httpx.Response(502), 1, False),
    ],
)
async def test_reads_are_repeated_and_writes_never(method: str, serve: Serve, asked: int, unknown: bool) -> None:
    server = Server(serve)
    with pytest.raises(Unavailable) as lost:
        await Http("x", "http://x", transport=server)(method, "/")
    assert (server.asked, lost.value.unknown) == (asked, unknown)


async def test_a_read_that_works_the_second_time_is_fine() -> None:
    server = Server(lambda n: broken(n) if n == 1 else httpx.Response(200, json={"n": n}))
    assert (await Http("x", "http://x", transport=server)("GET", "/")).json() == {"n": 2}


@pytest.mark.parametrize(
    ("header", "wait"),
    [("7", 7), ("0.1", 1), ("-5", 1), ("1e9", 3600), ("inf", 30), ("nan", 30), ("Tue, 01 Dec", 30), (None, 30)],
)
async def test_the_delay_of_the_server_within_reason(header: str | None, wait: float) -> None:
    answer = httpx.Response(503, headers={"retry-after": header} if header else {})
    with pytest.raises(Unavailable) as lost:
        await Http("x", "http://x", transport=Server(lambda _: answer))("GET", "/")
    assert lost.value.retry_after == wait


async def test_a_limit_without_a_delay_has_its_own() -> None:
    for status, wait in ((429, 600), (503, 30)):
        with pytest.raises(Unavailable) as lost:
            await Http("x", "http://x", transport=Server(lambda _, s=status: httpx.Response(s)))(
                "GET", "/", limited=600
            )
        assert lost.value.retry_after == wait


@pytest.mark.parametrize(("drip", "read"), [(Drip(b"." * 2**20, 0), 60), (Drip(b".", 0.01), 0.2)])
async def test_an_answer_without_end_is_no_answer(drip: Drip, read: float) -> None:
    http = Http("x", "http://x", transport=Server(lambda _: httpx.Response(200, stream=drip)), connect=0.1, read=read)
    with pytest.raises(Unavailable) as lost:
        await asyncio.wait_for(http("POST", "/"), 60)
    assert lost.value.unknown
