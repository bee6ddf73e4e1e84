"""Monday morning, when the concierges of each lieu are told their week."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.lieux import Lieu, Lieux
from bot.store import weeks
from bot.store.conversations import Conversation
from bot.store.database import Database
from bot.talk.engine import Engine

EIGHT = time(8)
WEEK = timedelta(days=7)
LONGEST_SLEEP = 3600.0  # seconds: a lieu may be installed meanwhile, or its zone changed


class Mondays:
    """Begins the conversation that tells a week, once for each lieu and week; `me` is the bot."""

    def __init__(self, engine: Engine, lieux: Lieux, database: Database, me: str, now: Callable[[], int]) -> None:
        self._engine, self._lieux, self._database = engine, lieux, database
        self._me, self._now = me, now

    async def run(self) -> None:
        """Until cancelled. After a stop, what Monday missed is told as long as it is the same week."""
        while True:
            await self.ring()
            await asyncio.sleep(await self._until_next())

    async def ring(self) -> None:
        """Tell the lieux whose Monday morning has come."""
        for lieu in await self._lieux.all():
            last = monday(self._now(), lieu.choices.zone)
            if lieu.choices.installed and await self._database.read(weeks.begun, lieu.id) < _ms(last):
                await self._tell(lieu, last.date().isoformat())

    async def _tell(self, lieu: Lieu, day: str) -> None:
        if lieu.office:
            cause = f"monday/{lieu.id}/{day}"
            conversation = Conversation("monday", self._me, lieu.office, cause, lieu.id, {"monday": day})
            await self._engine.start(conversation)

    async def _until_next(self) -> float:
        now = self._now()
        nexts = [_ms(monday(now, lieu.choices.zone) + WEEK) for lieu in await self._lieux.all()]
        return min([LONGEST_SLEEP, *((at - now) / 1000 for at in nexts)])


def monday(now: int, zone: str) -> datetime:
    """The last Monday at eight, as the clocks of the zone have it."""
    here = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone))
    morning = datetime.combine(here.date() - timedelta(days=here.weekday()), EIGHT, here.tzinfo)
    return morning if morning <= here else morning - WEEK  # on the wall clock: a change of hour in between is none


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
