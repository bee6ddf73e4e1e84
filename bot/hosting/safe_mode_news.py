"""Safe mode that the bot entered by itself: whoever hosts it hears of it once, and once when it is over."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial

from bot.errors import Refused, Unavailable
from bot.hosting.machine_news import MachineNews
from bot.store import alarms
from bot.store.attempts import Tried, untried
from bot.store.database import Database
from bot.store.starts import Safe

LOOK = 60.0  # seconds until it is tried again
ALARM = CARD = "safe-mode"


class SafeModeNews:
    """It is over once a start `lasts`: an end of it that is followed by the same is none."""

    def __init__(self, safe: Safe, database: Database, news: MachineNews) -> None:
        self._safe, self._database, self._news = safe, database, news
        self._is_told = False
        self.lasts = asyncio.Event()

    async def run(self, tried: Tried = untried) -> None:
        """Until it is told, which a homeserver that is away may delay."""
        if not self._safe:
            await self.lasts.wait()
        while not self._is_told:
            await tried(self.look)
            await asyncio.sleep(0 if self._is_told else LOOK)

    async def look(self) -> None:
        with suppress(Refused, Unavailable):  # at the next look
            if self._safe != "asked" and await self._database.read(alarms.is_on, ALARM) != (on := bool(self._safe)):
                told = {"how": "entered" if on else "left"}
                await self._news.tell(CARD, told, partial(alarms.switch, name=ALARM, on=on))
            self._is_told = True
