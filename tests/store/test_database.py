"""One file, one writer: whole transactions, numbered migrations, one process, a backup while running."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from importlib.resources import files
from pathlib import Path

import pytest

from bot.errors import AlreadyRunning, FromTheFuture, NotMigrated
from bot.store import database as module
from bot.store import inbox
from bot.store.database import Database, Tx


def names(tx: Tx) -> list[str]:
    return [row["name"] for row in tx.execute("SELECT name FROM lieux ORDER BY id")]


def add(tx: Tx, name: str, *, fails: bool = False) -> None:
    tx.execute("INSERT INTO lieux (space, name, created_at) VALUES (?, ?, 1)", (f"!{name}", name))
    if fails:
        raise ValueError(name)


async def test_a_write_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ValueError, match="Le Phare"):
        await database.write(add, "Le Phare", fails=True)
    await database.write(add, "La Rosée")
    assert await database.read(names) == ["La Rosée"]
    assert database.writes == 1


async def test_a_failure_takes_no_other_write_with_it(database: Database) -> None:
    writes = [database.write(add, str(n), fails=n % 3 == 0) for n in range(12)]
    await asyncio.gather(*writes, return_exceptions=True)
    assert await database.read(names) == [str(n) for n in range(12) if n % 3]


async def test_a_death_before_the_commit_leaves_nothing(database: Database) -> None:
    def die() -> None:
        raise KeyboardInterrupt

    database.before_commit = die
    with pytest.raises(KeyboardInterrupt):
        await database.write(add, "La Rosée")
    database.before_commit = lambda: None
    assert await database.read(names) == []


async def test_a_second_process_is_refused_and_the_file_is_free_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite"
    first = await Database.open(path)
    with pytest.raises(AlreadyRunning):
        await Database.open(path)
    await first.close()
    await (await Database.open(path)).close()


async def test_a_file_from_the_future_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite"
    await (await Database.open(path)).close()
    with sqlite3.connect(path) as plain:
        plain.execute("PRAGMA user_version = 99")
    plain.close()
    with pytest.raises(FromTheFuture):
        await Database.open(path)
    again = sqlite3.connect(path)
    assert again.execute("PRAGMA user_version").fetchone() == (99,)
    again.close()


async def test_an_older_file_is_copied_then_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, scripts = tmp_path / "bot.sqlite", module.migrations()
    old = await Database.open(path)
    await old.write(add, "La Rosée")
    await old.close()
    monkeypatch.setattr(module, "migrations", lambda: [*scripts, "CREATE TABLE plus (n INTEGER) STRICT"])
    new = await Database.open(path)
    assert await new.read(names) == ["La Rosée"]
    assert await new.read(lambda tx: tx.execute("SELECT count(*) FROM plus").fetchone()[0]) == 0
    await new.close()
    copy = sqlite3.connect(path.with_suffix(f".before-{len(scripts) + 1}"))
    assert copy.execute("PRAGMA user_version").fetchone() == (len(scripts),)
    copy.close()


def test_a_migration_is_called_by_its_number() -> None:
    """It is counted by its place: one that filled a hole would shift those behind it."""
    names = sorted(file.name for file in (files("bot.store") / "migrations").iterdir() if file.name.endswith(".sql"))
    assert [int(name[:4]) for name in names] == [*range(1, len(names) + 1)]


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, scripts = tmp_path / "bot.sqlite", module.migrations()
    await (await Database.open(path)).close()
    broken = "CREATE TABLE plus (n INTEGER) STRICT; INSERT INTO nowhere VALUES (1)"
    monkeypatch.setattr(module, "migrations", lambda: [*scripts, broken])
    with pytest.raises(NotMigrated):
        await Database.open(path)
    monkeypatch.setattr(module, "migrations", lambda: scripts)
    database = await Database.open(path)
    assert (
        await database.read(lambda tx: tx.execute("SELECT name FROM sqlite_master WHERE name = 'plus'").fetchall())
        == []
    )
    await database.close()


async def test_a_backup_is_whole_while_the_bot_writes(database: Database, tmp_path: Path) -> None:
    await database.write(add, "La Rosée")
    await asyncio.gather(database.backup(tmp_path / "copy.sqlite"), *(database.write(add, str(n)) for n in range(20)))
    copy = sqlite3.connect(tmp_path / "copy.sqlite")
    copy.row_factory = sqlite3.Row
    assert "La Rosée" in names(copy)
    assert copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    copy.close()


async def test_only_its_owner_reads_the_file(database: Database, tmp_path: Path) -> None:
    assert (tmp_path / "bot.sqlite").stat().st_mode & 0o777 == 0o600


async def test_an_event_and_its_token_are_kept_together_or_not_at_all(database: Database) -> None:
    event = inbox.Event("$a", "!r", "@zoe:lieu.fr", 1, "m.room.message", {"body": "Bonjour"})
    assert await database.write(inbox.receive, [event], "s1", 5) == 1
    assert await database.write(inbox.receive, [event], "s2", 6) == 0
    assert await database.read(inbox.token) == "s2"
    assert [each.content for each in await database.read(inbox.waiting)] == [{"body": "Bonjour"}]
    await database.write(inbox.done, "$a")
    assert await database.write(inbox.receive, [event], "s3", 7) == 0
    assert await database.read(inbox.waiting) == []


async def test_several_migrations_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the copy of a file that stopped half-way would take the place of the one from before them all."""
    scripts = module.migrations()
    await (await Database.open(tmp_path / "bot.sqlite")).close()
    monkeypatch.setattr(module, "migrations", lambda: [*scripts, "CREATE TABLE one (a)", "CREATE TABLE one (a)"])
    with pytest.raises(NotMigrated):
        await Database.open(tmp_path / "bot.sqlite")
    with closing(sqlite3.connect(tmp_path / "bot.sqlite")) as left:
        assert left.execute("PRAGMA user_version").fetchone() == (len(scripts),)
