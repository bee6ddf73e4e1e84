"""People on their way out: one row each, with all that was taken from them and can be given back."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from . import memberships, ownership
from .database import Tx

OPEN = "status IN ('announced', 'locked')"
Taken = dict[str, dict[str, Any]]
"""By what it is (`doors`, `groups`, `rooms`…), each thing that there was before it was taken, and how to give it
back."""


class Announced(TypedDict):
    """What is decided about a departure. `name` is what the concierges call them, `login` that of the account which the
    lieu gave them (empty for none), `heir` who looks after what was theirs; instants in milliseconds."""

    lieu: int
    person: str
    name: str
    login: str
    heir: str | None
    by: str
    locks_at: int


class Departure(Announced):
    """`status`: announced, locked, closed or undone; `account`: since when the account was theirs."""

    id: int
    status: str
    closes_at: int | None
    taken: Taken
    created_at: int
    changed_at: int
    account: int | None


def begin(tx: Tx, now: int, columns: Announced) -> int:
    """The open departure of this person from this lieu: made at the first call, and of the account that they have."""
    account = ownership.owned(tx, columns["lieu"], "directory", "account").get(columns["login"])
    begun = {"status": "announced", "created_at": now, "changed_at": now, "account": account and account["at"]}
    row = {**columns, **begun}
    tx.execute(
        f"INSERT OR IGNORE INTO departures ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608
        tuple(row.values()),
    )
    found = open_of(tx, columns["lieu"], columns["person"])
    assert found is not None  # noqa: S101 - just written
    return found["id"]


def name_accounts(tx: Tx, lieu: int) -> None:
    """Of departures that an earlier version wrote down: the account that they had by then."""
    tx.execute(
        "UPDATE departures SET account = (SELECT at FROM owned WHERE owned.lieu = departures.lieu AND kind = 'account'"
        " AND service = 'directory' AND ref = login AND at <= created_at) WHERE lieu = ? AND account IS NULL",
        (lieu,),
    )


def get(tx: Tx, id: int) -> Departure | None:
    row = tx.execute("SELECT * FROM departures WHERE id = ?", (id,)).fetchone()
    return _departure(row) if row else None


def open_of(tx: Tx, lieu: int, person: str) -> Departure | None:
    query = f"SELECT * FROM departures WHERE lieu = ? AND person = ? AND {OPEN}"  # noqa: S608
    row = tx.execute(query, (lieu, person)).fetchone()
    return _departure(row) if row else None


def in_progress(tx: Tx, lieu: int) -> list[Departure]:
    query = f"SELECT * FROM departures WHERE lieu = ? AND {OPEN} ORDER BY id"  # noqa: S608
    return [_departure(row) for row in tx.execute(query, (lieu,))]


def locked_out_of(tx: Tx, room_id: str) -> list[Departure]:
    """Those in which somebody was to leave this room and stayed, and which can still be called off."""
    query = "SELECT * FROM departures WHERE status = 'locked' AND instr(taken, ?) ORDER BY id"
    found = [_departure(row) for row in tx.execute(query, (json.dumps(room_id),))]
    return [row for row in found if room_id in row["taken"].get("stayed", {})]


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
    if found is not None and found["status"] == "closed":
        memberships.forget(tx, found["lieu"], found["person"])
    return found is not None and found["status"] == status


def take(tx: Tx, id: int, what: str, found: Mapping[str, Any]) -> None:
    """Note what is about to be taken; what was noted before stays as it was found then."""
    row = get(tx, id)
    if row is not None:
        taken = row["taken"] | {what: {**found, **row["taken"].get(what, {})}}
        tx.execute("UPDATE departures SET taken = ? WHERE id = ?", (json.dumps(taken), id))


def _departure(row: sqlite3.Row) -> Departure:
    return cast(Departure, dict(row) | {"taken": json.loads(row["taken"])})
