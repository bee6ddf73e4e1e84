"""What is being worked on at this moment, kept beside the database for whoever comes after a death in the middle of it.

A file and not a table: it is written twice for each event, and outlives the process without being synced to the disk.
(That the whole machine went down is nobody's fault who wrote a message.)
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .data_folder import ATTEMPTS, open_own
from .database import Database

Tried = Callable[[Callable[[], Awaitable[object]]], Awaitable[None]]  # does some work of a part, marked as under way
LENGTH = 8  # digits
ALONE = 10.0  # seconds: what goes on for longer, while the process is alive, only waits for something


def attempts_beside(database: Database) -> Attempts:
    return Attempts(database.path.with_name(ATTEMPTS))


async def untried(work: Callable[[], Awaitable[object]]) -> None:
    """`Tried` where no death is counted: in a test of the part alone."""
    await work()


class Attempts:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._now: dict[str, None] = {}
        self._is_over = False

    def left(self) -> list[str]:
        """What the process before this one had begun and not ended."""
        try:
            with os.fdopen(open_own(self._path, os.O_RDONLY), "rb") as file:
                told = file.read()
            found = json.loads(told[LENGTH : LENGTH + int(told[:LENGTH])])
        except (OSError, ValueError, RecursionError):
            return []
        return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []

    def clear(self) -> None:
        self._now.clear()
        if not self._is_over:
            with suppress(IsADirectoryError):  # which is none of ours
                self._path.unlink(missing_ok=True)
        self.close()

    def leave(self, what: str) -> None:
        """The process ends of this alone, by a mistake of ours: it is found as if it had died in the middle of it."""
        self._now = {what: None}
        self._write()
        self._is_over = True

    @contextmanager
    def trying(self, what: str, alone: float = ALONE) -> Iterator[None]:
        """While inside, so many seconds at most: a process that ends in order, or waits for others, tries nothing."""
        waits = asyncio.get_running_loop().call_later(alone, self._end, what)
        self._now[what] = None
        self._write()
        try:
            yield
        finally:
            waits.cancel()
            self._end(what)

    def _end(self, what: str) -> None:
        if what in self._now:
            del self._now[what]
            self._write()

    def _write(self) -> None:
        if self._is_over:
            return
        told = json.dumps([*self._now]).encode()
        with suppress(OSError):  # a full disk is no reason not to understand
            if self._file is None:
                self._file = open_own(self._path, os.O_WRONLY | os.O_CREAT)
            os.pwrite(self._file, f"{len(told):0{LENGTH}}".encode() + told, 0)

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None
