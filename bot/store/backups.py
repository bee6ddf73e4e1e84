"""Copies of the data that left the machine, and proofs of them: each attempt, and how it ended.

What comes first is told by what was written down first; `at` is a clock's, in milliseconds. `towards` is where a copy
went (`bot.settings.Backups.towards`): what was sent before that was written down counts as sent anywhere, and so does
everything where no `towards` is asked for.
"""

from __future__ import annotations

from typing import TypedDict, cast

from .database import Tx

KEPT = 400 * 86_400_000  # milliseconds
SENT_THERE = "act = 'send' AND (:towards = '' OR towards IN (:towards, ''))"


class Attempt(TypedDict):
    """`act`: send or prove. `outcome`: begun, done, failed or unknown; `cause` why, in one word."""

    id: int
    act: str
    at: int
    name: str
    mark: str
    towards: str
    bytes: int
    outcome: str
    cause: str


class Alarm(TypedDict):
    """What is wrong, `since` when, and whether they were `told`."""

    since: int
    what: str
    told: int


def begin(tx: Tx, act: str, at: int, name: str, mark: str = "", towards: str = "") -> int:
    """Its id. Those that were begun before and never ended did not: the process died, and nobody can tell."""
    tx.execute("UPDATE backups SET outcome = 'unknown', cause = 'interrupted' WHERE outcome = 'begun'")
    tx.execute("DELETE FROM backups WHERE at < ? AND name NOT IN (?, ?)", (at - KEPT, name, proved_name(tx)))
    query = "INSERT INTO backups (act, at, name, mark, towards) VALUES (?,?,?,?,?) RETURNING id"
    row = tx.execute(query, (act, at, name, mark, towards))
    return int(row.fetchone()[0])


def end(tx: Tx, id: int, outcome: str, cause: str, bytes: int) -> None:
    tx.execute("UPDATE backups SET outcome = ?, cause = ?, bytes = ? WHERE id = ?", (outcome, cause, bytes, id))


def last(tx: Tx, act: str, *outcomes: str) -> Attempt | None:
    """The newest attempt that ended so (any way at all, where none is named)."""
    among = f" AND outcome IN ({','.join('?' * len(outcomes))})" if outcomes else ""
    query = f"SELECT * FROM backups WHERE act = ?{among} ORDER BY id DESC LIMIT 1"  # noqa: S608
    row = tx.execute(query, (act, *outcomes)).fetchone()
    return cast(Attempt, dict(row)) if row else None


def last_sent(tx: Tx, towards: str = "") -> Attempt | None:
    """The newest copy that arrived there."""
    query = f"SELECT * FROM backups WHERE {SENT_THERE} AND outcome = 'done' ORDER BY id DESC LIMIT 1"  # noqa: S608
    row = tx.execute(query, {"towards": towards}).fetchone()
    return cast(Attempt, dict(row)) if row else None


def first_at(tx: Tx, towards: str = "") -> int | None:
    """When the first copy was tried."""
    query = f"SELECT min(at) FROM backups WHERE {SENT_THERE}"  # noqa: S608
    return cast("int | None", tx.execute(query, {"towards": towards}).fetchone()[0])


def mark_of(tx: Tx, name: str) -> str:
    """The word that was written down before this copy was made; empty where none was."""
    row = tx.execute("SELECT mark FROM backups WHERE act = 'send' AND name = ? ORDER BY id DESC", (name,)).fetchone()
    return row["mark"] if row else ""


def last_proved(tx: Tx, towards: str = "") -> int | None:
    """When the last copy that was proved was made (ms); None where none ever was."""
    found = _proved(tx, towards)
    return found["at"] if found else None


def _proved(tx: Tx, towards: str) -> Attempt | None:
    query = f"""SELECT * FROM backups WHERE {SENT_THERE} AND name IN
        (SELECT name FROM backups WHERE act = 'prove' AND outcome = 'done')
        ORDER BY (SELECT max(id) FROM backups AS proof WHERE proof.act = 'prove' AND proof.outcome = 'done'
            AND proof.name = backups.name) DESC, id DESC LIMIT 1"""  # noqa: S608
    row = tx.execute(query, {"towards": towards}).fetchone()
    return cast(Attempt, dict(row)) if row else None


def sent_otherwise(tx: Tx, beginning: str) -> list[str]:
    """The names of copies that were sent, and do not begin so."""
    rows = tx.execute("SELECT DISTINCT name FROM backups WHERE act = 'send' AND outcome = 'done'")
    return [row["name"] for row in rows if not row["name"].startswith(beginning)]


def proved_name(tx: Tx, towards: str = "") -> str:
    """The name of that copy; empty where there is none."""
    found = _proved(tx, towards)
    return found["name"] if found else ""


def proved(tx: Tx) -> set[str]:
    """The names of all copies that were proved."""
    return {row["name"] for row in tx.execute("SELECT name FROM backups WHERE act = 'prove' AND outcome = 'done'")}


# -- what people were told


def alarm(tx: Tx, whom: str) -> Alarm | None:
    row = tx.execute("SELECT since, what, told FROM backup_alarms WHERE whom = ?", (whom,)).fetchone()
    return cast(Alarm, dict(row)) if row else None


def is_anybody_alarmed(tx: Tx) -> bool:
    return tx.execute("SELECT 1 FROM backup_alarms").fetchone() is not None


def raise_alarm(tx: Tx, whom: str, since: int, what: str) -> None:
    """Once: it stands until it ends."""
    tx.execute("INSERT OR IGNORE INTO backup_alarms (whom, since, what) VALUES (?,?,?)", (whom, since, what))


def alarm_told(tx: Tx, whom: str) -> None:
    tx.execute("UPDATE backup_alarms SET told = 1 WHERE whom = ?", (whom,))


def end_alarm(tx: Tx, whom: str) -> None:
    tx.execute("DELETE FROM backup_alarms WHERE whom = ?", (whom,))
