"""Requests as a lieu looks back at them: its list of them, and who said what when about each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .database import Tx

# One whose day has passed is over, whatever its lieu says: it may be gone.
GOES_ON = (
    "(state IN ('open', 'discussed', 'agreed')"
    " AND (home = :home OR coalesce(json_extract(body, '$.until'), :today) >= :today))"
)
WANTED = {
    "open": GOES_ON,
    "old": f"NOT {GOES_ON}",
    "ours": "home = :home",
    "theirs": "home != :home",
    "mine": "asker = :person",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a story: `text` is empty for an offer; `meant`: to which lieux it was said, where not to all."""

    at: int
    lieu: str
    name: str
    text: str
    meant: tuple[str, ...]


def remember(tx: Tx, request: str, origin: str, line: str, **told: Any) -> None:
    """What a line says, and when: `at`, `name`, `said`; corrected as the line is. It stands behind what was said
    before, whatever the clock says."""
    if "at" in told:
        latest = tx.execute("SELECT max(at) AS at FROM lines WHERE request = ?", (request,)).fetchone()["at"]
        told["at"] = max(told["at"], (latest or 0) + 1)
    names = ", ".join(f"{name} = ?" for name in told)
    where = "request = ? AND origin = ? AND line = ?"
    tx.execute(f"UPDATE lines SET {names} WHERE {where}", (*told.values(), request, origin, line))  # noqa: S608


def story(tx: Tx, request: str, lieu: int, offer: str) -> list[Said]:
    """All that was said at this lieu and there, in order; `offer` is the line that an offer is."""
    rows = tx.execute(
        "SELECT at, origin, name, said, meant FROM lines WHERE request = ? AND lieu = ? AND (said != '' OR line = ?)"
        " ORDER BY at, line",
        (request, lieu, offer),
    )
    return [Said(r["at"], r["origin"], r["name"], r["said"], tuple(r["meant"].split())) for r in rows]


def seen(tx: Tx, lieu: int, wanted: Iterable[str], *, home: str, person: str, today: str) -> list[int]:
    """The numbers of the requests that this lieu sees, the newest first.

    `wanted`: the names of `WANTED` that are true of them; `home` is the lieu on the wire, `today` its day.
    """
    rows = tx.execute(
        "SELECT number FROM cards JOIN requests ON id = request"  # noqa: S608
        f" WHERE lieu = :lieu AND {' AND '.join(WANTED[name] for name in wanted)} ORDER BY number DESC",
        {"lieu": lieu, "home": home, "person": person, "today": today},
    )
    return [r["number"] for r in rows]


def spoken_of(tx: Tx, lieu: int) -> dict[int, str]:
    """What each request that this lieu sees speaks of, by its number."""
    rows = tx.execute(
        "SELECT number, json_extract(body, '$.what') || ' ' || coalesce(json_extract(body, '$.where'), '') AS told"
        " FROM cards JOIN requests ON id = request WHERE lieu = ?",
        (lieu,),
    )
    return {r["number"]: r["told"] for r in rows}


def forget(tx: Tx, before: int) -> None:
    """What was said about requests that ended before this instant."""
    tx.execute(
        "UPDATE lines SET said = '', name = '' WHERE request IN (SELECT id FROM requests WHERE changed_at < ?"
        " AND state NOT IN ('open', 'discussed', 'agreed'))",
        (before,),
    )
