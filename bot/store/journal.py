"""Conversations and the steps that each has reached: all that a conversation is, between two messages."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .database import Tx


@dataclass(frozen=True, slots=True)
class Conversation:
    """`cause` is the event or the act that began it; the id derives from it, so that it begins once."""

    dialogue: str
    person: str
    room_id: str
    cause: str
    lieu: int | None = None
    args: dict[str, Any] | None = None
    thread: str | None = None
    status: str = "open"
    epoch: int = 0
    held_by: str | None = None
    wake_at: int | None = None
    created_at: int = 0

    @property
    def id(self) -> int:
        return int.from_bytes(hashlib.sha256(self.cause.encode()).digest()[:6])

    def txn(self, key: str, part: str = "") -> str:
        """The transaction id of what this conversation says at a step: the same after a crash, new after « back »."""
        return hashlib.sha256(f"{self.id}/{self.epoch}/{key}/{part}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the journal. `raw` is an answer as it was heard, `value` what came of the step."""

    conversation: int
    key: str
    seq: int
    kind: str
    status: str
    at: int
    raw: dict[str, Any] | None = None
    value: Any = None
    room_id: str | None = None
    of: str | None = None
    by: str | None = None
    tries: int = 0
    remind: tuple[tuple[int, str], ...] = ()  # (instant, what is due then)
    deadline: int | None = None

    @property
    def next_wake(self) -> int | None:
        instants = [at for at, _ in self.remind] + ([self.deadline] if self.deadline else [])
        return min(instants, default=None)


def begin(tx: Tx, conversation: Conversation) -> None:
    c = conversation
    tx.execute(
        "INSERT OR IGNORE INTO conversations (id, dialogue, lieu, person, room_id, thread, cause, args, created_at)"
        " VALUES (?,?,?,?,?,?,?,?,?)",
        (c.id, c.dialogue, c.lieu, c.person, c.room_id, c.thread, c.cause, json.dumps(c.args or {}), c.created_at),
    )


def conversation(tx: Tx, id: int) -> Conversation | None:
    row = tx.execute("SELECT * FROM conversations WHERE id = ?", (id,)).fetchone()
    return _conversation(row) if row else None


def _conversation(r: sqlite3.Row) -> Conversation:
    return Conversation(
        r["dialogue"],
        r["person"],
        r["room_id"],
        r["cause"],
        r["lieu"],
        json.loads(r["args"]),
        r["thread"],
        r["status"],
        r["epoch"],
        r["held_by"],
        r["wake_at"],
        r["created_at"],
    )


def steps(tx: Tx, id: int) -> dict[str, Step]:
    rows = tx.execute("SELECT * FROM steps WHERE conversation = ? ORDER BY seq", (id,))
    return {r["key"]: _step(r) for r in rows}


def _step(r: sqlite3.Row) -> Step:
    return Step(
        r["conversation"],
        r["key"],
        r["seq"],
        r["kind"],
        r["status"],
        r["at"],
        _load(r["raw"]),
        _load(r["value"]),
        r["room_id"],
        r["of"],
        r["by"],
        r["tries"],
        tuple((at, what) for at, what in _load(r["remind"]) or ()),
        r["deadline"],
    )


def _load(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def keep(tx: Tx, step: Step) -> None:
    """Write a step as it now is."""
    tx.execute(
        "INSERT OR REPLACE INTO steps (conversation, key, seq, kind, status, raw, value, room_id, of, by, tries, at,"
        " remind, deadline) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        (
            step.conversation,
            step.key,
            step.seq,
            step.kind,
            step.status,
            None if step.raw is None else json.dumps(step.raw),
            json.dumps(step.value),
            step.room_id,
            step.of,
            step.by,
            step.tries,
            step.at,
            json.dumps(step.remind),
            step.deadline,
        ),
    )


def forget(tx: Tx, id: int, keys: Iterable[str]) -> None:
    """Take steps back, so that they are asked anew under other transaction ids."""
    tx.executemany("DELETE FROM steps WHERE conversation = ? AND key = ?", [(id, key) for key in keys])
    tx.execute("UPDATE conversations SET epoch = epoch + 1 WHERE id = ?", (id,))


def wake(tx: Tx, id: int, at: int | None) -> None:
    tx.execute("UPDATE conversations SET wake_at = ? WHERE id = ?", (at, id))


def end(tx: Tx, id: int, status: str, now: int) -> None:
    tx.execute(
        "UPDATE conversations SET status = ?, wake_at = NULL, ended_at = ? WHERE id = ? AND status = 'open'",
        (status, now, id),
    )


def hold(tx: Tx, id: int, by: str | None) -> None:
    """A human speaks instead of the bot, until `by` is None again."""
    tx.execute("UPDATE conversations SET held_by = ? WHERE id = ?", (by, id))


def due(tx: Tx, now: int) -> list[int]:
    rows = tx.execute("SELECT id FROM conversations WHERE status = 'open' AND wake_at <= ? ORDER BY wake_at", (now,))
    return [r["id"] for r in rows]


def next_wake(tx: Tx) -> int | None:
    row = tx.execute("SELECT min(wake_at) AS at FROM conversations WHERE status = 'open'").fetchone()
    at: int | None = row["at"]
    return at


def unfinished(tx: Tx) -> list[int]:
    """Conversations that a stop interrupted: heard but not understood, or in the middle of an act."""
    rows = tx.execute(
        "SELECT DISTINCT c.id FROM conversations c LEFT JOIN steps s ON s.conversation = c.id AND"
        " s.status IN ('heard', 'started', 'asked') WHERE c.status = 'open' AND c.wake_at IS NULL"
        " AND (s.status IS NULL OR s.status != 'asked')"
    )
    return [r["id"] for r in rows]


def open_questions(tx: Tx, room_id: str) -> list[tuple[Conversation, Step]]:
    """What is asked in this room now, oldest first."""
    rows = tx.execute(
        "SELECT conversation, key FROM steps s JOIN conversations c ON c.id = s.conversation"
        " WHERE s.room_id = ? AND s.kind = 'ask' AND s.status = 'asked' AND c.status = 'open' ORDER BY s.at, s.seq",
        (room_id,),
    ).fetchall()
    return _pairs(tx, rows)


def awaited(tx: Tx, room_id: str, person: str) -> list[tuple[Conversation, Step]]:
    """Conversations that wait for this person to enter this room."""
    rows = tx.execute(
        "SELECT conversation, key FROM steps s JOIN conversations c ON c.id = s.conversation WHERE s.room_id = ?"
        " AND s.kind = 'join' AND s.status = 'asked' AND c.status = 'open' AND s.of = ?",
        (room_id, person),
    ).fetchall()
    return _pairs(tx, rows)


def pair(tx: Tx, id: int, key: str) -> tuple[Conversation, Step] | None:
    """A conversation and one of its steps, where both are still there."""
    row = tx.execute("SELECT * FROM conversations WHERE id = ?", (id,)).fetchone()
    step = tx.execute("SELECT * FROM steps WHERE conversation = ? AND key = ?", (id, key)).fetchone()
    return (_conversation(row), _step(step)) if row and step else None


def _pairs(tx: Tx, keys: Iterable[sqlite3.Row]) -> list[tuple[Conversation, Step]]:
    found = [pair(tx, r["conversation"], r["key"]) for r in keys]
    return [each for each in found if each is not None]


def answer_of(tx: Tx, event_id: str, person: str) -> tuple[int, str] | None:
    """The conversation and question that a message of this person answered."""
    row = tx.execute(
        "SELECT s.conversation, s.key FROM steps s JOIN conversations c ON c.id = s.conversation WHERE s.by = ?"
        " AND c.status = 'open' AND s.raw IS NOT NULL AND json_extract(s.raw, '$.event_id') = ?",
        (person, event_id),
    ).fetchone()
    return (row["conversation"], row["key"]) if row else None


def open_of(tx: Tx, person: str, room_id: str) -> list[Conversation]:
    """Conversations of a person in a room that wait for somebody's answer, newest first."""
    rows = tx.execute(
        "SELECT * FROM conversations c WHERE person = ? AND room_id = ? AND status = 'open' AND EXISTS (SELECT 1"
        " FROM steps s WHERE s.conversation = c.id AND s.kind = 'ask' AND s.status = 'asked')"
        " ORDER BY created_at DESC",
        (person, room_id),
    )
    return [_conversation(r) for r in rows]


def purge(tx: Tx, before: int) -> None:
    """Forget conversations that ended before this instant, with every answer in them."""
    tx.execute("DELETE FROM conversations WHERE status != 'open' AND ended_at < ?", (before,))
