"""A pause is what the homeserver does with it, seen by somebody who was signed in: on Synapse alone, and behind MAS."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from integrations.errors import Unsupported
from integrations.synapse import Synapse as Admin
from tests.servers.mas import AuthenticationService
from tests.servers.synapse import Account, Synapse

from .test_accounts import signed_in

ROOMS = "/_matrix/client/v3/createRoom"

pytestmark = pytest.mark.full


@dataclass(frozen=True, slots=True)
class Delegated:
    """A homeserver whose accounts live elsewhere."""

    mas: AuthenticationService
    synapse: Synapse
    admin: Admin

    async def somebody(self) -> tuple[str, Account]:
        name = f"zoe-{secrets.token_hex(4)}"
        return name, await self.mas.register(self.synapse, name)


@pytest.fixture(scope="module")
async def behind(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Delegated]:
    folder = tmp_path_factory.mktemp("delegated")
    async with AuthenticationService() as mas, Synapse(folder, more=mas.settings) as synapse:
        administrator = await mas.register(synapse, "administrator", admin=True)
        admin = Admin(synapse.base_url, administrator.access_token)
        yield Delegated(mas, synapse, admin)
        await admin.close()


async def may_write(synapse: Synapse, who: Account) -> bool:
    try:
        await synapse.call("POST", ROOMS, {}, token=who.access_token)
    except RuntimeError as refusal:
        if "M_USER_SUSPENDED" not in str(refusal):
            raise
        return False
    return True


async def test_a_pause_is_seen_to_stop_a_session(admin: Admin, synapse: Synapse, zoe: Account) -> None:
    before = await admin.accounts.devices(zoe.user_id)
    for _ in range(2):
        assert await admin.accounts.pause(zoe.user_id) == "locked"
    assert "M_USER_LOCKED" in await signed_in(synapse, zoe)
    assert await admin.accounts.standing(zoe.user_id) == "locked"
    await admin.accounts.resume(zoe.user_id)
    assert await signed_in(synapse, zoe) == "yes"
    assert await admin.accounts.standing(zoe.user_id) == "open"
    assert set(await admin.accounts.devices(zoe.user_id)) == set(before)  # nothing is left of what was tried


async def test_the_trial_opens_no_door(admin: Admin, zoe: Account) -> None:
    """Of an account that is open, the homeserver is seen to let its sessions in."""
    assert await admin.accounts.obeys(zoe.user_id) is False


async def test_behind_mas_a_lock_is_obeyed_by_nobody(behind: Delegated) -> None:
    """What makes the rest needed; the day that this fails, a lock is the better pause there too."""
    _, zoe = await behind.somebody()
    assert await behind.admin.accounts.delegated()
    await behind.admin.accounts.lock(zoe.user_id, True)
    assert (await behind.admin.accounts.get(zoe.user_id) or {})["locked"]
    assert await signed_in(behind.synapse, zoe) == "yes"
    assert await behind.admin.accounts.standing(zoe.user_id) == "open"


async def test_behind_mas_a_pause_ends_sessions_and_lets_nobody_write(behind: Delegated) -> None:
    name, zoe = await behind.somebody()
    assert await may_write(behind.synapse, zoe)
    for _ in range(2):
        assert await behind.admin.accounts.pause(zoe.user_id) == "suspended"
    assert "M_UNKNOWN_TOKEN" in await signed_in(behind.synapse, zoe)
    assert await behind.admin.accounts.standing(zoe.user_id) == "locked"
    again = await behind.mas.sign_in(behind.synapse, name)
    assert await signed_in(behind.synapse, again) == "yes"  # this is what a human must shut
    assert not await may_write(behind.synapse, again)
    await behind.admin.accounts.resume(zoe.user_id)
    assert await may_write(behind.synapse, again)


async def test_behind_mas_nothing_is_closed_for_good(behind: Delegated) -> None:
    _, zoe = await behind.somebody()
    with pytest.raises(Unsupported) as left:
        await behind.admin.accounts.deactivate(zoe.user_id)
    assert left.value.code == "synapse-delegated"
    assert not (await behind.admin.accounts.get(zoe.user_id) or {})["deactivated"]


async def test_a_pause_from_before_mas_is_given_back(behind: Delegated) -> None:
    """Locked while Synapse had the accounts."""
    _, zoe = await behind.somebody()
    await behind.admin.accounts.lock(zoe.user_id, True)
    assert await behind.admin.accounts.pause(zoe.user_id) == "suspended"
    await behind.admin.accounts.resume(zoe.user_id)
    found = await behind.admin.accounts.get(zoe.user_id)
    assert found is not None
    assert (found["locked"], found["suspended"]) == (False, False)


async def test_doctor_says_where_the_accounts_live(behind: Delegated, admin: Admin) -> None:
    """Synapse refuses a list with guests there."""
    told = {finding.code: finding.ok for finding in await behind.admin.check()}
    assert told == {"synapse-admin": True, "synapse-delegated": True}
    assert [finding.code for finding in await admin.check()] == ["synapse-admin"]
    assert not await admin.accounts.delegated()


async def test_behind_mas_no_sign_in_can_be_linked_by_us(behind: Delegated) -> None:
    assert await behind.admin.identities.providers() == []
