"""What whoever hosts the bot asks and says on the command line: which spaces are lieux, and which are no more.

The bot may be running: it sees within seconds what was written.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import AlreadyRunning, Fatal
from bot.lieux import leave
from bot.settings import SPACE_ID
from bot.store import candidates
from bot.store.data_folder import DATABASE, look
from bot.store.data_trouble import opening
from bot.store.database import Database, Tx
from bot.store.read_only import open_beside, open_read_only
from bot.words import fold

LIEU = "lieu"  # a space that is one, beside what a candidate may be
LEFT = ("away", "refused", "ended")  # the bot is not in that space
SAID = {
    LIEU: "is a lieu",
    "away": "is a lieu that sent the bot away",
    "waiting": "waits for your yes",
    "allowed": "is a lieu as soon as the bot is invited there",
    "refused": "was refused",
    "ended": "was ended",
}


class NotMeant(Fatal):
    """A sentence for the operator."""

    exit_code = 65


class NoData(Fatal):
    """Nothing was ever kept here, so that « nothing » would say nothing."""

    exit_code = 1


def must_hold_data(data_dir: Path) -> None:
    """Raises NoData."""
    with opening(data_dir / DATABASE):
        if not look(data_dir / DATABASE, migrations=sys.maxsize):
            raise NoData(
                f"{data_dir.absolute()} holds no data: the bot has not run, or this is not its folder (type this where"
                " its bot.env is, or name that file with --env-file)"
            )


@dataclass(frozen=True, slots=True)
class Space:
    """`status`: what it is to the bot, see SAID."""

    space: str
    name: str
    status: str
    asked_by: str = ""
    asked_at: int = 0

    def line(self) -> str:
        asked = f", asked by {self.asked_by} on {_day(self.asked_at)}" if self.asked_by else ""
        return f"{self.space}  {SAID[self.status]}{asked}: “{self.name or '—'}”"  # the last: it may say anything


async def listed(data_dir: Path) -> list[str]:
    """A line for each lieu, and each space that wants to be one."""
    must_hold_data(data_dir)
    async with open_read_only(data_dir / DATABASE) as database:
        found = await database.read(spaces)
    return [one.line() for one in found] or ["No lieu yet: somebody with power in its space invites the bot there."]


async def allow(data_dir: Path, wanted: str) -> str:
    """This space is a lieu, whether it was asked for already or not. What the operator is told."""
    async with opened(data_dir, new=True) as (database, running):
        found = await database.read(spaces)
        one = _meant(wanted, found, new=True)
        if one.status == LIEU:
            return f"{one.name} is a lieu already."
        await database.write(candidates.say, one.space, one.name, "allowed", _now())
    when = "within seconds" if running else "as soon as the bot starts"
    if one.asked_by:
        again = "invites the bot again" if one.status in LEFT else "goes on with the installation"
        return f"{one.name}: {one.asked_by} is told {when}, and {again}."
    return f"{one.name or one.space} is a lieu as soon as somebody with power in the space invites the bot there."


async def end(data_dir: Path, wanted: str) -> str:
    """This space is no lieu, or no more. What the operator is told."""
    async with opened(data_dir) as (database, running):
        one = _meant(wanted, await database.read(spaces))
        if one.status in ("refused", "ended"):
            return f"{one.name or one.space} is no lieu already."
        await database.write(_end, one)
    when = "within seconds" if running else "as soon as it starts"
    again = "It comes back only if you say so (if it is in LIEUX, take it out of there)."
    return f"{one.name or one.space} is no lieu any more: the bot leaves {when}; what it made there stays. {again}"


def spaces(tx: Tx) -> list[Space]:
    """All that is known, lieux first."""
    known = {one.space: one for one in candidates.known(tx)}
    found = []
    for row in tx.execute("SELECT space, name, left_at FROM lieux ORDER BY id"):
        said = known.pop(row["space"], None)
        ended = said is not None and said.status == "ended"
        status = LIEU if row["left_at"] is None else "ended" if ended else "away"
        found.append(
            Space(row["space"], row["name"], status, said.asked_by if said else "", said.asked_at if said else 0)
        )
    return found + [Space(one.space, one.name, one.status, one.asked_by, one.asked_at) for one in known.values()]


def _end(tx: Tx, one: Space) -> None:
    """At once, whatever the bot is doing: what is no lieu has no rights and no services."""
    candidates.say(tx, one.space, one.name, "ended" if one.status in (LIEU, "away") else "refused", _now())
    leave(tx, one.space, _now())


def _meant(wanted: str, found: Sequence[Space], *, new: bool = False) -> Space:
    """By its name, or the id of its space; where it may be `new`, an id that nobody knows yet."""
    known = [one for one in found if wanted == one.space]
    if not known and new and SPACE_ID.fullmatch(wanted):
        return Space(wanted, "", "")
    # Who makes a space chooses its name, which may be the id of another one: an id is never meant as a name.
    meant = known or [one for one in found if fold(wanted) == fold(one.name) and not SPACE_ID.fullmatch(wanted)]
    if len(meant) == 1:
        return meant[0]
    choice = "".join(f"\n  {one.line()}" for one in meant or found)
    why = (
        "several spaces are called so; say which one by its id, between '…'" if meant else "the bot knows no such space"
    )
    raise NotMeant(f"{wanted}: {why}{choice}")


@asynccontextmanager
async def opened(data_dir: Path, *, new: bool = False) -> AsyncIterator[tuple[Database, bool]]:
    """The database, and whether a bot that runs has it open too. Unless it may be `new`, raises NoData."""
    if not new:
        must_hold_data(data_dir)
    try:
        database = await Database.open(data_dir / DATABASE)
    except AlreadyRunning:
        async with open_beside(data_dir / DATABASE) as other:
            yield other, True
        return
    with opening(data_dir / DATABASE):
        try:
            yield database, False
        finally:
            await database.close()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _day(at: int) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d}"
