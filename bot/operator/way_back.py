"""Back to the data as they were before a newer program brought them up to date: the copy that it kept beside them."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from bot.errors import AlreadyRunning, DataUnusable
from bot.store.data_folder import DATABASE, LOCK, is_copy, look
from bot.store.data_trouble import opening
from bot.store.database import migrations

BESIDE = ("", "-wal", "-shm")  # of a database: its file, and those of SQLite that belong to it


def is_kept(source: Path, folder: Path) -> bool:
    """Whether this is one of the copies that lie in the data folder."""
    return is_copy(source) and source.is_file() and source.resolve().parent == folder.resolve()


def go_back(copy: Path, folder: Path) -> Path:
    """Put this copy in the place of the database, with the bot stopped; gives where that one, if any, is kept now.

    Whatever a death leaves half-way is told at the next start, and is mended by doing it again. Raises AlreadyRunning,
    FromTheFuture and DataUnusable before anything is changed.
    """
    with opening(folder), (folder / LOCK).open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(f"a conciergerie runs on {folder}: stop it, then go back") from None
        with opening(copy):
            look(copy, migrations=len(migrations()))
            with closing(sqlite3.connect(f"{copy.resolve().as_uri()}?mode=ro", uri=True)) as database:
                if database.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
                    raise DataUnusable(f"{copy} is damaged: restore your last backup into an empty folder instead")
        fresh, kept = folder / f"{DATABASE}.new", _aside(folder)
        shutil.copyfile(copy, fresh)
        fresh.chmod(0o600)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        for part in BESIDE:
            if (there := folder / f"{DATABASE}{part}").exists():
                there.replace(f"{kept}{part}")
        fresh.replace(folder / DATABASE)
    return kept


def _aside(folder: Path) -> Path:
    """Where the database goes, by its version, which may be newer than we are; or went, where a death came after."""
    database, name = folder / DATABASE, "bot.before-going-back-{}.sqlite"
    if not database.exists():
        gone = sorted(folder.glob(name.format("*")), key=lambda path: path.stat().st_mtime)
        return gone[-1] if gone else folder / name.format(0)
    with closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=rw", uri=True, timeout=5)) as opened:
        return folder / name.format(opened.execute("PRAGMA user_version").fetchone()[0])
