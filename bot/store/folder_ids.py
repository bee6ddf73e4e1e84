"""By which number a cloud knows the folders of a lieu, whatever they are called by now."""

from __future__ import annotations

from .database import Tx


def keep(tx: Tx, lieu: int, path: str, file_id: str) -> None:
    """What the lieu calls `path` is this folder from now on."""
    tx.execute(
        "INSERT INTO folder_ids (lieu, path, file_id) VALUES (?,?,?)"
        " ON CONFLICT DO UPDATE SET file_id = excluded.file_id",
        (lieu, path, file_id),
    )


def known(tx: Tx, lieu: int, path: str) -> str:
    """Empty where it was not seen yet."""
    row = tx.execute("SELECT file_id FROM folder_ids WHERE lieu = ? AND path = ?", (lieu, path)).fetchone()
    return str(row["file_id"]) if row else ""
