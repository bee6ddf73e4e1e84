"""Whole lieux, with the bot as its own process."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.servers.lieu import EmbeddedLieu


@pytest.fixture(scope="session")
async def lieu(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedLieu]:
    """Synapse, Canaille and its mails, a Nextcloud of today; and the bot, running."""
    async with EmbeddedLieu(tmp_path_factory.mktemp("lieu"), name="La Rosée") as lieu:
        await lieu.bot.start()
        yield lieu
