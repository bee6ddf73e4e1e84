"""Safe mode that the bot entered by itself: whoever hosts it hears of it once, and once when it is over."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from uuid import uuid4

from bot.errors import Refused, Unavailable
from bot.hosting.operators import HostsRoom
from bot.store import alarms
from bot.store.attempts import Tried, untried
from bot.store.conversations import Conversation
from bot.store.database import Database
from bot.store.starts import Safe
from bot.talk.engine import Engine

LOOK = 60.0  # seconds until it is tried again
ALARM = CARD = "safe-mode"


class SafeModeNews:
    """`me` is the bot. It is over once a start `lasts`: an end of it that is followed by the same is none."""

    def __init__(self, me: str, safe: Safe, database: Database, engine: Engine, room: HostsRoom) -> None:
        self._me, self._safe, self._database = me, safe, database
        self._engine, self._room = engine, room
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
            if self._safe != "asked" and await self._database.read(alarms.is_on, ALARM) != bool(self._safe):
                await self._tell("entered" if self._safe else "left")
            self._is_told = True

    async def _tell(self, how: str) -> None:
        room_id = await self._room()
        if room_id is None:
            await self._database.write(alarms.switch, ALARM, how == "entered")
            return
        told = Conversation(CARD, self._me, room_id, f"{CARD}/{how}/{uuid4()}", None, {"how": how})
        await self._engine.start(told, lambda tx: alarms.switch(tx, ALARM, how == "entered"))
