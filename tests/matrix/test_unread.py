"""What is encrypted waits for somebody who can read it: of what was said before, a newcomer could never read a word."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest

from bot.errors import MatrixRefused, NobodyReads
from bot.matrix.client import Client
from bot.matrix.homeserver import Homeserver
from bot.matrix.message import text
from bot.matrix.outbox import Outbox
from bot.matrix.sync import Sync
from bot.store import backlog, outbox
from bot.store.database import Database
from bot.store.outbox import Letter
from tests.matrix.conftest import Open
from tests.matrix.ear import Ear
from tests.matrix.test_outbox import is_unread
from tests.servers.person import Person
from tests.servers.synapse import Account, Synapse
from tests.stage.emptied import emptied

Arrive = Callable[..., Awaitable[Person]]
WORDS = [f"n° {number}" for number in range(4)]


@pytest.fixture
async def zoe(synapse: Synapse) -> Account:
    """The account of somebody who has never signed in: this one's client is never opened."""
    return await synapse.register(f"zoe-{secrets.token_hex(4)}")


@asynccontextmanager
async def living(client: Client, database: Database) -> AsyncIterator[Outbox]:
    """The bot listens, and says what it has to say."""
    box = Outbox(client, database)
    sync = Sync(client, database, news=asyncio.Event())
    parts = [asyncio.create_task(part.run()) for part in (box, sync)]
    try:
        yield box
    finally:
        for part in parts:
            part.cancel()
            with suppress(asyncio.CancelledError):
                await part


async def say(database: Database, box: Outbox, room: str, *words: str) -> None:
    for word in words:
        await database.write(outbox.post, Letter(room, f"{room}/{word}", "m.room.message", text(word)), 0)
    box.poke()


async def is_held(database: Database, box: Outbox) -> None:
    async with asyncio.timeout(30):
        await box.until(partial(is_unread, database))


async def signs_in(person: Arrive, synapse: Synapse, account: Account) -> Person:
    """On a device of their own, as everybody does for the first time."""
    return await person(account=await synapse.login(account.user_id))


async def reads(somebody: Person, room: str) -> list[str]:
    await somebody.next(room, WORDS[-1])
    assert somebody.unreadable(room) == []
    return [heard.body for heard in somebody.messages(room)]


async def test_what_is_said_to_who_was_never_there_is_read_when_they_come(
    client: Open, database: Database, person: Arrive, synapse: Synapse, zoe: Account
) -> None:
    bot = await client()
    room = await Homeserver(bot, database).rooms.direct(zoe.user_id, "La Rosée · Anne t’invite")
    async with living(bot, database) as box:
        await say(database, box, room, *WORDS[:2])
        await is_held(database, box)
        await say(database, box, room, WORDS[2])
        await is_held(database, box)
        here = await signs_in(person, synapse, zoe)
        await here.join(room)
        await say(database, box, room, WORDS[3])
        assert await reads(here, room) == WORDS
        await emptied(box)
    assert not (await database.read(backlog.counts))["waiting"]


async def test_what_is_said_to_who_has_no_device_yet_is_read_on_the_first(
    client: Open, database: Database, person: Arrive, synapse: Synapse, zoe: Account
) -> None:
    """A client of theirs accepted the invitation before it told its keys."""
    bot = await client()
    room = await Homeserver(bot, database).rooms.direct(zoe.user_id)
    device = await synapse.login(zoe.user_id)
    await synapse.call("POST", f"/_matrix/client/v3/join/{room}", {}, token=device.access_token)
    async with living(bot, database) as box:
        await say(database, box, room, *WORDS)
        await is_held(database, box)
        assert await reads(await person(account=device), room) == WORDS


async def test_a_bot_that_died_meanwhile_says_it_when_they_come(
    client: Open, database: Database, person: Arrive, synapse: Synapse, zoe: Account
) -> None:
    bot = await client()
    room = await Homeserver(bot, database).rooms.direct(zoe.user_id)
    async with living(bot, database) as box:
        await say(database, box, room, *WORDS[:2])
        await is_held(database, box)
    await bot.close()
    bot = await client(bot.user_id[1:].split(":")[0])
    async with living(bot, database) as box:
        await say(database, box, room, WORDS[2])
        await is_held(database, box)
    await bot.close()
    here = await signs_in(person, synapse, zoe)
    await here.join(room)
    async with living(await client(bot.user_id[1:].split(":")[0]), database) as box:
        await say(database, box, room, WORDS[3])
        assert await reads(here, room) == WORDS


async def test_what_is_said_to_who_signed_out_everywhere_waits_for_their_next_device(
    client: Open, database: Database, person: Arrive, synapse: Synapse, zoe: Account
) -> None:
    bot = await client()
    room = await Homeserver(bot, database).rooms.direct(zoe.user_id)
    here, ear = await signs_in(person, synapse, zoe), Ear(bot)
    await here.join(room)
    await bot.send(room, "m.room.message", text("Bonjour"), "1")
    await here.next(room, "Bonjour")
    await ear.turn()
    await here.call("POST", "/_matrix/client/v3/logout/all", {})
    await ear.device_change(zoe.user_id)
    with pytest.raises(NobodyReads) as early:
        await bot.send(room, "m.room.message", text(WORDS[0]), "2")
    again = await signs_in(person, synapse, zoe)
    await ear.device_change(zoe.user_id)
    assert early.value.news.is_set()
    await bot.send(room, "m.room.message", text(WORDS[0]), "2")
    assert (await again.next(room)).body == WORDS[0]


async def test_what_is_said_to_who_is_gone_is_read_when_they_come_back(
    client: Open, database: Database, person: Arrive, synapse: Synapse, zoe: Account
) -> None:
    bot = await client()
    rooms = Homeserver(bot, database).rooms
    room = await rooms.direct(zoe.user_id)
    here = await signs_in(person, synapse, zoe)
    await here.join(room)
    await here.leave(room)
    async with living(bot, database) as box:
        await say(database, box, room, *WORDS)
        await is_held(database, box)
        await rooms.direct(zoe.user_id)
        await here.invited()
        await here.join(room)
        assert await reads(here, room) == WORDS


async def test_a_homeserver_that_never_tells_of_a_device_is_asked(
    client: Open, database: Database, person: Arrive, synapse: Synapse, zoe: Account
) -> None:
    """Nobody listens here: nothing is told."""
    bot = await client()
    room = await Homeserver(bot, database).rooms.direct(zoe.user_id)
    device = await synapse.login(zoe.user_id)
    await synapse.call("POST", f"/_matrix/client/v3/join/{room}", {}, token=device.access_token)
    with pytest.raises(NobodyReads) as early:
        await bot.send(room, "m.room.message", text(WORDS[0]), "t")
    here = await person(account=device)
    await bot.send(room, "m.room.message", text(WORDS[0]), "t")
    assert (await here.next(room)).body == WORDS[0]
    assert not early.value.news.is_set()


async def test_whose_server_is_away_is_not_asked_for_keys_at_each_look(
    client: Open, database: Database, synapse: Synapse, zoe: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours may take ten seconds to find that out, in which nothing else is encrypted, and nothing heard."""
    bot, asked = await client(), []
    room = await Homeserver(bot, database).rooms.direct(zoe.user_id)
    device = await synapse.login(zoe.user_id)
    await synapse.call("POST", f"/_matrix/client/v3/join/{room}", {}, token=device.access_token)
    call = bot._api.call

    async def away(method: str, path: str, body: Any = None, **more: Any) -> Any:
        if not path.endswith("/keys/query"):
            return await call(method, path, body, **more)
        asked.append(zoe.user_id in body["device_keys"])
        return {"device_keys": {}, "failures": {synapse.server_name: {}}}

    monkeypatch.setattr(bot._api, "call", away)
    for txn_id in ("1", "2"):
        with pytest.raises(NobodyReads):
            await bot.send(room, "m.room.message", text(WORDS[0]), txn_id)
    assert asked == [True]


async def test_nothing_waits_for_readers_where_the_bot_is_no_more(
    client: Open, database: Database, zoe: Account
) -> None:
    """Nobody would ever come for it: who said it hears that it was refused."""
    bot = await client()
    room = await Homeserver(bot, database).rooms.direct(zoe.user_id)
    ear = Ear(bot)
    await ear.turn()
    with pytest.raises(NobodyReads) as early:
        await bot.send(room, "m.room.message", text(WORDS[0]), "t")
    await bot.call("POST", f"/_matrix/client/v3/rooms/{room}/leave", {})
    await ear.turn()
    assert early.value.news.is_set()
    with pytest.raises(MatrixRefused):
        await bot.send(room, "m.room.message", text(WORDS[0]), "t")


async def test_a_secret_does_not_wait_for_who_has_a_device_and_is_invited(
    client: Open, database: Database, person: Arrive
) -> None:
    """They asked for it elsewhere a moment ago; nothing keeps it meanwhile."""
    bot, alix = Homeserver(await client(), database), await person("alix")
    room = await bot.rooms.direct(alix.user_id)
    await bot.whisper(room, text("mot de passe"), "t")
    await alix.join(room)
    assert (await alix.next(room)).body == "mot de passe"


async def test_a_room_with_readers_waits_for_nobody(client: Open, person: Arrive, zoe: Account) -> None:
    """Somebody invited there will not read what was said before them, as everywhere on Matrix."""
    bot, alix = await client(), await person("alix")
    state = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}
    made = {"preset": "private_chat", "invite": [alix.user_id, zoe.user_id], "initial_state": [state]}
    room = (await bot.call("POST", "/_matrix/client/v3/createRoom", made))["room_id"]
    await alix.join(room)
    await bot.send(room, "m.room.message", text(WORDS[0]), "t")
    assert (await alix.next(room)).body == WORDS[0]
