"""What nights forget of conversations, in every lieu, by an instant that a test chooses."""

from __future__ import annotations

from bot.store import conversations, retention
from bot.store.database import Tx


def forget_talks(tx: Tx, before: int) -> None:
    conversations.purge(tx, before)
    for row in tx.execute("SELECT id FROM lieux").fetchall():
        while retention.forget(tx, row["id"], "talks", before, before, 1000):
            pass
