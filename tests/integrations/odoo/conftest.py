"""A lieu's Odoo, and the bot's way into it: as itself, and at the end of a bad line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from integrations.odoo import Odoo
from tests.integrations.trouble import Trouble
from tests.servers import odoo

KEY, LOGIN = "q7Xw2-cle", "conciergerie"
TODAY = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
async def server() -> AsyncIterator[odoo.Odoo]:
    """Where the bot has the right that it needs, and no more."""
    server = odoo.Odoo()
    server.add_account(LOGIN, KEY, email="conciergerie@exemple.fr")
    async with server.running():
        yield server


@pytest.fixture
async def client(server: odoo.Odoo) -> AsyncIterator[Odoo]:
    client = Odoo(server.url, server.database, KEY, now=lambda: TODAY)
    yield client
    await client.close()


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
async def shaky(server: odoo.Odoo, trouble: Trouble) -> AsyncIterator[Odoo]:
    server.accounts[max(server.accounts)].manages = True
    shaky = Odoo(server.url, server.database, KEY, wanted="portal", transport=trouble, now=lambda: TODAY)
    yield shaky
    await shaky.close()
