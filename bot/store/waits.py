"""Steps of conversations that a service kept waiting, and what became of them, and letters that left late: what the bot
finished by itself."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict, cast

from .database import Tx

KEPT = 366 * 86_400_000  # milliseconds
LATE = 120_000  # milliseconds that a letter waits, for it to be told
HOMESERVER, LETTER = "matrix", "letter/"


Outcome = Literal["done", "resumed", "refused"]
"""An act was made so; what was read is, and the conversation went on; the service said no."""


class Settled(TypedDict):
    """How many conversations waited: of the last thing for which each did, what came. `left`: refused, or given up by
    whoever wanted it. `letters`: messages that left late."""

    done: int
    resumed: int
    left: int
    waiting: int
    letters: int


def _called(conversation: int, step: str) -> str:
    """A step may have somebody's address in its name, and this is kept for longer than the conversation."""
    return hashlib.sha256(f"{conversation}/{step}".encode()).hexdigest()[:16]


def begin(tx: Tx, conversation: int, step: str, lieu: int, service: str, now: int) -> None:
    """This step waits for a service, as it may have done before."""
    tx.execute(
        "INSERT INTO waits (conversation, step, lieu, service, since) SELECT ?,?,?,?,?"
        " WHERE EXISTS (SELECT 1 FROM lieux WHERE id = ?3)"
        " ON CONFLICT (conversation, step) DO UPDATE SET service = excluded.service, since = excluded.since,"
        " settled_at = NULL, outcome = NULL WHERE settled_at IS NOT NULL",
        (conversation, _called(conversation, step), lieu, service, now),
    )


def settle(tx: Tx, conversation: int, step: str, outcome: Outcome, now: int) -> None:
    """If it waited."""
    tx.execute(
        "UPDATE waits SET settled_at = ?, outcome = ? WHERE conversation = ? AND step = ? AND settled_at IS NULL",
        (now, outcome, conversation, _called(conversation, step)),
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


def left_late(tx: Tx, seq: int, sent_at: int) -> None:
    """A message of a lieu that is sent now, if it waited for the homeserver; before its words go. A correction is none
    of its own."""
    tx.execute(
        "INSERT OR IGNORE INTO waits (conversation, step, lieu, service, since, settled_at, outcome)"
        " SELECT coalesce(conversation, 0), ? || seq, lieu, ?, created_at, ?, 'done' FROM outbox"
        " WHERE seq = ? AND type = 'm.room.message' AND created_at <= ? AND lieu IN (SELECT id FROM lieux)"
        """ AND error IS NULL AND instr(content, '"rel_type": "m.replace"') = 0""",
        (LETTER, HOMESERVER, sent_at, seq, sent_at - LATE),
    )


def count(tx: Tx, lieu: int, since: int, until: int, service: str = "", *, earlier: int = 0) -> Settled:
    """Of those that waited between two instants, and began to do so then, or so much `earlier`: for one service, or for
    any."""
    rows = tx.execute(
        "SELECT w.conversation, w.step, w.outcome, c.status FROM waits w LEFT JOIN conversations c"
        " ON c.id = w.conversation"
        " WHERE w.lieu = ? AND w.since >= ? AND w.since < ? AND coalesce(w.settled_at, ?) >= ? AND ? IN ('', w.service)"
        " ORDER BY w.since, w.settled_at",
        (lieu, since - earlier, until, since, since, service),
    ).fetchall()
    steps = [row for row in rows if not row["step"].startswith(LETTER)]
    last = {row["conversation"]: row["outcome"] or ("waiting" if row["status"] == "open" else "left") for row in steps}
    found = Counter("left" if outcome == "refused" else outcome for outcome in last.values())
    return _settled(found | Counter(letters=len(rows) - len(steps)))


def together(those: Iterable[Settled]) -> Settled:
    whole = Counter[str]()
    for one in those:
        whole.update(cast("dict[str, int]", one))
    return _settled(whole)


def _settled(found: Mapping[str, int]) -> Settled:
    names = ("done", "resumed", "left", "waiting", "letters")
    return cast(Settled, {name: found.get(name, 0) for name in names})


def forget(tx: Tx, now: int) -> None:
    tx.execute("DELETE FROM waits WHERE since < ?", (now - KEPT,))
