"""What cannot leave for one lieu is in nobody else's way."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from bot.store import networks, outbox
from bot.store.conversations import Conversation, begin
from bot.store.database import Database, Tx
from tests.matrix.test_outbox import Homeserver, letter, post, running
from tests.stage.emptied import emptied

SHARED = "!coordination"


async def until_said(server: Homeserver, room: str, count: int) -> None:
    async with asyncio.timeout(60):
        while len(server.said(room)) < count:
            await asyncio.sleep(0)


async def test_the_letters_of_a_lieu_that_hang_leave_room_for_those_of_another(database: Database) -> None:
    server = Homeserver()
    stuck = [f"!a{n}" for n in range(30)]
    server.held = {room: asyncio.Event() for room in stuck}
    await post(database, *(replace(letter(room, 0), lieu=1) for room in stuck))
    async with running(database, server) as office:
        while server.now_sending < 20:
            await asyncio.sleep(0)
        await post(database, replace(letter("!b", 0), lieu=2))
        office.poke()
        await until_said(server, "!b", 1)
        assert server.now_sending == 20
        for held in server.held.values():
            held.set()
        await emptied(office)
    assert len(server.events) == 31


async def test_a_letter_is_for_the_lieu_of_its_conversation(database: Database) -> None:
    def talk(tx: Tx) -> None:
        tx.execute("INSERT INTO lieux (id, space, name, created_at) VALUES (7, '!s', 'La Rosée', 1)")
        begin(tx, conversation)

    conversation = Conversation("help", "@anne:lieu.fr", "!b", "$cause", 7)
    await database.write(talk)
    await post(database, replace(letter("!b", 0), conversation=conversation.id))
    (found,) = await database.read(outbox.next_letters, ("!b", None))
    assert found.lieu == 7


async def test_many_words_of_one_lieu_in_a_shared_room_do_not_keep_another_waiting(database: Database) -> None:
    def meet(tx: Tx) -> None:
        networks.meet_in(tx, networks.make(tx, "!network", "Touraine"), SHARED)

    await database.write(meet)
    server = Homeserver()
    await post(database, *(replace(letter(SHARED, n), lieu=1) for n in range(1000)))
    await post(database, replace(letter(SHARED, 1000), lieu=2))
    async with running(database, server) as office:
        async with asyncio.timeout(60):
            await emptied(office)
    said = server.said(SHARED)
    assert said.index("n° 1000") < 40
    assert [words for words in said if words != "n° 1000"] == [f"n° {n}" for n in range(1000)]


@pytest.mark.parametrize("hanging", ["!office", SHARED])
async def test_at_home_and_among_lieux_neither_waits_for_the_other(database: Database, hanging: str) -> None:
    def meet(tx: Tx) -> None:
        networks.meet_in(tx, networks.make(tx, "!network", "Touraine"), SHARED)

    await database.write(meet)
    server, rooms = Homeserver(), ("!office", SHARED, "!hall")
    server.held[hanging] = asyncio.Event()
    await post(database, *(replace(letter(room, n), lieu=1) for n in range(3) for room in rooms))
    async with running(database, server) as office:
        for room in rooms:
            await until_said(server, room, 0 if room == hanging else 3)
        assert server.said(hanging) == []
        server.held[hanging].set()
        async with asyncio.timeout(60):
            await emptied(office)
    assert all(server.said(room) == ["n° 0", "n° 1", "n° 2"] for room in rooms)


async def test_the_words_of_all_in_an_ordinary_room_keep_one_order(database: Database) -> None:
    server = Homeserver()
    await post(database, *(replace(letter("!a", n), lieu=n % 3) for n in range(30)))
    async with running(database, server) as office, asyncio.timeout(60):
        await emptied(office)
    assert server.said("!a") == [f"n° {n}" for n in range(30)]
