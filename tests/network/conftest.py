"""Two lieux, each with its own bot and homeserver, in one network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.network.lieux import Lieux


@pytest.fixture
async def lieux(tmp_path: Path) -> AsyncIterator[Lieux]:
    lieux = Lieux(tmp_path)
    yield lieux
    await lieux.close()
