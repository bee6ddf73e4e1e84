"""What the operator sees of the lieux' journals: how long they are, and whether nothing is missing from them."""

from __future__ import annotations

from pathlib import Path

from bot.operator.lieu_spaces import must_hold_data
from bot.store import audit
from bot.store.data_folder import DATABASE
from bot.store.database import Tx
from bot.store.read_only import open_read_only


async def verify(folder: Path) -> tuple[list[str], bool]:
    """A line for each lieu, and whether all their journals are as they were written. The bot may be running.

    Raises NoData where there is no database.
    """
    must_hold_data(folder)
    async with open_read_only(folder / DATABASE) as database:
        return await database.read(_verified)


def _verified(tx: Tx) -> tuple[list[str], bool]:
    faults = dict(audit.broken(tx))
    lines = [_line(tx, id, name, count, faults.get(id)) for id, name, count in audit.counted(tx)]
    return lines, not faults


def _line(tx: Tx, id: int, name: str, count: int, sound: int | None) -> str:
    """`sound` acts before the fault, with those that were forgotten at the beginning."""
    gone, erased = audit.start(tx, id)[0], audit.forgotten(tx, id)
    before = f"; {gone} before them were forgotten, as the lieu chose" if gone else ""
    names = f"; of {erased} of them, names are erased" if erased else ""
    if sound is None:
        return f"✓ {name}: {count} acts, none missing{before}{names}"
    if audit.fault_of_before(tx, id) is not None:
        return f"✗ {name}: something was missing, or was changed, after the first {sound} acts, before an upgrade"
    return f"✗ {name}: something is missing, or was changed, after the first {sound - gone} acts{before}"
