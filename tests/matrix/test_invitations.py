"""Why somebody cannot be invited, as two real homeservers say it; and a way between them that is cut."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import MatrixRefused, NotInvited, Refused, ServerAway
from bot.matrix.client_api import path
from bot.matrix.homeserver import Homeserver
from tests.matrix.listening import Ear
from tests.matrix.proxy import Proxy
from tests.servers.federation import Federation
from tests.servers.synapse import Account, Synapse


@pytest_asyncio.fixture
async def matrix(federation: Federation, tmp_path: Path) -> AsyncIterator[Homeserver]:
    name = f"bot-{secrets.token_hex(4)}"
    await federation.here.register(name)
    async with Proxy(federation.here.base_url) as proxy, Ear(proxy, name, tmp_path / "ear") as ear:
        yield Homeserver(ear.client, ear.database)


async def somebody(at: Synapse) -> Account:
    return await at.register(f"zoe-{secrets.token_hex(4)}")


async def blocks(at: Synapse, who: Account) -> None:
    """As a client does, by MSC4380."""
    address = path("user", who.user_id, "account_data", "m.invite_permission_config")
    await at.call("PUT", address, {"default_action": "block"}, token=who.access_token)


async def refused(matrix: Homeserver, room: str, person: str) -> str:
    with pytest.raises(Refused) as why:
        await matrix.membership.invite(room, person)
    return why.value.code


@pytest.mark.parametrize("where", ["here", "there"])
async def test_who_blocks_invitations_is_told_apart(federation: Federation, matrix: Homeserver, where: str) -> None:
    at: Synapse = getattr(federation, where)
    zoe, room = await somebody(at), await matrix.rooms.create("a")
    await blocks(at, zoe)
    assert await refused(matrix, room, zoe.user_id) == "invitations-blocked"
    with pytest.raises(NotInvited):
        await matrix.rooms.direct(zoe.user_id)


async def test_a_server_that_is_cut_off_is_away_and_answers_later(federation: Federation, matrix: Homeserver) -> None:
    zoe, lea = await somebody(federation.there), await somebody(federation.there)
    room = await matrix.rooms.create("a")
    async with federation.cut(to=federation.there):
        for person in (zoe, lea):  # the second one is not even asked for: its server was silent a moment ago
            with pytest.raises(ServerAway) as away:
                await matrix.membership.invite(room, person.user_id)
            assert away.value.server == federation.there.server_name
        assert not await matrix.facts.is_nobodys(zoe.user_id)
    matrix.membership._silent.answered(federation.there.server_name)
    assert await matrix.membership.invite(room, zoe.user_id) == "invited"


async def test_one_who_cannot_be_invited_keeps_no_other_out(federation: Federation, matrix: Homeserver) -> None:
    far, near, shut = await somebody(federation.there), await somebody(federation.here), await somebody(federation.here)
    await blocks(federation.here, shut)
    people = [far.user_id, shut.user_id, near.user_id]
    async with federation.cut(to=federation.there):
        with pytest.raises(ServerAway):
            await matrix.rooms.create("office", invite=people)
    matrix.membership._silent.answered(federation.there.server_name)
    with pytest.raises(NotInvited):
        await matrix.rooms.create("office", invite=people)
    room = await matrix.rooms.create("office")
    assert [await matrix.facts.membership(room, each) for each in people] == ["invite", "none", "invite"]


async def test_an_unknown_server_is_away_and_an_unknown_person_is_nobodys(
    federation: Federation, matrix: Homeserver
) -> None:
    room = await matrix.rooms.create("a")
    with pytest.raises(ServerAway):
        await matrix.membership.invite(room, "@zoe:inconnu.invalid")
    assert await matrix.facts.is_nobodys(federation.there.user_id("nobody"))
    assert await matrix.facts.is_nobodys(federation.here.user_id("nobody"))
    assert not await matrix.facts.is_nobodys((await somebody(federation.there)).user_id)
    assert not await matrix.facts.is_nobodys("@zoe:inconnu.invalid")


async def test_who_was_banned_is_told_apart(federation: Federation, matrix: Homeserver) -> None:
    zoe, room = await somebody(federation.there), await matrix.rooms.create("a")
    await matrix.membership.ban(room, zoe.user_id)
    assert await refused(matrix, room, zoe.user_id) == "banned"


async def test_a_right_of_the_bot_is_not_taken_for_somebodys_refusal(
    federation: Federation, matrix: Homeserver
) -> None:
    zoe, anne = await somebody(federation.there), await somebody(federation.here)
    body = {"preset": "public_chat", "power_level_content_override": {"invite": 50}}
    made = await federation.here.call("POST", "/_matrix/client/v3/createRoom", body, token=anne.access_token)
    await matrix.membership.join(made["room_id"])
    with pytest.raises(MatrixRefused) as why:
        await matrix.membership.invite(made["room_id"], zoe.user_id)
    assert (why.value.code, why.value.errcode) == ("matrix-refused", "M_FORBIDDEN")
