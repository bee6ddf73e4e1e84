"""How the services of each lieu answered, day by day; incidents, and maintenances that were announced.

A row says when a service was away and why, never of whom. Instants are milliseconds, lengths seconds, days ISO."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict, cast

from .database import Tx

KEPT = 366 * 86_400_000  # milliseconds
FOREVER = 1 << 62  # milliseconds
NOTHING, BEGINNING, ALL = 0, 1, 2  # what was told of an incident


@dataclass(slots=True)
class Seen:
    """What is to be added to a day."""

    looked: int = 0
    answered: int = 0
    known: int = 0  # milliseconds, and so are these
    away: int = 0
    planned: int = 0


class Day(TypedDict):
    """A service in a day: of how many seconds it is known how it was, and how many of these it was `away`, but for a
    maintenance (`planned`)."""

    service: str
    day: str
    looked: int
    answered: int
    known: int
    away: int
    planned: int


@dataclass(slots=True)
class Incident:
    """`unseen` in seconds; `told`: NOTHING, BEGINNING, ALL. `id` is 0 until it is written."""

    lieu: int
    service: str
    begun_at: int
    seen_at: int
    cause: str
    ended_at: int | None = None
    unseen: int = 0
    told: int = NOTHING
    id: int = field(default=0, compare=False)

    @property
    def seconds(self) -> int:
        """How long it was seen away."""
        return max(0, ((self.ended_at or self.seen_at) - self.begun_at) // 1000 - self.unseen)


class Maintenance(TypedDict):
    """`rooms`: where it was announced."""

    id: int
    begins_at: int
    ends_at: int
    services: list[str]
    rooms: list[str]


Key = tuple[int, str, str]
"""A lieu, a service, a day."""


def add(tx: Tx, seen: Mapping[Key, Seen]) -> None:
    """What was seen since the last time."""
    tx.executemany(
        "INSERT INTO availability (lieu, service, day, looked, answered, known, away, planned) SELECT ?,?,?,?,?,?,?,?"
        " WHERE EXISTS (SELECT 1 FROM lieux WHERE id = ?1)"
        " ON CONFLICT (lieu, service, day) DO UPDATE SET looked = looked + excluded.looked,"
        " answered = answered + excluded.answered, known = known + excluded.known, away = away + excluded.away,"
        " planned = planned + excluded.planned",
        [
            (*key, one.looked, one.answered, *(round(ms / 1000) for ms in (one.known, one.away, one.planned)))
            for key, one in seen.items()
        ],
    )


def days(tx: Tx, lieu: int, first: str, last: str) -> list[Day]:
    query = "SELECT * FROM availability WHERE lieu = ? AND day BETWEEN ? AND ? ORDER BY service, day"
    rows = [dict(row) for row in tx.execute(query, (lieu, first, last))]
    return [cast(Day, {name: row[name] for name in Day.__annotations__}) for row in rows]


def first_day(tx: Tx, lieu: int) -> str:
    """The first of which anything is known and kept; empty for none."""
    row = tx.execute("SELECT min(day) AS day FROM availability WHERE lieu = ? AND known > 0", (lieu,)).fetchone()
    return row["day"] or ""


# -- incidents


def keep(tx: Tx, incidents: Iterable[Incident]) -> None:
    """As they now are; each gets its id. Of a lieu that is gone, nothing is kept."""
    for one in incidents:
        row = tx.execute(
            "INSERT INTO incidents (lieu, service, begun_at, seen_at, ended_at, unseen, cause, told)"
            " SELECT ?,?,?,?,?,?,?,? WHERE EXISTS (SELECT 1 FROM lieux WHERE id = ?1)"
            " ON CONFLICT (lieu, service, begun_at) DO UPDATE SET seen_at = excluded.seen_at,"
            " ended_at = excluded.ended_at, unseen = excluded.unseen, cause = excluded.cause,"
            " told = max(told, excluded.told) RETURNING id",
            (one.lieu, one.service, one.begun_at, one.seen_at, one.ended_at, one.unseen, one.cause, one.told),
        ).fetchone()
        one.id = row["id"] if row else 0


def untold(tx: Tx) -> list[Incident]:
    """Those of which something may still have to be told: all that go on are among them."""
    return [_incident(row) for row in tx.execute("SELECT * FROM incidents WHERE told < ? OR ended_at IS NULL", (ALL,))]


def tell(tx: Tx, ids: Collection[int], told: int) -> None:
    tx.executemany("UPDATE incidents SET told = max(told, ?) WHERE id = ?", [(told, id) for id in ids])


def incident(tx: Tx, lieu: int, id: int) -> Incident | None:
    row = tx.execute("SELECT * FROM incidents WHERE id = ? AND lieu = ?", (id, lieu)).fetchone()
    return _incident(row) if row else None


def incidents(tx: Tx, lieu: int, since: int, until: int = FOREVER) -> list[Incident]:
    """Those that went on between two instants; the first to begin comes first."""
    query = (
        "SELECT * FROM incidents WHERE lieu = ? AND coalesce(ended_at, ?) >= ? AND begun_at < ?"
        " ORDER BY begun_at, service"
    )
    return [_incident(row) for row in tx.execute(query, (lieu, since, since, until))]


def _incident(row: Mapping[str, object]) -> Incident:
    names = ("lieu", "service", "begun_at", "seen_at", "cause", "ended_at", "unseen", "told", "id")
    return Incident(**{name: row[name] for name in names})  # type: ignore[arg-type]


# -- maintenances


def plan(
    tx: Tx, lieu: int, begins_at: int, ends_at: int, services: Collection[str], rooms: Collection[str] = ()
) -> None:
    """`rooms` are those in which it is announced."""
    row = (lieu, begins_at, ends_at, json.dumps(sorted(services)))
    id = tx.execute("INSERT INTO maintenances (lieu, begins_at, ends_at, services) VALUES (?,?,?,?)", row).lastrowid
    tx.executemany("INSERT INTO maintenance_rooms (maintenance, room_id) VALUES (?,?)", [(id, room) for room in rooms])


def planned(tx: Tx, lieu: int, since: int, until: int = FOREVER) -> list[Maintenance]:
    """Those of which some part lies between two instants."""
    query = "SELECT * FROM maintenances WHERE lieu = ? AND ends_at > ? AND begins_at < ? ORDER BY begins_at, id"
    return [
        {
            "id": row["id"],
            "begins_at": row["begins_at"],
            "ends_at": row["ends_at"],
            "services": json.loads(row["services"]),
            "rooms": _rooms(tx, row["id"]),
        }
        for row in tx.execute(query, (lieu, since, until)).fetchall()
    ]


def call_off(tx: Tx, lieu: int, known: Maintenance, now: int) -> list[str] | None:
    """One that is going on ends now. Where it was announced; None where it is over, or not as it was `known`."""
    if not _is_as(tx, lieu, known, now):
        return None
    rooms = _rooms(tx, known["id"])
    if known["begins_at"] < now:
        tx.execute("UPDATE maintenances SET ends_at = ? WHERE id = ?", (now, known["id"]))
    else:
        tx.execute("DELETE FROM maintenances WHERE id = ?", (known["id"],))
    return rooms


def move(tx: Tx, lieu: int, known: Maintenance, begins_at: int, ends_at: int, now: int) -> list[str] | None:
    """What `call_off` returns."""
    if not _is_as(tx, lieu, known, now):
        return None
    sets = "UPDATE maintenances SET begins_at = ?, ends_at = ? WHERE id = ?"
    tx.execute(sets, (begins_at, ends_at, known["id"]))
    return _rooms(tx, known["id"])


def _is_as(tx: Tx, lieu: int, known: Maintenance, now: int) -> bool:
    query = "SELECT 1 FROM maintenances WHERE lieu = ? AND id = ? AND begins_at = ? AND ends_at = ? AND ends_at > ?"
    values = (lieu, known["id"], known["begins_at"], known["ends_at"], now)
    return tx.execute(query, values).fetchone() is not None


def _rooms(tx: Tx, id: int) -> list[str]:
    rows = tx.execute("SELECT room_id FROM maintenance_rooms WHERE maintenance = ? ORDER BY room_id", (id,))
    return [row["room_id"] for row in rows]


def forget(tx: Tx, now: int) -> None:
    """What is older than a year."""
    before = now - KEPT
    tx.execute("DELETE FROM availability WHERE day < date(? / 1000, 'unixepoch')", (before,))
    tx.execute("DELETE FROM incidents WHERE ended_at < ?", (before,))
    tx.execute("DELETE FROM maintenances WHERE ends_at < ?", (before,))
