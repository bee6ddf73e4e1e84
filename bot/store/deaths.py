"""Deaths in the middle of an event or of a conversation: counted at the next start, and at the third one it is left."""

from __future__ import annotations

from collections.abc import Iterable

from .database import Tx
from .inbox import SET_ASIDE_AFTER, failed

EVENT, CONVERSATION = "event ", "conversation "


def count(tx: Tx, left: Iterable[str]) -> list[str]:
    """One more for each of these. Returns the ids of the events that are set aside by it."""
    aside = []
    for what in left:
        if what.startswith(EVENT) and failed(tx, event_id := what.removeprefix(EVENT)):
            aside.append(event_id)
        if what.startswith(CONVERSATION):
            _died(tx, int(what.removeprefix(CONVERSATION)))
    return aside


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
