"""Who has joined the association of a lieu, as its service for that tells: one row for each membership."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypedDict, cast

from bot.words import fold

from .database import Tx

KEPT = timedelta(days=400)  # after its end
DAY = timedelta(days=1)
NEVER = "9999-12-31"


class Membership(TypedDict):
    """A row. `item` is the service's number of it, `email` empty where the member's own is not known; days are ISO,
    `last_day` None for one without end; `person` whose it is, as far as that is known; `status` as in the table; it
    does not `stand` where it was cancelled."""

    lieu: int
    item: int
    name: str
    email: str
    since_day: str
    last_day: str | None
    person: str | None
    status: str
    stands: int
    end_told: int


class Seen(TypedDict):
    """One as the service tells it now; it does not `stand` where it was cancelled."""

    item: int
    name: str
    email: str
    since_day: str
    last_day: str | None
    stands: bool


class Reading(TypedDict):
    """`scope`: whose memberships were read; `whole_at`: when all of them were (ms); whether the conciergerie was `told`
    of them."""

    scope: str
    whole_at: int
    read_at: int
    told: int


def reading(tx: Tx, lieu: int) -> Reading | None:
    query = "SELECT scope, whole_at, read_at, told FROM membership_readings WHERE lieu = ?"
    row = tx.execute(query, (lieu,)).fetchone()
    return cast(Reading, dict(row)) if row else None


# -- what was read


def note(tx: Tx, lieu: int, scope: str, seen: Sequence[Seen], *, whole: bool, today: str, now: int) -> None:
    """What the service tells. The first time that we hear of these nobody is asked about them, and what is known of
    other associations goes."""
    before = reading(tx, lieu)
    is_first = before is None or before["scope"] != scope
    rows = {row["item"]: row for row in _rows(tx, "lieu = ?", lieu)}
    if is_first:
        there = {one["item"] for one in seen}
        gone = [(lieu, item) for item in rows if item not in there]
        tx.executemany("DELETE FROM memberships WHERE lieu = ? AND item = ?", gone)
        rows = {item: row for item, row in rows.items() if item in there}
    by_email: dict[str, list[Membership]] = {}
    for row in rows.values():
        by_email.setdefault(row["email"], []).append(row)
    for one in seen:
        known = rows.get(one["item"])
        if known is not None:
            _change(tx, known, one, today)
        elif one["stands"]:
            others = by_email.setdefault(one["email"], [])
            rows[one["item"]] = _insert(tx, lieu, one, [] if is_first else others, today, is_first=is_first)
            others.append(rows[one["item"]])
    _recognise(tx, lieu)
    whole_at = now if whole or before is None else before["whole_at"]
    told = 0 if is_first or before is None else before["told"]
    tx.execute(
        "INSERT OR REPLACE INTO membership_readings (lieu, scope, whole_at, read_at, told) VALUES (?,?,?,?,?)",
        (lieu, scope, whole_at, now, told),
    )


def told(tx: Tx, lieu: int) -> None:
    """The conciergerie is told what is known."""
    tx.execute("UPDATE membership_readings SET told = 1 WHERE lieu = ?", (lieu,))


def _insert(tx: Tx, lieu: int, one: Seen, others: Sequence[Membership], today: str, *, is_first: bool) -> Membership:
    """`others` have the same address. What is over is nobody's question, nor is the second membership of somebody about
    whom the conciergerie decides, or has decided."""
    is_over = (one["last_day"] or NEVER) < today
    same = [row for row in others if one["email"] and fold(row["name"]) == fold(one["name"])]  # it may be a family's
    again = {row["status"] for row in same} & {"new", "asked", "invited", "aside"}
    status = "known" if is_first or is_over or again - {"aside"} else "aside" if again else "new"
    row: Membership = {
        "lieu": lieu,
        "item": one["item"],
        "name": one["name"],
        "email": one["email"],
        "since_day": one["since_day"],
        "last_day": one["last_day"],
        "person": next((other["person"] for other in same if other["person"]), None),
        "status": status,
        "stands": 1,
        "end_told": int(is_over),
    }
    columns, marks = ", ".join(row), ", ".join("?" * len(row))
    tx.execute(f"INSERT INTO memberships ({columns}) VALUES ({marks})", tuple(row.values()))  # noqa: S608
    return row


def _change(tx: Tx, row: Membership, one: Seen, today: str) -> None:
    """One that is cancelled ended the day before that is seen. What a form says later shortens a membership and does
    not lengthen it: associations use last year's form again, with new dates."""
    if row["status"] == "forgotten":
        return
    before, last = row["last_day"] or NEVER, one["last_day"] or NEVER
    if not one["stands"]:
        last = min(before, (date.fromisoformat(today) - DAY).isoformat()) if row["stands"] else before
    elif row["stands"]:
        last = min(before, last)
    is_over = last < today
    now = {
        "name": one["name"],
        "email": one["email"] or row["email"],
        "last_day": None if last == NEVER else last,
        "stands": int(one["stands"]),
        "status": "known" if is_over and row["status"] == "new" else row["status"],
        "end_told": row["end_told"] if is_over else 0,
    }
    if any(row[name] != value for name, value in now.items()):  # type: ignore[literal-required]
        tx.execute(
            f"UPDATE memberships SET {', '.join(f'{name} = ?' for name in now)} WHERE lieu = ? AND item = ?",  # noqa: S608
            (*now.values(), row["lieu"], row["item"]),
        )


def _recognise(tx: Tx, lieu: int) -> None:
    """By the address that somebody was invited at, where that is one person's."""
    came = "SELECT person, lower(email) AS email FROM arrivals WHERE lieu = ? AND status NOT IN (?, ?)"
    invited: dict[str, set[str]] = {}
    for row in tx.execute(came, (lieu, "declined", "cancelled")):
        invited.setdefault(row["email"], set()).add(row["person"])
    for membership in _rows(tx, "lieu = ? AND person IS NULL AND email <> ''", lieu):
        people = invited.get(membership["email"], set())
        if len(people) == 1:
            change = "UPDATE memberships SET person = ? WHERE lieu = ? AND item = ?"
            tx.execute(change, (*people, lieu, membership["item"]))


# -- who is asked about


def fresh(tx: Tx, lieu: int) -> list[int]:
    """The numbers of those about whom the conciergerie is to be asked."""
    query = "SELECT item FROM memberships WHERE lieu = ? AND status = 'new' ORDER BY since_day, item"
    return [row["item"] for row in tx.execute(query, (lieu,))]


def asked(tx: Tx, lieu: int, items: Iterable[int]) -> None:
    query = "UPDATE memberships SET status = 'asked' WHERE lieu = ? AND item = ? AND status = 'new'"
    tx.executemany(query, [(lieu, item) for item in items])


def settle(tx: Tx, lieu: int, items: Iterable[int], status: str) -> None:
    """What was decided, where nothing was forgotten meanwhile."""
    query = "UPDATE memberships SET status = ? WHERE lieu = ? AND item = ? AND status <> 'forgotten'"
    tx.executemany(query, [(status, lieu, item) for item in items])


def belongs(tx: Tx, lieu: int, item: int, person: str) -> None:
    """It is known whose it is."""
    query = (
        "UPDATE memberships SET person = ?, status = CASE status WHEN 'forgotten' THEN status ELSE 'known' END"
        " WHERE lieu = ? AND item = ? AND status <> 'forgotten'"
    )
    tx.execute(query, (person, lieu, item))


# -- whose is over


def ended(tx: Tx, lieu: int, today: str) -> list[str]:
    """Whose last membership is over, where that was told to nobody."""
    query = (
        "SELECT person FROM memberships WHERE lieu = ? AND person IS NOT NULL AND status <> 'forgotten' GROUP BY person"
        " HAVING max(coalesce(last_day, ?)) < ? AND sum(end_told = 0) > 0 ORDER BY max(last_day), person"
    )
    return [row["person"] for row in tx.execute(query, (lieu, NEVER, today))]


def end_told(tx: Tx, lieu: int, people: Iterable[str]) -> None:
    query = "UPDATE memberships SET end_told = 1 WHERE lieu = ? AND person = ?"
    tx.executemany(query, [(lieu, person) for person in people])


# -- looked at


def get(tx: Tx, lieu: int, item: int) -> Membership | None:
    found = _rows(tx, "lieu = ? AND item = ? AND status <> 'forgotten'", lieu, item)
    return found[0] if found else None


def of_lieu(tx: Tx, lieu: int) -> list[Membership]:
    """The one that ends last at the end."""
    rows = _rows(tx, "lieu = ? AND status <> 'forgotten'", lieu)
    return sorted(rows, key=lambda row: (row["last_day"] or NEVER, row["item"]))


def of_person(tx: Tx, lieu: int, person: str) -> Membership | None:
    """Their last one."""
    rows = _rows(tx, "lieu = ? AND person = ? AND status <> 'forgotten'", lieu, person)
    return max(rows, key=lambda row: (row["last_day"] or NEVER, row["item"]), default=None)


def _rows(tx: Tx, where: str, *values: object) -> list[Membership]:
    rows: list[sqlite3.Row] = tx.execute(f"SELECT * FROM memberships WHERE {where}", values).fetchall()  # noqa: S608
    return [cast(Membership, dict(row)) for row in rows]


# -- forgotten


BLANK = "UPDATE memberships SET name = '', email = '', person = NULL, status = 'forgotten' WHERE"


def forget(tx: Tx, lieu: int, person: str) -> None:
    """Somebody has left: their memberships are numbers, that none of them passes for a new one."""
    tx.execute(f"{BLANK} lieu = ? AND person = ?", (lieu, person))


def forget_old(tx: Tx, now: int) -> None:
    """What ended long ago, of all lieux."""
    before = datetime.fromtimestamp(now / 1000, UTC).date() - KEPT
    tx.execute(f"{BLANK} last_day < ? AND status <> 'forgotten'", (before.isoformat(),))
