"""The real servers that tests may ask for, started once for the whole run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from tests.servers.certificates import Authority
from tests.servers.synapse import Synapse


@dataclass(frozen=True, slots=True)
class Federation:
    """Two homeservers that know each other: the lieu's, and a neighbour's."""

    here: Synapse
    there: Synapse


@pytest_asyncio.fixture(scope="session")
async def synapse(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Synapse]:
    async with Synapse(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest_asyncio.fixture(scope="session")
async def federation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Federation]:
    folder = tmp_path_factory.mktemp("federation")
    authority = Authority.create(folder)
    here, there = (Synapse(folder / name, authority=authority) for name in ("here", "there"))
    await asyncio.gather(here.start(), there.start())
    try:
        yield Federation(here, there)
    finally:
        await asyncio.gather(here.stop(), there.stop())
