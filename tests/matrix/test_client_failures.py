"""A homeserver that fails in the middle of a send: the error is raised, and the next try is read by everybody."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.errors import MatrixRefused, Unavailable
from bot.matrix.client import Client
from tests.matrix.ear import Ear
from tests.matrix.proxy import Answer, Proxy
from tests.matrix.test_client_encryption import Arrive, room_of, text
from tests.servers.federation import Federation
from tests.servers.synapse import Synapse

LIMITED = (429, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 1500})


@pytest_asyncio.fixture
async def bot(proxy: Proxy, synapse: Synapse, tmp_path: Path) -> AsyncIterator[Client]:
    name = f"bot-{secrets.token_hex(4)}"
    await synapse.register(name)
    bot = await Client.open(proxy.url, name, tmp_path, password=f"password-of-{name}")
    yield bot
    await bot.close()


def fail(proxy: Proxy, part: str, answer: Answer) -> None:
    proxy.rule = lambda method, path: answer if part in path else None


def heal(proxy: Proxy) -> None:
    proxy.rule = lambda method, path: None


@pytest.mark.parametrize("part", ["keys/query", "keys/claim", "sendToDevice", "/members", "/send/"])
@pytest.mark.parametrize(
    "answer", [LIMITED, (502, "<html>bad gateway"), (200, "<html>hello")], ids=["429", "502", "200"]
)
async def test_a_send_that_fails_anywhere_is_whole_at_the_next_try(
    bot: Client, proxy: Proxy, person: Arrive, part: str, answer: Answer
) -> None:
    alix = await person("alix")
    room = await room_of(bot, alix)
    fail(proxy, part, answer)
    with pytest.raises(Unavailable) as problem:
        await text(bot, room, "bonjour", "t1")
    if answer is LIMITED:
        assert problem.value.retry_after == 1.5
    heal(proxy)
    await text(bot, room, "bonjour", "t1")
    await alix.next(room, "bonjour")
    assert alix.unreadable(room) == []


async def test_a_member_whose_key_was_not_delivered_gets_it_later(bot: Client, proxy: Proxy, person: Arrive) -> None:
    people = [await person(name) for name in ("alix", "bao")]
    room = await room_of(bot, *people)
    first = await text(bot, room, "un")
    claimed = proxy.count("keys/claim")
    newcomer = await person("camille")
    await bot.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": newcomer.user_id})
    await newcomer.join(room)
    ear = Ear(bot)
    await ear.membership(newcomer.user_id)
    fail(proxy, "sendToDevice", (500, {"errcode": "M_UNKNOWN"}))
    with pytest.raises(Unavailable):
        await text(bot, room, "deux")
    heal(proxy)
    second = await text(bot, room, "deux")
    for one in (*people, newcomer):
        await one.next(room, "deux")
    assert proxy.count("keys/claim") <= claimed + 1
    sent = [await bot.call("GET", f"/_matrix/client/v3/rooms/{room}/event/{event_id}") for event_id in (first, second)]
    assert len({event["content"]["session_id"] for event in sent}) == 1, "a newcomer costs one letter, not one for all"


async def test_sends_side_by_side_share_their_keys_once(bot: Client, proxy: Proxy, person: Arrive) -> None:
    alix = await person("alix")
    rooms = [await room_of(bot, alix) for _ in range(3)]
    async with asyncio.timeout(60):
        await asyncio.gather(*(text(bot, room, f"{room} {n}", f"{room}{n}") for room in rooms for n in range(4)))
    for room in rooms:
        said = {f"{room} {n}" for n in range(4)}
        await alix.until(lambda room=room, said=said: said <= {heard.body for heard in alix.messages(room)})
    assert proxy.count("keys/claim") == 1
    assert proxy.count("sendToDevice") == 3


async def test_a_refusal_is_raised_with_its_reason(bot: Client, person: Arrive) -> None:
    alix = await person("alix")
    elsewhere = await alix.create_room(preset="private_chat")
    with pytest.raises(MatrixRefused) as refusal:
        await text(bot, elsewhere, "puis-je entrer ?")
    assert (refusal.value.errcode, refusal.value.status) == ("M_FORBIDDEN", 403)


async def test_a_neighbour_on_another_server_reads_and_is_read(
    federation: Federation, person: Arrive, tmp_path: Path
) -> None:
    name = f"bot-{secrets.token_hex(4)}"
    await federation.here.register(name)
    bot = await Client.open(federation.here.base_url, name, tmp_path, password=f"password-of-{name}")
    bao = await person("bao", at=federation.there)
    body = {"preset": "private_chat", "invite": [bao.user_id]}
    body["initial_state"] = [{"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}]
    room = (await bot.call("POST", "/_matrix/client/v3/createRoom", body))["room_id"]
    await bao.invited()
    await bao.join(room, via=[federation.here.server_name])
    ear = Ear(bot)
    await ear.membership(bao.user_id)
    await text(bot, room, "bonjour le voisin")
    await bao.next(room, "bonjour le voisin")
    await bao.say(room, "bonjour la conciergerie")
    await ear.message("bonjour la conciergerie")
    await bot.close()


async def test_a_neighbours_server_that_is_down_is_asked_once_a_minute(
    federation: Federation, person: Arrive, tmp_path: Path
) -> None:
    """Otherwise every message to that room would wait for it."""
    name = f"bot-{secrets.token_hex(4)}"
    await federation.here.register(name)
    async with Proxy(federation.here.base_url) as proxy:
        bot = await Client.open(proxy.url, name, tmp_path, password=f"password-of-{name}")
        alix = await person("alix", at=federation.here)
        room = await room_of(bot, alix)
        bot.know(room, encrypted=True, members={alix.user_id: "join", "@nobody:localhost:9": "join"})
        await text(bot, room, "un")
        asked = proxy.count("keys/query")
        await text(bot, room, "deux")
        await alix.next(room, "deux")
        assert proxy.count("keys/query") == asked
        await bot.close()
