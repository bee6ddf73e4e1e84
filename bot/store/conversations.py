"""Conversations and the steps that each has reached: all that a conversation is, between two messages."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from .database import Tx

SPEAKING = "status = 'open' AND held_by IS NULL"


@dataclass(frozen=True, slots=True)
class Conversation:
    """`cause` is the event or the act that began it; the id derives from it, so that it begins once. Where `args` have
    a `then`, these are the arguments of others like it, which begin one after the other."""

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

    def following(self, now: int) -> Conversation | None:
        """The one that begins as this one ends."""
        first, *others = (self.args or {}).get("then") or [None]
        if first is None:
            return None
        args = {**first, "then": others}
        cause = f"{self.id}/then"
        return Conversation(
            self.dialogue, self.person, self.room_id, cause, self.lieu, args, self.thread, created_at=now
        )

    def txn(self, key: str, part: str = "") -> str:
        """The transaction id of what this conversation says at a step: the same after a crash, new after « back »."""
        return hashlib.sha256(f"{self.id}/{self.epoch}/{key}/{part}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the replay log. `raw` is an answer as it was heard, `value` what came of the step."""

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
    return conversation_of(row) if row else None


def conversation_of(r: sqlite3.Row) -> Conversation:
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


def lieux_with(tx: Tx, dialogues: Collection[str], me: str, since: int) -> dict[str, set[int]]:
    """In which lieux a conversation of each of these dialogues, with the bot itself, is open, or came to its end and
    began `since`."""
    marks, found = ", ".join("?" for _ in dialogues), {name: set[int]() for name in dialogues}
    query = (
        f"SELECT dialogue, lieu FROM conversations WHERE dialogue IN ({marks}) AND status = 'open' UNION"  # noqa: S608
        f" SELECT dialogue, lieu FROM conversations WHERE dialogue IN ({marks}) AND status = 'done'"
        " AND person = ? AND created_at >= ?"
    )
    for row in tx.execute(query, (*dialogues, *dialogues, me, since)):
        found[row["dialogue"]].add(row["lieu"])
    return found


def goes_on(tx: Tx, dialogue: str, lieu: int) -> bool:
    """Whether a conversation of this dialogue is open for this lieu."""
    query = "SELECT 1 FROM conversations WHERE dialogue = ? AND lieu = ? AND status = 'open'"
    return tx.execute(query, (dialogue, lieu)).fetchone() is not None


def steps(tx: Tx, id: int) -> dict[str, Step]:
    rows = tx.execute("SELECT * FROM steps WHERE conversation = ? ORDER BY seq", (id,))
    return {r["key"]: step_of(r) for r in rows}


def step_of(r: sqlite3.Row) -> Step:
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
    """Whom it looked up, and what services told of them, is forgotten, unless it may be taken up again."""
    if status not in ("cancelled", "stopped"):
        forget_values(tx, id)
    tx.execute(
        "UPDATE conversations SET status = ?, wake_at = NULL, ended_at = ? WHERE id = ? AND status = 'open'",
        (status, now, id),
    )


def forget_values(tx: Tx, id: int) -> None:
    tx.execute("UPDATE steps SET value = NULL WHERE conversation = ? AND kind IN ('look', 'do')", (id,))


def reopen(tx: Tx, id: int) -> None:
    """What its person stopped goes on."""
    tx.execute("UPDATE conversations SET status = 'open', ended_at = NULL WHERE id = ? AND status = 'cancelled'", (id,))


def take_back(tx: Tx, id: int) -> None:
    """What a fault of ours stopped goes on; what it says from now on was not said before."""
    query = "UPDATE conversations SET status = 'open', ended_at = NULL, epoch = epoch + 1 WHERE id = ?"
    tx.execute(f"{query} AND status = 'stopped'", (id,))


def hold(tx: Tx, id: int, by: str | None) -> None:
    """A human speaks instead of the bot, until `by` is None again."""
    tx.execute("UPDATE conversations SET held_by = ? WHERE id = ?", (by, id))


def due(tx: Tx, now: int, but: Collection[int] = ()) -> list[int]:
    rows = tx.execute(f"SELECT id FROM conversations WHERE {SPEAKING} AND wake_at <= ? ORDER BY wake_at", (now,))  # noqa: S608
    return [r["id"] for r in rows if r["id"] not in but]


def next_wake(tx: Tx, but: Collection[int] = ()) -> int | None:
    others = "id NOT IN (SELECT value FROM json_each(?))"
    query = f"SELECT min(wake_at) AS at FROM conversations WHERE {SPEAKING} AND {others}"  # noqa: S608
    row = tx.execute(query, (json.dumps([*but]),)).fetchone()
    at: int | None = row["at"]
    return at


def unfinished(tx: Tx) -> dict[int, tuple[str, str]]:
    """Conversations that a stop interrupted: heard but not understood, in the middle of an act, or just begun; in the
    order of the events that moved them last, each with its room and sender, or with its own where it was no event."""
    rows = tx.execute(
        "SELECT c.id, coalesce(i.room_id, c.room_id) AS room_id, coalesce(i.sender, c.person) AS person"
        " FROM conversations c LEFT JOIN inbox i ON i.seq = (SELECT max(m.seq) FROM inbox m WHERE m.event_id IN"
        " (SELECT c.cause UNION ALL SELECT json_extract(s.raw, '$.event_id') FROM steps s WHERE s.conversation = c.id))"
        " WHERE c.status = 'open' AND (EXISTS (SELECT 1 FROM steps s WHERE"
        " s.conversation = c.id AND s.status IN ('heard', 'started')) OR NOT EXISTS (SELECT 1 FROM steps s WHERE"
        " s.conversation = c.id AND s.status = 'asked')) ORDER BY i.seq"
    )
    return {r["id"]: (r["room_id"], r["person"]) for r in rows}


def open_for(tx: Tx, lieu: int) -> list[int]:
    """Everything that goes on for a lieu."""
    return [r["id"] for r in tx.execute("SELECT id FROM conversations WHERE lieu = ? AND status = 'open'", (lieu,))]


def open_about(tx: Tx, dialogue: str, person: str, place: str) -> list[int]:
    """What goes on about this person and a place that they want to enter."""
    rows = tx.execute(
        "SELECT id FROM conversations WHERE dialogue = ? AND person = ? AND json_extract(args, '$.place') = ?"
        " AND status = 'open'",
        (dialogue, person, place),
    )
    return [r["id"] for r in rows]


def open_with(tx: Tx, dialogue: str, lieu: int, value: str, name: str = "about") -> list[int]:
    """What goes on for this lieu and was begun with this argument."""
    rows = tx.execute(
        "SELECT id FROM conversations WHERE dialogue = ? AND lieu = ? AND json_extract(args, '$.' || ?) = ?"
        " AND status = 'open'",
        (dialogue, lieu, name, value),
    )
    return [r["id"] for r in rows]


def open_by(tx: Tx, dialogue: str, person: str) -> list[Conversation]:
    """What goes on about this person, in whatever room; where something was said last comes first."""
    last = "(SELECT max(at) FROM steps s WHERE s.conversation = c.id)"
    query = f"SELECT * FROM conversations c WHERE person = ? AND dialogue = ? AND status = 'open' ORDER BY {last} DESC"  # noqa: S608
    return [conversation_of(row) for row in tx.execute(query, (person, dialogue))]


def open_for_lieu(tx: Tx, dialogue: str, lieu: int) -> list[Conversation]:
    query = "SELECT * FROM conversations WHERE lieu = ? AND dialogue = ? AND status = 'open'"
    return [conversation_of(row) for row in tx.execute(query, (lieu, dialogue))]


def set_args(tx: Tx, id: int, args: dict[str, Any]) -> None:
    tx.execute("UPDATE conversations SET args = ? WHERE id = ?", (json.dumps(args), id))


def begun_since(tx: Tx, dialogue: str, lieu: int, person: str, since: int) -> int:
    """How often this began about this person."""
    query = "SELECT count(*) AS n FROM conversations WHERE dialogue = ? AND lieu = ? AND person = ? AND created_at > ?"
    count: int = tx.execute(query, (dialogue, lieu, person, since)).fetchone()["n"]
    return count


def is_held(tx: Tx, room_id: str) -> bool:
    """A human speaks with somebody in this room."""
    query = "SELECT 1 FROM conversations WHERE room_id = ? AND status = 'open' AND held_by IS NOT NULL"
    return tx.execute(query, (room_id,)).fetchone() is not None


def purge(tx: Tx, before: int) -> None:
    """Forget conversations of no lieu that ended before this instant, with every answer in them."""
    tx.execute("DELETE FROM conversations WHERE lieu IS NULL AND status != 'open' AND ended_at < ?", (before,))
