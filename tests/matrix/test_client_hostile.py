"""What strangers can send: the bot goes on listening, reads what is honest, and obeys nothing that is forged."""

from __future__ import annotations

import secrets
from typing import Any

import pytest_asyncio

from bot.matrix.client import Client
from tests.matrix.conftest import Open
from tests.matrix.ear import Ear
from tests.matrix.forger import Forger
from tests.matrix.test_client_encryption import Arrive, room_of, text
from tests.servers.synapse import Synapse

GARBAGE: list[Any] = [
    {"type": 0, "body": "AAAA"},
    {"type": 1, "body": "not base64 ☠"},
    {"type": 0, "body": ""},
    {"type": 0, "body": 7},
    {"type": 2, "body": "AAAA"},
    {"type": "0"},
    [],
    None,
]


@pytest_asyncio.fixture
async def forger(synapse: Synapse) -> Forger:
    return Forger(synapse, await synapse.register(f"forger-{secrets.token_hex(4)}"))


async def shared_room(bot: Client, forger: Forger, person: Arrive) -> tuple[str, Any]:
    alix = await person("alix")
    room = await room_of(bot, alix)
    await bot.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": forger.account.user_id})
    await forger.call("POST", f"/_matrix/client/v3/join/{room}", {})
    return room, alix


async def test_letters_that_break_olm_do_not_stop_the_bot(client: Open, person: Arrive, forger: Forger) -> None:
    bot = await client()
    room, alix = await shared_room(bot, forger, person)
    curve, one_time = await forger.keys_of(bot)
    strange = Forger(forger.synapse, forger.account)
    for broken in GARBAGE:
        await forger.post(bot, {**forger.letter(curve, 0, ""), "ciphertext": {curve: broken}})
    for content in ({}, {"algorithm": 7}, {"algorithm": "m.olm.v1.curve25519-aes-sha2", "ciphertext": "no"}):
        await forger.post(bot, content)
    await forger.post(bot, forger.olm(curve, strange.curve, b"{}"))  # a one-time key that never was
    for plaintext in (b"\xff\xfe", b"[1]", b"null", b'{"type": 1}'):
        await forger.post(bot, forger.olm(*await forger.keys_of(bot), plaintext))
    await forger.give_room_key(bot, room, session_key="AAAA")
    await forger.give_room_key(bot, room, session_id="another")
    await forger.post(bot, {"action": 3}, "m.room_key_request")
    await forger.post(bot, {"transaction_id": []}, "m.key.verification.start")
    ear = Ear(bot)
    await ear.turn()
    await alix.say(room, "toujours là ?")
    await ear.message("toujours là ?")
    assert one_time


async def test_events_that_break_megolm_do_not_stop_the_bot(client: Open, person: Arrive, forger: Forger) -> None:
    bot = await client()
    room, alix = await shared_room(bot, forger, person)
    await forger.give_room_key(bot, room)
    for poison in (b"\xff\xfe", b"[1, 2]", b"null", b"{", {"type": 1, "content": {}}, {"type": "m.room.message"}):
        await forger.say(room, poison)
    await forger.say(room, {"type": "m.room.message", "content": {"msgtype": ["m.text"], "body": 3}, "room_id": room})
    await alix.say(room, "et maintenant ?")
    ear = Ear(bot)
    await ear.message("et maintenant ?")
    assert [event["content"].get("body") for event in ear.heard if event["type"] == "m.room.message"] == [
        3,
        "et maintenant ?",
    ]
    await text(bot, room, "tout va bien")
    await alix.next(room, "tout va bien")


async def test_state_forged_inside_an_encrypted_event_is_no_event(client: Open, person: Arrive, forger: Forger) -> None:
    bot = await client()
    room, _ = await shared_room(bot, forger, person)
    await forger.give_room_key(bot, room)
    me = forger.account.user_id
    honest = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": "honnête"}, "room_id": room}
    for forged in (
        {"type": "m.room.power_levels", "content": {"users": {me: 100}}, "room_id": room},
        {"type": "m.room.member", "state_key": me, "content": {"membership": "join"}, "room_id": room},
        {"type": "m.space.child", "content": {"via": ["x"]}, "room_id": room},
        honest | {"state_key": "", "content": {"body": "a state key"}},
        honest | {"room_id": "!elsewhere", "content": {"body": "another room"}},
        honest | {"type": "m.room.encrypted"},
    ):
        await forger.say(room, forged)
    await forger.say(room, honest)
    ear = Ear(bot)
    await ear.message("honnête")
    mine = [event for event in ear.heard if event["sender"] == me and event.get("event_id")]
    assert [(one["type"], one["content"].get("body") or one["content"].get("membership")) for one in mine] == [
        ("m.room.member", "join"),
        ("m.room.message", "honnête"),
    ]


async def test_the_senders_own_claims_about_an_event_are_ignored(client: Open, person: Arrive, forger: Forger) -> None:
    bot = await client()
    room, alix = await shared_room(bot, forger, person)
    await forger.give_room_key(bot, room)
    told = {"msgtype": "m.text", "body": "c'est Alix"}
    claims = {"sender": alix.user_id, "event_id": "$mine", "origin_server_ts": 1, "redacts": "$another"}
    said = await forger.say(room, {"type": "m.room.message", "content": told, "room_id": room} | claims)
    ear = Ear(bot)
    heard = await ear.message("c'est Alix")
    assert (heard["sender"], heard["event_id"]) == (forger.account.user_id, said)
    assert heard["origin_server_ts"] > 1
    assert "redacts" not in heard


async def test_a_message_before_its_key_is_read_when_the_key_comes(
    client: Open, person: Arrive, forger: Forger
) -> None:
    bot = await client()
    room, _ = await shared_room(bot, forger, person)
    ear = Ear(bot)
    key_before = forger._group.session_key.to_base64()
    await forger.say(room, {"type": "m.room.message", "content": {"body": "en avance"}, "room_id": room})
    await ear.until(lambda event: event.get("state_key") == forger.account.user_id)
    await ear.turn()
    assert len(ear.sealed) == 1
    await forger.give_room_key(bot, room, session_key=key_before)
    await ear.turn(5.0)
    await ear.message("en avance")


async def test_taking_every_key_does_not_make_the_bot_deaf(
    client: Open, person: Arrive, forger: Forger, synapse: Synapse
) -> None:
    bot, alix = await client(), await person("alix")
    room = await room_of(bot, alix)
    ear = Ear(bot)
    await ear.turn()
    last = {(await forger.keys_of(bot))[1] for _ in range(60)}
    assert len(last) == 51, "fifty keys used once, then the fallback key again and again"
    newcomer = await person(account=await synapse.login(alix.user_id))
    await newcomer.say(room, "par la clé de secours")
    await ear.message("par la clé de secours")
    await ear.turn()
    fresh = {(await forger.keys_of(bot))[1] for _ in range(3)}
    assert len(fresh - last) == 3, "new keys were uploaded although the server had exactly none"


async def test_a_hostile_device_of_a_member_does_not_keep_others_from_reading(
    client: Open, person: Arrive, forger: Forger
) -> None:
    bot = await client()
    room, alix = await shared_room(bot, forger, person)
    await forger.publish_nonsense()
    ear = Ear(bot)
    await ear.turn()
    await text(bot, room, "malgré tout")
    await alix.next(room, "malgré tout")
