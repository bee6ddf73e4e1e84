"""The lieu's homeserver, an administrator's way into it, and a bad line to it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest

from integrations.synapse import Synapse as Admin
from tests.integrations.trouble import Trouble
from tests.servers.synapse import Account, Synapse


@pytest.fixture(scope="session")
async def administrator(synapse: Synapse) -> Account:
    return await synapse.register(f"admin-{secrets.token_hex(4)}", admin=True)


@pytest.fixture
async def admin(synapse: Synapse, administrator: Account) -> AsyncIterator[Admin]:
    admin = Admin(synapse.base_url, administrator.access_token)
    yield admin
    await admin.close()


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture
async def shaky(synapse: Synapse, administrator: Account, trouble: Trouble) -> AsyncIterator[Admin]:
    """The same at the end of a bad line."""
    admin = Admin(synapse.base_url, administrator.access_token, transport=trouble)
    yield admin
    await admin.close()


@pytest.fixture
async def zoe(synapse: Synapse) -> Account:
    """Somebody new."""
    return await synapse.register(f"zoe-{secrets.token_hex(4)}")
