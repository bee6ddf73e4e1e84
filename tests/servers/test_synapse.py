"""The servers that the other tests stand on: do they start, federate, come back, and leave nothing behind?"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.servers.federation import Federation
from tests.servers.synapse import Synapse


async def test_registers_an_account(synapse: Synapse) -> None:
    account = await synapse.register("registered")
    me = await synapse.call("GET", "/_matrix/client/v3/account/whoami", token=account.access_token)
    assert (me["user_id"], me["device_id"]) == (account.user_id, account.device_id)
    assert account.user_id == synapse.user_id("registered")


async def test_two_servers_know_each_other(federation: Federation) -> None:
    alix = await federation.here.register("alix")
    bao = await federation.there.register("bao")
    room = {"preset": "public_chat", "invite": [bao.user_id]}
    made = await federation.here.call("POST", "/_matrix/client/v3/createRoom", room, token=alix.access_token)
    join = f"/_matrix/client/v3/join/{made['room_id']}?via={federation.here.server_name}"
    assert await federation.there.call("POST", join, {}, token=bao.access_token) == made


@pytest.mark.full
async def test_a_restart_keeps_accounts_and_an_end_leaves_no_process(tmp_path: Path) -> None:
    server = Synapse(tmp_path)
    async with server:
        before = await server.register("kept")
        await server.kill()
        await server.start()
        assert (await server.login("kept")).user_id == before.user_id
        pid = server.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
