"""What keeps the data from being read or written, told from what fails for other reasons, and the sentence for it."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from bot.errors import DataUnusable

AWAY = "move {folder} away, then `conciergerie restore` your last backup; to begin anew, `conciergerie run --new` once"

LEAST_ROOM = 2**16  # bytes: SQLite wants 32 KiB before it opens anything


class Trouble(StrEnum):
    """Each with what the operator can do; only DAMAGED stays however long one waits."""

    DAMAGED = "{what} is damaged, or no file of the bot's: " + AWAY
    FULL = "there is no room left to write in {folder}: make room (or raise the quota)"
    SHUT = (
        "{what} cannot be read and written ({why}): it must belong to the user that runs the bot (chown -R … {folder}),"
        " be writable (chmod -R u+rwX {folder}), and mounted, read-write"
    )
    ILL = "the disk under {folder} fails ({why}): look at it and at its mount; if it is lost, " + AWAY
    BUSY = "another program holds {what}: end it"


CORRUPT_FILE_SYSTEM = 10 | 33 << 8  # SQLITE_IOERR_CORRUPTFS, which Python does not name
OF_SQLITE = {
    sqlite3.SQLITE_CORRUPT: Trouble.DAMAGED,
    sqlite3.SQLITE_NOTADB: Trouble.DAMAGED,
    sqlite3.SQLITE_FULL: Trouble.FULL,
    sqlite3.SQLITE_READONLY: Trouble.SHUT,
    sqlite3.SQLITE_PERM: Trouble.SHUT,
    sqlite3.SQLITE_CANTOPEN: Trouble.SHUT,
    sqlite3.SQLITE_IOERR: Trouble.ILL,
    sqlite3.SQLITE_BUSY: Trouble.BUSY,
    sqlite3.SQLITE_LOCKED: Trouble.BUSY,
}
OF_DISK = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), Trouble.FULL),
    errno.EROFS: Trouble.SHUT,
    errno.EIO: Trouble.ILL,
}
OF_PATH = {
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST), Trouble.SHUT),
    **dict.fromkeys((errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN), Trouble.ILL),
}


def trouble(error: BaseException) -> Trouble | None:
    """None where the disk has nothing to do with it: a mistake of ours is no reason to wait."""
    if isinstance(error, OSError):
        return OF_DISK.get(error.errno or 0)
    told = _sqlite(error)
    code = getattr(told, "sqlite_errorcode", 0)
    return Trouble.DAMAGED if code == CORRUPT_FILE_SYSTEM else OF_SQLITE.get(code & 0xFF)


def _sqlite(error: BaseException) -> sqlite3.Error | None:
    """Also out of peewee's errors, which keep the original one."""
    return next((one for one in (error, getattr(error, "orig", None)) if isinstance(one, sqlite3.Error)), None)


def sentence(found: Trouble, what: Path, error: BaseException) -> str:
    """For the operator, about this file or folder."""
    folder = what if what.is_dir() else what.parent
    if found is Trouble.ILL and is_full(folder):  # SQLite says so of its shared memory
        found = Trouble.FULL
    why = error.strerror or "" if isinstance(error, OSError) else str(_sqlite(error) or error)
    return found.format(what=what, folder=folder, why=why)


def is_full(folder: Path) -> bool:
    try:
        there = os.statvfs(folder)
    except OSError:
        return False
    return there.f_bavail * there.f_frsize < LEAST_ROOM


def unusable(what: Path, error: BaseException) -> DataUnusable | None:
    """The end of a process that found this while it opened the data."""
    found = trouble(error)
    if isinstance(error, OSError) and found is None:
        found = OF_PATH.get(error.errno or 0)
    return DataUnusable(sentence(found, what, error)) if found else None


@contextmanager
def opening(what: Path) -> Iterator[None]:
    """Whatever keeps this file or folder from being opened is said in a sentence: raises DataUnusable."""
    try:
        yield
    except Exception as error:
        if fatal := unusable(what, error):
            raise fatal from None
        raise


class Condition:
    """How the data are while the bot runs: what cannot be written is said until it can; damage is the end.

    `told` hears each change: the file, and the sentence for the operator (nothing once all is well again).
    `failures` counts each of the troubles; `was_ill`: something could not be written for a while, and can be again.
    """

    def __init__(self) -> None:
        self.told: Callable[[str, str], None] = lambda file, words: None
        self.failures: Counter[str] = Counter()
        self.was_ill = False
        self._ill: dict[str, Trouble] = {}
        self._over = asyncio.Event()
        self._why = ""

    def failed(self, file: Path, error: BaseException) -> None:
        """Something was read or written in vain."""
        found = trouble(error)
        if found is None:
            return
        self.failures[found.name.lower()] += 1
        if self._ill.get(file.name) is found:
            return
        self._ill[file.name] = found
        words = sentence(found, file, error)
        self.told(file.name, words)
        if found is Trouble.DAMAGED:
            self._why = words
            self._over.set()

    def is_ill(self, file: Path) -> bool:
        return file.name in self._ill

    def written(self, file: Path) -> None:
        """Something was written for good; a full disk takes a few words now and then, and is full none the less."""
        if self._ill.get(file.name) is Trouble.FULL and is_full(file.parent):
            return
        if self._ill.pop(file.name, None):
            self.was_ill = True
            self.told(file.name, "")

    async def end(self) -> None:
        """Raises DataUnusable as soon as no waiting can help."""
        await self._over.wait()
        raise DataUnusable(self._why)
