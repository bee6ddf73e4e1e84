"""The lieu's journal: who did what, to whom, when; and what the bot may touch because it made it."""

from __future__ import annotations

import json

from .database import Tx


def note(tx: Tx, lieu: int | None, at: int, by: str, what: str, about: str | None, words: dict[str, str]) -> None:
    tx.execute(
        "INSERT INTO acts (lieu, at, by, what, about, words) VALUES (?,?,?,?,?,?)",
        (lieu, at, by, what, about, json.dumps(words)),
    )


def own(tx: Tx, lieu: int, service: str, kind: str, ref: str, person: str | None, at: int) -> None:
    tx.execute(
        "INSERT OR IGNORE INTO owned (lieu, service, kind, ref, person, at) VALUES (?,?,?,?,?,?)",
        (lieu, service, kind, ref, person, at),
    )


def owns(tx: Tx, lieu: int, service: str, kind: str, ref: str) -> bool:
    query = "SELECT 1 FROM owned WHERE lieu = ? AND service = ? AND kind = ? AND ref = ?"
    return tx.execute(query, (lieu, service, kind, ref)).fetchone() is not None
