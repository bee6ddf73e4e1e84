"""A database, a proxy before the homeserver, and a bot that listens: for each test its own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.store.database import Database
from tests.matrix.listening import Ear
from tests.matrix.proxy import Proxy
from tests.servers.synapse import Synapse
from tests.stage.migrated import open_migrated


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_migrated(tmp_path / "conciergerie.db", Database)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def proxy(synapse: Synapse) -> AsyncIterator[Proxy]:
    async with Proxy(synapse.base_url) as proxy:
        yield proxy


@pytest_asyncio.fixture
async def ear(proxy: Proxy, synapse: Synapse, tmp_path: Path) -> AsyncIterator[Ear]:
    """A bot of its own name that listens from now on."""
    name = f"bot-{secrets.token_hex(4)}"
    await synapse.register(name)
    async with Ear(proxy, name, tmp_path / "ear") as ear:
        yield ear
