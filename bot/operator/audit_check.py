"""What the operator sees of the lieux' journals: how long they are, and whether nothing is missing from them."""

from __future__ import annotations

from pathlib import Path

from bot.store import audit, journal_start
from bot.store.data_folder import DATABASE
from bot.store.database import Tx
from bot.store.read_only import open_read_only


async def verify(folder: Path) -> tuple[list[str], bool]:
    """A line for each lieu, and whether all their journals are as they were written. The bot may be running.

    Raises FileNotFoundError where there is no database.
    """
    async with open_read_only(folder / DATABASE) as database:
        return await database.read(_verified)


def _verified(tx: Tx) -> tuple[list[str], bool]:
    faults = dict(audit.broken(tx))
    lines = [
        _line(name, count, faults.get(id), journal_start.start(tx, id)[0]) for id, name, count in audit.counted(tx)
    ]
    return lines, not faults


def _line(name: str, count: int, sound: int | None, forgotten: int) -> str:
    """`sound` acts before the fault, with those that were `forgotten`."""
    before = f"; {forgotten} before them were forgotten, as the lieu chose" if forgotten else ""
    if sound is None:
        return f"✓ {name}: {count} acts, none missing{before}"
    return f"✗ {name}: something is missing, or was changed, after the first {sound - forgotten} acts{before}"
