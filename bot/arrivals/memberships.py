"""Who has joined the association of a lieu: rows, on which short conversations act. All results are plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.arrivals.members import Member
from bot.lieux import Lieu
from bot.store import memberships as store
from bot.store.database import Database
from bot.store.memberships import Membership, Seen
from bot.words import fold

WHOLE = 20 * 3_600_000  # milliseconds after which everything is read again: what was cancelled, what came late
BACK = timedelta(days=45)  # what else is read: an order is dated from when it was begun
MORNING = 8  # o'clock: nobody is asked about an end at midnight
MOST_NAMESAKES = 3


class Memberships:
    """`now` in milliseconds since the epoch; days are those of the lieu's zone, ISO."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database, self._now = database, now

    async def since(self, lieu: int, scope: str) -> str | None:
        """From which day on they are to be read now; None for all of them."""
        last = await self._database.read(store.reading, lieu)
        now = self._now()
        if last is None or last["scope"] != scope or not 0 <= now - last["whole_at"] < WHOLE:
            return None
        return (datetime.fromtimestamp(last["read_at"] / 1000, ZoneInfo("UTC")).date() - BACK).isoformat()

    async def note(self, lieu: Lieu, scope: str, seen: Sequence[Seen], *, whole: bool) -> None:
        today, now = self.today(lieu), self._now()
        await self._database.write(lambda tx: store.note(tx, lieu.id, scope, seen, whole=whole, today=today, now=now))

    async def untold(self, lieu: Lieu) -> int | None:
        """How many hold, where the conciergerie has not heard of any yet."""
        last = await self._database.read(store.reading, lieu.id)
        return None if last is None or last["told"] else len(await self.holding(lieu))

    async def fresh(self, lieu: int) -> list[int]:
        return await self._database.read(store.fresh, lieu)

    async def get(self, lieu: int, item: int) -> Membership | None:
        return await self._database.read(store.get, lieu, item)

    async def settle(self, lieu: int, items: Iterable[int], status: str) -> None:
        """`known`, `invited` or `aside`."""
        await self._database.write(store.settle, lieu, items, status)

    async def belongs(self, lieu: int, item: int, person: str) -> None:
        await self._database.write(store.belongs, lieu, item, person)

    async def ended(self, lieu: Lieu) -> list[str]:
        """Whose is over, and nobody was told; nobody before the morning."""
        if self._here(lieu).hour < MORNING:
            return []
        return await self._database.read(store.ended, lieu.id, self.today(lieu))

    async def of_person(self, lieu: int, person: str) -> Membership | None:
        """Their last one."""
        return await self._database.read(store.of_person, lieu, person)

    async def all(self, lieu: int) -> list[Membership]:
        """The one that ends last at the end."""
        return await self._database.read(store.of_lieu, lieu)

    async def holding(self, lieu: Lieu) -> list[Membership]:
        today = self.today(lieu)
        return [row for row in await self.all(lieu.id) if holds(row, today)]

    def today(self, lieu: Lieu) -> str:
        return self._here(lieu).date().isoformat()

    def _here(self, lieu: Lieu) -> datetime:
        return datetime.fromtimestamp(self._now() / 1000, ZoneInfo(lieu.choices.zone))


def holds(row: Membership, today: str) -> bool:
    return row["last_day"] is None or row["last_day"] >= today


def last_day(row: Membership) -> date | None:
    return date.fromisoformat(row["last_day"]) if row["last_day"] else None


class Namesakes:
    """Who of these may be meant by a name in full: in whatever order, or by the first one alone. Somebody must say who
    it is. Indexed, for both are as many as a lieu has."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._by_name: dict[str, dict[str, Member]] = {}
        for row in members:
            for name in {_alike(row["name"]), _alike(row["login"])} - {""}:
                self._by_name.setdefault(name, {})[row["person"]] = row

    def of(self, name: str) -> list[Member]:
        found: dict[str, Member] = {}
        for each in (_alike(name), *fold(name).split()[:1]):
            found |= self._by_name.get(each, {})
        return [*found.values()][:MOST_NAMESAKES]


def _alike(name: str) -> str:
    return " ".join(sorted(fold(name).split()))
