"""A place where hosts have put their files, and what may be asked there although it is on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from integrations.chatons import client
from integrations.outbound import Outside
from tests.servers.chatons import ChatonsFiles


@pytest.fixture
async def files(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ChatonsFiles]:
    monkeypatch.setattr(client, "PATIENCE", 1.0)
    found = ChatonsFiles()
    async with found.running():
        yield found


@pytest.fixture
def outside(files: ChatonsFiles) -> Outside:
    return Outside([files.url])
