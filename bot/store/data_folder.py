"""The data folder: what belongs together in it. A part of it is no bot, and must not become one without a word."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from zlib import crc32

from bot.errors import DataUnusable, FromTheFuture

from .data_trouble import AWAY

DATABASE, LOCK = "bot.sqlite", "bot.lock"
ATTEMPTS, STARTS = "bot.attempts", "bot.starts"  # of the process that runs
SESSION, PICKLE, CRYPTO, SEEDS = "session.json", "pickle.key", "crypto.db", "seeds.json"
KEYS = (SESSION, PICKLE, CRYPTO, SEEDS)
WORKSHOP, PROOF_KEY = "backup.work", "backup-proof.key"  # of `bot.backups`
OURS = {"sync", "inbox", "outbox", "lieux"}  # tables of every version


def look(path: Path, *, migrations: int, new: bool = False) -> int:
    """The version of this database (0: not begun), before anything is changed. Raises DataUnusable where it is none of
    ours, or is missing beside keys that were used with it."""
    tables, version = _told(path)
    if not tables and version == 0:
        if (kept := _there(path.parent)) and not new:
            state = "is empty" if path.exists() else "is missing"
            raise DataUnusable(f"{path} {state}, beside {', '.join(kept)} of a bot that ran: {_away(path)}")
    elif not tables >= OURS or version == 0:
        raise DataUnusable(f"{path} belongs to another program: give the bot a DATA_DIR of its own, or {_away(path)}")
    elif version > migrations:
        raise FromTheFuture(
            f"{path.name} is of version {version}, this program knows {migrations}: {_ways(path, migrations)}"
        )
    return version


def open_own(path: Path, flags: int) -> int:
    """A file of the bot's alone. Raises OSError for what is none: a pipe would be waited for, and a link leads
    elsewhere."""
    file = os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), str(path))
    return file


def is_copy(path: Path) -> bool:
    """Whether this is called as what is kept before a migration."""
    return re.fullmatch(r"bot\.before-\d+", path.name) is not None


def way_back(folder: Path, migrations: int) -> list[tuple[Path, int]]:
    """The copies that were kept before a migration and that a program with so many can open, the newest first, each
    with its version."""
    found = []
    for path in folder.glob("*.before-*"):
        if not is_copy(path):
            continue
        try:
            tables, version = _told(path)
        except sqlite3.Error:
            continue
        if tables >= OURS and 0 < version <= migrations:
            found.append((path, version))
    return sorted(found, key=lambda one: (one[1], one[0].stat().st_mtime), reverse=True)


def _ways(path: Path, migrations: int) -> str:
    on = "start the newer program again"
    if copies := way_back(path.parent, migrations):
        day = datetime.fromtimestamp(copies[0][0].stat().st_mtime, UTC)
        return f"{on}; or forget what came after {day:%Y-%m-%d %H:%M} UTC: `conciergerie restore {copies[0][0]}`"
    return f"{on}; or move {path.parent} away, then `conciergerie restore` a backup of before"


def _told(path: Path) -> tuple[set[str], int]:
    """Its tables and its version; nothing where there is no file."""
    if not path.exists() or not path.stat().st_size:
        return set(), 0
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=5)) as database:
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        return tables, int(database.execute("PRAGMA user_version").fetchone()[0])


def lost(folder: Path) -> list[str]:
    """The keys that are not there."""
    return [name for name in KEYS if not (folder / name).exists()]


def _there(folder: Path) -> list[str]:
    return [name for name in KEYS if (folder / name).exists()]


def _away(path: Path) -> str:
    return AWAY.format(folder=path.parent)


# -- whose it is


def owner(user: str) -> int:
    """The number that says in the header of a database whose it is: SQLite keeps one there for its programs."""
    return crc32(user.casefold().encode()) - 2**31 or 1


def claimed(tx: sqlite3.Connection) -> int:
    """Nobody's (0) until an account has signed in with these data and has all its keys."""
    return int(tx.execute("PRAGMA application_id").fetchone()[0])


def claim(tx: sqlite3.Connection, user: str) -> None:
    """From now on these data are of this account, and nothing of them is made anew without a word."""
    tx.execute(f"PRAGMA application_id = {owner(user)}")


def belongs(path: Path, whose: int, user: str, signed_in: str, *, new: bool = False) -> None:
    """Whether a database, claimed by `whose`, and the keys beside it, `signed_in` as somebody, are this user's and
    whole. Raises DataUnusable if not."""
    folder = path.parent
    if whose not in (0, owner(user)):
        raise _another(path, user)
    if owner(signed_in) != owner(user):
        raise _another(folder / SESSION, user)
    if whose and not new and (gone := lost(folder)):
        raise DataUnusable(f"{' and '.join(gone)} missing, beside {path} of a bot that ran: {_away(path)}")


def _another(file: Path, user: str) -> DataUnusable:
    way = "mend MATRIX_USER, or give this account a DATA_DIR of its own"
    return DataUnusable(f"{file} belongs to another account than MATRIX_USER ({user}): {way}")
