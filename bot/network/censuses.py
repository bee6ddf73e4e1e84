"""Lieux of which only a list tells, as the host imported it: they are in no network, and are asked nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TypedDict

from bot.network.geography import far, located_at, plain
from bot.store import censuses as store
from bot.store.database import Database
from bot.store.networks import Wire
from bot.words import fold

REACH = 50.0  # kilometres: as far as people go to another lieu
MOST = 40  # of which somebody is told
OLD = 3  # years: half of the lieux of an older list have moved, closed, or changed their name


class ListedLieu(store.FoundLieu):
    """`far`: how many kilometres away, where that is known; `old`: so old that it has to be checked."""

    far: int | None
    old: bool


class Beyond(TypedDict):
    """How many lieux there are beyond the networks, and the first of them, the nearest where that is known."""

    n: int
    lieux: list[ListedLieu]


class Censuses:
    """`now` in milliseconds."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database, self._now = database, now

    async def are_there(self) -> bool:
        return bool(await self._database.read(store.all_of_them))

    async def search(self, about: str, place: str | None, near: bool, known: Sequence[Wire]) -> Beyond:
        """The lieux of which all the words `about` are told; those alone that are `near` the place (RFC 5870), or all,
        but not those whose cards are `known`."""
        but = [store.known_as(plain(card["name"]), plain(card.get("town", ""))) for card in known]
        at = located_at(place)
        work = partial(
            store.search, words=fold(about).split(), place=at, reach=REACH if near and at else None, but=but, most=MOST
        )
        every, found = await self._database.read_aside(work)
        year = datetime.fromtimestamp(self._now() / 1000, UTC).year
        return {"n": every, "lieux": [_listed(one, place, year) for one in found]}


def is_old(date: str, year: int) -> bool:
    """Whether a list of that date (« 2019-06 ») is too old to be answered with in that year."""
    return year - int(date[:4]) > OLD


def _listed(one: store.FoundLieu, place: str | None, year: int) -> ListedLieu:
    there = None if one["latitude"] is None else f"geo:{one['latitude']:.4f},{one['longitude']:.4f}"
    return {**one, "far": far(place, there), "old": is_old(one["date"], year)}
