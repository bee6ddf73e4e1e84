"""What tests of conversations share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.talk.script import Function
from tests.stage.rehearsal import Open, Rehearsal
from tests.stage.stage import Stage


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """A bot without SSO or Nextcloud, and nobody yet."""
    stage = await Stage.open(tmp_path, Services())
    yield stage
    await stage.close()


@pytest.fixture
async def rehearse(tmp_path: Path) -> AsyncIterator[Open]:
    """Begin a conversation whose script is the first function; `action` says who may have it."""
    opened: list[Rehearsal] = []

    async def rehearse(*functions: Function, action: str = "help", **args: Any) -> Rehearsal:
        opened.append(await Rehearsal.open(tmp_path, *functions, action=action))
        await opened[-1].start(**args)
        return opened[-1]

    yield rehearse
    for each in opened:
        await each.close()
