"""What the machine's clock said at the last look, and since when it is not believed. Instants in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

from .database import Tx


@dataclass(frozen=True, slots=True)
class Leap:
    """It said `at` where a look before it had said `before`."""

    before: int
    at: int


@dataclass(frozen=True, slots=True)
class Seen:
    at: int
    leap: Leap | None


def seen(tx: Tx) -> Seen | None:
    """None before the first look."""
    row = tx.execute("SELECT * FROM clock").fetchone()
    if row is None:
        return None
    return Seen(row["seen"], None if row["leapt_at"] is None else Leap(row["leapt_from"], row["leapt_at"]))


def note(tx: Tx, now: Seen) -> None:
    leap = now.leap
    tx.execute(
        "INSERT INTO clock (one, seen, leapt_from, leapt_at) VALUES (1,?,?,?) ON CONFLICT DO UPDATE"
        " SET seen = excluded.seen, leapt_from = excluded.leapt_from, leapt_at = excluded.leapt_at",
        (now.at, leap.before if leap else None, leap.at if leap else None),
    )
