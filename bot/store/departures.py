"""People on their way out: one row each, with all that was taken from them and can be given back."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from . import ownership
from .database import Tx

OPEN = "status IN ('announced', 'locked')"
Row = dict[str, Any]


def begin(tx: Tx, now: int, columns: Row) -> int:
    """The open departure of this person from this lieu: made at the first call, and of the account that they have."""
    account = ownership.owned(tx, columns["lieu"], "directory", "account").get(columns["login"])
    row = columns | {"status": "announced", "created_at": now, "changed_at": now, "account": account and account["at"]}
    tx.execute(
        f"INSERT OR IGNORE INTO departures ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608
        tuple(row.values()),
    )
    found = open_of(tx, columns["lieu"], columns["person"])
    assert found is not None  # noqa: S101 - just written
    id: int = found["id"]
    return id


def name_accounts(tx: Tx, lieu: int) -> None:
    """Of departures that an earlier version wrote down: the account that they had by then."""
    tx.execute(
        "UPDATE departures SET account = (SELECT at FROM owned WHERE owned.lieu = departures.lieu AND kind = 'account'"
        " AND service = 'directory' AND ref = login AND at <= created_at) WHERE lieu = ? AND account IS NULL",
        (lieu,),
    )


def get(tx: Tx, id: int) -> Row | None:
    row = tx.execute("SELECT * FROM departures WHERE id = ?", (id,)).fetchone()
    return _row(row) if row else None


def open_of(tx: Tx, lieu: int, person: str) -> Row | None:
    query = f"SELECT * FROM departures WHERE lieu = ? AND person = ? AND {OPEN}"  # noqa: S608
    row = tx.execute(query, (lieu, person)).fetchone()
    return _row(row) if row else None


def in_progress(tx: Tx, lieu: int) -> list[Row]:
    query = f"SELECT * FROM departures WHERE lieu = ? AND {OPEN} ORDER BY id"  # noqa: S608
    return [_row(row) for row in tx.execute(query, (lieu,))]


def move(tx: Tx, id: int, now: int, before: tuple[str, ...], status: str, closes_at: int | None) -> bool:
    """Go from one of these statuses to another; False where it has gone elsewhere meanwhile.

    Once closed, what was taken cannot be given back any more, and is forgotten.
    """
    marks = ", ".join("?" * len(before))
    tx.execute(
        f"UPDATE departures SET status = ?, closes_at = coalesce(?, closes_at), changed_at = ?,"  # noqa: S608
        f" taken = CASE ? WHEN 'closed' THEN '{{}}' ELSE taken END WHERE id = ? AND status IN ({marks})",
        (status, closes_at, now, status, id, *before),
    )
    found = get(tx, id)
    return found is not None and found["status"] == status


def take(tx: Tx, id: int, what: str, found: Row) -> None:
    """Note what is about to be taken; what was noted before stays as it was found then."""
    row = get(tx, id)
    if row is not None:
        taken = row["taken"] | {what: found | row["taken"].get(what, {})}
        tx.execute("UPDATE departures SET taken = ? WHERE id = ?", (json.dumps(taken), id))


def _row(row: sqlite3.Row) -> Row:
    return dict(row) | {"taken": json.loads(row["taken"])}
