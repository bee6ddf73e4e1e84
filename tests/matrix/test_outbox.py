"""What the bot says arrives once, in order, whatever the homeserver answers and whenever the process dies."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bot.errors import CredentialsRefused, MatrixRefused, NobodyReads, Unavailable
from bot.matrix import message
from bot.matrix.client import Client
from bot.matrix.client_api import path
from bot.matrix.outbox import UNNOTED, Outbox
from bot.store import backlog, outbox, waits
from bot.store.database import Database
from bot.store.outbox import REDACTION, Letter
from tests.matrix.proxy import Proxy
from tests.servers.person import Person
from tests.servers.synapse import Synapse
from tests.stage.emptied import emptied

Arrive = Callable[..., Awaitable[Person]]
A_LIEU = "INSERT INTO lieux (id, space, name, created_at) VALUES (1, '!rosee', 'La Rosée', 1)"


class Homeserver:
    """A homeserver's memory of what was sent to it. `answers` are the errors that it gives first, per room."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, dict[str, Any]]] = []
        self.requests: list[str] = []
        self.answers: dict[str, list[Exception]] = {}
        self.held: dict[str, asyncio.Event] = {}
        self.now_sending = self.most_sending = 0
        self._ids: dict[str, str] = {}

    async def send(self, room_id: str, type: str, content: dict[str, Any], txn_id: str) -> str:
        self.requests.append(txn_id)
        self.now_sending += 1
        self.most_sending = max(self.most_sending, self.now_sending)
        try:
            await asyncio.sleep(0)
            if room_id in self.held:
                await self.held[room_id].wait()
            if self.answers.get(room_id):
                raise self.answers[room_id].pop(0)
            return self._keep(room_id, type, content, txn_id)
        finally:
            self.now_sending -= 1

    def _keep(self, room_id: str, type: str, content: dict[str, Any], txn_id: str) -> str:
        if txn_id not in self._ids:
            self._ids[txn_id] = f"${txn_id}:event"
            self.events.append((room_id, type, content))
        return self._ids[txn_id]

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None = None) -> str:
        return await self.send(room_id, REDACTION, {"redacts": event_id, "reason": reason}, txn_id)

    def said(self, room_id: str) -> list[str]:
        return [content["body"] for room, _, content in self.events if room == room_id]


class Killed(BaseException):
    """The process ends here."""


class Sleeper:
    """Time that passes at once, and is remembered."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


async def never(seconds: float) -> None:
    """Time that does not pass."""
    await asyncio.Event().wait()


async def is_unread(database: Database) -> bool:
    """Whether something waits, and not for the homeserver."""
    return bool(await database.read(outbox.waiting)) and not (await database.read(backlog.counts))["waiting"]


def letter(room: str, number: int, content: dict[str, Any] | None = None, type: str = "m.room.message") -> Letter:
    return Letter(room, f"{room}-{number}", type, content or message.text(f"n° {number}"))


async def post(database: Database, *letters: Letter) -> None:
    for one in letters:
        await database.write(outbox.post, one, 0)


@asynccontextmanager
async def running(
    database: Database,
    server: Homeserver,
    sleeper: Callable[[float], Awaitable[None]] | None = None,
    tally: Callable[[str], None] = str,
    now: float = 7.0,
) -> AsyncIterator[Outbox]:
    office = Outbox(server, database, clock=lambda: now, sleep=sleeper or Sleeper(), random=lambda: 0.0, tally=tally)
    task = asyncio.create_task(office.run())
    try:
        yield office
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_everything_is_sent_once_and_in_order(database: Database) -> None:
    server = Homeserver()
    await post(database, *(letter(f"!{room}", number) for number in range(30) for room in "abc"))
    async with running(database, server) as office, asyncio.timeout(60):
        await emptied(office)
        await post(database, letter("!a", 30), letter("!a", 3))
        office.poke()
        await emptied(office)
    assert server.said("!a") == [f"n° {number}" for number in range(31)]
    assert server.said("!b") == server.said("!c") == server.said("!a")[:30]
    assert await database.read(outbox.event_of, "!a-30") == "$!a-30:event"


async def test_what_leaves_is_counted(database: Database) -> None:
    server, counted = Homeserver(), list[str]()
    server.answers["!a"] = [Unavailable("matrix", 1.0)]
    await post(database, letter("!a", 0))
    async with running(database, server, tally=counted.append) as office, asyncio.timeout(60):
        await emptied(office)
    assert counted == ["retried", "sent"]


async def test_a_slow_room_does_not_hold_the_others(database: Database) -> None:
    server = Homeserver()
    server.held["!slow"] = asyncio.Event()
    await post(database, letter("!slow", 0), *(letter(f"!{n}", 0) for n in range(40)))
    async with running(database, server) as office, asyncio.timeout(60):
        while len(server.events) < 40:
            await asyncio.sleep(0)
        server.held["!slow"].set()
        await emptied(office)
    assert len(server.events) == 41
    assert server.most_sending <= 20


async def test_patience_with_limits_keeps_the_order(database: Database) -> None:
    server, sleeper = Homeserver(), Sleeper()
    server.answers["!a"] = [Unavailable("matrix", 3.5), Unavailable("matrix", 0.1), Unavailable("matrix", 0.1)]
    await post(database, *(letter("!a", number) for number in range(3)))
    async with running(database, server, sleeper) as office, asyncio.timeout(60):
        await emptied(office)
    assert server.said("!a") == ["n° 0", "n° 1", "n° 2"]
    assert sleeper.slept == [3.5, 1.0, 2.0]


async def test_readers_are_looked_for_less_and_less_often_until_there_is_news_of_them(database: Database) -> None:
    server, sleeper, news = Homeserver(), Sleeper(), asyncio.Event()
    news.set()
    nobody = [NobodyReads(asyncio.Event()) for _ in range(14)]
    server.answers["!a"] = [*nobody, NobodyReads(news), NobodyReads(asyncio.Event())]
    await post(database, letter("!a", 0), letter("!a", 1))
    async with running(database, server, sleeper) as office, asyncio.timeout(60):
        await emptied(office)
    assert server.said("!a") == ["n° 0", "n° 1"]
    assert sleeper.slept[:14] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]
    assert sleeper.slept[-1] == 1


async def test_who_is_away_makes_nobody_think_that_the_homeserver_is_slow(database: Database) -> None:
    """Neither what it says of itself, nor the month of a lieu, which tells of messages that left late."""
    server, news = Homeserver(), asyncio.Event()
    server.answers["!a"] = [NobodyReads(news)]
    await database.write(lambda tx: tx.execute(A_LIEU))
    await post(database, replace(letter("!a", 0), lieu=1))
    async with running(database, server, never, now=3_600.0) as office, asyncio.timeout(60):
        await office.until(partial(is_unread, database))
        await post(database, replace(letter("!a", 1), lieu=1))
        assert not (await database.read(backlog.counts))["waiting"]
        news.set()
        await emptied(office)
    assert server.said("!a") == ["n° 0", "n° 1"]
    assert (await database.read(waits.count, 1, 0, 3_600_001))["letters"] == 0


async def test_what_nobody_came_for_is_forgotten_as_what_was_said_is(database: Database) -> None:
    server = Homeserver()
    server.answers["!a"] = [NobodyReads(asyncio.Event())]
    await post(database, letter("!a", 0))
    async with running(database, server, never) as office, asyncio.timeout(60):
        await office.until(partial(is_unread, database))
        await database.write(outbox.purge, 1)
    assert await database.read(outbox.fate, "!a-0") == (None, None)


async def test_what_is_refused_is_noted_and_the_room_goes_on(database: Database) -> None:
    server = Homeserver()
    server.answers["!a"] = [MatrixRefused("M_TOO_LARGE", 413)]
    await post(database, letter("!a", 0), letter("!a", 1))
    async with running(database, server) as office, asyncio.timeout(60):
        await emptied(office)
    assert server.said("!a") == ["n° 1"]
    assert await database.read(outbox.fate, "!a-0") == ("refused", None)


async def test_a_letter_that_our_code_cannot_send_does_not_block_its_room(database: Database) -> None:
    server = Homeserver()
    server.answers["!a"] = [ValueError()] * 3
    await post(database, letter("!a", 0), letter("!a", 1))
    async with running(database, server) as office, asyncio.timeout(60):
        await emptied(office)
    assert server.said("!a") == ["n° 1"]


async def test_a_letter_may_speak_of_an_earlier_one(database: Database) -> None:
    server = Homeserver()
    first = {"$event": "!a-0"}
    await post(
        database,
        letter("!b", 9, message.text("ailleurs", reply_to=first)),
        letter("!a", 0),
        letter("!a", 1, message.edit(first, message.text("mieux"))),
        letter("!a", 2, message.reaction(first, "✅"), "m.reaction"),
        letter("!a", 3, {"redacts": {"$event": "!a-2"}, "reason": "répondu"}, REDACTION),
        letter("!a", 4, message.reaction({"$event": "unknown"}, "✅"), "m.reaction"),
    )
    async with running(database, server) as office, asyncio.timeout(60):
        await emptied(office)
    contents = [content for room, _, content in server.events if room == "!a"]
    assert contents[1]["m.relates_to"]["event_id"] == "$!a-0:event"
    assert contents[2]["m.relates_to"]["event_id"] == "$!a-0:event"
    assert contents[3] == {"redacts": "$!a-2:event", "reason": "répondu"}
    assert len(contents) == 4
    [elsewhere] = [content for room, _, content in server.events if room == "!b"]
    assert elsewhere["m.relates_to"] == {"m.in_reply_to": {"event_id": "$!a-0:event"}}
    assert (await database.read(outbox.fate, "!a-4"))[0] == "refused"


async def test_killed_before_it_is_recorded_a_letter_is_sent_again_under_the_same_id(database: Database) -> None:
    server = Homeserver()
    await post(database, letter("!a", 0), letter("!a", 1))

    def crash() -> None:
        raise Killed

    database.before_commit = crash
    with pytest.raises(BaseExceptionGroup, match="unhandled"):
        await Outbox(server, database, noted_within=0.0).run()
    database.before_commit = lambda: None
    async with running(database, server) as office, asyncio.timeout(60):
        await emptied(office)
    assert server.requests == ["!a-0", "!a-0", "!a-1"]
    assert server.said("!a") == ["n° 0", "n° 1"]


class Unhurried:
    """Time that passes when it is told to: what is only noted after a while is not noted yet."""

    def __init__(self) -> None:
        self.passes = asyncio.Event()
        self.waits = asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.waits.set()
        await self.passes.wait()


@asynccontextmanager
async def sent_and_not_noted(database: Database, server: Homeserver, count: int) -> AsyncIterator[Outbox]:
    """Nobody waits for the letters, and no time passes."""
    writes = database.writes
    office = Outbox(server, database, clock=lambda: 7.0, sleep=Unhurried(), random=lambda: 0.0)
    task = asyncio.create_task(office.run())
    async with asyncio.timeout(60):
        while len(server.events) < count or len(office._sent) < count:
            await asyncio.sleep(0)
    assert database.writes == writes
    yield office
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_what_was_sent_is_noted_with_what_is_written_next(database: Database) -> None:
    server = Homeserver()
    await post(database, *(letter("!a", number) for number in range(3)))
    async with sent_and_not_noted(database, server, 3) as office:
        with office.noting() as note:
            await database.write(note)
        for number in range(3):
            assert await database.read(outbox.event_of, f"!a-{number}") == f"$!a-{number}:event"
        writes = database.writes
    assert database.writes == writes, "it is noted once"


async def test_nothing_is_looked_for_while_all_that_waits_is_to_be_noted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, looks = Homeserver(), list[str]()
    await post(database, letter("!a", 0), letter("!b", 0))
    async with sent_and_not_noted(database, server, 2) as office:
        office.poke()
        for _ in range(50):  # what was begun comes to its end
            await database.read(lambda tx: None)
        monkeypatch.setattr(outbox, "waiting", lambda tx, but: looks.append("waiting") or [])
        for _ in range(50):
            await database.read(lambda tx: None)
    assert looks == []


async def test_what_was_sent_is_noted_another_time_where_that_fails(database: Database) -> None:
    server = Homeserver()
    await post(database, letter("!a", 0))
    async with sent_and_not_noted(database, server, 1) as office:
        with suppress(Killed), office.noting():
            raise Killed
        async with asyncio.timeout(60):
            await emptied(office)
    assert server.requests == ["!a-0"]


async def test_whoever_waits_is_told_of_what_was_sent_before(database: Database) -> None:
    server = Homeserver()
    await post(database, letter("!a", 0))
    async with sent_and_not_noted(database, server, 1) as office, asyncio.timeout(60):
        await emptied(office)
        assert await database.read(outbox.event_of, "!a-0") == "$!a-0:event"


async def test_a_stop_in_order_notes_what_was_sent(database: Database) -> None:
    server = Homeserver()
    await post(database, letter("!a", 0))
    async with sent_and_not_noted(database, server, 1):
        pass
    assert await database.read(outbox.event_of, "!a-0") == "$!a-0:event"


async def test_after_a_while_what_was_sent_is_noted(database: Database) -> None:
    server, time = Homeserver(), Unhurried()
    await post(database, letter("!a", 0))
    task = asyncio.create_task(Outbox(server, database, sleep=time).run())
    async with asyncio.timeout(60):
        await time.waits.wait()
        assert await database.read(outbox.event_of, "!a-0") is None
        time.passes.set()
        while await database.read(outbox.event_of, "!a-0") is None:
            await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_killed_with_many_to_note_all_are_sent_again_once_and_in_order(database: Database) -> None:
    server = Homeserver()
    first = {"$event": "!a-0"}
    last = letter("!a", 2, message.reaction(first, "✅"), "m.reaction")
    await post(database, letter("!a", 0), letter("!a", 1, message.edit(first, message.text("mieux"))), last)

    def crash() -> None:
        raise Killed

    async def until_all_are_sent(seconds: float) -> None:
        while len(server.events) < 3:
            await asyncio.sleep(0)

    database.before_commit = crash
    with pytest.raises(BaseExceptionGroup, match="unhandled"):
        await Outbox(server, database, sleep=until_all_are_sent).run()
    assert [type for _, type, _ in server.events] == ["m.room.message", "m.room.message", "m.reaction"]
    database.before_commit = lambda: None
    async with running(database, server) as office, asyncio.timeout(60):
        await emptied(office)
    assert server.requests == ["!a-0", "!a-1", "!a-2"] * 2
    assert len(server.events) == 3
    assert [content["m.relates_to"]["event_id"] for _, _, content in server.events[1:]] == ["$!a-0:event"] * 2


async def test_of_many_letters_few_wait_to_be_noted(database: Database) -> None:
    """A process that dies sends few of them again."""
    server = Homeserver()
    await post(database, *(letter("!a", number) for number in range(UNNOTED * 2 + 1)))
    office = Outbox(server, database, sleep=Unhurried())
    task = asyncio.create_task(office.run())
    async with asyncio.timeout(60):
        while len(server.events) < UNNOTED * 2 + 1:
            await asyncio.sleep(0)
            assert len(office._sent) <= UNNOTED
    assert await database.read(outbox.event_of, f"!a-{UNNOTED * 2 - 1}") is not None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert server.said("!a") == [f"n° {number}" for number in range(UNNOTED * 2 + 1)]


async def test_a_full_disk_loses_nothing(database: Database) -> None:
    server = Homeserver()
    await post(database, letter("!a", 0))
    failures = iter([sqlite3.OperationalError("disk full")])

    def full() -> None:
        for failure in failures:
            raise failure

    database.before_commit = full
    async with running(database, server) as office, asyncio.timeout(60):
        await emptied(office)
    assert server.said("!a") == ["n° 0"]


async def test_a_revoked_token_ends_the_delivery(database: Database) -> None:
    server = Homeserver()
    server.answers["!a"] = [CredentialsRefused("matrix")]
    await post(database, letter("!a", 0))
    with pytest.raises(CredentialsRefused):
        await Outbox(server, database).run()
    assert await database.read(outbox.waiting) == [("!a", None)]


async def test_a_homeserver_that_limits_gets_everything_in_order(
    proxy: Proxy, synapse: Synapse, database: Database, person: Arrive, tmp_path: Path
) -> None:
    name, alix, admin = f"bot-{secrets.token_hex(4)}", await person("alix"), f"admin-{secrets.token_hex(4)}"
    bot, keeper = await synapse.register(name), await synapse.register(admin, admin=True)
    client = await Client.open(proxy.url, name, tmp_path / "client", password=f"password-of-{name}")
    rooms = [await alix.create_room(encrypted=hidden, preset="public_chat") for hidden in (False, True)]
    for room in rooms:
        await client.call("POST", path("join", room), {})
        await alix.next(room, lambda heard: heard.state_key == bot.user_id)
    limit = path("users", bot.user_id, "override_ratelimit", under="/_synapse/admin/v1")
    await synapse.call("POST", limit, {"messages_per_second": 4, "burst_count": 1}, token=keeper.access_token)
    await post(database, *(letter(room, number) for number in range(4) for room in rooms))
    delivery = asyncio.create_task((office := Outbox(client, database)).run())
    try:
        async with asyncio.timeout(60):
            await emptied(office)
        for room in rooms:
            await alix.next(room, "n° 3")
            assert [heard.body for heard in alix.messages(room)] == [f"n° {number}" for number in range(4)]
        assert proxy.count("/send/") > 8
    finally:
        delivery.cancel()
        await asyncio.gather(delivery, return_exceptions=True)
        await client.close()
