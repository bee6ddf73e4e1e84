"""The lieu's journal: who did what, to whom, when."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict, cast

from . import journal_start
from .audit_chain import beginning, places, salt, seal, sealed_link, told
from .database import Tx

FORGOTTEN = "forgotten"  # the act that says which acts were forgotten: `rows`, and `by`, whose doers were


class Act(TypedDict):
    """A line of the journal: `at` in milliseconds, `by` and `about` as they were written down, `words` of its
    sentence. `forgotten`: "by" and "about" (with the words) where they are not known any more."""

    seq: int
    at: int
    by: str
    what: str
    about: str | None
    words: dict[str, str]
    forgotten: NotRequired[list[str]]


def note(tx: Tx, lieu: int | None, at: int, by: str, what: str, about: str | None, words: dict[str, str]) -> None:
    """Add a line; those of a lieu are chained."""
    told = json.dumps(words)
    if lieu is None:
        tx.execute("INSERT INTO acts (at, by, what, about, words) VALUES (?,?,?,?,?)", (at, by, what, about, told))
        return
    count, before = _end(tx, lieu)
    by_salt, own_salt = salt(), salt()
    by_seal, own_seal = seal(by_salt, by), seal(own_salt, about, told)
    mark = sealed_link(before, at, what, by_seal, own_seal)
    tx.execute(
        "INSERT INTO acts (lieu, at, by, what, about, words, by_salt, by_seal, salt, seal, hash)"
        " VALUES (?,?,?,?,?,?,?,?,?,?,?)",
        (lieu, at, by, what, about, told, by_salt, by_seal, own_salt, own_seal, mark),
    )
    tx.execute(
        "INSERT INTO chains (lieu, count, hash) VALUES (?,?,?)"
        " ON CONFLICT DO UPDATE SET count = excluded.count, hash = excluded.hash",
        (lieu, count + 1, mark),
    )


def _end(tx: Tx, lieu: int) -> tuple[int, str]:
    """How long the chain of this lieu is, and its last hash."""
    row = tx.execute("SELECT count, hash FROM chains WHERE lieu = ?", (lieu,)).fetchone()
    return (row["count"], row["hash"]) if row else (0, beginning(None, None, None))


def of_lieu(tx: Tx, lieu: int, most: int) -> list[Act]:
    """The newest first."""
    rows = tx.execute("SELECT * FROM acts WHERE lieu = ? ORDER BY seq DESC LIMIT ?", (lieu, most))
    return [_act(row) for row in rows]


def _act(row: sqlite3.Row) -> Act:
    kept = {name: row[name] for name in ("seq", "at", "by", "what", "about")} | {"words": json.loads(row["words"])}
    salts = {"by": row["by_salt"], "about": row["salt"]}
    if row["seal"] and None in salts.values():
        kept |= {"forgotten": [name for name, value in salts.items() if value is None]}
    return cast(Act, kept)


def names(tx: Tx, lieu: int) -> dict[str, str]:
    """What people called themselves when they arrived."""
    rows = tx.execute("SELECT person, name FROM arrivals WHERE lieu = ? AND name != '' ORDER BY id", (lieu,))
    return {row["person"]: row["name"] for row in rows}


def counted(tx: Tx) -> list[tuple[int, str, int]]:
    """Each lieu: its id, its name, and how many acts its journal has."""
    rows = tx.execute("SELECT id, name, (SELECT count(*) FROM acts WHERE lieu = l.id) AS n FROM lieux l ORDER BY id")
    return [(row["id"], row["name"], row["n"]) for row in rows]


# -- forgetting


def forget(tx: Tx, lieu: int, now: int, by: str, about: Collection[int], doers: Collection[int]) -> bool:
    """Of the acts `about` somebody (by their seq) whom they were about, and their words, are forgotten; of those whose
    `doers` are, who did them. An act says so in the same transaction, by their places: without it they are missing.
    False where there was nothing to forget, and nothing is said."""
    seqs = [row["seq"] for row in tx.execute("SELECT seq FROM acts WHERE lieu = ? ORDER BY seq", (lieu,))]
    place = {seq: n for n, seq in enumerate(seqs, start(tx, lieu)[0] + 1)}
    rows, by_rows = [place[seq] for seq in about], [place[seq] for seq in doers]
    if not rows and not by_rows:
        return False
    blank = "UPDATE acts SET about = NULL, words = '{}', salt = NULL WHERE seq = ?"
    tx.executemany(blank, [(seq,) for seq in about])
    tx.executemany("UPDATE acts SET by = '', by_salt = NULL WHERE seq = ?", [(seq,) for seq in doers])
    note(tx, lieu, now, by, FORGOTTEN, None, {"rows": told(rows), "by": told(by_rows)})
    return True


# -- whether it is as it was written


@dataclass(slots=True)
class Walk:
    """A journal from its first act on, behind which `start` others were: `sound` acts with these up to a fault, or all
    of them and its last hash (`mark`). What was `emptied` of which act, by place, and what of them was `excused` by a
    later act."""

    start: int
    mark: str
    sound: int
    emptied: dict[str, set[int]] = field(default_factory=lambda: {"rows": set(), "by": set()})
    excused: dict[str, set[int]] = field(default_factory=lambda: {"rows": set(), "by": set()})

    def follow(self, row: sqlite3.Row) -> bool:
        """Whether this one, which comes next, is as it was written."""
        place = self.sound + 1
        for name, own, fields, empty in (
            ("by", row["by_salt"], (row["by"],), ("",)),
            ("rows", row["salt"], (row["about"], row["words"]), (None, "{}")),
        ):
            kept = row["by_seal" if name == "by" else "seal"]
            if own is None:
                self.emptied[name].add(place)
            if (fields != empty) if own is None else seal(own, *fields) != kept:
                return False
        mark = sealed_link(self.mark, row["at"], row["what"], row["by_seal"], row["seal"])
        if mark != row["hash"]:
            return False
        self.mark, self.sound = mark, place
        if row["what"] == FORGOTTEN and row["salt"] is not None:
            self._excuse(json.loads(row["words"]), place)
        return True

    def _excuse(self, words: dict[str, Any], place: int) -> None:
        for name, said in self.excused.items():
            said.update(places(words.get(name), place))

    def unexcused(self) -> int | None:
        """The first act that was emptied without a word, or that has again what was forgotten."""
        wrong = set[int]().union(*(self.emptied[name] ^ self.excused[name] for name in self.emptied))
        return min((place for place in wrong if place > self.start), default=None)


def start(tx: Tx, lieu: int) -> tuple[int, str]:
    """How many acts were before the first that is there, and the hash that it follows."""
    if cut := journal_start.start(tx, lieu):
        return cut
    row = tx.execute("SELECT past_hash, past_count, past_fault FROM chains WHERE lieu = ?", (lieu,)).fetchone()
    return 0, beginning(*row) if row else beginning(None, None, None)


def _walked(tx: Tx, lieu: int) -> int | None:
    """How many acts come before the fault, if there is one."""
    gone, mark = start(tx, lieu)
    walk = Walk(gone, mark, gone)
    for act in tx.execute("SELECT * FROM acts WHERE lieu = ? ORDER BY seq", (lieu,)):
        if not walk.follow(act):
            return walk.sound
    first = walk.unexcused()
    if first is not None:
        return first - 1
    return None if (walk.sound, walk.mark) == _end(tx, lieu) else walk.sound


def broken(tx: Tx) -> Iterator[tuple[int, int]]:
    """Each lieu whose journal is not as it was written: its id, and how many acts come before the fault, with those
    that were forgotten."""
    for lieu, _, _ in counted(tx):
        fault = _walked(tx, lieu)
        if fault is None:
            fault = fault_of_before(tx, lieu)
        if fault is not None:
            yield lieu, fault


def fault_of_before(tx: Tx, lieu: int) -> int | None:
    """Of a journal that had a fault when it was chained anew: how many acts came before it."""
    row = tx.execute("SELECT past_fault FROM chains WHERE lieu = ?", (lieu,)).fetchone()
    return row["past_fault"] if row else None


def forgotten(tx: Tx, lieu: int) -> int:
    """Of how many acts something was forgotten."""
    query = "SELECT count(*) FROM acts WHERE lieu = ? AND seal != '' AND (salt IS NULL OR by_salt IS NULL)"
    return int(tx.execute(query, (lieu,)).fetchone()[0])
