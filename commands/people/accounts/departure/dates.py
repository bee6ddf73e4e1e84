"""The days of a departure, in the lieu's own zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.store.departures import Departure
from bot.talk.ports import Clock

MORNING = 9  # o'clock: when somebody who was told goes


def today(lieu: Lieu, clock: Clock) -> date:
    return day_of(lieu, clock.now())


def day_of(lieu: Lieu, at: int) -> date:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(lieu.choices.zone)).date()


def end_of(row: Departure) -> int:
    """The instant when it closes (ms), of one that is locked."""
    return cast(int, row["closes_at"])


def morning(lieu: Lieu, day: date) -> int:
    return int(datetime(day.year, day.month, day.day, MORNING, tzinfo=ZoneInfo(lieu.choices.zone)).timestamp() * 1000)


def until(clock: Clock, at: int) -> timedelta:
    return timedelta(milliseconds=max(0, at - clock.now()))


def ms(length: timedelta) -> int:
    return int(length.total_seconds() * 1000)
