"""A file that is there whole or not at all, whenever the process or the machine dies; for our eyes only (mode 0600)."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

OPENED, NEW = Path("/proc/self/fd"), os.O_RDWR | os.O_CREAT | os.O_EXCL


@contextmanager
def whole(file: Path, *, over: bool = True) -> Iterator[BinaryIO]:
    """What is written becomes `file` at the end. Before that it has no name, on most disks: of a process that is killed
    nothing is left. Raises OSError, and FileExistsError where one is there that it may not take the place of."""
    folder, beside = file.absolute().parent, file.absolute().with_name(f".{file.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(_opened(folder, beside), "w+b") as to:
            yield to
            _kept(to)
            if not beside.exists():
                _name(to, beside)
        if not over:
            os.close(os.open(file, NEW, 0o600))  # its name is ours now; a second link is not to be had on each disk
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
    _last(folder)


def write(file: Path, text: str, *, over: bool = True) -> None:
    with whole(file, over=over) as to:
        to.write(text.encode())


def _opened(folder: Path, beside: Path) -> int:
    """Without a name; else with one, which says what is wrong where that fails too."""
    with suppress(OSError):
        if OPENED.is_dir():
            return os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o600)
    return os.open(beside, NEW, 0o600)


def _name(file: BinaryIO, beside: Path) -> None:
    try:
        # From a folder that is not asked: linkat follows the link, which Python's plain call does not.
        os.link(OPENED / str(file.fileno()), beside, src_dir_fd=file.fileno())
    except OSError:  # a disk that knows files without a name, and gives them none
        file.seek(0)
        with os.fdopen(os.open(beside, NEW, 0o600), "w+b") as copy:
            shutil.copyfileobj(file, copy)
            _kept(copy)


def _kept(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _last(folder: Path) -> None:
    """The name too is on the disk, where one can be told so: some know no such thing of a folder."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
