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
