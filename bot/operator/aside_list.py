"""What whoever hosts the bot sees, releases and drops of what it put aside.

The bot may be running: it sees within seconds what was written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bot.operator.lieu_spaces import NoData, NotMeant, must_hold_data, opened
from bot.store import aside
from bot.store.aside import Aside
from bot.store.data_folder import DATABASE
from bot.store.database import Tx
from bot.store.read_only import open_read_only
from bot.store.starts import is_in_safe_mode

WHY = {
    "died": "the bot died of it three times",
    "failed": "the bot could not handle it",
    "safe": "waits for the end of safe mode",
}

SAFE = "-  the whole bot, but for !état: its last starts died; it is in safe mode until it is restarted"


async def listed(data_dir: Path) -> list[str]:
    """A line for each, with nothing of what people wrote; the bot itself comes first."""
    whole = [SAFE] if is_in_safe_mode(data_dir) else []
    try:
        must_hold_data(data_dir)
    except NoData:
        if whole:
            return whole
        raise
    async with open_read_only(data_dir / DATABASE) as database:
        found = await database.read(aside.all_of_them)
    return [*whole, *map(_line, found)] or ["Nothing is aside."]


async def release(data_dir: Path, number: int) -> str:
    """The bot tries it again. What the operator is told."""
    async with opened(data_dir) as (database, running):
        one = await database.read(_meant, number)
        if one.why == "safe":
            return f"{number} waits for a start without --safe: it is heard then."
        await database.write(aside.release, one)
    if one.what.startswith(aside.PART):
        return f"{number}: the next start does that again."
    again = "within seconds" if running else "as soon as the bot starts"
    return f"{number} is tried again {again}. Should the bot die of it three times more, it is put aside again."


async def drop(data_dir: Path, number: int) -> str:
    """The bot never handles it. What the operator is told."""
    async with opened(data_dir) as (database, _):
        one = await database.read(_meant, number)
        if one.what.startswith(aside.PART):
            return f"{number} is a part of the bot itself: it can be released, or stay aside."
        await database.write(aside.drop, one)
    return f"{number} is dropped: nobody gets an answer to it."


def _meant(tx: Tx, number: int) -> Aside:
    found = next((one for one in aside.all_of_them(tx) if one.id == number), None)
    if found is None:
        raise NotMeant(f"{number}: nothing of this number is aside; see conciergerie aside")
    return found


def _line(one: Aside) -> str:
    since = f" of {datetime.fromtimestamp(one.at / 1000, UTC):%Y-%m-%d %H:%M} UTC" if one.at else ""
    return f"{one.id}  {_what(one)}{since}: {WHY[one.why]}"


def _what(one: Aside) -> str:
    if one.event_id is not None:
        return f"event {one.event_id} ({one.kind}, {one.size} bytes) by {one.person} in {one.room_id}"
    if one.conversation is not None:
        return f"conversation {one.conversation} ({one.kind}) with {one.person} in {one.room_id}"
    return one.what
