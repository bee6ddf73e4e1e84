"""A file that is there whole or not at all, whenever the process or the machine dies; for our eyes only (mode 0600)."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

NAMED_ONLY = (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL)  # what a disk says that knows no files without a name
OPENED, NEW = Path("/proc/self/fd"), os.O_WRONLY | os.O_CREAT | os.O_EXCL


@contextmanager
def whole(file: Path, *, over: bool = True) -> Iterator[BinaryIO]:
    """What is written becomes `file` at the end. Before that it has no name, on most disks: of a process that is killed
    nothing is left. Raises OSError, and FileExistsError where one is there that it may not take the place of."""
    folder, beside = file.absolute().parent, file.absolute().with_name(f".{file.name}.{secrets.token_hex(4)}.new")
    try:
        with os.fdopen(_opened(folder, beside), "wb") as to:
            yield to
            to.flush()
            os.fsync(to.fileno())
            if not beside.exists():
                # From a folder that is not asked: linkat follows the link, which Python's plain call does not.
                os.link(OPENED / str(to.fileno()), beside, src_dir_fd=to.fileno())
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
    try:
        if OPENED.is_dir():
            return os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except OSError as error:
        if error.errno not in NAMED_ONLY:
            raise
    return os.open(beside, NEW, 0o600)


def _last(folder: Path) -> None:
    """The name too is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
