"""How much is waiting, for whoever keeps the bot."""

from __future__ import annotations

from .database import Tx

QUESTIONS = {
    "waiting": "SELECT count(*) FROM outbox WHERE status = 'waiting' AND error IS NULL",
    "conversations": "SELECT count(*) FROM conversations WHERE status = 'open'",
    "aside": "SELECT count(*) FROM inbox WHERE status = 'aside'",
    "besides": "SELECT count(*) FROM aside WHERE what NOT LIKE 'event %' AND status != 'released'",
}


def counts(tx: Tx) -> dict[str, int]:
    return {name: int(tx.execute(question).fetchone()[0]) for name, question in QUESTIONS.items()}
