"""How an account stands, and what closes and opens it, read back from a real homeserver."""

from __future__ import annotations

import asyncio
import json
import time

import pytest

from integrations.errors import NotFound, NotPermitted, Refused, Unsupported
from integrations.synapse import Synapse as Admin
from tests.servers.synapse import Account, Synapse

WHOAMI = "/_matrix/client/v3/account/whoami"


async def signed_in(synapse: Synapse, who: Account) -> str:
    """`yes`, or what the homeserver says to their session."""
    try:
        await synapse.call("GET", WHOAMI, token=who.access_token)
    except RuntimeError as refusal:
        return str(refusal)
    return "yes"


async def test_an_account_is_described(admin: Admin, administrator: Account, zoe: Account) -> None:
    await admin.client.call(
        "PUT",
        f"/_synapse/admin/v2/users/{zoe.user_id}",
        {"displayname": "Zoé", "threepids": [{"medium": "email", "address": f"{zoe.device_id}@example.org".lower()}]},
    )
    found = await admin.accounts.get(zoe.user_id)
    assert found == {
        "user": zoe.user_id,
        "name": "Zoé",
        "admin": False,
        "program": False,
        "locked": False,
        "suspended": False,
        "deactivated": False,
        "emails": [f"{zoe.device_id}@example.org".lower()],
        "identities": [],
    }
    assert json.loads(json.dumps(found)) == found
    assert (await admin.accounts.get(administrator.user_id) or {})["admin"]


async def test_a_program_is_told_from_a_person(admin: Admin, zoe: Account) -> None:
    await admin.client.call("PUT", f"/_synapse/admin/v2/users/{zoe.user_id}", {"user_type": "bot"})
    assert (await admin.accounts.get(zoe.user_id) or {})["program"]


async def test_nobody_is_nobody(admin: Admin, synapse: Synapse) -> None:
    assert await admin.accounts.get(synapse.user_id("personne")) is None
    for act in (
        admin.accounts.lock(synapse.user_id("personne"), True),
        admin.accounts.deactivate(synapse.user_id("personne")),
    ):
        with pytest.raises(NotFound):
            await act
    assert await admin.accounts.get(synapse.user_id("personne")) is None  # and nobody was made


async def test_a_lock_pauses_a_session_and_gives_it_back(admin: Admin, synapse: Synapse, zoe: Account) -> None:
    for _ in range(2):
        await admin.accounts.lock(zoe.user_id, True)
    assert (await admin.accounts.get(zoe.user_id) or {})["locked"]
    assert "M_USER_LOCKED" in await signed_in(synapse, zoe)
    for _ in range(2):
        await admin.accounts.lock(zoe.user_id, False)
    assert not (await admin.accounts.get(zoe.user_id) or {})["locked"]
    assert await signed_in(synapse, zoe) == "yes"


async def test_a_suspended_account_cannot_write(admin: Admin, zoe: Account) -> None:
    await admin.accounts.suspend(zoe.user_id, True)
    assert (await admin.accounts.get(zoe.user_id) or {})["suspended"]
    await admin.accounts.suspend(zoe.user_id, False)
    assert not (await admin.accounts.get(zoe.user_id) or {})["suspended"]


async def test_every_session_ends(admin: Admin, synapse: Synapse, zoe: Account) -> None:
    phone = await synapse.login(zoe.user_id)
    assert sorted(await admin.accounts.devices(zoe.user_id)) == sorted([zoe.device_id, phone.device_id])
    assert await admin.accounts.log_out(zoe.user_id) == 2
    assert await admin.accounts.devices(zoe.user_id) == {}
    assert "M_UNKNOWN_TOKEN" in await signed_in(synapse, zoe)
    assert "M_UNKNOWN_TOKEN" in await signed_in(synapse, phone)
    assert await admin.accounts.log_out(zoe.user_id) == 0


async def test_a_closed_account_is_out_of_every_room_and_opened_by_no_lock(
    admin: Admin, synapse: Synapse, zoe: Account
) -> None:
    made = await synapse.call("POST", "/_matrix/client/v3/createRoom", {}, token=zoe.access_token)
    rooms = f"/_synapse/admin/v1/users/{zoe.user_id}/joined_rooms"
    assert (await admin.client.call("GET", rooms))["joined_rooms"] == [made["room_id"]]
    for erase in (False, True, False):
        await admin.accounts.deactivate(zoe.user_id, erase=erase)
    assert (await admin.accounts.get(zoe.user_id) or {})["deactivated"]
    assert (await admin.client.call("GET", rooms))["joined_rooms"] == []
    with pytest.raises(Refused) as refusal:
        await admin.accounts.lock(zoe.user_id, False)
    assert refusal.value.code == "synapse-deactivated"


async def test_an_administrator_is_never_closed_out(admin: Admin, administrator: Account) -> None:
    user = administrator.user_id
    for act in (
        admin.accounts.lock(user, True),
        admin.accounts.suspend(user, True),
        admin.accounts.log_out(user),
        admin.accounts.deactivate(user),
    ):
        with pytest.raises(NotPermitted) as refusal:
            await act
        assert refusal.value.code == "synapse-administrator"
    found = await admin.accounts.get(user)
    assert found
    assert [found["locked"], found["suspended"], found["deactivated"]] == [False, False, False]


async def test_when_people_last_came(admin: Admin, synapse: Synapse, zoe: Account) -> None:
    assert await admin.accounts.last_visit(zoe.user_id) == (await admin.accounts.last_visits())[zoe.user_id] == 0
    before = time.time() * 1000
    await signed_in(synapse, zoe)
    async with asyncio.timeout(60):  # Synapse writes it down every five seconds
        while not (await admin.accounts.last_visits())[zoe.user_id]:
            await asyncio.sleep(0.2)
    assert abs(await admin.accounts.last_visit(zoe.user_id) - before) < 60_000
    assert abs((await admin.accounts.last_visits())[zoe.user_id] - before) < 60_000


async def test_an_administrator_is_recognised_and_nobody_else(admin: Admin, synapse: Synapse, zoe: Account) -> None:
    assert [(finding.code, finding.ok) for finding in await admin.check()] == [("synapse-admin", True)]
    for token, code in ((zoe.access_token, "synapse-not-administrator"), ("wrong", "synapse-credentials")):
        other = Admin(synapse.base_url, token)
        assert [(finding.code, finding.ok) for finding in await other.check()] == [(code, False)]
        await other.close()


async def test_a_door_that_the_homeserver_lacks_is_said(admin: Admin) -> None:
    with pytest.raises(Unsupported):
        await admin.client.call("GET", "/_synapse/admin/v9/nothing")
