"""Which ban lists each lieu reads, what it does with them, and the one that it keeps itself."""

from __future__ import annotations

import sqlite3
from typing import TypedDict, cast

from .database import Tx

OURS = "ours"


class BanList(TypedDict):
    """A list that a lieu reads. `how`: "proposed", "applied" in the name of `by`, or "ours" for the one that it
    keeps."""

    lieu: int
    room_id: str
    name: str
    how: str
    by: str


def follow(tx: Tx, lieu: int, room_id: str, name: str, how: str, by: str) -> None:
    tx.execute(
        "INSERT OR REPLACE INTO ban_lists (lieu, room_id, name, how, by) VALUES (?,?,?,?,?)",
        (lieu, room_id, name, how, by),
    )


def unfollow(tx: Tx, lieu: int, room_id: str) -> None:
    tx.execute("DELETE FROM ban_lists WHERE lieu = ? AND room_id = ?", (lieu, room_id))


def followed(tx: Tx, lieu: int) -> list[BanList]:
    """Those of others, by their names."""
    rows = tx.execute("SELECT * FROM ban_lists WHERE lieu = ? AND how != ? ORDER BY name, room_id", (lieu, OURS))
    return [_list(row) for row in rows]


def followers(tx: Tx, room_id: str) -> list[BanList]:
    return [_list(row) for row in tx.execute("SELECT * FROM ban_lists WHERE room_id = ? AND how != ?", (room_id, OURS))]


def own(tx: Tx, lieu: int) -> str | None:
    """The room of the list that the lieu keeps."""
    row = tx.execute("SELECT room_id FROM ban_lists WHERE lieu = ? AND how = ?", (lieu, OURS)).fetchone()
    return row["room_id"] if row else None


def is_known(tx: Tx, room_id: str) -> bool:
    """Whether any lieu still reads or keeps this list."""
    return tx.execute("SELECT 1 FROM ban_lists WHERE room_id = ?", (room_id,)).fetchone() is not None


def _list(row: sqlite3.Row) -> BanList:
    return cast(BanList, dict(row))
