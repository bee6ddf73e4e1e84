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
from .data_folder import ATTEMPTS, STARTS

Safe = Literal["", "asked", "died"]  # whether a run is in safe mode, and why
SOON = 600.0  # seconds: whoever has served for so long was in no loop of starts and deaths
NOBODYS, ALL = 3, 10  # deaths: of nothing in particular; of anything, though each was put down to something else
LENGTH = 512  # bytes of the file
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Row:
    """Deaths without a long life or an end in order between them. `alive`: a process runs, or died; `boot` is the run
    of the machine in which it began, `version` its program's; `left` is the file that it found of what was under
    way."""

    alive: bool = False
    nobodys: int = 0
    all: int = 0
    boot: str = ""
    version: str = ""
    left: str = ""

    @property
    def is_too_long(self) -> bool:
        return self.nobodys >= NOBODYS or self.all >= ALL


class Starts:
    """Of the bot in `folder`, a program of this `version`. Where the file cannot be had, because another process runs
    or the folder is not ours to write, nothing is counted."""

    def __init__(self, folder: Path, version: str, boot: str | None = None) -> None:
        self._folder, self._version = folder, version
        self._boot = _boot() if boot is None else boot
        self._file: int | None = None
        self._row = Row()
        self.just_died = False

    @property
    def deaths(self) -> int:
        return self._row.all

    def begin(self, *, anew: bool = False) -> bool:
        """Whether this start is to be in safe mode; `anew`: whatever was before does not count."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(self._folder / STARTS, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if self._file is None:
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            return False
        before = _read(self._file)
        self._note(self._counted(Row() if anew else before))
        return self._row.is_too_long

    def _counted(self, before: Row) -> Row:
        if before.version != self._version:  # another program's deaths are not ours
            before = Row()
        self.just_died = before.alive and before.boot == self._boot
        left = self._left()
        nobodys = self.just_died and left in ("", before.left)  # one died so early that it did not count the one before
        return self._alive(before.nobodys + nobodys, before.all + self.just_died, left)

    def _left(self) -> str:
        """Which file says what was under way, where anything was."""
        path = self._folder / ATTEMPTS
        try:
            return f"{path.stat().st_ino} {path.stat().st_mtime_ns}" if Attempts(path).left() else ""
        except OSError:
            return ""

    def _alive(self, nobodys: int = 0, all: int = 0, left: str = "") -> Row:
        return Row(True, nobodys, all, self._boot, self._version, left)

    def lasts(self) -> None:
        """It has served for long; but whoever is in safe mode did not do what killed."""
        if not self._row.is_too_long:
            self._note(self._alive())

    def ends(self) -> None:
        """In order: it was told to, or knows why. Whatever comes now is no death."""
        self._note(replace(self._alive(), alive=False))

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
        with (folder / STARTS).open("rb") as file:
            return _read(file.fileno()).is_too_long
    except OSError:
        return False


def _read(file: int) -> Row:
    """Nothing was counted where it is not to be read: a machine that went down may have left half of it."""
    try:
        told: Any = json.loads(os.pread(file, LENGTH, 0))
        alive, boot, version = told["alive"] is True, str(told["boot"]), str(told["version"])
        return Row(alive, int(told["nobodys"]), int(told["all"]), boot, version, str(told["left"]))
    except (OSError, ValueError, TypeError, KeyError):
        return Row()


def _boot() -> str:
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""
