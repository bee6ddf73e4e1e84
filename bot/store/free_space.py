"""How much the disk under the data still takes, and how much an ordinary year wants of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

LEAST = 200_000_000  # bytes
CALM = 1.25  # times what is wanted, until it is called well again


class FreeSpace(NamedTuple):
    """In bytes; `is_shut`: mounted to be read alone."""

    free: int
    wanted: int
    is_shut: bool = False

    @property
    def is_little(self) -> bool:
        return self.free < self.wanted

    @property
    def is_enough(self) -> bool:
        """Again: more than what just does, or a file that comes and goes would be told of each time."""
        return self.free >= self.wanted * CALM


def free_space(folder: Path) -> FreeSpace:
    """Wanted: the copy that a migration makes, and a backup of everything beside it. Raises OSError."""
    there = os.statvfs(folder)
    kept = sum(map(_size, filter(_is_kept, folder.iterdir())))
    return FreeSpace(there.f_bavail * there.f_frsize, max(LEAST, 2 * kept), bool(there.f_flag & os.ST_RDONLY))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # files of SQLite come and go
        return 0


def _is_kept(path: Path) -> bool:
    return ".before-" not in path.name and path.suffix not in (".tar", ".new")
