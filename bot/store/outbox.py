"""What the bot has said and not yet sent, in order for each room."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from .database import Tx

REDACTION = "m.room.redaction"


@dataclass(frozen=True, slots=True)
class Letter:
    """One event to send. In `content`, `{"$event": txn_id}` stands for the id of an earlier letter.

    `lieu` is for which lieu it is, where that is not its conversation's.
    """

    room_id: str
    txn_id: str
    type: str
    content: dict[str, Any]
    conversation: int | None = None
    step: str | None = None
    seq: int = 0
    lieu: int | None = None


# A room that several lieux of ours share: what each says there does not wait for what another says.
LANE = "CASE WHEN room_id IN (SELECT room_id FROM networks) THEN lieu END"
Queue = tuple[str, int | None]  # a room, and the lieu that speaks in it where several do


def post(tx: Tx, letter: Letter, now: int) -> None:
    """Put a letter in the box; the same transaction id twice is one letter."""
    told, talk = json.dumps(letter.content), letter.conversation
    tx.execute(
        "INSERT OR IGNORE INTO outbox (room_id, txn_id, type, content, conversation, step, created_at, lieu, heard,"
        " error) VALUES (?1,?,?,?,?,?,?, coalesce(?, (SELECT lieu FROM conversations WHERE id = ?)),"
        " (SELECT coalesce(max(seq), 0) FROM inbox),"
        " (SELECT max(error) FROM outbox WHERE room_id = ?1 AND status = 'waiting'))",
        (letter.room_id, letter.txn_id, letter.type, told, talk, letter.step, now, letter.lieu, talk),
    )


def waiting(tx: Tx, but: Collection[int] = ()) -> list[Queue]:
    """Where letters wait, `but` for some, the longest first; each queue has its own order."""
    columns = f"room_id, {LANE} AS lane, min(seq) AS first"
    where = f"WHERE status = 'waiting' AND seq NOT IN ({_marks(but)}) GROUP BY room_id, lane ORDER BY first"
    rows = tx.execute(f"SELECT {columns} FROM outbox {where}", (*but,))  # noqa: S608
    return [(r["room_id"], r["lane"]) for r in rows]


def next_letters(tx: Tx, queue: Queue, limit: int = 20, but: Collection[int] = ()) -> list[Letter]:
    in_queue = f"room_id = ? AND {LANE} IS ? AND status = 'waiting' AND seq NOT IN ({_marks(but)})"
    rows = tx.execute(f"SELECT * FROM outbox WHERE {in_queue} ORDER BY seq LIMIT ?", (*queue, *but, limit))  # noqa: S608
    names = ("room_id", "txn_id", "type", "conversation", "step", "seq", "lieu")
    return [Letter(content=json.loads(r["content"]), **{name: r[name] for name in names}) for r in rows]


def event_of(tx: Tx, txn_id: str) -> str | None:
    """The event id that a sent letter received."""
    row = tx.execute("SELECT event_id FROM outbox WHERE txn_id = ?", (txn_id,)).fetchone()
    return row["event_id"] if row else None


def fate(tx: Tx, txn_id: str) -> tuple[str | None, str | None]:
    """What became of a letter (`waiting`, `sent`, `refused`, or None: unknown), and the event id it received."""
    row = tx.execute("SELECT status, event_id FROM outbox WHERE txn_id = ?", (txn_id,)).fetchone()
    return (row["status"], row["event_id"]) if row else (None, None)


def sent(tx: Tx, seq: int, event_id: str, now: int) -> None:
    tx.execute(
        "UPDATE outbox SET status = 'sent', event_id = ?, sent_at = ?, content = '{}', error = NULL WHERE seq = ?",
        (event_id, now, seq),
    )


def unread(tx: Tx, queue: Queue) -> None:
    """What waits there does so for somebody who can read it, not for the homeserver; so does what is said behind it."""
    in_queue = f"room_id = ? AND {LANE} IS ? AND status = 'waiting'"
    tx.execute(f"UPDATE outbox SET error = 'unread' WHERE {in_queue}", queue)  # noqa: S608


def refused(tx: Tx, letter: Letter, error: str) -> None:
    """Where it is still for that room: it may have gone on to the one that took its place."""
    sets = "UPDATE outbox SET status = 'refused', error = ? WHERE seq = ? AND room_id = ?"
    tx.execute(sets, (error, letter.seq, letter.room_id))


def put_away(tx: Tx, txn_id: str) -> None:
    """What was said under this transaction id, and under those that go on from it, may be said anew elsewhere."""
    of_it, values = "(txn_id = ? OR (txn_id > ? AND txn_id < ?))", (txn_id, f"{txn_id}/", f"{txn_id}0")
    tx.execute(f"DELETE FROM outbox WHERE status = 'waiting' AND {of_it}", values)  # noqa: S608
    tx.execute(f"UPDATE outbox SET txn_id = seq || '/' || txn_id WHERE {of_it}", values)  # noqa: S608


def step_of(tx: Tx, event_id: str) -> tuple[int, str] | None:
    """The conversation and the step that an event of ours belongs to."""
    row = tx.execute(
        "SELECT conversation, step FROM outbox WHERE event_id = ? AND conversation IS NOT NULL", (event_id,)
    ).fetchone()
    return (row["conversation"], row["step"]) if row else None


def is_ours(tx: Tx, event_id: str) -> bool:
    return tx.execute("SELECT 1 FROM outbox WHERE event_id = ?", (event_id,)).fetchone() is not None


def may_become(tx: Tx, room_id: str, event_id: str, before: int) -> bool:
    """Whether a letter written before that place in the inbox, and whose sending was not noted yet, may be this event:
    the process may have died between the two, or the homeserver shown it to others before it answered us."""
    waiting = "SELECT 1 FROM outbox WHERE room_id = ? AND status = 'waiting' AND heard < ?"
    return not is_ours(tx, event_id) and tx.execute(waiting, (room_id, before)).fetchone() is not None


def follows(tx: Tx, txn_id: str, seq: int) -> bool:
    """Whether this was said when the event at that place in the inbox was known already."""
    written = "SELECT 1 FROM outbox WHERE txn_id = ? AND heard >= ?"
    return tx.execute(written, (txn_id, seq)).fetchone() is not None


def is_written(tx: Tx, txn_ids: Collection[str]) -> bool:
    """Whether one of these letters was."""
    written = f"SELECT 1 FROM outbox WHERE txn_id IN ({_marks(txn_ids)})"  # noqa: S608
    return tx.execute(written, (*txn_ids,)).fetchone() is not None


def _marks(values: Collection[object]) -> str:
    return ",".join("?" * len(values))


def corrections(tx: Tx, txn_id: str) -> list[str]:
    """The letters that correct this one: their transaction ids go on from its own."""
    query = "SELECT txn_id FROM outbox WHERE txn_id > ? AND txn_id < ? AND type = 'm.room.message' ORDER BY seq"
    return [row["txn_id"] for row in tx.execute(query, (f"{txn_id}/", f"{txn_id}0"))]  # 0 comes after /


def posted_since(tx: Tx, pattern: str, at: int) -> int:
    """How many letters with such a transaction id (* stands for anything) were written since."""
    query = "SELECT count(*) AS n FROM outbox WHERE txn_id GLOB ? AND created_at >= ?"
    return int(tx.execute(query, (pattern, at)).fetchone()["n"])


# Requests that go on, or ended so lately that they may go on again: their messages will be edited.
LIVING = "SELECT id FROM requests WHERE state IN ('open', 'discussed', 'agreed') OR changed_at >= ?"
CORRECTED = (
    "SELECT 'request/' || id FROM living UNION SELECT txn FROM cards WHERE request IN living"
    " UNION SELECT txn FROM lines WHERE request IN living"
)


def purge(tx: Tx, before: int) -> None:
    """Forget old letters of conversations that have ended, and of requests; those too for which nobody came."""
    tx.execute(
        f"WITH living AS ({LIVING}) DELETE FROM outbox WHERE (status != 'waiting' OR error IS NOT NULL)"  # noqa: S608
        " AND created_at < ?"
        f" AND txn_id NOT IN ({CORRECTED}) AND (conversation IS NULL"
        " OR conversation NOT IN (SELECT id FROM conversations WHERE status = 'open'))",
        (before, before),
    )
