"""Free loopback ports, and the wait until a server that was just started answers."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import httpx

from tests.servers.plain_http import plain_http

STEP = 0.05
BELOW_EPHEMERAL = range(18_000, 32_000)
LANES = 8  # workers of one run, each with ports of its own
_given = set[int]()


def free_port() -> int:
    """A port for a server that starts later: below those that the system gives to outgoing connections meanwhile, and
    given to no other one before."""
    while True:
        port = secrets.choice(lane(os.environ.get("PYTEST_XDIST_WORKER", "gw0")))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            if port not in _given:
                _given.add(port)
                return port


def lane(worker: str) -> range:
    """Of what this worker has to give; `gw2` is the third one."""
    return BELOW_EPHEMERAL[int(worker.removeprefix("gw")) % LANES :: LANES]


async def answers(url: str, *, within: float, alive: Callable[[], bool], log: str) -> None:
    """Wait until `url` answers 200. Raises where the server died (`alive` is False) or took too long (seconds)."""
    deadline = time.monotonic() + within
    async with plain_http() as http:
        while not await _is_ok(http, url):
            if not alive():
                raise RuntimeError(f"the server of {url} ended while starting; its log is {log}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"{url} did not answer within {within:.0f} s; its log is {log}")
            await asyncio.sleep(STEP)


async def _is_ok(http: httpx.AsyncClient, url: str) -> bool:
    try:
        return (await http.get(url, timeout=2.0)).status_code == 200
    except httpx.HTTPError:
        return False
