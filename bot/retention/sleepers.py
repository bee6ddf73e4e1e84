"""Accounts of a lieu that nobody has used for long, as far as a service says so: of whom nobody knows when they were
there last, nothing is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypedDict

from bot.arrivals.members import Members
from bot.lieux import Lieu
from bot.people import People
from bot.retention.nights import DAY, cutoff
from bot.services.service import Holder
from bot.services.tenancy import Services
from bot.store import retention as store
from bot.store.database import Database

LATER, KEPT = 90, 365  # days until somebody is asked about again
MOST = 40  # on one card: the others come with the next one


class Sleeper(TypedDict):
    """Somebody of whom each service that says it was not used for long: when it was last (ms), by the service."""

    person: str
    name: str
    seen: dict[str, int]


class Sleepers:
    """`now` in milliseconds since the epoch."""

    def __init__(self, database: Database, members: Members, people: People, now: Callable[[], int]) -> None:
        self._database, self._members, self._people, self._now = database, members, people, now

    async def found(self, lieu: Lieu, services: Services) -> list[Sleeper]:
        """The longest first. Concierges are none, nor whoever spoke with the bot, or did something, since. Raises
        Unavailable: without an answer nobody is asleep."""
        now, found = self._now(), list[Sleeper]()
        before = cutoff(now, lieu.choices.keep_asleep)
        names = {row["person"]: row["name"] for row in await self._members.known(lieu)}
        awake = await self._people.concierges(lieu) | await self._database.read(store.awake, lieu.id, before, now)
        for person, holder in (await self._database.read(store.holders, lieu.id)).items():
            if person in awake:
                continue
            seen = await services.last_seen(Holder(**holder))
            if seen and max(seen.values()) < before:
                found.append({"person": person, "name": names.get(person, person), "seen": seen})
        return sorted(found, key=lambda one: max(one["seen"].values()))[:MOST]

    async def put_off(self, lieu: int, fates: Mapping[str, str]) -> None:
        """Whoever stays is asked about again in a year, the others in a few months."""
        days = {person: KEPT if fate == "stay" else LATER for person, fate in fates.items()}
        again = {person: self._now() + n * DAY for person, n in days.items()}
        await self._database.write(store.put_off, lieu, again)
