"""What whoever hosts the bot was told, once, until it is well again."""

from __future__ import annotations

from .database import Tx


def is_on(tx: Tx, name: str) -> bool:
    return tx.execute("SELECT 1 FROM alarms WHERE name = ?", (name,)).fetchone() is not None


def switch(tx: Tx, name: str, on: bool) -> None:
    query = "INSERT OR IGNORE INTO alarms (name) VALUES (?)" if on else "DELETE FROM alarms WHERE name = ?"
    tx.execute(query, (name,))
