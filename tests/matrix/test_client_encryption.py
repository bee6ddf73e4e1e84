"""Encrypted rooms on a real homeserver: the bot reads, and is read by, everybody who should."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

from bot.matrix.client import Client
from bot.matrix.message import plain_text
from tests.matrix.conftest import Open
from tests.matrix.ear import Ear
from tests.servers.person import Person
from tests.servers.synapse import Synapse

Arrive = Callable[..., Awaitable[Person]]
ENCRYPTED = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


async def text(client: Client, room_id: str, body: str, txn_id: str = "") -> str:
    return await client.send(room_id, "m.room.message", {"msgtype": "m.text", "body": body}, txn_id or body)


async def room_of(client: Client, *people: Person, encrypted: bool = True) -> str:
    """A room made by the bot, in which `people` are."""
    state = [ENCRYPTED] if encrypted else []
    body = {"preset": "private_chat", "invite": [one.user_id for one in people], "initial_state": state}
    room_id = (await client.call("POST", "/_matrix/client/v3/createRoom", body))["room_id"]
    for one in people:
        await one.invited(lambda invitation: invitation.room_id == room_id)
        await one.join(room_id)
    return room_id


async def test_talks_both_ways(client: Open, person: Arrive) -> None:
    bot, alix = await client(), await person("alix")
    room = await room_of(bot, alix)
    ear = Ear(bot)
    await text(bot, room, "Bonjour Alix")
    assert (await alix.next(room)).body == "Bonjour Alix"
    await alix.say(room, "Bonjour la conciergerie")
    heard = await ear.message("Bonjour la conciergerie")
    assert (heard["sender"], heard["room_id"], heard["type"]) == (alix.user_id, room, "m.room.message")


async def test_of_whoever_is_forgotten_no_device_is_kept_and_they_can_still_be_written_to(
    client: Open, person: Arrive
) -> None:
    """Their keys go from the file, not anybody else's, with whom everything goes on."""
    bot, alix, bao = await client(), await person("alix"), await person("bao")
    room = await room_of(bot, alix, bao)
    ear = Ear(bot)
    await text(bot, room, "Bonjour")
    await alix.say(room, "Bonjour la conciergerie")
    await ear.message("Bonjour la conciergerie")
    (file,) = Path(bot._machine._path).parent.glob("crypto.db")
    assert alix.user_id.encode() in file.read_bytes() + wal(file)
    bot.forget_devices(alix.user_id)
    assert alix.user_id.encode() not in file.read_bytes() + wal(file)
    with closing(sqlite3.connect(file)) as kept:
        assert {row[0] for row in kept.execute("SELECT user_id FROM devicekeys")} == {bao.user_id}
        assert kept.execute("PRAGMA foreign_key_check").fetchall() == []
    await text(bot, room, "Encore bonjour")
    for one in (alix, bao):
        await one.next(room, lambda heard: heard.body == "Encore bonjour")
    await bao.say(room, "Et à bientôt")
    await ear.message("Et à bientôt")


def wal(file: Path) -> bytes:
    beside = file.with_name(f"{file.name}-wal")
    return beside.read_bytes() if beside.exists() else b""


async def test_an_edit_is_known_as_one_though_it_is_encrypted(client: Open, person: Arrive) -> None:
    """What it edits stands outside of what is encrypted, as the specification wants it."""
    bot, alix = await client(), await person("alix")
    room = await room_of(bot, alix)
    ear = Ear(bot)
    line = await alix.say(room, "!aidde")
    await ear.message("!aidde")
    await alix.edit(room, line, "!aide")
    heard = (await ear.message("* !aide"))["content"]
    assert heard["m.relates_to"] == {"rel_type": "m.replace", "event_id": line}
    assert plain_text(heard) == "!aide"


async def test_goes_on_after_a_restart_from_the_stored_token(client: Open, person: Arrive, synapse: Synapse) -> None:
    bot, alix = await client(), await person("alix")
    name = bot.user_id[1:].split(":")[0]
    room = await room_of(bot, alix)
    ear = Ear(bot)
    await text(bot, room, "avant")
    await alix.next(room, "avant")
    await ear.turn()
    await bot.close()

    bao = await person("bao")
    await alix.call("POST", f"/_matrix/client/v3/rooms/{room}/invite", {"user_id": bao.user_id})
    await bao.join(room)
    second = await person(account=await synapse.login(alix.user_id))
    await alix.say(room, "pendant")

    again = await client(name)
    assert again.device_id == bot.device_id
    ear = Ear(again, ear.since)
    await ear.message("pendant")
    await text(again, room, "après")
    for reader in (alix, bao, second):
        await reader.next(room, "après")
    for speaker in (bao, second):
        await speaker.say(room, f"de {speaker.account.device_id}")
        await ear.message(f"de {speaker.account.device_id}")


async def test_writes_after_a_restart_without_having_synced(client: Open, person: Arrive) -> None:
    bot, alix = await client(), await person("alix")
    room = await room_of(bot, alix)
    await bot.close()
    again = await client(bot.user_id[1:].split(":")[0])
    await text(again, room, "me revoilà")
    await alix.next(room, "me revoilà")


async def test_a_new_device_of_a_known_member_reads_the_next_message(
    client: Open, person: Arrive, synapse: Synapse
) -> None:
    bot, alix = await client(), await person("alix")
    room = await room_of(bot, alix)
    ear = Ear(bot)
    await ear.turn()
    await text(bot, room, "un")
    second = await person(account=await synapse.login(alix.user_id))
    await ear.device_change(alix.user_id)
    await text(bot, room, "deux")
    await second.next(room, "deux")


async def test_who_has_left_cannot_read_the_next_message(client: Open, person: Arrive) -> None:
    bot, alix, bao = await client(), await person("alix"), await person("bao")
    room = await room_of(bot, alix, bao)
    ear = Ear(bot)
    await ear.turn()
    await text(bot, room, "à trois")
    first = (await alix.next(room, "à trois")).event_id
    await bao.leave(room)
    await ear.membership(bao.user_id, "leave")
    await text(bot, room, "à deux")
    second = (await alix.next(room, "à deux")).event_id
    sessions = [
        (await bot.call("GET", f"/_matrix/client/v3/rooms/{room}/event/{one}"))["content"]["session_id"]
        for one in (first, second)
    ]
    assert len(set(sessions)) == 2


async def test_the_same_transaction_is_one_event(client: Open, person: Arrive) -> None:
    bot, alix = await client(), await person("alix")
    room = await room_of(bot, alix)
    assert await text(bot, room, "une fois", "t1") == await text(bot, room, "une fois", "t1")


async def test_a_plain_room_stays_plain(client: Open, person: Arrive) -> None:
    bot, alix = await client(), await person("alix")
    room = await room_of(bot, alix, encrypted=False)
    sent = await text(bot, room, "en clair")
    event = await bot.call("GET", f"/_matrix/client/v3/rooms/{room}/event/{sent}")
    assert event["type"] == "m.room.message"
    await bot.redact(room, sent, "r1", "essai")
    await alix.next(room, lambda heard: heard.type == "m.room.redaction")
