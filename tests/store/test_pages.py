"""What a command writes to the disk is counted in pages: small ones, also in files that were begun with larger ones."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.store import database as module
from bot.store import inbox, outbox
from bot.store.database import PAGE_SIZE, Database, Tx, migrations
from bot.store.inbox import Event
from bot.store.outbox import Letter

AT = Event("$a", "!r:lieu.fr", "@zoe:lieu.fr", 1, "m.room.message", {"body": "Bonjour"})


def begun_with(page_size: int, path: Path) -> None:
    """By the program as it was before the pages were small, with an event that waits, and one that cannot be read."""
    with closing(sqlite3.connect(path)) as old:
        old.executescript(f"PRAGMA page_size = {page_size}; PRAGMA journal_mode = WAL")
        old.create_function("link", 6, lambda *told: "", deterministic=True)
        for number, script in enumerate(migrations()[:25], 1):
            old.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")
        inbox.receive(old, [AT, Event("$b", *_rest(AT), readable=False)], "s1", 5)
        old.commit()


def _rest(event: Event) -> tuple[Any, ...]:
    return event.room_id, event.sender, event.ts, event.type, event.content


def sizes(tx: Tx) -> tuple[int, str]:
    return tx.execute("PRAGMA page_size").fetchone()[0], tx.execute("PRAGMA journal_mode").fetchone()[0]


def inboxes(tx: Tx) -> list[list[str]]:
    return [[event.event_id for event in look(tx)] for look in (inbox.waiting, inbox.unread)]


async def test_a_new_file_has_small_pages(database: Database) -> None:
    assert await database.read_aside(sizes) == (PAGE_SIZE, "wal")


async def test_a_file_of_large_pages_is_rebuilt_with_all_that_is_in_it(tmp_path: Path) -> None:
    begun_with(4096, path := tmp_path / "bot.sqlite")
    for _ in range(2):
        database = await Database.open(path)
        assert await database.read_aside(sizes) == (PAGE_SIZE, "wal")
        assert await database.read(inboxes) == [["$a"], ["$b"]]
        assert await database.read(inbox.token) == "s1"
        assert (await database.read(lambda tx: tx.execute("PRAGMA integrity_check").fetchone()))[0] == "ok"
        await database.close()


async def test_a_file_at_which_somebody_looks_is_rebuilt_the_next_time(tmp_path: Path) -> None:
    begun_with(4096, path := tmp_path / "bot.sqlite")
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM inbox").fetchone() == (2,)
        database = await Database.open(path)
        assert await database.read_aside(sizes) == (4096, "wal")
        await database.write(inbox.done, "$a")
        await database.close()
    database = await Database.open(path)
    assert await database.read_aside(sizes) == (PAGE_SIZE, "wal")
    assert await database.read(inboxes) == [[], ["$b"]]
    await database.close()


async def test_a_file_that_cannot_be_rebuilt_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that has no room for two of them is no reason not to begin."""
    begun_with(4096, path := tmp_path / "bot.sqlite")
    monkeypatch.setattr(module, "REBUILDING", module.REBUILDING.replace("VACUUM", "VACUUM INTO '/dev/full'"))
    database = await Database.open(path)
    assert await database.read_aside(sizes) == (4096, "wal")
    assert await database.read(inboxes) == [["$a"], ["$b"]]
    await database.close()


# An event, from the sync to the answer that was sent: which pages a transaction may touch, each once.
STEPS: dict[str, tuple[Callable[[Tx], Any], set[str]]] = {
    "received": (
        lambda tx: inbox.receive(tx, [AT], "s1", 5),
        {"inbox", "sqlite_autoindex_inbox_1", "inbox_by_room", "sync"},
    ),
    "understood": (lambda tx: inbox.done(tx, "$a"), {"inbox", "inbox_by_room"}),
    "answered": (
        lambda tx: outbox.post(tx, Letter("!r:lieu.fr", "t1", "m.room.message", {"body": "Bonjour"}), 1),
        {"outbox", "sqlite_autoindex_outbox_1", "outbox_waiting", "outbox_conversation"},
    ),
    "sent": (lambda tx: outbox.sent(tx, 1, "$b", 2), {"outbox", "outbox_waiting", "outbox_event"}),
}


async def test_no_page_is_touched_in_vain(database: Database) -> None:
    wal = database.path.with_name("bot.sqlite-wal")
    for step, (work, meant) in STEPS.items():
        await database.read_aside(lambda tx: tx.execute("PRAGMA wal_checkpoint(RESTART)").fetchall())
        await database.write(work)
        told = wal.read_bytes()
        salt, frames = told[16:24], list[int]()
        for at in range(32, len(told), 24 + PAGE_SIZE):
            if told[at + 8 : at + 16] == salt:  # those before are of an earlier round
                frames.append(int.from_bytes(told[at : at + 4], "big"))
        names = dict(await database.read(lambda tx: tx.execute("SELECT pageno, name FROM dbstat").fetchall()))
        assert sorted(names[page] for page in frames) == sorted(meant), step
