"""What a lieu lived through in a week, in figures, beside the weeks before. All results are plain JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from operator import or_
from statistics import median
from typing import TypedDict
from zoneinfo import ZoneInfo

from bot.store import arrivals, ownership, weeks
from bot.store.database import Database, Tx

DAY, WEEK = timedelta(days=1), timedelta(days=7)
EIGHT = time(8)
WEEKS = 6  # shown: this one, and those before
STILL = 3 * 86_400_000  # milliseconds after which an arrival that does not move needs somebody


class Week(TypedDict):
    """`first` is its first day (ISO), `delay` the median from an invitation to the welcome, in seconds."""

    first: str
    arrivals: int
    departures: int
    delay: int | None


class Figures(TypedDict):
    """`first` and `last` are days (ISO), `weeks` the oldest first, `still` how many arrivals need somebody now."""

    first: str
    last: str
    weeks: list[Week]
    still: int


class Due(TypedDict):
    """`monday`: whose morning has come and of which nothing was told yet (ISO), empty for none; `seconds` until the
    next one, a day at most: the zone may be changed."""

    monday: str
    seconds: float


class Weeks:
    """What a command asks of the last seven days. `now` in milliseconds since the epoch."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    async def look(self, lieu: int, zone: str, before: str | None = None) -> Figures:
        """The seven days before this day (ISO), or the last ones, today included; and the weeks before them."""
        here = ZoneInfo(zone)
        today = datetime.fromtimestamp(self._now() / 1000, here).date()
        end = date.fromisoformat(before) if before else today + DAY
        ends = [end - n * WEEK for n in reversed(range(WEEKS))]
        return {
            "first": (end - WEEK).isoformat(),
            "last": (end - DAY).isoformat(),
            "weeks": [await self._database.read_aside(_week, lieu, each - WEEK, each, here) for each in ends],
            "still": await self._database.read_aside(_still, lieu, self._now()),
        }

    async def due(self, lieu: int, zone: str) -> Due:
        """What is to be told now; of the Mondays before there was a lieu, nothing."""
        now = self._now()
        last = monday(now, zone)
        day = last.date().isoformat()
        young = await self._database.read(weeks.begun, lieu) >= _ms(last)
        told = young or await self._database.read_aside(weeks.is_told, lieu, day)
        seconds = (_ms(last + WEEK) - now) / 1000
        return {"monday": "" if told else day, "seconds": min(seconds, DAY.total_seconds())}


def monday(now: int, zone: str) -> datetime:
    """The last Monday at eight, as the clocks of the zone have it."""
    here = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone))
    morning = datetime.combine(here.date() - timedelta(days=here.weekday()), EIGHT, here.tzinfo)
    return morning if morning <= here else morning - WEEK  # on the wall clock: a change of hour in between is none


def _week(tx: Tx, lieu: int, first: date, end: date, zone: ZoneInfo) -> Week:
    since, until = (_ms(datetime.combine(day, time(), zone)) for day in (first, end))
    lasted = weeks.welcomed(tx, lieu, since, until)
    delays = [each for each in lasted if each is not None]
    return {
        "first": first.isoformat(),
        "arrivals": len(lasted),
        "departures": weeks.departures(tx, lieu, since, until),
        "delay": round(median(delays) / 1000) if delays else None,
    }


def _still(tx: Tx, lieu: int, now: int) -> int:
    """How many arrivals stopped, or have not moved for days, and nobody has taken over; not those of whom a concierge
    has suspended."""
    rows = [
        row
        for row in arrivals.in_progress(tx, lieu)
        if not row["held_by"] and not ownership.is_paused(tx, lieu, row["login"], row["person"])
    ]
    stopped = [row["talk"] != "open" and row["inviting"] != "inviting" for row in rows]
    slow = [now - (row["moved"] or row["changed_at"]) >= STILL for row in rows]
    return sum(map(or_, stopped, slow))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
