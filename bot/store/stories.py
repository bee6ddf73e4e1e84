"""Requests as a lieu looks back at them: its list of them, and who said what when about each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.store import requests
from bot.store.requests import Card, Request

from .database import Tx


@dataclass(frozen=True, slots=True)
class Said:
    """A line of a story: `text` is empty for an offer."""

    at: int
    lieu: str
    name: str
    text: str


def remember(tx: Tx, request: str, origin: str, line: str, **told: Any) -> None:
    """What a line says, and when: `at`, `name`, `said`; corrected as the line is."""
    names = ", ".join(f"{name} = ?" for name in told)
    where = "request = ? AND origin = ? AND line = ?"
    tx.execute(f"UPDATE lines SET {names} WHERE {where}", (*told.values(), request, origin, line))  # noqa: S608


def story(tx: Tx, request: str, lieu: int, offer: str) -> list[Said]:
    """All that was said at this lieu and there, in order; `offer` is the line that an offer is."""
    rows = tx.execute(
        "SELECT at, origin, name, said FROM lines WHERE request = ? AND lieu = ? AND (said != '' OR line = ?)"
        " ORDER BY at, line",
        (request, lieu, offer),
    )
    return [Said(r["at"], r["origin"], r["name"], r["said"]) for r in rows]


def seen(tx: Tx, lieu: int) -> list[tuple[Card, Request]]:
    """Every request that this lieu sees, the newest first."""
    cards = requests.cards_of(tx, lieu)
    found = requests.of_lieu(tx, lieu)
    return [(card, found[card.request]) for card in cards]


def forget(tx: Tx, before: int) -> None:
    """What was said about requests that ended before this instant."""
    tx.execute(
        "UPDATE lines SET said = '', name = '' WHERE request IN (SELECT id FROM requests WHERE changed_at < ?"
        " AND state NOT IN ('open', 'discussed', 'agreed'))",
        (before,),
    )
