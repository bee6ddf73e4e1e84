"""A lieu that is shut to a whole server, on two real homeservers: a ban is of one account, and others are made.

Servers compare names without their ports: « localhost:8448 » in such a list would shut nobody out.
"""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from bot.matrix.client_api import path
from bot.matrix.homeserver import Homeserver
from bot.moderation.globs import host
from tests.matrix.listening import Ear
from tests.matrix.proxy import Proxy
from tests.servers.federation import Federation
from tests.servers.plain_http import plain_http

ACL = "m.room.server_acl"


async def test_a_shut_server_takes_no_part_until_it_is_opened_again(federation: Federation, tmp_path: Path) -> None:
    name = f"bot-{secrets.token_hex(4)}"
    await federation.here.register(name)
    zoe = await federation.there.register(f"zoe-{secrets.token_hex(4)}")
    here, there = federation.here.server_name, host(federation.there.server_name)
    async with Proxy(federation.here.base_url) as proxy, Ear(proxy, name, tmp_path / "ear") as ear:
        matrix = Homeserver(ear.client, ear.database)
        room = await matrix.rooms.create("shut", join="public")

        async def enter() -> int:
            entering = f"{path('join', room)}?server_name={here}&via={here}"
            headers = {"Authorization": f"Bearer {zoe.access_token}"}
            async with plain_http(base_url=federation.there.base_url, timeout=60) as http:
                return int((await http.post(entering, json={}, headers=headers)).status_code)

        for _ in range(2):
            await matrix.moderation.shut_server(room, there)
        assert await matrix.moderation.shut_servers(room) == [there]
        assert await enter() == 403
        await matrix.moderation.open_server(room, there)
        lists = await matrix.facts.state(room, ACL)
        assert lists == {"allow": ["*"], "allow_ip_literals": True, "deny": []}
        assert await enter() == 200
        assert await matrix.facts.membership(room, zoe.user_id) == "join"


async def test_what_a_room_had_decided_about_servers_stays(federation: Federation, tmp_path: Path) -> None:
    name = f"bot-{secrets.token_hex(4)}"
    await federation.here.register(name)
    before = {"allow": ["*"], "allow_ip_literals": False, "deny": ["old.example"]}
    async with Proxy(federation.here.base_url) as proxy, Ear(proxy, name, tmp_path / "ear") as ear:
        matrix = Homeserver(ear.client, ear.database)
        room = await matrix.rooms.create("kept")
        await matrix.rooms.put_state(room, ACL, before)
        await matrix.moderation.shut_server(room, "*.spam.example")
        assert await matrix.facts.state(room, ACL) == before | {"deny": ["old.example", "*.spam.example"]}
        await matrix.moderation.open_server(room, "*.spam.example")
        assert await matrix.facts.state(room, ACL) == before


@pytest.mark.parametrize("deny", [None, "x", {"a": 1}, [1, None, "old.example"]])
async def test_nonsense_is_no_list(federation: Federation, tmp_path: Path, deny: object) -> None:
    name = f"bot-{secrets.token_hex(4)}"
    await federation.here.register(name)
    async with Proxy(federation.here.base_url) as proxy, Ear(proxy, name, tmp_path / "ear") as ear:
        matrix = Homeserver(ear.client, ear.database)
        room = await matrix.rooms.create("odd")
        await matrix.rooms.put_state(room, ACL, {"allow": ["*"], "deny": deny})
        await matrix.moderation.shut_server(room, "spam.example")
        assert "spam.example" in await matrix.moderation.shut_servers(room)
