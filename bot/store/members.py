"""What the bot wrote down of the people of a lieu: their accounts, how they came, who greeted them."""

from __future__ import annotations

from typing import TypedDict, cast

from .database import Tx


class AccountHolder(TypedDict):
    """Somebody who has, or is to have, an account; `at` in milliseconds."""

    person: str
    login: str
    name: str | None
    at: int


class Newcomer(TypedDict):
    """Somebody whose arrival began or moved; `at` in milliseconds."""

    person: str
    login: str | None
    name: str | None
    at: int


def accounts(tx: Tx, lieu: int) -> list[AccountHolder]:
    """The latest word last."""
    rows = tx.execute(
        "SELECT person, login, name, created_at AS at FROM arrivals WHERE lieu = ? AND login IS NOT NULL"
        " UNION ALL SELECT person, ref, NULL, at FROM owned"
        " WHERE lieu = ? AND service = 'directory' AND kind = 'account' AND person IS NOT NULL ORDER BY at",
        (lieu, lieu),
    )
    return [cast(AccountHolder, dict(row)) for row in rows]


def arrived_since(tx: Tx, lieu: int, at: int) -> list[Newcomer]:
    """Those whose arrival began or moved since then, the latest first; but for those who were
    found by an e-mail address, as long as they have not said that they come."""
    rows = tx.execute(
        "SELECT person, login, name, max(changed_at) AS at FROM arrivals WHERE lieu = ? AND changed_at >= ?"
        " AND status NOT IN ('declined', 'cancelled') AND NOT (status IN ('invited', 'answering', 'approval')"
        " AND login IS NULL AND email IS NOT NULL) GROUP BY person ORDER BY at DESC",
        (lieu, at),
    )
    return [cast(Newcomer, dict(row)) for row in rows]


def greeted_by(tx: Tx, lieu: int, person: str) -> str | None:
    row = tx.execute(
        "SELECT by FROM acts WHERE lieu = ? AND about = ? AND by <> about AND what = 'greeted'"
        " ORDER BY seq DESC LIMIT 1",
        (lieu, person),
    ).fetchone()
    return row["by"] if row else None
