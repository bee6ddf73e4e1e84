"""Writes that wait at the same moment share a transaction, and nobody notices: whole, in order, each failing alone.

A group is made by holding the database's thread while writes gather.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from bot.store.database import Database, Tx
from tests.attacks.patterns import ROOT
from tests.stage.sudden_death import Dead, Mortal

NAMES = "SELECT name FROM lieux ORDER BY id"


def names(tx: Tx) -> list[str]:
    return [row["name"] for row in tx.execute(NAMES)]


def add(tx: Tx, name: str) -> list[str]:
    """Returns what was there before it."""
    before = names(tx)
    tx.execute("INSERT INTO lieux (space, name, created_at) VALUES (?, ?, 1)", (f"!{name}", name))
    return before


def fail(tx: Tx, name: str) -> None:
    """In the middle of its work."""
    add(tx, name)
    raise ValueError(name)


def fail_inside(tx: Tx, name: str) -> None:
    """Within a savepoint of its own."""
    add(tx, name)
    tx.execute("SAVEPOINT mine")
    fail(tx, f"{name}, inside")


def point_nowhere(tx: Tx) -> None:
    """What the COMMIT finds out."""
    tx.execute("PRAGMA defer_foreign_keys = ON")
    tx.execute("INSERT INTO members (lieu, person) VALUES (99, '@zoe:lieu.fr')")


@asynccontextmanager
async def gathering(database: Database) -> AsyncIterator[None]:
    """Writes that begin inside are one group."""
    held, gathered = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold(_: Tx) -> None:
        loop.call_soon_threadsafe(held.set)
        gathered.wait()

    holding = asyncio.create_task(database.read_aside(hold))
    await held.wait()
    try:
        yield
        await asyncio.sleep(0)  # each of them has its place now
    finally:
        gathered.set()
    await holding


async def test_a_group_is_one_transaction_in_order_with_the_result_of_each(database: Database) -> None:
    async with gathering(database):
        writes = [asyncio.create_task(database.write(add, str(n))) for n in range(5)]
    assert await asyncio.gather(*writes) == [[str(before) for before in range(n)] for n in range(5)]
    assert database.writes == 1
    assert await database.read(names) == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("failing", [fail, fail_inside])
@pytest.mark.parametrize("place", [0, 2, 4])
async def test_who_fails_takes_back_only_its_own_work(database: Database, failing: object, place: int) -> None:
    works = [failing if n == place else add for n in range(5)]
    async with gathering(database):
        writes = [asyncio.create_task(database.write(work, str(n))) for n, work in enumerate(works)]  # type: ignore[arg-type]
    ended = await asyncio.gather(*writes, return_exceptions=True)
    assert [n for n, end in enumerate(ended) if isinstance(end, ValueError)] == [place]
    assert await database.read(names) == [str(n) for n in range(5) if n != place]
    assert database.writes == 1


async def test_a_group_of_failures_is_no_transaction(database: Database) -> None:
    async with gathering(database):
        writes = [asyncio.create_task(database.write(fail, str(n))) for n in range(3)]
    ended = await asyncio.gather(*writes, return_exceptions=True)
    assert [str(end) for end in ended] == ["0", "1", "2"], "each hears of its own"
    assert (await database.read(names), database.writes) == ([], 0)
    await database.write(add, "La Rosée")
    assert await database.read(names) == ["La Rosée"]


async def test_a_commit_that_fails_is_told_to_all_and_leaves_nothing(database: Database) -> None:
    async with gathering(database):
        writes = [asyncio.create_task(database.write(work)) for work in (partial(add, name="La Rosée"), point_nowhere)]
    ended = await asyncio.gather(*writes, return_exceptions=True)
    assert [type(end) for end in ended] == [sqlite3.IntegrityError] * 2
    assert (await database.read(names), database.writes) == ([], 0)
    await database.write(add, "Le Phare")
    assert await database.read(names) == ["Le Phare"]


async def test_a_disk_that_is_full_in_the_middle_of_a_group_is_told_to_all(database: Database) -> None:
    """SQLite takes back the whole transaction by itself then (but not where a table has triggers)."""

    def remember(tx: Tx, name: str) -> None:
        tx.execute("INSERT INTO people (person) VALUES (?)", (name,))

    pages = await database.read(lambda tx: tx.execute("PRAGMA page_count").fetchone()[0])
    await database.read_aside(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages}"))
    told: list[str] = []
    database.condition.told = lambda file, words: told.append(words)
    async with gathering(database):
        writes = [asyncio.create_task(database.write(remember, name)) for name in ("@anne", "x" * 9**6, "@zoe")]
    ended = await asyncio.gather(*writes, return_exceptions=True)
    assert ["full" in str(end) for end in ended] == [True] * 3
    assert ["no room left" in words for words in told] == [True]
    await database.read_aside(lambda tx: tx.execute("PRAGMA max_page_count = 1000000"))
    await database.write(remember, "@zoe")
    assert await database.read(lambda tx: [*map(tuple, tx.execute("SELECT person FROM people"))]) == [("@zoe",)]
    assert told[1:] == [""]


async def test_one_that_is_cancelled_changes_nothing_for_the_others(database: Database) -> None:
    async with gathering(database):
        writes = [asyncio.create_task(database.write(add, str(n))) for n in range(4)]
        await asyncio.sleep(0)
        writes[0].cancel()
        writes[2].cancel()
    ended = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(end, asyncio.CancelledError) for end in ended] == [True, False, True, False]
    assert await database.read(names) == ["0", "1", "2", "3"], "what began to wait is done, as one that is told of it"


async def test_what_waits_is_written_before_the_file_is_closed(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "bot.sqlite")
    async with gathering(database):
        writes = [asyncio.create_task(database.write(add, str(n))) for n in range(3)]
        await asyncio.sleep(0)
        closing = asyncio.create_task(database.close())
    await asyncio.gather(closing, *writes)
    for late in (database.write(add, "late"), database.read(names), database.read_aside(names)):
        with pytest.raises(ValueError, match="closed"):
            await late
    again = await Database.open(tmp_path / "bot.sqlite")
    assert await again.read(names) == ["0", "1", "2"]
    await again.close()


# -- reads


async def test_a_read_sees_what_was_awaited_and_never_half_of_a_group(database: Database) -> None:
    """One by one it looks while a group is in the middle of its work, from beside it."""
    loop, seen = asyncio.get_running_loop(), list[list[str]]()
    await database.write(add, "awaited")

    def add_and_let_look(tx: Tx, name: str) -> None:
        add(tx, name)
        asyncio.run_coroutine_threadsafe(look(), loop).result()

    async def look() -> None:
        seen.append(await database.read(names))

    async with gathering(database):
        writes = [asyncio.create_task(database.write(add_and_let_look, name)) for name in "abc"]
    await asyncio.gather(*writes)
    assert seen == [["awaited"]] * 3
    assert await database.read(names) == ["awaited", "a", "b", "c"]


async def test_a_read_is_of_one_moment(database: Database) -> None:
    """What is committed while it looks is for the next one."""

    def look(tx: Tx) -> tuple[list[str], list[str]]:
        before = names(tx)
        beside = sqlite3.connect(database.path, isolation_level=None)
        beside.execute("INSERT INTO lieux (space, name, created_at) VALUES ('!a', 'La Rosée', 1)")
        beside.close()
        return before, names(tx)

    assert await database.read(look) == ([], [])
    assert await database.read(names) == ["La Rosée"]


async def test_a_read_that_failed_with_an_unfinished_look_does_not_keep_the_past(database: Database) -> None:
    for name in ("La Rosée", "Le Phare"):
        await database.write(add, name)

    def stumble(tx: Tx) -> None:
        unfinished = tx.execute(NAMES)
        raise ValueError(unfinished.fetchone()["name"])

    with pytest.raises(ValueError, match="La Rosée") as kept:
        await database.read(stumble)
    await database.write(add, "Le Moulin")
    assert await database.read(names) == ["La Rosée", "Le Phare", "Le Moulin"], kept


def in_the_frame_of_an_earlier_error(tx: Tx) -> None:
    def look() -> None:
        unfinished = tx.execute(NAMES)
        raise KeyError(unfinished.fetchone()["name"])

    try:
        look()
    except KeyError as error:
        raise ValueError("refused") from error


def in_what_is_returned(tx: Tx) -> sqlite3.Cursor:
    unfinished = tx.execute(NAMES)
    unfinished.fetchone()
    return unfinished


def in_a_circle(tx: Tx) -> None:
    circle: list[object] = [in_what_is_returned(tx)]
    circle.append(circle)


@pytest.mark.parametrize("keep", [in_the_frame_of_an_earlier_error, in_what_is_returned, in_a_circle])
async def test_an_unfinished_look_that_is_kept_does_not_keep_the_past(
    database: Database, keep: Callable[[Tx], object]
) -> None:
    for name in ("La Rosée", "Le Phare"):
        await database.write(add, name)
    [kept] = await asyncio.gather(database.read(keep), return_exceptions=True)
    await database.write(add, "Le Moulin")
    assert await database.read(names) == ["La Rosée", "Le Phare", "Le Moulin"], kept
    busy = await database.read_aside(lambda tx: tx.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0])
    assert busy == 0, "the WAL can begin anew"


async def test_a_read_writes_nothing(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.read(add, "La Rosée")
    assert await database.read(names) == []


# -- deaths


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("deadly", range(1, 6))
async def test_tests_die_at_every_write_of_a_group(tmp_path: Path, deadly: int, *, after: bool) -> None:
    """Sharing a transaction spares no test a death: what came before the deadly one is on disk and told."""
    mortal = Mortal.another()
    database = await mortal.open(tmp_path / "bot.sqlite")
    mortal.dies_at(deadly, after=after)
    async with gathering(database):
        writes = [asyncio.create_task(database.write(add, str(n))) for n in range(1, 6)]
    ended = await asyncio.gather(*writes, return_exceptions=True)
    assert [isinstance(end, Dead) for end in ended] == [n >= deadly for n in range(1, 6)]
    assert await database.read(names) == [str(n) for n in range(1, deadly + after)]
    await database.close()


# A bot that has written « told », and is killed in the middle of a group, by its second member or at its COMMIT.
KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from bot.store.database import Database
from tests.store.test_group_commit import add, gathering

def kill(*_):
    os.kill(os.getpid(), signal.SIGKILL)

async def live():
    database = await Database.open(Path(sys.argv[1]))
    await database.write(add, "told")
    print("told", flush=True)
    async with gathering(database):
        works = [add, kill if sys.argv[2] == "between" else add, add]
        writes = [asyncio.create_task(database.write(work, str(n))) for n, work in enumerate(works)]
        if sys.argv[2] == "commit":
            database.before_commit = kill
    await asyncio.gather(*writes)

asyncio.run(live())
"""


@pytest.mark.parametrize("when", ["between", "commit"])
async def test_a_kill_in_the_middle_of_a_group_leaves_nothing_of_it_and_all_that_was_told(
    tmp_path: Path, when: str
) -> None:
    words = (sys.executable, "-c", KILLED, str(tmp_path / "bot.sqlite"), when)
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stdout=pipe, stderr=pipe)
    said, complained = await process.communicate()
    assert (process.returncode, said) == (-signal.SIGKILL, b"told\n"), complained
    database = await Database.open(tmp_path / "bot.sqlite")
    assert await database.read(names) == ["told"]
    await database.close()
