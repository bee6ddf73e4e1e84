"""Spaces that may become lieux, or may no more: what the host said of each."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from .database import Tx


@dataclass(frozen=True, slots=True)
class Candidate:
    """`status`: waiting, allowed, refused or ended. `asked_by` is empty where nobody invited the bot yet."""

    space: str
    name: str
    asked_by: str
    asked_at: int
    status: str
    decided_at: int | None


def get(tx: Tx, space: str) -> Candidate | None:
    row = tx.execute("SELECT * FROM candidates WHERE space = ?", (space,)).fetchone()
    return _candidate(row) if row else None


def waiting(tx: Tx) -> list[Candidate]:
    return _all(tx, "status = 'waiting'")


def known(tx: Tx) -> list[Candidate]:
    return _all(tx, "true")


def unheard(tx: Tx) -> list[Candidate]:
    """Those of which was decided beside the bot."""
    return _all(tx, "heard = 0")


def ask(tx: Tx, space: str, name: str, by: str, now: int) -> None:
    """Somebody wants this lieu; asking twice changes nothing."""
    tx.execute("INSERT OR IGNORE INTO candidates VALUES (?,?,?,?,'waiting',NULL,1)", (space, name, by, now))


def decide(tx: Tx, space: str, status: str, now: int) -> str:
    """The host's answer to a question that is still open. Returns what counts: another one may have been quicker."""
    sets = "UPDATE candidates SET status = ?, decided_at = ? WHERE space = ? AND status = 'waiting'"
    tx.execute(sets, (status, now, space))
    found = get(tx, space)
    return found.status if found else ""


def say(tx: Tx, space: str, name: str, status: str, now: int) -> None:
    """The host's word, whatever was before; the bot acts upon it when it sees it."""
    tx.execute(
        "INSERT INTO candidates VALUES (?,?,'',?,?,?,0)"
        " ON CONFLICT DO UPDATE SET status = excluded.status, decided_at = excluded.decided_at, heard = 0",
        (space, name, now, status, now),
    )


def heard(tx: Tx, space: str) -> None:
    tx.execute("UPDATE candidates SET heard = 1 WHERE space = ?", (space,))


def rename(tx: Tx, space: str, name: str) -> None:
    """It was shown to the host under another name."""
    tx.execute("UPDATE candidates SET name = ? WHERE space = ?", (name, space))


def allow(tx: Tx, space: str) -> None:
    """It is a lieu now, whatever was said before."""
    tx.execute("UPDATE candidates SET status = 'allowed', heard = 1 WHERE space = ?", (space,))


def allow_waiting(tx: Tx, space: str, now: int) -> None:
    """A setting says yes to a question that is still open; the bot acts upon it as upon a word of the host."""
    sets = "UPDATE candidates SET status = 'allowed', decided_at = ?, heard = 0 WHERE space = ? AND status = 'waiting'"
    tx.execute(sets, (now, space))


def lapse(tx: Tx, space: str) -> None:
    tx.execute("DELETE FROM candidates WHERE space = ? AND status = 'waiting'", (space,))


def forget(tx: Tx, space: str) -> None:
    tx.execute("DELETE FROM candidates WHERE space = ?", (space,))


def ended_in(tx: Tx, network: int) -> set[int]:
    """The lieux of ours in this network that the host has ended."""
    query = (
        "SELECT l.id FROM network_lieux n JOIN lieux l ON l.id = n.lieu JOIN candidates c ON c.space = l.space"
        " WHERE n.network = ? AND c.status = 'ended'"
    )
    return {row["id"] for row in tx.execute(query, (network,))}


def cards(tx: Tx, dialogue: str, space: str) -> list[int]:
    """The conversations that go on about this space."""
    rows = tx.execute(
        "SELECT id FROM conversations WHERE dialogue = ? AND status = 'open' AND json_extract(args, '$.space') = ?",
        (dialogue, space),
    )
    return [row["id"] for row in rows]


def _all(tx: Tx, where: str) -> list[Candidate]:
    return [_candidate(row) for row in tx.execute(f"SELECT * FROM candidates WHERE {where} ORDER BY asked_at, space")]  # noqa: S608


def _candidate(row: sqlite3.Row) -> Candidate:
    return Candidate(row["space"], row["name"], row["asked_by"], row["asked_at"], row["status"], row["decided_at"])
