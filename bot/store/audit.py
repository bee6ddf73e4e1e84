"""The lieu's journal: who did what, to whom, when."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TypedDict, cast

from . import journal_start
from .audit_chain import FIRST, link
from .database import Tx


class Act(TypedDict):
    """A line of the journal: `at` in milliseconds, `by` and `about` as they were written down, `words` of its
    sentence."""

    seq: int
    at: int
    by: str
    what: str
    about: str | None
    words: dict[str, str]


def note(tx: Tx, lieu: int | None, at: int, by: str, what: str, about: str | None, words: dict[str, str]) -> None:
    """Add a line; those of a lieu are chained."""
    told = json.dumps(words)
    end = _end(tx, lieu)
    mark = link(end[1], at, by, what, about, told)
    tx.execute(
        "INSERT INTO acts (lieu, at, by, what, about, words, hash) VALUES (?,?,?,?,?,?,?)",
        (lieu, at, by, what, about, told, mark),
    )
    if lieu is not None:
        tx.execute(
            "INSERT INTO chains (lieu, count, hash) VALUES (?,?,?)"
            " ON CONFLICT DO UPDATE SET count = excluded.count, hash = excluded.hash",
            (lieu, end[0] + 1, mark),
        )


def _end(tx: Tx, lieu: int | None) -> tuple[int, str]:
    """How long the chain of this lieu is, and its last hash."""
    row = tx.execute("SELECT count, hash FROM chains WHERE lieu = ?", (lieu,)).fetchone()
    return (row["count"], row["hash"]) if row else (0, FIRST)


def of_lieu(tx: Tx, lieu: int, most: int) -> list[Act]:
    """The newest first."""
    rows = tx.execute("SELECT * FROM acts WHERE lieu = ? ORDER BY seq DESC LIMIT ?", (lieu, most))
    kept = ("seq", "at", "by", "what", "about")
    return [cast(Act, {name: row[name] for name in kept} | {"words": json.loads(row["words"])}) for row in rows]


def names(tx: Tx, lieu: int) -> dict[str, str]:
    """What people called themselves when they arrived."""
    rows = tx.execute("SELECT person, name FROM arrivals WHERE lieu = ? AND name != '' ORDER BY id", (lieu,))
    return {row["person"]: row["name"] for row in rows}


def counted(tx: Tx) -> list[tuple[int, str, int]]:
    """Each lieu: its id, its name, and how many acts its journal has."""
    rows = tx.execute("SELECT id, name, (SELECT count(*) FROM acts WHERE lieu = l.id) AS n FROM lieux l ORDER BY id")
    return [(row["id"], row["name"], row["n"]) for row in rows]


def broken(tx: Tx) -> Iterator[tuple[int, int]]:
    """Each lieu whose journal is not as it was written: its id, and how many acts come before the fault, with those
    that were forgotten."""
    for lieu, _, _ in counted(tx):
        sound, mark = journal_start.start(tx, lieu)
        for row in tx.execute("SELECT * FROM acts WHERE lieu = ? ORDER BY seq", (lieu,)):
            mark = link(mark, row["at"], row["by"], row["what"], row["about"], row["words"])
            if mark != row["hash"]:
                break
            sound += 1
        if (sound, mark) != _end(tx, lieu):
            yield lieu, sound
