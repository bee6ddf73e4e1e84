"""Codes that people copy from a wall: by chance, and hard to misread. A script looks one up in a step, and keeps it."""

from __future__ import annotations

import secrets
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.talk.calendar_days import months_later
from bot.talk.ports import Clock, Registration

LETTERS = "bcdfghjkmnpqrstvwxz23456789"  # none that looks like another one, and no vowels: no words come out


class RegistrationCodes:
    async def fresh(self) -> str:
        """Nobody guesses it: 47 bits."""
        letters = "".join(secrets.choice(LETTERS) for _ in range(10))
        return f"{letters[:5]}-{letters[5:]}"


async def last_day(clock: Clock, zone: str, days: int, months: int = 0) -> str:
    """The last one on which a code is of use (ISO), so long from today."""
    today = datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(zone)).date()
    return months_later(today + timedelta(days=days), months).isoformat()


async def allow(registration: Registration, letters: str, people: int, zone: str, until: str) -> None:
    """Until the end of that day."""
    end = datetime.combine(date.fromisoformat(until) + timedelta(days=1), time(), ZoneInfo(zone))
    await registration.ensure(letters, uses=people, expires=round(end.timestamp() * 1000))
