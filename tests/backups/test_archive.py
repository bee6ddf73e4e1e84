"""Backup and restore: whole, private, while somebody writes, and never over something."""

from __future__ import annotations

import asyncio
import io
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backups.archive import BackupFailed, backup, restore
from bot.errors import AlreadyRunning, FromTheFuture
from bot.store import rooms
from bot.store.database import Database, Tx

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PARTS = {
    "crypto/devices.txt": b"fingerprints",
    "seeds.json": b'{"master": "s"}',
    "pickle.key": b"key",
    "session.json": b'{"token": "t"}',
}


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A folder of data as a bot leaves it, with its crypto store (another SQLite file)."""
    folder = tmp_path / "data"
    await (await Database.open(folder / "bot.sqlite")).close()
    (folder / "crypto").mkdir()
    for name, content in PARTS.items():
        (folder / name).write_bytes(content)
    with closing(sqlite3.connect(folder / "crypto" / "bot.db")) as crypto:
        crypto.executescript("CREATE TABLE sessions (id INTEGER); INSERT INTO sessions VALUES (1), (2);")
    return folder


def repacked(source: Path, target: Path, **changes: bytes | None) -> Path:
    """The same tar with some members replaced (or left out: None)."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        members = {member.name: old.extractfile(member).read() for member in old}
        for name, content in (members | changes).items():
            if content is not None:
                member = tarfile.TarInfo(name)
                member.size = len(content)
                new.addfile(member, io.BytesIO(content))
    return target


async def test_everything_comes_back(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "b.tar", NOW)
    restore(tmp_path / "b.tar", tmp_path / "again")
    assert {name: (tmp_path / "again" / name).read_bytes() for name in PARTS} == PARTS
    with closing(sqlite3.connect(tmp_path / "again" / "crypto" / "bot.db")) as crypto:
        assert crypto.execute("SELECT count(*) FROM sessions").fetchone() == (2,)
    await (await Database.open(tmp_path / "again" / "bot.sqlite")).close()


async def test_only_the_owner_can_read_it(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "b.tar", NOW)
    restore(tmp_path / "b.tar", tmp_path / "again")
    files = [tmp_path / "b.tar", *(path for path in (tmp_path / "again").rglob("*") if path.is_file())]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert (tmp_path / "again").stat().st_mode & 0o777 == 0o700


def note_two(tx: Tx, number: int) -> None:
    rooms.joined(tx, f"!a{number}", number)
    rooms.joined(tx, f"!b{number}", number)


async def test_a_copy_made_while_somebody_writes_is_whole(data: Path, tmp_path: Path) -> None:
    database = await Database.open(data / "bot.sqlite")
    wrote = asyncio.Event()

    async def write_on() -> None:
        for number in range(100_000):
            await database.write(note_two, number)
            wrote.set()

    writer = asyncio.create_task(write_on())
    for number in range(3):
        wrote.clear()
        await wrote.wait()
        await asyncio.to_thread(backup, data, tmp_path / f"{number}.tar", NOW)
    writer.cancel()
    await asyncio.gather(writer, return_exceptions=True)
    await database.close()
    counted = [await count_rooms(tmp_path, number) for number in range(3)]
    assert all(count and count % 2 == 0 for count in counted), counted
    assert counted == sorted(set(counted)), "the writer was writing"


async def count_rooms(folder: Path, number: int) -> int:
    restore(folder / f"{number}.tar", folder / f"again{number}")
    again = await Database.open(folder / f"again{number}" / "bot.sqlite")
    found = await again.read(rooms.here)
    await again.close()
    return len(found)


async def test_it_never_writes_over_data(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "b.tar", NOW)
    before = sorted(path.name for path in data.iterdir())
    with pytest.raises(BackupFailed, match="is not empty"):
        restore(tmp_path / "b.tar", data)
    assert sorted({path.name for path in data.iterdir()} - {"bot.lock"}) == [n for n in before if n != "bot.lock"]


async def test_it_leaves_a_running_bot_alone(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "b.tar", NOW)
    database = await Database.open(tmp_path / "other" / "bot.sqlite")
    with pytest.raises(AlreadyRunning):
        restore(tmp_path / "b.tar", tmp_path / "other")
    await database.close()


async def test_nothing_is_written_from_a_file_that_is_not_whole(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "b.tar", NOW)
    changed = repacked(tmp_path / "b.tar", tmp_path / "changed.tar", **{"pickle.key": b"another"})
    without = repacked(tmp_path / "b.tar", tmp_path / "without.tar", **{"seeds.json": None})
    (tmp_path / "cut.tar").write_bytes((tmp_path / "b.tar").read_bytes()[:3000])
    (tmp_path / "noise.tar").write_bytes(b"not a backup" * 100)
    for wrong in (changed, without, tmp_path / "cut.tar", tmp_path / "noise.tar", tmp_path / "absent.tar"):
        with pytest.raises(BackupFailed):
            restore(wrong, tmp_path / "again")
    assert not (tmp_path / "again").exists()


async def test_no_name_leads_out_of_the_folder(data: Path, tmp_path: Path) -> None:
    (data / "crypto" / "x").write_bytes(b"x")
    backup(data, tmp_path / "b.tar", NOW)
    with tarfile.open(tmp_path / "b.tar") as tar:
        manifest = tar.extractfile("manifest.json").read().replace(b"crypto/x", b"../escaped")
    names = {"crypto/x": None, "../escaped": b"x", "manifest.json": manifest}
    with pytest.raises(BackupFailed, match="is not a backup"):
        restore(repacked(tmp_path / "b.tar", tmp_path / "evil.tar", **names), tmp_path / "in" / "again")
    assert not (tmp_path / "in").exists()


async def test_a_newer_programs_backup_is_refused(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "bot.sqlite")) as database:
        database.execute("PRAGMA user_version = 999")
    backup(data, tmp_path / "b.tar", NOW)
    with pytest.raises(FromTheFuture):
        restore(tmp_path / "b.tar", tmp_path / "again")


async def test_a_damaged_database_is_said_and_the_last_backup_kept(data: Path, tmp_path: Path) -> None:
    backup(data, tmp_path / "b.tar", NOW)
    good = (tmp_path / "b.tar").read_bytes()
    store = data / "crypto" / "bot.db"
    store.write_bytes(store.read_bytes()[:4096] + b"\xff" * 4096)
    with pytest.raises(BackupFailed, match="keep the last good backup"):
        backup(data, tmp_path / "b.tar", NOW)
    assert (tmp_path / "b.tar").read_bytes() == good
    assert list(tmp_path.glob(".b.tar*")) == []


async def test_a_folder_that_is_a_disk_of_its_own_is_empty(data: Path, tmp_path: Path) -> None:
    """Where it begins lies what nobody can move away, and what e2fsck found there is none of ours."""
    (tmp_path / "disk" / "lost+found").mkdir(parents=True)
    (data / "lost+found").mkdir()
    (data / "lost+found" / "#11").write_bytes(b"half of a file")
    backup(data, tmp_path / "copy.tar", NOW)
    restore(tmp_path / "copy.tar", tmp_path / "disk")
    assert (tmp_path / "disk" / "bot.sqlite").exists()
    assert list((tmp_path / "disk" / "lost+found").iterdir()) == []


async def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="nothing to back up"):
        backup(tmp_path, tmp_path / "b.tar", NOW)
