"""Where a restore has its copy in clear: in a folder beside the data, locked as long as its process lives. One that was
killed leaves the folder, which whoever comes next finds unlocked and removes."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from bot.store import erasures

PREFIX = ".restore-"
FETCHED, PLAIN, LIST = "fetched", "copy.tar", "list"
OURS = (FETCHED, PLAIN, LIST, erasures.FILE)  # how the names in there begin: other programs may call a folder so too


@contextmanager
def folder_beside(data: Path) -> Iterator[Path]:
    """Empty, for our eyes only, and gone afterwards."""
    own, lock = _locked(_above(data))
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        os.close(lock)


def left_beside(data: Path) -> list[Path]:
    """Those of restores that were killed."""
    left = []
    for folder in sorted(_above(data).glob(f"{PREFIX}*")):
        with _free(folder) as is_free:
            left += [folder] if is_free else []
    return left


def remove_left(data: Path) -> list[Path]:
    """Which of them are gone now."""
    gone = []
    for folder in left_beside(data):
        with _free(folder) as is_free:
            if is_free:
                shutil.rmtree(folder, ignore_errors=True)
                gone += [] if folder.exists() else [folder]
    return gone


def _above(data: Path) -> Path:
    """The nearest folder above that is there: on the same disk, most likely."""
    return next(one for one in data.absolute().parents if one.is_dir())


def _locked(above: Path) -> tuple[Path, int]:
    """Whoever looks for what is left may have taken it for such, in the moment before it was locked."""
    while True:
        own = Path(mkdtemp(dir=above, prefix=PREFIX))
        with suppress(FileNotFoundError):
            lock = os.open(own, os.O_RDONLY | os.O_DIRECTORY)
            with suppress(OSError):  # a disk without locks: nobody else gets one there either
                fcntl.flock(lock, fcntl.LOCK_EX)
            if own.exists():
                return own, lock
            os.close(lock)


@contextmanager
def _free(folder: Path) -> Iterator[bool]:
    """Whether this is a folder of ours at which nobody is any more; nobody is as long as we look."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:  # gone meanwhile, or another's
        yield False
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with os.scandir(handle) as there:
            is_free = all(one.name.startswith(OURS) and one.is_file(follow_symlinks=False) for one in there)
    except OSError:
        is_free = False
    try:
        yield is_free
    finally:
        os.close(handle)
