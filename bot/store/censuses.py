"""Lists of lieux that others made, as the host imported them (`conciergerie import-lieux`)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import TypedDict

from bot.words import fold

from .database import Tx

DEGREE = 111.2  # kilometres, from south to north
# How far away, in degrees from south to north, times itself: near enough for lieux that one can go to.
AWAY = "((l.latitude - :north) * (l.latitude - :north) + (l.longitude - :east) * (l.longitude - :east) * :narrow)"
UNKNOWN = "l.known_as NOT IN (SELECT value FROM json_each(:but))"
Row = tuple[str | float | None, ...]


@dataclass(frozen=True, slots=True)
class CensusLieu:
    """A lieu as a list tells of it; what it does not tell is empty. Coordinates in degrees, both or none."""

    name: str
    town: str
    postcode: str
    latitude: float | None
    longitude: float | None
    web: str
    description: str


@dataclass(frozen=True, slots=True)
class Census:
    """`date`: of the list, « 2019 », « 2019-06 » or « 2019-06-30 »; `imported_at` in milliseconds."""

    source: str
    licence: str
    date: str
    imported_at: int
    lieux: int


class FoundLieu(TypedDict):
    """A lieu of a list, and what list that is."""

    name: str
    town: str
    latitude: float | None
    longitude: float | None
    web: str
    description: str
    source: str
    licence: str
    date: str


def known_as(name: str, town: str) -> str:
    """What two lieux have in common that are one."""
    return f"{fold(name)}\n{fold(town)}"


def rows_of(lieux: Iterable[CensusLieu]) -> list[Row]:
    """What is written of them, made before others have to wait for it."""
    return [
        (
            *(one.name, one.town, one.postcode, one.latitude, one.longitude, one.web, one.description),
            *(known_as(one.name, one.town), fold(f"{one.name} {one.town} {one.postcode} {one.description}")),
        )
        for one in lieux
    ]


def replace(tx: Tx, source: str, licence: str, date: str, now: int, rows: Iterable[Row]) -> None:
    """All that this source names from now on, in place of what it named before."""
    forget(tx, source)
    census = tx.execute(
        "INSERT INTO censuses (source, licence, date, imported_at) VALUES (?,?,?,?) RETURNING id",
        (source, licence, date, now),
    ).fetchone()["id"]
    tx.executemany("INSERT INTO census_lieux VALUES (?,?,?,?,?,?,?,?,?,?)", ((census, *row) for row in rows))


def forget(tx: Tx, source: str) -> bool:
    """Whether there was such a source."""
    return tx.execute("DELETE FROM censuses WHERE source = ?", (source,)).rowcount > 0


def all_of_them(tx: Tx) -> list[Census]:
    rows = tx.execute(
        "SELECT c.*, count(l.census) AS lieux FROM censuses c LEFT JOIN census_lieux l ON l.census = c.id"
        " GROUP BY c.id ORDER BY c.source"
    )
    return [Census(r["source"], r["licence"], r["date"], r["imported_at"], r["lieux"]) for r in rows]


def search(
    tx: Tx, words: Sequence[str], place: tuple[float, float] | None, reach: float | None, but: Iterable[str], most: int
) -> tuple[int, list[FoundLieu]]:
    """How many lieux there are of which all these folded `words` are told, and the first of them: the nearest to the
    `place` (degrees north and east), where that is known. Those alone within `reach` of it (kilometres), or all; not
    those that are known otherwise (`but`, as `known_as` says), and what two lists name as the later one does."""
    where, values = [UNKNOWN], dict[str, object]({"but": json.dumps([*but]), "most": most})
    for n, word in enumerate(words):
        where.append(f"instr(l.told, :word{n}) > 0")
        values[f"word{n}"] = word
    order = "f.name, f.town"
    if place:
        order = f"f.away IS NULL, f.away, {order}"
        values |= {"north": place[0], "east": place[1], "narrow": cos(radians(place[0])) ** 2}
    if place and reach:
        degrees = reach / DEGREE
        where += ["l.latitude BETWEEN :south AND :limit", f"{AWAY} <= :away"]
        values |= {"south": place[0] - degrees, "limit": place[0] + degrees, "away": degrees**2}
    # All lieux are looked at once; those that are not shown are only counted.
    away, all_of_it = AWAY if place else "NULL", " AND ".join([*where, *_latest(tx)])
    found = f"SELECT l.rowid AS id, l.name, l.town, {away} AS away FROM census_lieux l WHERE {all_of_it}"  # noqa: S608
    rows = tx.execute(
        f"WITH found AS MATERIALIZED ({found}), f AS (SELECT * FROM found f ORDER BY {order} LIMIT :most)"  # noqa: S608
        " SELECT l.*, c.source, c.licence, c.date, (SELECT count(*) FROM found) AS every"
        f" FROM f JOIN census_lieux l ON l.rowid = f.id JOIN censuses c ON c.id = l.census ORDER BY {order}",
        values,
    ).fetchall()
    return rows[0]["every"] if rows else 0, [_found(row) for row in rows]


def _latest(tx: Tx) -> list[str]:
    """Conditions that leave out what a later list names too."""
    lists = [row["id"] for row in tx.execute("SELECT id FROM censuses ORDER BY date, id")]
    also = "EXISTS (SELECT 1 FROM census_lieux o WHERE o.known_as = l.known_as AND o.census IN ({later}))"
    return [
        f"NOT (l.census = {id} AND {also.format(later=', '.join(map(str, lists[n:])))})"
        for n, id in enumerate(lists[:-1], 1)
    ]


def _found(row: sqlite3.Row) -> FoundLieu:
    return {
        "name": row["name"],
        "town": row["town"],
        "latitude": row["latitude"],
        "longitude": row["longitude"],
        "web": row["web"],
        "description": row["description"],
        "source": row["source"],
        "licence": row["licence"],
        "date": row["date"],
    }
