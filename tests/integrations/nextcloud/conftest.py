"""A lieu's Nextcloud, of both versions, and the bot's way into it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from integrations.nextcloud import Nextcloud
from tests.servers.nextcloud import ANYWHERE, StandIn
from tests.tiers import either

VERSIONS = ("34.0.1", "29.0.1")
BOT, PASSWORD, GROUP = "concierge", "un mot de passe bien long", "lieu"


@dataclass
class Clock:
    """Seconds that pass when told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=either(*VERSIONS))
async def server(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[StandIn]:
    """A running server where the bot looks after the group "lieu", the right that it needs and no more."""
    server = StandIn(request.param, clock=clock)
    server.add_account(BOT, PASSWORD, name="Concierge", groups=[GROUP], subadmin=[GROUP])
    server.add_account("carol", "un autre mot de passe", name="Carol", groups=[GROUP])
    server.add_account("dave", "encore un mot de passe", name="Dave", backend="user_oidc")
    async with server.running():
        yield server


@pytest.fixture
async def cloud(server: StandIn, clock: Clock) -> AsyncIterator[Nextcloud]:
    """The bot in a lieu whose accounts come from the SSO."""
    cloud = Nextcloud(server.url, BOT, server.app_password(BOT), password=PASSWORD, clock=clock, outside=ANYWHERE)
    yield cloud
    await cloud.close()


@pytest.fixture
async def admin(server: StandIn, clock: Clock) -> AsyncIterator[Nextcloud]:
    """The bot with an administrator's right."""
    server.memory.accounts[BOT].groups.append("admin")
    cloud = Nextcloud(server.url, BOT, server.app_password(BOT), password=PASSWORD, clock=clock, outside=ANYWHERE)
    yield cloud
    await cloud.close()
