"""Steps of conversations that a service kept waiting, and what became of them: what the bot finished by itself."""

from __future__ import annotations

from typing import Literal, TypedDict

from .database import Tx

KEPT = 366 * 86_400_000  # milliseconds


class Settled(TypedDict):
    """How many of them were `done`, were not (refused, or given up by whoever wanted them: `left`), or are `waiting`
    still."""

    done: int
    left: int
    waiting: int


def begin(tx: Tx, conversation: int, step: str, lieu: int, service: str, now: int) -> None:
    """This step waits for a service, as it may have done before."""
    tx.execute(
        "INSERT INTO waits (conversation, step, lieu, service, since) SELECT ?,?,?,?,?"
        " WHERE EXISTS (SELECT 1 FROM lieux WHERE id = ?3)"
        " ON CONFLICT (conversation, step) DO UPDATE SET service = excluded.service, since = excluded.since,"
        " settled_at = NULL, outcome = NULL WHERE settled_at IS NOT NULL",
        (conversation, step, lieu, service, now),
    )


def settle(tx: Tx, conversation: int, step: str, outcome: Literal["done", "refused"], now: int) -> None:
    """If it waited."""
    tx.execute(
        "UPDATE waits SET settled_at = ?, outcome = ? WHERE conversation = ? AND step = ? AND settled_at IS NULL",
        (now, outcome, conversation, step),
    )


def open_for(tx: Tx, lieu: int, service: str, most: int) -> list[int]:
    """Conversations that wait for it now, the one that has waited longest first."""
    rows = tx.execute(
        "SELECT conversation, min(since) AS first FROM waits WHERE lieu = ? AND service = ? AND settled_at IS NULL"
        " AND conversation IN (SELECT id FROM conversations WHERE status = 'open') GROUP BY conversation"
        " ORDER BY first LIMIT ?",
        (lieu, service, most),
    )
    return [row["conversation"] for row in rows]


def count(tx: Tx, lieu: int, since: int, until: int, service: str = "") -> Settled:
    """Of those that began to wait between two instants: for one service, or for any."""
    row = tx.execute(
        "SELECT coalesce(sum(outcome = 'done'), 0) AS done, coalesce(sum(outcome IS NULL AND EXISTS ("
        "SELECT 1 FROM conversations c WHERE c.id = w.conversation AND c.status = 'open')), 0) AS waiting,"
        " count(*) AS n FROM waits w WHERE lieu = ? AND since >= ? AND since < ? AND ? IN ('', service)",
        (lieu, since, until, service),
    ).fetchone()
    return {"done": row["done"], "waiting": row["waiting"], "left": row["n"] - row["done"] - row["waiting"]}


def forget(tx: Tx, now: int) -> None:
    tx.execute("DELETE FROM waits WHERE since < ?", (now - KEPT,))
