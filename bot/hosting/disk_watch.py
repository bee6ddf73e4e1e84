"""The disk under the data, looked at before it is full: whoever hosts the bot hears of it once, and once when it is
well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from bot.errors import Refused, Unavailable
from bot.hosting.operators import HostsRoom
from bot.store import alarms
from bot.store.attempts import Tried, untried
from bot.store.conversations import Conversation
from bot.store.data_trouble import Condition
from bot.store.database import Database
from bot.store.free_space import FreeSpace, free_space
from bot.talk.engine import Engine

log = structlog.get_logger(__name__)
LOOK = 60.0  # seconds
ALARM, CARD = "disk", "disk-told"
MEGABYTE = 1_000_000


class DiskWatch:
    """`me` is the bot; `conditions` are those of the files that it writes."""

    def __init__(
        self,
        me: str,
        database: Database,
        engine: Engine,
        room: HostsRoom,
        now: Callable[[], int],
    ) -> None:
        self._me, self._database, self._engine = me, database, engine
        self._room, self._now = room, now
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
        room_id = await self._room()
        if room_id is None:
            await self._database.write(alarms.switch, ALARM, on)
            return
        args = {"how": how, **_megabytes(space)}
        told = Conversation(CARD, self._me, room_id, f"{CARD}/{how}/{self._now()}", None, args)
        await self._engine.start(told, lambda tx: alarms.switch(tx, ALARM, on))


def _megabytes(space: FreeSpace) -> dict[str, int]:
    return {"free": space.free // MEGABYTE, "wanted": -(-space.wanted // MEGABYTE)}
