"""People on their way in: one row each, from the invitation to the welcome."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import TypedDict, cast

from . import audit
from .budgets import DAY, Budget, spend
from .database import Tx

LEFT = Budget("left", 10, DAY)
GOING_ON = ("invited", "answering", "approval", "opening")
ENDED = ("welcomed", "declined", "cancelled")


class Arrival(TypedDict):
    """A row. `person` is the Matrix id that they have, or will have; `login` is in the directory; `status` as in the
    table; instants in milliseconds."""

    id: int
    lieu: int
    person: str
    name: str | None
    email: str | None
    login: str | None
    invited_by: str
    status: str
    room_id: str | None
    conversation: int | None
    created_at: int
    changed_at: int


class Changes(TypedDict, total=False):
    """The columns that change while somebody arrives."""

    name: str | None
    email: str | None
    login: str | None
    invited_by: str
    status: str
    room_id: str | None
    conversation: int | None


class OpenArrival(Arrival):
    """`talk` is the status of the conversation, `held_by` who speaks instead of the bot, `moved` when it last moved,
    `away` (0 or 1) whether a service keeps it waiting. Before there is one: `inviting` while the invitation is being
    made, « asks » while what it lacks is asked of the concierges."""

    talk: str | None
    held_by: str | None
    moved: int | None
    away: int
    inviting: str | None


def create(
    tx: Tx,
    now: int,
    *,
    lieu: int,
    person: str,
    invited_by: str,
    name: str | None = None,
    email: str | None = None,
    login: str | None = None,
) -> int:
    """The open arrival of this person in this lieu: made at the first call."""
    tx.execute(
        "INSERT OR IGNORE INTO arrivals (lieu, person, name, email, login, invited_by, status, created_at, changed_at)"
        " VALUES (?,?,?,?,?,?,'invited',?,?)",
        (lieu, person, name, email, login, invited_by, now, now),
    )
    row = tx.execute(
        f"SELECT id FROM arrivals WHERE lieu = ? AND person = ? AND status IN {GOING_ON}",  # noqa: S608
        (lieu, person),
    ).fetchone()
    id: int = row["id"]
    return id


def change(tx: Tx, id: int, now: int, changes: Changes) -> None:
    """Change some columns; their names are ours, never a person's."""
    columns = ", ".join(f"{name} = ?" for name in changes)
    tx.execute(f"UPDATE arrivals SET {columns}, changed_at = ? WHERE id = ?", (*changes.values(), now, id))  # noqa: S608


def get(tx: Tx, id: int) -> Arrival | None:
    row = tx.execute("SELECT * FROM arrivals WHERE id = ?", (id,)).fetchone()
    return _arrival(row) if row else None


def domains(tx: Tx, lieu: int) -> list[str]:
    """Of the e-mail addresses of whoever was welcomed in this lieu: what was mailed to them came."""
    rows = tx.execute(
        "SELECT DISTINCT lower(substr(email, instr(email, '@') + 1)) AS domain FROM arrivals"
        " WHERE lieu = ? AND status = 'welcomed' AND email LIKE '%_@_%'",
        (lieu,),
    )
    return [row["domain"] for row in rows]


def of_person(tx: Tx, lieu: int, person: str) -> Arrival | None:
    """Their latest arrival here, open or not."""
    row = tx.execute(
        "SELECT * FROM arrivals WHERE lieu = ? AND person = ? ORDER BY id DESC LIMIT 1", (lieu, person)
    ).fetchone()
    return _arrival(row) if row else None


def answering_in(tx: Tx, room_id: str, person: str) -> list[Arrival]:
    """Their open arrivals, in whatever lieux, that are talked about in this room."""
    query = f"SELECT * FROM arrivals WHERE room_id = ? AND person = ? AND status IN {GOING_ON} ORDER BY id"  # noqa: S608
    return [_arrival(row) for row in tx.execute(query, (room_id, person))]


def in_progress(tx: Tx, lieu: int) -> list[OpenArrival]:
    """Who is where, with how their conversation goes; those who have not moved for longest first."""
    rows = tx.execute(
        "SELECT a.*, c.status AS talk, c.held_by, (SELECT max(s.at) FROM steps s WHERE s.conversation = c.id) AS moved,"
        " EXISTS (SELECT 1 FROM steps s WHERE s.conversation = c.id AND s.kind IN ('do', 'look')"
        " AND s.status IN ('heard', 'started')) AS away,"
        # of the conversation whose act made the arrival: the id is its result
        " (SELECT CASE WHEN EXISTS (SELECT 1 FROM steps w WHERE w.conversation = i.id AND w.kind = 'do'"
        " AND w.status = 'asked') THEN 'asks' ELSE 'inviting' END"
        " FROM conversations i JOIN steps e ON e.conversation = i.id"
        " WHERE a.conversation IS NULL AND i.status = 'open' AND i.lieu = a.lieu"
        " AND e.kind = 'do' AND e.status = 'done' AND e.value = CAST(a.id AS TEXT)"
        " AND (e.key LIKE 'expect%' OR e.key LIKE 'member%') LIMIT 1) AS inviting"
        " FROM arrivals a LEFT JOIN conversations c ON c.id = a.conversation"
        " WHERE a.lieu = ? AND a.status NOT IN ('welcomed', 'declined', 'cancelled')"
        " ORDER BY coalesce(moved, a.changed_at)",
        (lieu,),
    )
    return [cast(OpenArrival, dict(row)) for row in rows]


def _arrival(row: sqlite3.Row) -> Arrival:
    return cast(Arrival, dict(row))


def know(tx: Tx, lieu: int, people: Iterable[str]) -> None:
    """These people are in the lieu's space already: a change of name is not an arrival."""
    for person in people:
        entered(tx, lieu, person)


def entered(tx: Tx, lieu: int, person: str) -> None:
    """This person is in the lieu's space."""
    tx.execute("INSERT OR IGNORE INTO members (lieu, person) VALUES (?, ?)", (lieu, person))


def is_known(tx: Tx, lieu: int, person: str) -> bool:
    return tx.execute("SELECT 1 FROM members WHERE lieu = ? AND person = ?", (lieu, person)).fetchone() is not None


def went(tx: Tx, lieu: int, person: str, by: str, at: int) -> None:
    """This person is in the space no more: said once in the lieu's journal, by whom it was decided. Of somebody who
    comes and goes without end, a few times."""
    if forget(tx, lieu, person) and spend(tx, LEFT, f"person/{person}/{lieu}", f"{at}", at).within:
        audit.note(tx, lieu, at, by, "left", person, {})


def forget(tx: Tx, lieu: int, person: str) -> bool:
    """Whoever comes back is new. False where they were not there."""
    return tx.execute("DELETE FROM members WHERE lieu = ? AND person = ?", (lieu, person)).rowcount > 0
