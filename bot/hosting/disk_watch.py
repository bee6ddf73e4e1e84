"""The disk under the data, looked at before it is full: whoever hosts the bot hears of it once, and once when it is
well."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

import structlog

from bot.errors import Refused, Unavailable
from bot.hosting.machine_news import MachineNews
from bot.store import alarms
from bot.store.attempts import Tried, untried
from bot.store.data_trouble import Condition
from bot.store.database import Database
from bot.store.free_space import FreeSpace, free_space

log = structlog.get_logger(__name__)
LOOK = 60.0  # seconds
ALARM, CARD = "disk", "disk-told"
MEGABYTE = 1_000_000


class DiskWatch:
    """`conditions` are those of the files that the bot writes."""

    def __init__(self, database: Database, news: MachineNews) -> None:
        self._database, self._news = database, news
        self.conditions: list[Condition] = [database.condition]

    async def run(self, tried: Tried = untried) -> None:
        """Until cancelled."""
        while True:
            await tried(self.look)
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Tell what has changed since it was last told; what could not be written is told of once it can be."""
        with suppress(OSError, Refused, Unavailable):  # at the next look
            await self._look(free_space(self._database.path.parent))

    async def _look(self, space: FreeSpace) -> None:
        alarmed = await self._database.read(alarms.is_on, ALARM)
        if space.is_little and not alarmed:
            await self._tell("little", space, on=True)
            log.error("little room on the disk", **_megabytes(space))
        elif space.is_enough and alarmed:
            await self._tell("enough", space, on=False)
            log.info("room on the disk again", **_megabytes(space))
        elif any(condition.was_ill for condition in self.conditions):
            await self._tell("was-ill", space, on=alarmed)
        else:
            return
        for condition in self.conditions:
            condition.was_ill = False

    async def _tell(self, how: str, space: FreeSpace, *, on: bool) -> None:
        told = {"how": how, **_megabytes(space)}
        await self._news.tell(CARD, told, partial(alarms.switch, name=ALARM, on=on))


def _megabytes(space: FreeSpace) -> dict[str, int]:
    return {"free": space.free // MEGABYTE, "wanted": -(-space.wanted // MEGABYTE)}
