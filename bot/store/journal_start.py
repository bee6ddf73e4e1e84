"""A journal that forgets its beginning: what is left goes on behind a mark, so that nothing else can be missing."""

from __future__ import annotations

from .database import Tx


def start(tx: Tx, lieu: int) -> tuple[int, str] | None:
    """How many acts were forgotten at the beginning, and the hash of the last of them, which the next one continues;
    None where it has its beginning."""
    row = tx.execute("SELECT count, hash FROM journal_starts WHERE lieu = ?", (lieu,)).fetchone()
    return (row["count"], row["hash"]) if row else None


def last_old(tx: Tx, lieu: int, before: int, now: int) -> int:
    """The last act of the beginning that is older than this instant, by its `seq`; 0 where there is none.

    What comes first is told by the journal: nothing that stands behind an act that is to be kept is forgotten, whatever
    a clock said as it was written; and what claims to be of after `now` goes with its neighbours. The newest act of all
    stays: the next one takes its number from it.
    """
    query = (
        "SELECT max(seq) FROM acts WHERE lieu = :lieu AND at < :before AND seq < (SELECT max(seq) FROM acts)"
        " AND seq < coalesce((SELECT min(seq) FROM acts WHERE lieu = :lieu AND at BETWEEN :before AND :now), :all)"
    )
    return tx.execute(query, {"lieu": lieu, "before": before, "now": now, "all": 2**62}).fetchone()[0] or 0


def forget(tx: Tx, lieu: int, upto: int, most: int) -> int:
    """The oldest acts, `most` of them at once, as far as `upto` (a `seq`). Returns how many."""
    query = "SELECT seq, hash FROM acts WHERE lieu = ? AND seq <= ? ORDER BY seq LIMIT ?"
    rows = tx.execute(query, (lieu, upto, most)).fetchall()
    if not rows:
        return 0
    count, _ = start(tx, lieu) or (0, "")
    tx.execute(
        "INSERT INTO journal_starts (lieu, count, hash) VALUES (?,?,?)"
        " ON CONFLICT DO UPDATE SET count = excluded.count, hash = excluded.hash",
        (lieu, count + len(rows), rows[-1]["hash"]),
    )
    tx.execute("DELETE FROM acts WHERE lieu = ? AND seq <= ?", (lieu, rows[-1]["seq"]))
    return len(rows)
