"""Eve finds words that kill the process (or the watchdog does, because it stands still): each start reads them again.

The third death is the last one: the message is set aside, the operator is told once, and the others are answered. But
a service that is away for days, through as many restarts as one likes, costs nobody their message.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.operator.aside_list import listed, release
from bot.store import inbox
from bot.store.attempts import Attempts, attempts_beside
from bot.store.backlog import counts
from bot.store.database import Database, Tx
from bot.store.read_only import open_read_only
from bot.talk.inbox_worker import InboxWorker
from tests.attacks.lives import EVENTS, POISON
from tests.attacks.patterns import ROOT

pytestmark = pytest.mark.sampled(2)

WITHIN = 60.0


async def begin(folder: Path, how: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    words = (sys.executable, "-m", "tests.attacks.lives", str(folder), how)
    return await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=pipe, stderr=pipe)


ENDS = {"crashes": -signal.SIGSEGV, "fails at a start": 1}


async def lives(folder: Path, how: str) -> tuple[int, list[dict[str, Any]]]:
    """How often it died before it came to an end, and all that it logged."""
    deaths, lines = 0, []
    while deaths < 10:
        process = await begin(folder, how)
        async with asyncio.timeout(WITHIN):
            _, told = await process.communicate()
        lines += [json.loads(line) for line in told.decode().splitlines() if line.startswith("{")]
        if process.returncode == 0:
            break
        assert process.returncode == ENDS.get(how, -signal.SIGKILL), told.decode()
        deaths += 1
    return deaths, lines


async def statuses(folder: Path) -> dict[str, str]:
    def read(tx: Tx) -> dict[str, str]:
        return {row["event_id"]: row["status"] for row in tx.execute("SELECT event_id, status FROM inbox")}

    database = await Database.open(folder / "bot.sqlite")
    try:
        return await database.read(read)
    finally:
        await database.close()


@pytest.mark.parametrize("how", ["kills", "kills late", "crashes"])
async def test_a_message_that_kills_is_set_aside_and_all_others_are_answered(tmp_path: Path, how: str) -> None:
    """Also those that were being understood in other rooms whenever the process died."""
    deaths, lines = await lives(tmp_path, how)
    assert deaths == 3
    assert await statuses(tmp_path) == {event_id: "done" for event_id, _ in EVENTS} | {POISON: "aside"}
    told = [line for line in lines if line["event"] == "event set aside"]
    assert [(line["level"], line["event_id"]) for line in told] == [("error", POISON)]
    database = await Database.open(tmp_path / "bot.sqlite")
    assert (await database.read(counts))["aside"] == 1, "what /metrics and `doctor` show"
    await database.close()


@pytest.mark.parametrize("how", ["dies at a start", "fails at a start"])
async def test_what_the_bot_does_by_itself_and_dies_of_is_left_alone(tmp_path: Path, how: str) -> None:
    """And nothing else that it was doing at those moments."""
    deaths, lines = await lives(tmp_path, how)
    assert deaths == 3
    assert {*(await statuses(tmp_path)).values()} == {"done"}
    assert [line["part"] for line in lines if line["event"] == "part set aside"] == ["upgraded rooms"]
    assert [line.partition(": ") for line in await listed(tmp_path)] == [
        ("1  part upgraded rooms", ": ", "the bot died of it three times")
    ]
    assert "the next start does that again" in await release(tmp_path, 1)
    assert (await lives(tmp_path, "well"))[0] == 0
    assert await listed(tmp_path) == ["Nothing is aside."]


async def test_what_kills_as_it_is_decrypted_stays_closed(tmp_path: Path) -> None:
    """What was being understood in those moments had nothing to do with it."""
    assert (await lives(tmp_path, "dies reading"))[0] == 3
    assert await statuses(tmp_path) == {event_id: "done" for event_id, _ in EVENTS}
    assert [line.split(": ")[0] for line in await listed(tmp_path)] == [f"1  part reading {POISON}"]
    async with open_read_only(tmp_path / "bot.sqlite") as database:
        tries = await database.read(lambda tx: [row["tries"] for row in tx.execute("SELECT tries FROM inbox")])
    assert tries == [0] * len(EVENTS)


@pytest.mark.full
async def test_ten_deaths_while_a_service_is_away_set_nothing_aside(tmp_path: Path) -> None:
    """The machine is restarted, hard, again and again, during an outage of three days."""
    for _ in range(10):
        process = await begin(tmp_path, "away")
        assert process.stdout is not None
        async with asyncio.timeout(WITHIN):
            waiting = {(await process.stdout.readline()).decode().strip() for _ in range(3)}
        assert waiting == {f"waits {event_id}" for event_id in (POISON, "$elsewhere", "$there")}
        process.kill()
        await process.communicate()
    assert await lives(tmp_path, "well") == (0, [])
    assert {*(await statuses(tmp_path)).values()} == {"done"}


@pytest.fixture
async def one(tmp_path: Path) -> Any:
    database = await Database.open(tmp_path / "bot.sqlite")
    event = inbox.Event("$e", "!r", "@zoe:lieu.fr", 1, "m.room.message", {"body": "oui"})
    await database.write(inbox.receive, [event], None, 1)
    yield database
    await database.close()


async def at_once(true: Any) -> None:
    assert await true()


async def test_a_stop_in_order_is_no_try(one: Database) -> None:
    attempts, under_way = attempts_beside(one), asyncio.Event()

    async def understand(_event: inbox.Event) -> bool:
        under_way.set()
        await asyncio.Event().wait()
        return True

    hearing = InboxWorker(one, understand, asyncio.Event(), at_once, attempts)
    await hearing.take()
    await under_way.wait()
    assert attempts_beside(one).left() == ["event $e"], "what a death would leave behind"
    await hearing.close()
    assert attempts_beside(one).left() == []


async def test_what_only_waits_is_no_try(tmp_path: Path) -> None:
    """A service hangs, without an answer: a process that is killed meanwhile was not killed by the message."""
    attempts = Attempts(tmp_path / "attempts")
    with attempts.trying("event $e", alone=0.0):
        assert Attempts(tmp_path / "attempts").left() == ["event $e"]
        while Attempts(tmp_path / "attempts").left():
            await asyncio.sleep(0)
    assert Attempts(tmp_path / "attempts").left() == []


@pytest.mark.parametrize("told", [b"", b"nonsense", b"00000009[1]", b"00000003[1]", b"00000007{}"])
def test_a_file_that_is_damaged_says_nothing(tmp_path: Path, told: bytes) -> None:
    (tmp_path / "attempts").write_bytes(told)
    assert Attempts(tmp_path / "attempts").left() == []


async def test_a_conversation_that_kills_is_stopped_and_its_person_is_told(tmp_path: Path) -> None:
    deaths, lines = await lives(tmp_path, "converses")
    assert deaths == 4  # the first one, in which it began, and three starts
    stopped = [line for line in lines if line["event"] == "conversation stopped"]
    assert [(line["dialogue"], line["error"]) for line in stopped] == [("deadly", "Deadly")]
    database = await Database.open(tmp_path / "bot.sqlite")
    ends = await database.read(lambda tx: dict(map(tuple, tx.execute("SELECT dialogue, status FROM conversations"))))
    told = await database.read(lambda tx: [row["room_id"] for row in tx.execute("SELECT room_id FROM outbox")])
    await database.close()
    assert ends == {"deadly": "stopped", "harmless": "done"}
    assert told == ["!deadly"]
