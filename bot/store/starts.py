"""How the last starts ended: three that died soon, of nothing in particular, and the next one is in safe mode.

A file and not a table, for opening the database may be what kills; of one length and written in place, for the disk may
be full. It outlives the process without being synced: what a machine takes with it is no death. No clock is asked.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from .attempts import Attempts
from .data_folder import ATTEMPTS, STARTS, open_own

Safe = Literal["", "asked", "died"]  # whether a run is in safe mode, and why
SOON = 600.0  # seconds: whoever has served for so long was in no loop of starts and deaths
NOBODYS, ALL = 3, 10  # deaths: of nothing in particular; of whatever it was
LENGTH = 512  # bytes of the file
MOST = 10**9  # deaths that nobody has died
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Row:
    """Deaths without a long life or an end in order between them. `alive`: a process runs, or died; `safe`: it is, or
    was, in safe mode; `boot` is the run of the machine in which it began, `version` its program's; `left` is the file
    that it found of what was under way."""

    alive: bool = False
    safe: bool = False
    nobodys: int = 0
    all: int = 0
    boot: str = ""
    version: str = ""
    left: str = ""


class Starts:
    """Of the bot in `folder`, a program of this `version`. Where the file cannot be had, because another process runs
    or the folder is not ours to write, nothing is counted."""

    def __init__(self, folder: Path, version: str, boot: str | None = None) -> None:
        self._folder, self._version = folder, version
        self._boot = _boot() if boot is None else boot
        self._file: int | None = None
        self._row = Row()
        self._is_judged = True
        self.just_died = False

    @property
    def deaths(self) -> int:
        return self._row.all

    @property
    def is_safe(self) -> bool:
        return self._row.safe

    def begin(self, *, anew: bool = False) -> None:
        """Count what became of the start before; `anew`: whatever was does not count."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = open_own(self._folder / STARTS, os.O_RDWR | os.O_CREAT)
        if self._file is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            return
        before = Row() if anew else _read(self._file)
        self._count(before if before.version == self._version else Row())  # another program's deaths are not ours

    def _count(self, before: Row) -> None:
        """Nobody's until it is judged: one may die of opening the database, in which it stands whose it was."""
        self.just_died, left = before.alive and before.boot == self._boot, self._left()
        died = int(self.just_died)
        self._is_judged = not died or left in ("", before.left)  # as old: the start before did not come to judge it
        row = Row(True, before.safe, before.nobodys + died, before.all + died, self._boot, self._version, left)
        self._note(self._judged(row))

    def judge(self, *, known: bool) -> None:
        """The last death, by what was under way: `known` where an earlier one was in the middle of the same, which is
        put aside if there is a third."""
        if not self._is_judged:
            self._is_judged = True
            self._note(self._judged(replace(self._row, nobodys=max(0, self._row.nobodys - known))))

    def _judged(self, row: Row) -> Row:
        enough = (self._is_judged and row.nobodys >= NOBODYS) or row.all >= ALL
        return replace(row, safe=row.safe or enough)

    def _left(self) -> str:
        """Which file says what was under way, where anything was."""
        path = self._folder / ATTEMPTS
        try:
            return f"{path.stat().st_ino} {path.stat().st_mtime_ns}" if Attempts(path).left() else ""
        except OSError:
            return ""

    def lasts(self) -> None:
        """It has served for long; but whoever is in safe mode did not do what killed."""
        if not self._row.safe:
            self._note(Row(alive=True, boot=self._boot, version=self._version))

    def ends(self) -> None:
        """In order: it was told to, or knows why. Whatever comes now is no death."""
        self._note(Row(version=self._version))

    def close(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _note(self, row: Row) -> None:
        self._row = row
        if self._file is not None:
            with suppress(OSError):  # a full disk takes what is written over, as a rule
                os.pwrite(self._file, json.dumps(asdict(row)).encode().ljust(LENGTH), 0)


def is_in_safe_mode(folder: Path) -> bool:
    """Whether the bot of these data runs, or would start, in safe mode by itself."""
    try:
        with os.fdopen(open_own(folder / STARTS, os.O_RDONLY), "rb") as file:
            return _read(file.fileno()).safe
    except OSError:
        return False


def _read(file: int) -> Row:
    """Nothing was counted where it is not to be read: a machine that went down may have left half of it."""
    try:
        told: Any = json.loads(os.pread(file, LENGTH, 0))
        alive, safe, deaths = told["alive"] is True, told["safe"] is True, (int(told["nobodys"]), int(told["all"]))
        if not all(count in range(MOST) for count in deaths):
            return Row()
        return Row(alive, safe, *deaths, str(told["boot"]), str(told["version"]), str(told["left"]))
    except (OSError, ValueError, TypeError, KeyError, ArithmeticError, RecursionError):
        return Row()


def _boot() -> str:
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""
