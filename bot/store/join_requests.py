"""Who asks to come, on the page of a lieu: one row each, until it is decided and a while after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict, cast

from .budgets import DAY
from .database import Tx

TO_CONFIRM = 2 * DAY
KEPT = 30 * DAY  # after it was decided
LONGEST = 3 * KEPT  # until then somebody may decide


class JoinRequest(TypedDict):
    """A row. `mailbox` is the e-mail as two of one person are one; `status` as in the table; `question` is what a
    concierge wants to know first, `answer` empty where none came in time; instants in milliseconds."""

    id: int
    lieu: int
    name: str
    email: str
    mailbox: str
    word: str
    language: str
    status: str
    question: str | None
    answer: str | None
    created_at: int
    changed_at: int


class Asked(TypedDict):
    """What somebody sends from the page."""

    name: str
    email: str
    mailbox: str
    word: str
    language: str


class Waiting(TypedDict):
    id: int
    name: str


def ask(tx: Tx, id: int, lieu: int, asked: Asked, now: int) -> None:
    tx.execute(
        "INSERT OR IGNORE INTO join_requests (id, lieu, name, email, mailbox, word, language, created_at, changed_at)"
        " VALUES (?,?,?,?,?,?,?,?,?)",
        (id, lieu, asked["name"], asked["email"], asked["mailbox"], asked["word"], asked["language"], now, now),
    )


def get(tx: Tx, id: int) -> JoinRequest | None:
    row = tx.execute("SELECT * FROM join_requests WHERE id = ?", (id,)).fetchone()
    return cast(JoinRequest, dict(row)) if row else None


def decided(tx: Tx, lieu: int, mailbox: str) -> JoinRequest | None:
    """The one of this mailbox that the concierges decide about, or said no to lately."""
    query = (
        "SELECT * FROM join_requests WHERE lieu = ? AND mailbox = ? AND status IN ('confirmed', 'declined')"
        " ORDER BY status, changed_at DESC LIMIT 1"
    )
    row = tx.execute(query, (lieu, mailbox)).fetchone()
    return cast(JoinRequest, dict(row)) if row else None


def mailed(tx: Tx, id: int, now: int) -> None:
    """The time to confirm begins once the mail has left."""
    tx.execute("UPDATE join_requests SET changed_at = ? WHERE id = ? AND status = 'asked'", (now, id))


def confirm(tx: Tx, id: int, now: int) -> None:
    """One of each mailbox."""
    query = "UPDATE OR IGNORE join_requests SET status = 'confirmed', changed_at = ? WHERE id = ? AND status = 'asked'"
    tx.execute(query, (now, id))


def put(tx: Tx, id: int, question: str, now: int) -> None:
    """A concierge wants to know something; what was answered before counts no more."""
    query = "UPDATE join_requests SET question = ?, answer = NULL, changed_at = ? WHERE id = ? AND status = 'confirmed'"
    tx.execute(query, (question, now, id))


def answer(tx: Tx, id: int, said: str, now: int) -> None:
    """The first one counts."""
    query = (
        "UPDATE join_requests SET answer = ?, changed_at = ? WHERE id = ? AND status = 'confirmed' AND answer IS NULL"
    )
    tx.execute(query, (said, now, id))


def settle(tx: Tx, id: int, status: str, now: int) -> None:
    query = "UPDATE join_requests SET status = ?, changed_at = ? WHERE id = ? AND status = 'confirmed'"
    tx.execute(query, (status, now, id))


def settle_all(tx: Tx, ids: Iterable[int], status: str, now: int) -> None:
    for id in ids:
        settle(tx, id, status, now)


def drop(tx: Tx, id: int) -> None:
    """As if nobody had asked, where nobody has confirmed it."""
    tx.execute("DELETE FROM join_requests WHERE id = ? AND status = 'asked'", (id,))


def waiting(tx: Tx, lieu: int, most: int) -> list[Waiting]:
    """Whose address is known, and whom nobody is asked about; the first ones first."""
    talked_about = (
        "SELECT 1 FROM conversations c WHERE c.lieu = r.lieu AND c.dialogue IN ('join-request', 'join-question')"
        " AND c.status = 'open' AND json_extract(c.args, '$.request') = r.id"
    )
    open_ones = "SELECT id, name FROM join_requests r WHERE lieu = ? AND status = 'confirmed'"
    query = f"{open_ones} AND NOT EXISTS ({talked_about}) ORDER BY changed_at, id LIMIT ?"
    rows = tx.execute(query, (lieu, most))
    return [cast(Waiting, dict(row)) for row in rows]


def forget(tx: Tx, now: int) -> None:
    """Whoever did not confirm, what was decided long ago, and what nobody decides about any more."""
    tx.execute("DELETE FROM join_requests WHERE status = 'asked' AND changed_at < ?", (now - TO_CONFIRM,))
    decided = "status IN ('admitted', 'declined', 'expired') AND changed_at < ?"
    left = "status = 'confirmed' AND changed_at < ?"
    tx.execute(f"DELETE FROM join_requests WHERE {decided} OR {left}", (now - KEPT, now - LONGEST))  # noqa: S608
