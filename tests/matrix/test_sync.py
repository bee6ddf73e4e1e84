"""Nothing said to the bot is lost, doubled or out of order; nothing said before it came is heard."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.errors import CredentialsRefused
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.sync_batch import INVITE
from bot.store import inbox, rooms
from bot.store.inbox import Event
from tests.matrix.listening import Ear, says
from tests.matrix.proxy import Proxy
from tests.servers.person import Person

Arrive = Callable[..., Awaitable[Person]]


async def enter(ear: Ear, host: Person, room: str) -> None:
    """The bot is invited, joins, and knows that it is there."""
    await host.call("POST", path("rooms", room, "invite"), {"user_id": ear.client.user_id})
    await ear.client.call("POST", path("join", room), {})
    async with asyncio.timeout(60):
        while not (known := await ear.database.read(rooms.known, room)) or known.joined_at is None:
            await asyncio.sleep(0.01)


async def test_hears_what_is_said_and_not_itself(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room()
    await enter(ear, alix, room)
    await ear.client.send(room, "m.room.message", {"msgtype": "m.text", "body": "moi"}, "t1")
    event_id = await alix.say(room, "Bonjour")
    event = await ear.heard(says("Bonjour"))
    assert (event.event_id, event.sender, event.encrypted, event.readable) == (event_id, alix.user_id, False, True)
    assert event.arrived_at == 1_000_000
    assert await ear.bodies(room) == ["Bonjour"]
    assert ear.sync.last_sync == 1_000.0


async def test_what_is_said_in_clear_in_an_encrypted_room_is_known_for_it(ear: Ear, person: Arrive) -> None:
    """As a server could write it in her name; what she says herself is encrypted."""
    alix = await person("alix")
    room = await alix.create_room(encrypted=True)
    await enter(ear, alix, room)
    await alix.say(room, "Bonjour")
    said = {"msgtype": "m.text", "body": "!aide"}
    await alix.call("PUT", path("rooms", room, "send", "m.room.message", "t1"), said)
    honest, bare = await ear.heard(says("Bonjour")), await ear.heard(says("!aide"))
    known = await ear.database.read(rooms.known, room)
    assert known is not None
    assert (known.encrypted, honest.encrypted, bare.encrypted) == (True, True, False)


async def test_what_was_said_before_the_bot_joined_is_not_for_it(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(preset="public_chat")
    for number in range(3):
        await alix.say(room, f"avant {number}")
    await enter(ear, alix, room)
    await alix.say(room, "après")
    await ear.heard(says("après"))
    assert await ear.bodies(room) == ["après"]


async def test_what_was_said_before_the_first_start_is_not_for_it(ear: Ear, person: Arrive, tmp_path: Any) -> None:
    alix = await person("alix")
    room, hidden = await alix.create_room(), await alix.create_room(encrypted=True)
    for place in (room, hidden):
        await enter(ear, alix, place)
        await alix.say(place, f"avant {place}")
        await ear.heard(says(f"avant {place}"))
    await ear.hush()
    async with Ear(ear.proxy, ear.name, tmp_path / "another") as another:
        assert await another.inbox() == await another.database.read(inbox.unread) == []
        known = [await another.database.read(rooms.known, place) for place in (room, hidden)]
        assert [(one.encrypted, one.joined_at) for one in known if one] == [(False, 1_000_000), (True, 1_000_000)]


async def test_a_gap_over_the_limit_of_the_timeline_is_filled(ear: Ear, person: Arrive) -> None:
    alix, bao, chi = await person("alix"), await person("bao"), await person("chi")
    room = await alix.create_room(preset="public_chat", invite=[])
    await enter(ear, alix, room)
    await alix.say(room, "0")
    await ear.heard(says("0"))
    await ear.hush()
    await alix.say(room, "1")
    await bao.join(room)
    await chi.join(room)
    for number in range(2, 215):
        await alix.say(room, str(number))
    ear.listen()
    await ear.heard(says("214"))
    assert await ear.bodies(room) == [str(number) for number in range(215)]
    newcomers = [e.sender for e in await ear.inbox() if e.type == "m.room.member" and e.content["membership"] == "join"]
    assert newcomers == [bao.user_id, chi.user_id]


async def test_a_gap_that_reaches_back_before_the_bot_joined_ends_there(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(preset="public_chat")
    await ear.hush()
    for number in range(105):
        await alix.say(room, f"avant {number}")
    await ear.client.call("POST", path("join", room), {})
    for number in range(105):
        await alix.say(room, str(number))
    ear.listen()
    await ear.heard(says("104"))
    assert await ear.bodies(room) == [str(number) for number in range(105)]


async def test_an_invitation_tells_who_and_where(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(
        name="Le Lieu", creation_content={"type": "m.space"}, preset="private_chat", invite=[ear.client.user_id]
    )
    event = await ear.heard(lambda e: e.room_id == room)
    assert (event.type, event.state_key, event.sender) == ("m.room.member", ear.client.user_id, alix.user_id)
    assert event.content["membership"] == "invite"
    assert event.content[INVITE] == {
        "name": "Le Lieu",
        "type": "m.space",
        "encrypted": False,
        "network": False,
        "predecessor": "",
    }
    known = await ear.database.read(rooms.known, room)
    assert (known.invited_by, known.joined_at) == (alix.user_id, None)


async def test_a_second_invitation_is_heard_too(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(preset="private_chat", invite=[ear.client.user_id])
    await ear.heard(lambda e: e.room_id == room)
    await ear.client.call("POST", path("rooms", room, "leave"), {})
    await alix.call("POST", path("rooms", room, "invite"), {"user_id": ear.client.user_id})
    async with asyncio.timeout(60):
        while len([e for e in await ear.inbox() if e.room_id == room]) < 2:
            await asyncio.sleep(0.01)


async def test_the_bot_put_out_of_a_room_hears_it(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room, other = await alix.create_room(), await alix.create_room()
    for place in (room, other):
        await enter(ear, alix, place)
    await ear.client.call("POST", path("rooms", other, "leave"), {})
    await alix.call("POST", path("rooms", room, "kick"), {"user_id": ear.client.user_id, "reason": "merci"})
    event = await ear.heard(lambda e: e.content.get("membership") == "leave")
    assert (event.room_id, event.sender, event.state_key) == (room, alix.user_id, ear.client.user_id)
    assert await ear.database.read(rooms.here) == []
    assert not [e for e in await ear.inbox() if e.room_id == other and e.content.get("membership") == "leave"]


async def test_a_room_that_becomes_encrypted_is_known_as_such(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room()
    await enter(ear, alix, room)
    algorithm = {"algorithm": "m.megolm.v1.aes-sha2"}
    await alix.call("PUT", path("rooms", room, "state", "m.room.encryption", ""), algorithm)
    await ear.heard(lambda e: e.type == "m.room.encryption")
    known = await ear.database.read(rooms.known, room)
    assert known.encrypted
    await alix.until(lambda: alix._nio.rooms[room].encrypted)
    await alix.say(room, "secret")
    event = await ear.heard(says("secret"))
    assert (event.encrypted, event.readable) == (True, True)


async def test_killed_before_the_commit_nothing_is_lost_nor_doubled(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(encrypted=True)
    await enter(ear, alix, room)

    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    ear.database.before_commit = kill
    await alix.say(room, "un")
    with pytest.raises(Killed):
        await ear.life  # type: ignore[misc]
    await alix.say(room, "deux")
    await ear.close()
    async with Ear(ear.proxy, ear.name, ear.folder) as again:
        await again.heard(says("deux"))
        assert await again.bodies(room) == ["un", "deux"]
    await ear.open()


async def test_a_proxy_that_answers_502_is_asked_less_and_less(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room()
    await enter(ear, alix, room)
    await ear.hush()
    ear.proxy.requests.clear()
    ear.proxy.rule = lambda method, where: (
        (502, "<h1>Bad Gateway</h1>") if "/sync" in where and len(ear.slept) < 12 else None
    )
    ear.listen()
    await alix.say(room, "Bonjour")
    await ear.heard(says("Bonjour"))
    assert ear.slept == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, *[30.0] * 6]
    assert ear.proxy.count("/sync") <= 12 + 3


async def test_a_revoked_token_ends_the_loop_at_once(ear: Ear) -> None:
    ear.proxy.requests.clear()
    await ear.client.call("POST", path("logout"), {})
    with pytest.raises(CredentialsRefused):
        await asyncio.wait_for(ear.life, 60)  # type: ignore[arg-type]
    assert ear.proxy.count("/sync") <= 2


class Keys:
    """Holds back the letters that carry keys, as a slow federation does, until `given`."""

    def __init__(self, proxy: Proxy) -> None:
        self.given = False
        self._held: list[Any] = []
        proxy.change = self._hold

    def _hold(self, where: str, answer: Any) -> Any:
        if not where.endswith("/sync"):
            return answer
        self._held += answer.pop("to_device", {}).get("events", [])
        letters, self._held = (self._held, []) if self.given else ([], self._held)
        return answer | {"to_device": {"events": letters}}


async def unread(ear: Ear, number: int) -> None:
    async with asyncio.timeout(60):
        while len(await ear.database.read(inbox.unread)) < number:
            await asyncio.sleep(0.01)


async def test_a_message_before_its_key_waits_for_it(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(encrypted=True)
    await enter(ear, alix, room)
    keys = Keys(ear.proxy)
    said = await alix.say(room, "trop tôt")
    await alix.say(room, "aussi")
    await unread(ear, 2)
    assert await ear.bodies(room) == []
    keys.given = True
    await alix.react(room, said, "👋")
    await ear.heard(says("aussi"))
    assert await ear.bodies(room) == ["trop tôt", "aussi"]


async def test_a_message_whose_key_does_not_come_is_handed_over_unread(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(encrypted=True)
    await enter(ear, alix, room)
    Keys(ear.proxy)
    said = await alix.say(room, "jamais")
    await unread(ear, 1)
    assert [e for e in await ear.inbox() if e.type == "m.room.encrypted"] == []
    ear.clock = lambda: 1_010.0
    await alix.react(room, said, "👋")
    event = await ear.heard(lambda e: e.type == "m.room.encrypted")
    assert event.sender == alix.user_id


async def test_a_clock_set_back_does_not_keep_a_message_without_its_key_for_hours(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room(encrypted=True)
    await enter(ear, alix, room)
    Keys(ear.proxy)
    said = await alix.say(room, "jamais")
    await unread(ear, 1)
    ear.clock = lambda: -2_600.0  # an hour earlier
    await alix.react(room, said, "👋")
    assert (await ear.heard(lambda e: e.type == "m.room.encrypted")).sender == alix.user_id


class Broken:
    """A client with a bug: it cannot stand what is said in one room."""

    def __init__(self, client: Client, room: str) -> None:
        self.user_id, self.sync, self.call, self.close = client.user_id, client.sync, client.call, client.close
        self._room, self._client = room, client

    def decrypt(self, room_id: str, event: dict[str, Any]) -> dict[str, Any] | None:
        if room_id == self._room:
            raise ZeroDivisionError
        return self._client.decrypt(room_id, event)


async def test_a_poisoned_room_is_set_aside_and_the_others_are_heard(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    sound, poisoned = await alix.create_room(encrypted=True), await alix.create_room(encrypted=True)
    for room in (sound, poisoned):
        await enter(ear, alix, room)
    await ear.hush()
    ear.client = Broken(ear.client, poisoned)  # type: ignore[assignment]
    ear.listen()
    await alix.say(poisoned, "poison")
    await alix.say(sound, "Bonjour")
    await ear.heard(says("Bonjour"))
    await alix.say(sound, "encore")
    await ear.heard(says("encore"))
    assert ear.slept == [0.5, 1.0]


async def test_a_full_disk_is_waited_for(ear: Ear, person: Arrive) -> None:
    alix = await person("alix")
    room = await alix.create_room()
    await enter(ear, alix, room)

    def full() -> None:
        if len(ear.slept) < 5:
            raise sqlite3.OperationalError("database or disk is full")

    ear.database.before_commit = full
    await alix.say(room, "Bonjour")
    event: Event = await ear.heard(says("Bonjour"))
    assert event.room_id == room
    assert len(ear.slept) == 5
