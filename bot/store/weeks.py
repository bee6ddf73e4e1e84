"""What happened in a lieu between two instants (milliseconds): who was welcomed, and who left."""

from __future__ import annotations

from .database import Tx


def welcomed(tx: Tx, lieu: int, since: int, until: int) -> list[int | None]:
    """For each welcome, how long after the invitation it was; None where nothing is known of an invitation."""
    rows = tx.execute(
        "SELECT a.at - (SELECT max(i.created_at) FROM arrivals i WHERE i.lieu = a.lieu AND i.person = a.about"
        " AND i.created_at <= a.at) AS lasted"
        " FROM acts a WHERE a.lieu = ? AND a.what = 'welcomed' AND a.at >= ? AND a.at < ?",
        (lieu, since, until),
    )
    return [r["lasted"] for r in rows]


def departures(tx: Tx, lieu: int, since: int, until: int) -> int:
    """How many people left, were excluded or had a departure made for them, where that still holds; who came back and
    left again did it once. Whose name is forgotten is one more."""
    query = (
        "SELECT count(DISTINCT coalesce(about, seq)) FROM acts a"
        " WHERE lieu = ? AND what IN ('left', 'excluded', 'departed') AND at >= ? AND at < ?"
        " AND NOT EXISTS (SELECT 1 FROM acts b WHERE b.lieu = a.lieu AND b.about = a.about"
        " AND b.seq > a.seq AND (a.what, b.what) IN (VALUES ('departed', 'departure-undone'), ('excluded', 'lifted')))"
    )
    return int(tx.execute(query, (lieu, since, until)).fetchone()[0])


def is_told(tx: Tx, lieu: int, monday: str) -> bool:
    """Whether the week before this Monday (ISO) was told, or is being told, to this lieu."""
    query = "SELECT 1 FROM conversations WHERE dialogue = 'monday' AND lieu = ? AND json_extract(args, '$.monday') = ?"
    return tx.execute(query, (lieu, monday)).fetchone() is not None


def begun(tx: Tx, lieu: int) -> int:
    """When the lieu was made."""
    return int(tx.execute("SELECT created_at FROM lieux WHERE id = ?", (lieu,)).fetchone()[0])
