"""The machine's clock, before anything is forgotten by it: once it has leapt ahead, nothing is for a week, and whoever
hosts the bot hears of it.

A bot that was away for as long cannot tell: it waits as well. What a machine without a battery says until it has heard
from its network lies in the past, where nothing is old.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import structlog

from bot.errors import Refused, Unavailable
from bot.hosting.machine_news import MachineNews
from bot.store import clock_watch, inbox
from bot.store.clock_watch import Leap, Seen
from bot.store.database import Database, Tx

log = structlog.get_logger(__name__)
DAY = 86_400_000  # milliseconds
AWAY = 4 * DAY  # between two looks, of which there is one an hour at least: a long weekend is no leap, and does no harm
STEADY = 7 * DAY  # until the clock is believed again
LOOKS = 24  # behind, in a row, until that is what it is
CARD = "clock-told"


class ClockWatch:
    """`now` in milliseconds."""

    def __init__(self, database: Database, news: MachineNews, now: Callable[[], int]) -> None:
        self._database, self._news, self._now = database, news, now
        self._behind = 0
        self._looking = asyncio.Lock()  # what is done each hour and each day begins at once

    async def believed(self) -> bool:
        """Whether what is old by the clock may be forgotten now; what could not be told is not noted either."""
        async with self._looking:
            now = self._now()
            before = await self._database.read(_before)
            after = self._after(before, now)
            with suppress(Refused, Unavailable):
                await self._note(before, after, now)
            return after.leap is None

    def _after(self, before: Seen | None, now: int) -> Seen:
        if before is None:
            return Seen(now, None)
        if now - before.at > AWAY:
            return Seen(now, Leap(before.leap.before if before.leap else before.at, now))
        if now - before.at >= -(DAY if before.leap else AWAY):
            self._behind = 0
            leap = before.leap
            return Seen(now, leap if leap and now - leap.at < STEADY else None)
        return self._set_back(before, now)

    def _set_back(self, before: Seen, now: int) -> Seen:
        """Behind what it said: for a moment after a start, or since somebody set it."""
        self._behind += 1
        if leap := before.leap:
            meant = leap.before + before.at - leap.at  # as if it had not leapt
            if now <= meant + AWAY:
                return Seen(now if now >= meant - AWAY else meant, None)
            return Seen(now, Leap(leap.before, now))
        return Seen(now, None) if self._behind >= LOOKS else before

    async def _note(self, before: Seen | None, after: Seen, now: int) -> None:
        note = partial(clock_watch.note, now=after)
        if told := self._told(before, after, now) if before else None:
            await self._news.tell(CARD, told, note)
        elif after != before:
            await self._database.write(note)

    def _told(self, before: Seen, after: Seen, now: int) -> dict[str, str] | None:
        """That it has leapt, and that it was set back; a week later there is nothing to do any more."""
        if after.leap == before.leap:
            return None
        if leap := after.leap:
            days = (leap.at - leap.before) // DAY
            log.error("the clock leapt, or the bot was away: nothing is forgotten for a week", days=days)
            return {"how": "leapt", "before": _day(leap.before), "today": _day(now), "until": _day(now + STEADY)}
        if now == after.at < before.at:
            return {"how": "set-back", "before": "", "today": _day(now), "until": ""}
        return None


def _before(tx: Tx) -> Seen | None:
    """At the first look of all, what came last is older than it."""
    if found := clock_watch.seen(tx):
        return found
    heard = inbox.last_heard(tx)
    return Seen(heard, None) if heard else None


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).date().isoformat()
