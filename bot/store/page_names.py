"""What the public page of each lieu is called in its address."""

from __future__ import annotations

from collections.abc import Iterable

from .database import Tx


def of_lieu(tx: Tx, lieu: int, wanted: Iterable[str]) -> str:
    """The name of its page: at the first call, the first `wanted` that no other lieu has."""
    if known := name_of(tx, lieu):
        return known
    taken = {row["name"] for row in tx.execute("SELECT name FROM page_names")}
    name = next(name for name in wanted if name not in taken)
    tx.execute("INSERT INTO page_names (name, lieu) VALUES (?, ?)", (name, lieu))
    return name


def name_of(tx: Tx, lieu: int) -> str | None:
    """The name of its page, once it has one."""
    row = tx.execute("SELECT name FROM page_names WHERE lieu = ?", (lieu,)).fetchone()
    return str(row["name"]) if row else None


def lieu_of(tx: Tx, name: str) -> int | None:
    row = tx.execute("SELECT lieu FROM page_names WHERE name = ?", (name,)).fetchone()
    return int(row["lieu"]) if row else None
