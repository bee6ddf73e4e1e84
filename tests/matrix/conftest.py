"""The bot's client on a real homeserver, as many times as a test needs it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest_asyncio

from bot.matrix.client import Client
from bot.matrix.homeserver import Homeserver
from bot.store.database import Database
from tests.matrix.fixtures import database, ear, proxy
from tests.matrix.proxy import Proxy
from tests.servers.synapse import Synapse

__all__ = ["client", "database", "ear", "proxy"]

Open = Callable[..., Awaitable[Client]]


@pytest_asyncio.fixture
async def client(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Open]:
    """`await client()`: a new account and its client; `folder=` and `name=` of an earlier one open it again."""
    async with AsyncExitStack() as stack:

        async def open_(name: str = "", *, folder: Path | None = None, at: Synapse = synapse, **how: Any) -> Client:
            if not name:
                name = f"bot-{secrets.token_hex(4)}"
                await at.register(name)
            how = how or {"password": f"password-of-{name}"}
            opened = await Client.open(at.base_url, name, folder or tmp_path / name, **how)
            stack.push_async_callback(opened.close)
            return opened

        yield open_


@pytest_asyncio.fixture
async def matrix(proxy: Proxy, synapse: Synapse, database: Database, tmp_path: Path) -> AsyncIterator[Homeserver]:
    """A bot of its own, behind the `proxy`."""
    name = f"bot-{secrets.token_hex(4)}"
    await synapse.register(name)
    client = await Client.open(proxy.url, name, tmp_path / "client", password=f"password-of-{name}")
    yield Homeserver(client, database)
    await client.close()
