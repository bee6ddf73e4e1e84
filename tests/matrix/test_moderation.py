"""Silence, erasing and bans on a real homeserver, where levels and join rules are what they are."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.errors import MatrixRefused
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.homeserver import Homeserver
from bot.moderation.silences import Silences
from bot.store.database import Database, Tx
from tests.matrix.listening import Ear, says
from tests.servers.person import Person
from tests.servers.synapse import Synapse

Arrive = Callable[..., Awaitable[Person]]
LEVELS = "m.room.power_levels"


@pytest_asyncio.fixture
async def matrix(synapse: Synapse, database: Database, tmp_path: Path) -> AsyncIterator[Homeserver]:
    name = f"bot-{secrets.token_hex(4)}"
    await synapse.register(name)
    client = await Client.open(synapse.base_url, name, tmp_path / "client", password=f"password-of-{name}")
    yield Homeserver(client, database)
    await client.close()


async def together(matrix: Homeserver, *people: Person, **how: Any) -> str:
    room = await matrix.rooms.create(secrets.token_hex(4), invite=[one.user_id for one in people], **how)
    for one in people:
        await one.join(room)
    return room


async def levels(matrix: Homeserver, room: str) -> dict[str, Any]:
    return await matrix.facts.state(room, LEVELS) or {}


def lieu(tx: Tx) -> None:
    tx.execute("INSERT INTO lieux (id, space, name, created_at) VALUES (1, '!space', 'Le Lieu', 1)")


# Silence


@pytest.mark.parametrize("own", [None, 0, 30])
async def test_a_silence_takes_the_voice_and_gives_back_exactly_what_was(
    matrix: Homeserver, person: Arrive, database: Database, own: int | None
) -> None:
    alix, bao = await person("alix"), await person("bao")
    room = await together(matrix, alix, bao)
    await matrix.rooms.put_state(room, LEVELS, await levels(matrix, room) | {"users": {bao.user_id: 20}})
    await matrix.moderation.set_level(room, alix.user_id, own)
    before = await levels(matrix, room)
    silences = Silences(database, matrix.moderation)
    await database.write(lieu)
    for _ in range(2):
        await silences.begin(1, alix.user_id, room)
    with pytest.raises(RuntimeError, match="403"):
        await alix.call("PUT", path("rooms", room, "send", "m.room.message", "t1"), {"msgtype": "m.text", "body": "!"})
    await bao.say(room, "moi oui")
    for _ in range(2):
        assert await silences.end_all(1, alix.user_id) == []
    assert await levels(matrix, room) == before
    await alix.say(room, "me revoilà")


async def test_a_silence_is_deeper_than_the_lowest_level_that_speaks(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    room = await together(matrix, alix)
    lowered = {"events_default": -5, "events": {"m.reaction": -10}}
    await matrix.rooms.put_state(room, LEVELS, await levels(matrix, room) | lowered)
    assert await matrix.moderation.hush_level(room, alix.user_id) == {"before": None, "level": -11}


async def test_nobody_silences_an_equal_nor_a_creator(matrix: Homeserver, person: Arrive, database: Database) -> None:
    alix, bao = await person("alix"), await person("bao")
    silences = Silences(database, matrix.moderation)
    await database.write(lieu)
    created = await together(matrix, alix, admins=[alix.user_id])
    old = await bao.create_room(
        room_version="11",
        invite=[matrix.facts.me],
        power_level_content_override={"users": {matrix.facts.me: 100, bao.user_id: 100}},
    )
    await matrix.membership.join(old)
    for room, who in ((created, alix), (old, bao)):
        with pytest.raises(MatrixRefused):
            await silences.begin(1, who.user_id, room)
    assert await silences.rooms(1, alix.user_id) == await silences.rooms(1, bao.user_id) == []
    await matrix.moderation.set_level(old, "@somebody:else.example", -1)


async def test_a_level_that_somebody_changed_meanwhile_stays(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    room = await together(matrix, alix)
    await matrix.moderation.set_level(room, alix.user_id, 50)
    assert not await matrix.moderation.restore_level(room, alix.user_id, -1, None)
    assert (await levels(matrix, room))["users"][alix.user_id] == 50


# Ban


async def test_a_ban_holds_in_a_restricted_room_where_a_kick_does_not(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    space = await together(matrix, alix, space=True)
    room = await matrix.rooms.create("room", join="restricted", allow=space, parent=space)
    await alix.join(room)
    await matrix.membership.kick(room, alix.user_id)
    await alix.join(room)
    await matrix.membership.ban(room, alix.user_id)
    with pytest.raises(RuntimeError, match="403"):
        await alix.join(room)
    await matrix.membership.unban(room, alix.user_id)
    await alix.join(room)


async def test_people_of_a_space(matrix: Homeserver, person: Arrive) -> None:
    alix, bao, cam = [await person(name) for name in ("alix", "bao", "cam")]
    for one, name in ((alix, "Alix \u202e<b>"), (bao, "Bao")):
        await one.call("PUT", path("profile", one.user_id, "displayname"), {"displayname": name})
    space = await together(matrix, alix, bao, space=True)
    await matrix.membership.invite(space, cam.user_id)
    await matrix.membership.ban(space, bao.user_id)
    found = {one["person"]: (one["name"], one["membership"]) for one in await matrix.facts.people(space)}
    assert found[alix.user_id] == ("Alix <b>", "join")
    assert found[bao.user_id] == ("Bao", "ban")
    assert found[cam.user_id][1] == "invite"
    by = {one["person"]: one["by"] for one in await matrix.facts.people(space)}
    assert (by[bao.user_id], by[alix.user_id]) == (matrix.facts.me, alix.user_id)


async def test_a_room_says_to_which_space_it_belongs(matrix: Homeserver) -> None:
    space, other = await matrix.rooms.create("space", space=True), await matrix.rooms.create("other", space=True)
    room = await matrix.rooms.create("room", parent=space)
    await matrix.rooms.add_child(other, room)
    assert await matrix.facts.has_parent(room, space)
    assert not await matrix.facts.has_parent(room, other)


# Messages


async def test_the_last_messages_of_one_person_are_erased_with_their_corrections(
    matrix: Homeserver, person: Arrive
) -> None:
    alix, bao = await person("alix"), await person("bao")
    room = await together(matrix, alix, bao)
    said = [await alix.say(room, f"pub {n}") for n in range(4)]
    kept = await bao.say(room, "bonjour")
    corrected = await alix.edit(room, said[2], "pub corrigée")
    assert await matrix.moderation.last_messages(room, alix.user_id, 2) == [[said[3]], [said[2], corrected]]
    for messages in await matrix.moderation.last_messages(room, alix.user_id, 2):
        for _ in range(2):
            await matrix.moderation.erase(room, messages)
    assert await matrix.moderation.last_messages(room, alix.user_id, 100) == [[said[1]], [said[0]]]
    assert await matrix.moderation.quote(room, kept) == {"sender": bao.user_id, "text": "bonjour"}
    assert await matrix.moderation.quote(room, said[3]) == {"sender": alix.user_id, "text": ""}


async def test_what_was_said_before_many_others_spoke_is_found(matrix: Homeserver, person: Arrive) -> None:
    alix, bao = await person("alix"), await person("bao")
    room = await together(matrix, alix, bao)
    said = await alix.say(room, "au début")
    for n in range(120):
        await bao.say(room, str(n))
    assert await matrix.moderation.last_messages(room, alix.user_id, 5) == [[said]]


async def test_messages_of_others_are_not_erased_without_power(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(invite=[matrix.facts.me], preset="private_chat")
    await matrix.membership.join(room)
    said = await alix.say(room, "à moi")
    with pytest.raises(MatrixRefused):
        await matrix.moderation.erase(room, [said])
    assert await matrix.moderation.quote(room, said) == {"sender": alix.user_id, "text": "à moi"}


async def test_a_quote_is_short_and_there_is_none_of_what_is_elsewhere(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    room, other = await together(matrix, alix, name="Atelier"), await together(matrix, alix)
    long = await alix.say(room, "\u202eun\u0000 " + "x" * 2000)
    quote = await matrix.moderation.quote(room, long)
    assert quote
    assert quote["text"].startswith("un xxx")
    assert len(quote["text"]) == 500
    state = await matrix._client.call("GET", path("rooms", room, "state", "m.room.name", ""), format="event")
    for where, what in ((other, long), (room, "$nothing"), ("!nowhere:example.org", long), (room, state["event_id"])):
        assert await matrix.moderation.quote(where, what) is None


async def test_an_encrypted_message_is_quoted_where_the_bot_has_its_key(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    matrix = Homeserver(ear.client, ear.database)
    room = await matrix.rooms.create("sealed", encrypted=True)
    await matrix.membership.invite(room, alix.user_id)
    await alix.join(room)
    said = await alix.say(room, "en secret")
    await ear.heard(says("en secret"))
    for _ in range(2):
        assert await matrix.moderation.quote(room, said) == {"sender": alix.user_id, "text": "en secret"}
    assert await matrix.moderation.last_messages(room, alix.user_id, 5) == [[said]]
    forged = {
        "algorithm": "m.megolm.v1.aes-sha2",
        "ciphertext": "x",
        "session_id": "s",
        "sender_key": "",
        "device_id": "",
    }
    unread = await alix.call("PUT", path("rooms", room, "send", "m.room.encrypted", "t"), forged)
    assert await matrix.moderation.quote(room, unread["event_id"]) == {"sender": alix.user_id, "text": ""}


@pytest.mark.parametrize("encrypted", [False, True], ids=["clear", "encrypted"])
async def test_what_the_bot_said_of_somebody_is_found_and_taken_back_without_power(
    ear: Ear, person: Arrive, encrypted: bool
) -> None:
    """With what corrected it, though it names them no more; nothing that it said of others, nor that they said."""
    alix, matrix = await person("alix"), Homeserver(ear.client, ear.database)
    room = await alix.create_room(invite=[matrix.facts.me], preset="private_chat", encrypted=encrypted)
    await matrix.membership.join(room)

    async def say(body: str, corrects: str = "") -> str:
        content: dict[str, Any] = {"msgtype": "m.text", "body": body, "m.mentions": {}}
        if corrects:
            content["m.relates_to"] = {"rel_type": "m.replace", "event_id": corrects}
        return await ear.client.send(room, "m.room.message", content, secrets.token_hex(8))

    first = await say("Voici Zoé (https://matrix.to/#/%40zoe%3Aailleurs.fr)")
    after = await say("✓ accueil", corrects=first)
    kept = await say("Voici Marc")
    await alix.say(room, "bonjour @zoe:ailleurs.fr")

    def is_meant(text: str) -> bool:
        return "@zoe:ailleurs.fr" in text

    found = await matrix.moderation.own_messages(room, is_meant)
    assert found == [after, first]
    await matrix.moderation.erase(room, found)
    assert await matrix.moderation.own_messages(room, is_meant) == []
    assert await matrix.moderation.own_messages(room, lambda text: True) == [kept]


async def test_keys_are_given_and_taken(matrix: Homeserver, person: Arrive) -> None:
    alix = await person("alix")
    room = await together(matrix, alix)
    assert await matrix.facts.level(room, alix.user_id) is None
    assert await matrix.facts.powerful(room) == []
    for _ in range(2):
        await matrix.moderation.set_level(room, alix.user_id, 50)
    assert await matrix.facts.level(room, alix.user_id) == 50
    assert await matrix.facts.powerful(room) == [alix.user_id]
    for _ in range(2):
        await matrix.moderation.set_level(room, alix.user_id, None)
    assert await matrix.facts.level(room, alix.user_id) is None
    assert alix.user_id not in (await levels(matrix, room))["users"]


async def test_keys_of_an_equal_or_beyond_ones_own_are_not_touched(matrix: Homeserver, person: Arrive) -> None:
    alix, bao = await person("alix"), await person("bao")
    powers = {"users": {matrix.facts.me: 100, bao.user_id: 100}}
    body = {"invite": [matrix.facts.me, bao.user_id], "preset": "private_chat", "power_level_content_override": powers}
    room = await alix.create_room(**body)
    await matrix.membership.join(room)
    await bao.join(room)
    assert sorted(await matrix.facts.powerful(room)) == sorted([alix.user_id, bao.user_id])
    for who, level in ((bao.user_id, None), (alix.user_id, 50)):
        with pytest.raises(MatrixRefused):
            await matrix.moderation.set_level(room, who, level)
    assert await matrix.facts.level(room, bao.user_id) == 100
