"""What a person chose, and whether they are on their way in."""

from __future__ import annotations

from .database import Tx


def language(tx: Tx, person: str) -> str | None:
    row = tx.execute("SELECT language FROM people WHERE person = ?", (person,)).fetchone()
    return row["language"] if row else None


def set_language(tx: Tx, person: str, language: str) -> None:
    tx.execute(
        "INSERT INTO people (person, language) VALUES (?, ?) ON CONFLICT DO UPDATE SET language = excluded.language",
        (person, language),
    )


def is_arriving(tx: Tx, lieu: int, person: str) -> bool:
    query = (
        "SELECT 1 FROM arrivals WHERE lieu = ? AND person = ? AND status NOT IN ('welcomed', 'declined', 'cancelled')"
    )
    return tx.execute(query, (lieu, person)).fetchone() is not None
