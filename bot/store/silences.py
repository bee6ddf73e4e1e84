"""Who is silent in which rooms of a lieu, and what they had before."""

from __future__ import annotations

import json
from typing import Any

from .database import Tx


def begin(tx: Tx, lieu: int, person: str, room_id: str, before: Any, level: int) -> None:
    """Note a silence before it is made; one that is there keeps what the person had before the first."""
    tx.execute(
        "INSERT INTO silences (lieu, person, room_id, before, level) VALUES (?,?,?,?,?)"
        " ON CONFLICT DO UPDATE SET level = excluded.level",
        (lieu, person, room_id, json.dumps(before), level),
    )


def spread(tx: Tx, lieu: int, person: str, room_id: str, before: Any, level: int) -> bool:
    """Note one more room of a silence that goes on; False where none does. It lasts as long as elsewhere."""
    done = tx.execute(
        "INSERT INTO silences (lieu, person, room_id, before, level, until) SELECT lieu, person, ?, ?, ?, max(until)"
        " FROM silences WHERE lieu = ? AND person = ? GROUP BY lieu, person"
        " ON CONFLICT DO UPDATE SET level = excluded.level",
        (room_id, json.dumps(before), level, lieu, person),
    )
    return done.rowcount > 0


def people(tx: Tx, lieu: int, but_in: str) -> list[str]:
    rows = tx.execute(
        "SELECT person FROM silences WHERE lieu = ? GROUP BY person HAVING sum(room_id = ?) = 0 ORDER BY person",
        (lieu, but_in),
    )
    return [row["person"] for row in rows]


def get(tx: Tx, lieu: int, person: str, room_id: str) -> tuple[int, Any] | None:
    """What the bot wrote, and what was there before."""
    row = tx.execute(
        "SELECT level, before FROM silences WHERE lieu = ? AND person = ? AND room_id = ?", (lieu, person, room_id)
    ).fetchone()
    return (row["level"], json.loads(row["before"])) if row else None


def last(tx: Tx, lieu: int, person: str, until: int | None) -> None:
    tx.execute("UPDATE silences SET until = ? WHERE lieu = ? AND person = ?", (until, lieu, person))


def rooms(tx: Tx, lieu: int, person: str) -> list[str]:
    rows = tx.execute("SELECT room_id FROM silences WHERE lieu = ? AND person = ?", (lieu, person))
    return [row["room_id"] for row in rows]


def until(tx: Tx, lieu: int, person: str) -> int | None:
    row = tx.execute(
        "SELECT max(until) AS until FROM silences WHERE lieu = ? AND person = ?", (lieu, person)
    ).fetchone()
    end: int | None = row["until"]
    return end


def end(tx: Tx, lieu: int, person: str, room_id: str) -> None:
    tx.execute("DELETE FROM silences WHERE lieu = ? AND person = ? AND room_id = ?", (lieu, person, room_id))
