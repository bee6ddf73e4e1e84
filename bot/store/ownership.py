"""What the bot made for a lieu, or keeps for it: it touches nothing else of the services."""

from __future__ import annotations

from typing import TypedDict, cast

from .database import Tx

ONE = "lieu = ? AND service = ? AND kind = ? AND ref = ?"


class Owned(TypedDict):
    """`person`: whose it is, where that is known; `at` in milliseconds; `watcher`: the conversation that looks after
    it."""

    ref: str
    person: str | None
    at: int
    watcher: int | None


def own(tx: Tx, lieu: int, service: str, kind: str, ref: str, person: str | None, at: int) -> None:
    """The first time counts; whose it is may be known later."""
    tx.execute(
        "INSERT INTO owned (lieu, service, kind, ref, person, at) VALUES (?,?,?,?,?,?)"
        " ON CONFLICT DO UPDATE SET person = coalesce(excluded.person, person)",
        (lieu, service, kind, ref, person, at),
    )


def owns(tx: Tx, lieu: int, service: str, kind: str, ref: str) -> bool:
    return tx.execute(f"SELECT 1 FROM owned WHERE {ONE}", (lieu, service, kind, ref)).fetchone() is not None  # noqa: S608


def is_owned(tx: Tx, service: str, kind: str, ref: str) -> bool:
    """By any lieu of ours."""
    one = "service = ? AND kind = ? AND ref = ?"
    return tx.execute(f"SELECT 1 FROM owned WHERE {one}", (service, kind, ref)).fetchone() is not None  # noqa: S608


def owned(tx: Tx, lieu: int, service: str, kind: str) -> dict[str, Owned]:
    """By its ref, the oldest first."""
    query = "SELECT ref, person, at, watcher FROM owned WHERE lieu = ? AND service = ? AND kind = ? ORDER BY at"
    return {row["ref"]: cast(Owned, dict(row)) for row in tx.execute(query, (lieu, service, kind))}


def watch(tx: Tx, lieu: int, service: str, kind: str, ref: str, watcher: int) -> None:
    """This conversation looks after it from now on."""
    tx.execute(f"UPDATE owned SET watcher = ? WHERE {ONE}", (watcher, lieu, service, kind, ref))  # noqa: S608


def disown(tx: Tx, lieu: int, service: str, kind: str, ref: str) -> None:
    tx.execute(f"DELETE FROM owned WHERE {ONE}", (lieu, service, kind, ref))  # noqa: S608
