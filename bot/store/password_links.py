"""How a newcomer comes to their first password: when they were last mailed a link, with the account or as their page
asked for it; where their page is the link, which of its addresses is good, and that they have chosen."""

from __future__ import annotations

from typing import TypedDict, cast

from . import audit, ownership
from .database import Tx


class Sent(TypedDict):
    """`at` in milliseconds; `lives` in seconds, None where nobody knows."""

    at: int
    lives: int | None


def latest(tx: Tx, arrival: int) -> Sent | None:
    row = tx.execute("SELECT at, lives FROM password_links WHERE arrival = ?", (arrival,)).fetchone()
    return cast(Sent, dict(row)) if row else None


def turn(tx: Tx, arrival: int) -> int:
    """How often the address of their page was replaced."""
    row = tx.execute("SELECT turn FROM password_links WHERE arrival = ?", (arrival,)).fetchone()
    return row["turn"] if row else 0


def renewed(tx: Tx, arrival: int, now: int) -> None:
    """Their page has another address from now on, and earlier ones open nothing."""
    tx.execute(
        "INSERT INTO password_links (arrival, at, lives, turn) VALUES (?,?,NULL,1)"
        " ON CONFLICT (arrival) DO UPDATE SET at = excluded.at, lives = NULL, turn = turn + 1",
        (arrival, now),
    )


def chosen(tx: Tx, arrival: int, now: int) -> None:
    """On their page, which lets nobody choose another one; said in the lieu's journal."""
    row = tx.execute("SELECT lieu, person, login FROM arrivals WHERE id = ?", (arrival,)).fetchone()
    ownership.own(tx, row["lieu"], "conciergerie", ownership.PASSWORD, row["login"], row["person"], now)
    audit.note(tx, row["lieu"], now, row["person"], "password-chosen", row["person"], {})


def is_chosen(tx: Tx, arrival: int) -> bool:
    row = tx.execute("SELECT lieu, login FROM arrivals WHERE id = ?", (arrival,)).fetchone()
    return ownership.owns(tx, row["lieu"], "conciergerie", ownership.PASSWORD, row["login"] or "")


def began(tx: Tx, arrival: int, lives: int | None, now: int) -> None:
    """It left with the account, whoever made that; the page tells what has been mailed since."""
    tx.execute("INSERT OR IGNORE INTO password_links (arrival, at, lives) VALUES (?,?,?)", (arrival, now, lives))


def sent(tx: Tx, arrival: int, lives: int | None, now: int) -> None:
    """Kept, and said in the lieu's journal."""
    tx.execute(
        "INSERT INTO password_links (arrival, at, lives) VALUES (?,?,?)"
        " ON CONFLICT (arrival) DO UPDATE SET at = excluded.at, lives = excluded.lives",
        (arrival, now, lives),
    )
    row = tx.execute("SELECT lieu, person FROM arrivals WHERE id = ?", (arrival,)).fetchone()
    audit.note(tx, row["lieu"], now, row["person"], "password-link", row["person"], {})
