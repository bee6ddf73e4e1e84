"""Each act of a lieu carries a hash of itself and of the act before it: one that is missing, or was changed, shows.

What is personal in an act stands in its link only as a digest with a salt of its own, which is kept beside it. Once
field and salt are forgotten, the digest says nothing of anybody, and the chain is as whole as before.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

FIRST = ""
SALT = 16  # bytes


def link(before: str, at: int, by: str, what: str, about: str | None, words: str) -> str:
    """SHA-256, in hexadecimal, of an act and of the hash `before` it, as journals were chained that could not forget.
    `words` as the column holds them.

    It is a function of SQL too, for the migration that gave the first acts theirs.
    """
    return _digest(before, at, by, what, about, words)


def salt() -> str:
    return secrets.token_hex(SALT)


def seal(salt: str, *fields: str | None) -> str:
    """What a link holds of `fields`: without the salt, nobody can try whose they were."""
    return _digest(salt, *fields)


def sealed_link(before: str, at: int, what: str, by_seal: str, seal: str) -> str:
    return _digest(before, at, what, by_seal, seal)


def beginning(past_hash: str | None, past_count: int | None, past_fault: int | None) -> str:
    """Before the first link: nothing, or how a journal ended that was chained otherwise."""
    return FIRST if past_hash is None else _digest("chained anew", past_hash, past_count, past_fault)


def _digest(*told: object) -> str:
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


# -- journals that could not forget


def chain_anew(tx: sqlite3.Connection) -> None:
    """Seal every journal that is chained as they were before, as it is: a fault that it has stays told."""
    unsealed = "SELECT DISTINCT lieu FROM acts WHERE lieu IS NOT NULL AND seal = ''"
    emptied = "count > 0 AND NOT EXISTS (SELECT 1 FROM acts WHERE acts.lieu = chains.lieu)"
    emptied += " AND lieu NOT IN (SELECT lieu FROM journal_starts)"  # all of it was old, and nothing is missing
    unsealed += f" UNION SELECT lieu FROM chains WHERE {emptied}"  # noqa: S608
    for (lieu,) in tx.execute(unsealed).fetchall():
        seal_journal(tx, lieu)


def seal_journal(tx: sqlite3.Connection, lieu: int) -> None:
    rows = tx.execute("SELECT seq, at, by, what, about, words, hash FROM acts WHERE lieu = ? ORDER BY seq", (lieu,))
    acts = [tuple(row) for row in rows]
    end = tx.execute("SELECT hash, count FROM chains WHERE lieu = ?", (lieu,)).fetchone() or (FIRST, 0)
    past = (end[0], end[1], _fault(acts, end[0], end[1]))
    mark = beginning(*past)
    sealed = []
    for seq, at, by, what, about, words, _ in acts:
        by_salt, own_salt = salt(), salt()
        by_seal, own_seal = seal(by_salt, by), seal(own_salt, about, words)
        mark = sealed_link(mark, at, what, by_seal, own_seal)
        sealed.append((by_salt, by_seal, own_salt, own_seal, mark, seq))
    tx.executemany("UPDATE acts SET by_salt = ?, by_seal = ?, salt = ?, seal = ?, hash = ? WHERE seq = ?", sealed)
    tx.execute(
        "INSERT OR REPLACE INTO chains (lieu, count, hash, past_hash, past_count, past_fault) VALUES (?,?,?,?,?,?)",
        (lieu, len(acts), mark, *past),
    )


def _fault(acts: Iterable[tuple[Any, ...]], hash: str, count: int) -> int | None:
    """How many acts come before the first that is not as it was written; None where all are."""
    sound, mark = 0, FIRST
    for _, at, by, what, about, words, kept in acts:
        mark = link(mark, at, by, what, about, words)
        if mark != kept:
            break
        sound += 1
    return None if (sound, mark) == (count, hash) else sound


# -- which acts were forgotten, as the act says that tells of it


def told(places: Iterable[int]) -> str:
    """« 1-3 7 »: places in a lieu's journal, from 1 on."""
    runs: list[list[int]] = []
    for place in sorted(places):
        if runs and place == runs[-1][1] + 1:
            runs[-1][1] = place
        else:
            runs.append([place, place])
    return " ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in runs)


def places(told: object, below: int) -> Iterator[int]:
    """What `told` says, as far as it lies `below` that place; a text that it did not write says nothing."""
    for run in told.split(" ") if isinstance(told, str) else ():
        first, _, last = run.partition("-")
        if all(each.isascii() and each.isdecimal() and len(each) < 10 for each in (first, last or first)):
            yield from range(max(1, int(first)), min(below, int(last or first) + 1))
