"""The versions of each lieu's path of arrival."""

from __future__ import annotations

import json
from typing import Any, TypedDict, cast

from .database import Tx


class Version(TypedDict):
    """`at` in milliseconds; `what` the change was, in a code, and of which question or text it is `about`."""

    number: int
    at: int
    by: str
    what: str
    about: str
    content: dict[str, Any]


def versions(tx: Tx, lieu: int, most: int) -> list[Version]:
    """The newest first."""
    rows = tx.execute("SELECT * FROM paths WHERE lieu = ? ORDER BY number DESC LIMIT ?", (lieu, most))
    kept = ("number", "at", "by", "what", "about")
    return [cast(Version, {name: row[name] for name in kept} | {"content": json.loads(row["content"])}) for row in rows]


def content(tx: Tx, lieu: int, number: int) -> Any:
    """What this version holds; None where there is none."""
    row = tx.execute("SELECT content FROM paths WHERE lieu = ? AND number = ?", (lieu, number)).fetchone()
    return json.loads(row["content"]) if row else None


def add(tx: Tx, lieu: int, number: int, at: int, by: str, what: str, about: str, content: dict[str, Any]) -> None:
    tx.execute("INSERT INTO paths VALUES (?,?,?,?,?,?,?)", (lieu, number, at, by, what, about, json.dumps(content)))
