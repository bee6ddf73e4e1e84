"""Deaths in the middle of an event, of a conversation or of another part: counted at the next start, and at the third
one it is put aside."""

from __future__ import annotations

from collections.abc import Iterable

from . import aside
from .aside import CONVERSATION, EVENT, PART, READ
from .database import Tx
from .inbox import SET_ASIDE_AFTER


def count(tx: Tx, left: Iterable[str]) -> list[str]:
    """One more for each of these, which may all have been under way: the next start has each suspect alone. While
    something was being READ nothing else was. Returns what is put aside by it; a conversation is so by the engine,
    which tells its person."""
    left, by_it = [*left], []
    for what in [what for what in left if what.startswith(READ)] or left:
        if what.startswith(EVENT) and aside.failed(tx, what.removeprefix(EVENT), "died"):
            by_it.append(what)
        if what.startswith(CONVERSATION):
            _died(tx, int(what.removeprefix(CONVERSATION)))
        if what.startswith(PART) and failed_part(tx, what.removeprefix(PART)):
            by_it.append(what)
    return by_it


def were_known(tx: Tx, left: Iterable[str]) -> bool:
    """Whether a process died of one of these before, and none has got through it since."""
    return any(_known(tx, what) for what in left)


def _known(tx: Tx, what: str) -> bool:
    if what.startswith(EVENT):
        query, value = "SELECT tries FROM inbox WHERE event_id = ?", what.removeprefix(EVENT)
    elif what.startswith(CONVERSATION):
        query, value = "SELECT count FROM deaths WHERE conversation = ?", what.removeprefix(CONVERSATION)
    else:
        query, value = "SELECT count FROM dead_parts WHERE part = ?", what.removeprefix(PART)
    row = tx.execute(query, (value,)).fetchone()
    return row is not None and row[0] > 0


def _died(tx: Tx, conversation: int) -> None:
    tx.execute(
        "INSERT INTO deaths (conversation, count) SELECT id, 1 FROM conversations WHERE id = ? AND status = 'open'"
        " ON CONFLICT DO UPDATE SET count = count + 1",
        (conversation,),
    )


def suspects(tx: Tx) -> dict[int, bool]:
    """The conversations in the middle of which a process died; True where that is enough."""
    return {row["conversation"]: row["count"] >= SET_ASIDE_AFTER for row in tx.execute("SELECT * FROM deaths")}


def survived(tx: Tx, conversation: int) -> None:
    tx.execute("DELETE FROM deaths WHERE conversation = ?", (conversation,))


def failed_part(tx: Tx, part: str) -> bool:
    """One more start that came to its end in this part; True once it is put aside."""
    tx.execute("INSERT INTO dead_parts VALUES (?, 1) ON CONFLICT DO UPDATE SET count = count + 1", (part,))
    (count,) = tx.execute("SELECT count FROM dead_parts WHERE part = ?", (part,)).fetchone()
    if count < SET_ASIDE_AFTER:
        return False
    tx.execute("DELETE FROM dead_parts WHERE part = ?", (part,))
    return aside.put(tx, f"{PART}{part}", "died")


def suspect_parts(tx: Tx) -> set[str]:
    return {row["part"] for row in tx.execute("SELECT part FROM dead_parts")}


def survived_part(tx: Tx, part: str) -> None:
    tx.execute("DELETE FROM dead_parts WHERE part = ?", (part,))
