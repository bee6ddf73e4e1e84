"""A month of the services of a lieu, in figures: how long each answered, what happened, what was finished afterwards.

All results are plain JSON.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Literal, TypedDict, cast
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.reports.incidents import LOOK, IncidentWatch
from bot.store import availability, backups, waits
from bot.store.availability import Day, Incident
from bot.store.database import Database, Tx
from bot.store.waits import Settled

DAYS = 30
MUCH = 3600  # seconds away that make a bad day
WHOLE = 10_000  # hundredths of a percent

DayState = Literal["unknown", "well", "short", "away", "planned"]


class ServiceMonth(TypedDict):
    """`share`: how much of the time that is known it answered, in hundredths of a percent, rounded down, maintenances
    left out; None where nothing is known. `known`, `away`, `planned` in seconds; `days` are in their order."""

    service: str
    share: int | None
    known: int
    away: int
    planned: int
    days: list[DayState]


class IncidentTold(TypedDict):
    """`begun_at` and `ended_at` (None: it goes on) in milliseconds; `seconds` is how long it was seen away, `seen`
    whether that is all of it."""

    service: str
    begun_at: int
    ended_at: int | None
    seconds: int
    seen: bool


class Proof(TypedDict):
    """Of backups, where they are set up: when one was proved last (ms; None: never), and when a whole one was restored
    on trial last, with what came of it."""

    proved_at: int | None
    restored_at: int | None
    restored: Literal["done", "failed", "unknown"]


class Month(TypedDict):
    """`first` and `last` are days (ISO); `promise` in hundredths of a percent, 0 for none; `proof` None where no backup
    is set up."""

    first: str
    last: str
    services: list[ServiceMonth]
    incidents: list[IncidentTold]
    finished: Settled
    promise: int
    proof: Proof | None


def proof_of_backups(tx: Tx, towards: str) -> Proof:
    tried = backups.last(tx, "prove", "done", "failed", "unknown")
    if tried is None:
        return {"proved_at": None, "restored_at": None, "restored": "unknown"}
    outcome = cast('Literal["done", "failed", "unknown"]', tried["outcome"])
    return {"proved_at": backups.last_proved(tx, towards), "restored_at": tried["at"], "restored": outcome}


def no_backup(_: Tx) -> Proof | None:
    """Nothing is set up."""
    return None


class Months:
    """`proof` is where backups tell of themselves; `now` in milliseconds since the epoch."""

    def __init__(
        self,
        database: Database,
        watch: IncidentWatch,
        now: Callable[[], int],
        *,
        promise: int = 0,
        proof: Callable[[Tx], Proof | None] = no_backup,
    ) -> None:
        self._database, self._watch, self._now = database, watch, now
        self._promise, self._proof = promise, proof

    async def month(self, lieu: Lieu) -> Month:
        """The last thirty days, today included, of the services that the lieu has now."""
        await self._watch.write()
        zone, now = ZoneInfo(lieu.choices.zone), self._now()
        last = datetime.fromtimestamp(now / 1000, zone).date()
        first = last - timedelta(days=DAYS - 1)
        since = round(datetime.combine(first, time(), zone).timestamp() * 1000)
        names = await self._watch.watched(lieu)
        rows = await self._database.read(availability.days, lieu.id, first.isoformat(), last.isoformat())
        told = await self._database.read(availability.incidents, lieu.id, since)
        return {
            "first": first.isoformat(),
            "last": last.isoformat(),
            "services": [_service(name, [row for row in rows if row["service"] == name], first) for name in names],
            "incidents": [_told(one) for one in told if one.service in names],
            "finished": await self._database.read(waits.count, lieu.id, since, now + 1),
            "promise": self._promise,
            "proof": await self._database.read(self._proof),
        }

    async def services(self, lieu: Lieu) -> list[str]:
        """What is looked at."""
        return await self._watch.watched(lieu)

    async def incident(self, lieu: int, id: int) -> IncidentTold | None:
        found = await self._database.read(availability.incident, lieu, id)
        return _told(found) if found else None

    async def finished(self, lieu: int, service: str, since: int) -> Settled:
        """What waited for this service since then: it may have been away for a while when a look said so."""
        return await self._database.read(waits.count, lieu, since, self._now() + 1, service, earlier=LOOK)

    async def moment(self) -> int:
        return self._now()


def _service(name: str, rows: list[Day], first: date) -> ServiceMonth:
    known, away, planned = (sum(row[what] for row in rows) for what in ("known", "away", "planned"))
    by_day = {row["day"]: row for row in rows}
    days = [by_day.get((first + timedelta(days=n)).isoformat()) for n in range(DAYS)]
    counted = known - planned
    return {
        "service": name,
        "share": (counted - away) * WHOLE // counted if counted > 0 else None,
        "known": known,
        "away": away,
        "planned": planned,
        "days": [_state(day) for day in days],
    }


def _state(day: Day | None) -> DayState:
    if day is None or not day["known"]:
        return "unknown"
    if day["away"]:
        return "away" if day["away"] >= MUCH else "short"
    return "planned" if day["planned"] else "well"


def _told(one: Incident) -> IncidentTold:
    return {
        "service": one.service,
        "begun_at": one.begun_at,
        "ended_at": one.ended_at,
        "seconds": one.seconds,
        "seen": not one.unseen,
    }
