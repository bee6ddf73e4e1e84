"""Whoever was erased after a backup was made does not come back with it."""

from __future__ import annotations

from pathlib import Path

from bot.backups.archive import BackupFailed
from bot.store import erasures
from bot.store.data_folder import DATABASE
from bot.store.database import Database
from bot.store.erasures import FILE, Erasure, Unreadable


def keep_beside(data_dir: Path, backup: Path) -> None:
    """The erasures of before, for older backups in the same folder."""
    if known := _read(data_dir / FILE):
        _read(backup.parent / FILE)
        erasures.add(backup.parent / FILE, known.values())


def kept_beside(backup: Path, file: Path | None) -> tuple[dict[str, Erasure], list[str]]:
    """Those of `file`, and of the list beside a backup; and which list could not be read, where there is a `file`.
    Raises BackupFailed."""
    if file is None:
        return _read(backup.parent / FILE), []
    if not file.is_file():
        raise BackupFailed(f"{file} is no file")
    known = _read(file)
    try:
        return _read(backup.parent / FILE) | known, []
    except BackupFailed:
        return known, [str(backup.parent / FILE)]


def _read(file: Path) -> dict[str, Erasure]:
    try:
        return erasures.read(file)
    except (Unreadable, OSError):
        raise BackupFailed(
            f"{file} cannot be read as a list of erasures: bring an earlier copy of it, or name another with --erasures"
        ) from None


async def erase_again(data_dir: Path, later: dict[str, Erasure]) -> int:
    """In data that were just restored: how many of them they did not know. Written down first: a start goes on."""
    file = data_dir / FILE
    erasures.add(file, later.values())
    if not erasures.read(file):
        return 0
    database = await Database.open(data_dir / DATABASE)
    try:
        return await erasures.replay(database, file)
    finally:
        await database.close()
