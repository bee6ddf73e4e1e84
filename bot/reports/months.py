"""A month of the services of a lieu, in figures: how long each answered, what happened, what was finished afterwards.

All results are plain JSON.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal, TypedDict, cast
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.reports.incidents import LOOK, IncidentWatch
from bot.store import availability, backups, waits
from bot.store.availability import Day, Incident, Maintenance
from bot.store.database import Database, Tx
from bot.store.waits import Settled
from bot.talk.calendar_days import month_of

DAYS = 30
MUCH = 3600  # seconds away that make a bad day
WHOLE = 10_000  # hundredths of a percent
HALF = 0.5  # of a day: where less of it is known, that is said

DayState = Literal["unknown", "part", "well", "short", "away", "planned"]


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
    whether that is all of it; `cause` a word (`integrations.causes`), empty for silence."""

    service: str
    cause: str
    begun_at: int
    ended_at: int | None
    seconds: int
    seen: bool


class Away(TypedDict):
    """A service that does not answer now, `since` an instant (ms), for the `lieux` with these ids."""

    service: str
    since: int
    lieux: list[int]


class Proof(TypedDict):
    """Of backups, where they are set up: when one was proved last (ms; None: never), and when a whole one was restored
    on trial last, with what came of it."""

    proved_at: int | None
    restored_at: int | None
    restored: Literal["done", "failed", "unknown"]


class Month(TypedDict):
    """`first` and `last` are days (ISO), `since` the first of which anything is known, empty for none; `unseen`: how
    many seconds behind it nobody looked; `promise` in hundredths of a percent, 0 for none; `to_come` what is planned.
    `proof` is of now: None where no backup is set up, and of a month of before."""

    first: str
    last: str
    since: str
    unseen: int
    to_come: list[Maintenance]
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

    async def month(self, lieu: Lieu, first: str = "") -> Month:
        """Of the services that the lieu has now: the month that begins on this day, as far as it has come, or the last
        thirty days, today included."""
        await self._watch.write()
        zone, now = ZoneInfo(lieu.choices.zone), self._now()
        today = datetime.fromtimestamp(now / 1000, zone).date()
        begins = date.fromisoformat(first) if first else today - timedelta(days=DAYS - 1)
        last = min(today, month_of(begins)[1]) if first else today
        since, until = _midnight(begins, zone), min(now + 1, _midnight(last + timedelta(days=1), zone))
        names = await self._watch.watched(lieu)
        found = await self._database.read(availability.days, lieu.id, begins.isoformat(), last.isoformat())
        rows = [row for row in found if row["service"] in names]
        told = await self._database.read(availability.incidents, lieu.id, since, until)
        period = _Period(zone, begins, last, now)
        known_from = await self._database.read(availability.first_day, lieu.id)
        return {
            "first": begins.isoformat(),
            "last": last.isoformat(),
            "since": known_from,
            "unseen": _unseen(rows, period, known_from),
            "services": [_service(name, [row for row in rows if row["service"] == name], period) for name in names],
            "incidents": [_told(one) for one in told if one.service in names],
            "finished": await self._database.read(waits.count, lieu.id, since, until),
            "to_come": [] if first else await self.to_come(lieu),
            "promise": self._promise,
            "proof": None if first else await self._database.read(self._proof),
        }

    async def to_come(self, lieu: Lieu) -> list[Maintenance]:
        """The maintenances that are planned, or go on."""
        return await self._database.read(availability.planned, lieu.id, self._now())

    async def services(self, lieu: Lieu) -> list[str]:
        """What is looked at."""
        return await self._watch.watched(lieu)

    async def away(self) -> list[Away]:
        """What does not answer now, of all lieux, as they are told."""
        going_on = [one for one in await self._database.read(availability.untold) if one.ended_at is None]
        return [
            {
                "service": service,
                "since": min(one.begun_at for one in going_on if one.service == service),
                "lieux": [one.lieu for one in going_on if one.service == service],
            }
            for service in sorted({one.service for one in going_on})
        ]

    async def incident(self, lieu: int, id: int) -> IncidentTold | None:
        found = await self._database.read(availability.incident, lieu, id)
        return _told(found) if found else None

    async def finished(self, lieu: int, since: Mapping[str, int]) -> Settled:
        """What waited for each of these services since then: it may have been away for a while when a look said so."""
        found = [
            await self._database.read(waits.count, lieu, begun, self._now() + 1, service, earlier=LOOK)
            for service, begun in since.items()
        ]
        return waits.together(found)

    async def moment(self) -> int:
        return self._now()


@dataclass(frozen=True, slots=True)
class _Period:
    """Some days on the clocks of a zone, of which the last may not be over."""

    zone: ZoneInfo
    first: date
    last: date
    now: int

    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def seconds(self, day: date) -> int:
        """How long it was, or has been until now."""
        begins, ends = (_midnight(each, self.zone) for each in (day, day + timedelta(days=1)))
        return max(0, min(ends, self.now) - begins) // 1000


def _midnight(day: date, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time(), zone).timestamp() * 1000)


def _service(name: str, rows: list[Day], period: _Period) -> ServiceMonth:
    known, away, planned = (sum(row[what] for row in rows) for what in ("known", "away", "planned"))
    by_day = {row["day"]: row for row in rows}
    counted = known - planned
    return {
        "service": name,
        "share": (counted - away) * WHOLE // counted if counted > 0 else None,
        "known": known,
        "away": away,
        "planned": planned,
        "days": [_state(by_day.get(day.isoformat()), period.seconds(day)) for day in period.days()],
    }


def _state(day: Day | None, seconds: int) -> DayState:
    if day is None or not day["known"]:
        return "unknown"
    if day["away"]:
        return "away" if day["away"] >= MUCH else "short"
    if day["planned"]:
        return "planned"
    return "part" if day["known"] < HALF * seconds else "well"


def _unseen(rows: list[Day], period: _Period, since: str) -> int:
    """Behind the first day, of which nobody knows when it began: how long no service at all was looked at."""
    known = defaultdict[str, int](int)
    for row in rows:
        known[row["day"]] = max(known[row["day"]], row["known"])
    days = [day for day in period.days() if since and day.isoformat() > since]
    return sum(max(0, period.seconds(day) - known[day.isoformat()]) for day in days)


def _told(one: Incident) -> IncidentTold:
    return {
        "service": one.service,
        "cause": one.cause,
        "begun_at": one.begun_at,
        "ended_at": one.ended_at,
        "seconds": one.seconds,
        "seen": not one.unseen,
    }
