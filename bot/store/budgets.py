"""What each source has spent of what it may make the bot say or ask: bounded, and kept over a restart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from .database import Tx

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000  # milliseconds


@dataclass(frozen=True, slots=True)
class Budget:
    """So `most` of a kind from one source, from the first one on, `within` milliseconds."""

    kind: str
    most: int
    within: int = HOUR


@dataclass(frozen=True, slots=True)
class Spending:
    """This is the `n`-th of its source; what is beyond begins again at `until` (ms)."""

    n: int
    most: int
    until: int

    @property
    def within(self) -> bool:
        return self.n <= self.most

    @property
    def first_beyond(self) -> bool:
        """The one at which to say, once, that there are too many."""
        return self.n == self.most + 1

    def pause(self, now: int) -> timedelta:
        """How long until then, in whole minutes."""
        return timedelta(minutes=-((now - self.until) // MINUTE))


def of_person(id: str, room_id: str = "") -> str:
    """Somebody, wherever they are or in one room."""
    return f"person/{id}/{room_id}" if room_id else f"person/{id}"


def of_room(id: str) -> str:
    return f"room/{id}"


def of_server(person: str) -> str:
    """The server of somebody."""
    return f"server/{person.partition(':')[2]}"


def of_lieu(id: int | str) -> str:
    return f"lieu/{id}"


def spend(tx: Tx, budget: Budget, source: str, cause: str, now: int) -> Spending:
    """Count what `cause` (an event, a step) makes `source` spend: once, however often it is heard.

    What is far beyond leaves no trace: a source never has more than `most` + 1 rows, and those end with their window.
    """
    tx.execute("DELETE FROM spent WHERE until <= ? OR until > ?", (now, now + DAY))
    beyond = "DELETE FROM spent WHERE source = ? AND kind = ? AND until > ?"  # the clock was set back
    tx.execute(beyond, (source, budget.kind, now + budget.within))
    found = spent(tx, budget, source, now, cause)
    known = "SELECT 1 FROM spent WHERE source = ? AND kind = ? AND cause = ?"
    if found.n <= budget.most + 1 and not tx.execute(known, (source, budget.kind, cause)).fetchone():
        row = (source, budget.kind, found.n, cause, found.until)
        tx.execute("INSERT INTO spent (source, kind, n, cause, until) VALUES (?,?,?,?,?)", row)
    return found


def spent(tx: Tx, budget: Budget, source: str, now: int, cause: str = "") -> Spending:
    """What it would be to spend once more; nothing is written."""
    mine = "SELECT n, until FROM spent WHERE source = ? AND kind = ? AND until BETWEEN ? AND ?"
    known = (source, budget.kind, now + 1, now + budget.within)
    row = tx.execute(f"{mine} AND cause = ?", (*known, cause)).fetchone()
    if row is None:
        row = tx.execute(f"SELECT coalesce(max(n), 0) + 1 AS n, max(until) AS until FROM ({mine})", known).fetchone()  # noqa: S608
    return Spending(row["n"], budget.most, row["until"] or now + budget.within)


def refill(tx: Tx, budget: Budget, source: str) -> None:
    """The source may spend all of it again."""
    tx.execute("DELETE FROM spent WHERE source = ? AND kind = ?", (source, budget.kind))
