"""When a newcomer was last mailed a link to choose their password, for their page asked for it."""

from __future__ import annotations

from typing import TypedDict, cast

from . import audit
from .database import Tx


class Sent(TypedDict):
    """`at` in milliseconds; `lives` in seconds, None where nobody knows."""

    at: int
    lives: int | None


def latest(tx: Tx, arrival: int) -> Sent | None:
    row = tx.execute("SELECT at, lives FROM password_links WHERE arrival = ?", (arrival,)).fetchone()
    return cast(Sent, dict(row)) if row else None


def sent(tx: Tx, arrival: int, lives: int | None, now: int) -> None:
    """Kept, and said in the lieu's journal."""
    tx.execute("INSERT OR REPLACE INTO password_links (arrival, at, lives) VALUES (?,?,?)", (arrival, now, lives))
    row = tx.execute("SELECT lieu, person FROM arrivals WHERE id = ?", (arrival,)).fetchone()
    audit.note(tx, row["lieu"], now, row["person"], "password-link", row["person"], {})
