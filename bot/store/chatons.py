"""The last good copy of a federation of hosts, the same for all lieux: what could not be read is as it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypedDict, cast

from .database import Tx

KEPT = 60 * 86_400_000  # milliseconds for which a file may be missing


class OfferTold(TypedDict):
    """What the file of a service tells (`integrations.chatons.Offer`)."""

    software: str
    name: str
    website: str
    email: str
    registration: list[str]
    is_shut: bool
    ends: str


class ChatonTold(TypedDict):
    """What the file of a member tells (`integrations.chatons.Chaton`); `place` as RFC 5870 writes it, or empty."""

    name: str
    website: str
    email: str
    form: str
    town: str
    place: str
    is_idle: bool
    is_away: bool
    ends: str


class Reading(TypedDict):
    """Which federation was read, by what it calls itself, and when (milliseconds)."""

    name: str
    at: int


class Read(TypedDict):
    """A member whose file was read, and its services: None for a file that was not."""

    told: ChatonTold
    offers: dict[str, OfferTold | None]


class Offered(TypedDict):
    """A service, and whose it is: `url` is the address of the member's file."""

    url: str
    chaton: ChatonTold
    offer: OfferTold


def keep(tx: Tx, source: str, name: str, found: Mapping[str, Read | None], at: int) -> None:
    """What was read of this federation, in the place of what was before: whoever it does not name any more is gone,
    and what could not be read is still as it was, for a while."""
    if last(tx, source) is None:
        tx.execute("DELETE FROM chatons")
    for (url,) in tx.execute("SELECT url FROM chatons").fetchall():
        if url not in found:
            tx.execute("DELETE FROM chatons WHERE url = ?", (url,))
    for url, read in found.items():
        if read is not None:
            _keep_one(tx, url, read, at)
    for table in ("chatons", "chatons_offers"):
        tx.execute(f"DELETE FROM {table} WHERE read_at < ?", (at - KEPT,))  # noqa: S608
    tx.execute("INSERT OR REPLACE INTO chatons_readings (id, source, name, at) VALUES (1,?,?,?)", (source, name, at))


def _keep_one(tx: Tx, url: str, read: Read, at: int) -> None:
    tx.execute(
        "INSERT INTO chatons (url, told, read_at) VALUES (?,?,?)"
        " ON CONFLICT (url) DO UPDATE SET told = excluded.told, read_at = excluded.read_at",
        (url, json.dumps(read["told"]), at),
    )
    for (offer,) in tx.execute("SELECT url FROM chatons_offers WHERE chaton = ?", (url,)).fetchall():
        if offer not in read["offers"]:
            tx.execute("DELETE FROM chatons_offers WHERE chaton = ? AND url = ?", (url, offer))
    tx.executemany(
        "INSERT OR REPLACE INTO chatons_offers (chaton, url, told, read_at) VALUES (?,?,?,?)",
        [(url, offer, json.dumps(told), at) for offer, told in read["offers"].items() if told is not None],
    )


def last(tx: Tx, source: str) -> Reading | None:
    """Of this federation; what is there may be of another one."""
    row = tx.execute("SELECT name, at FROM chatons_readings WHERE source = ?", (source,)).fetchone()
    return cast(Reading, dict(row)) if row else None


def offered(tx: Tx, source: str) -> list[Offered]:
    """Every service, by its member; a few milliseconds for a thousand."""
    if last(tx, source) is None:
        return []
    told = {row["url"]: json.loads(row["told"]) for row in tx.execute("SELECT url, told FROM chatons ORDER BY url")}
    rows = tx.execute("SELECT chaton, told FROM chatons_offers ORDER BY chaton, url")
    return [
        {"url": row["chaton"], "chaton": told[row["chaton"]], "offer": json.loads(row["told"])}
        for row in rows
        if row["chaton"] in told
    ]
