"""What was put aside: the concierges whom it concerns hear of it once, and what whoever hosts the bot releases goes on.

In safe mode everything waits but `!état`: nothing that is heard, due or usually done can end the process.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu, Lieux
from bot.people import People
from bot.store import aside, rooms
from bot.store.aside import Aside, Counted
from bot.store.attempts import Tried, untried
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.store.starts import Safe
from bot.talk.engine import Engine

log = structlog.get_logger(__name__)
LOOK = 5.0  # seconds between two looks at what another process may have written
NOTICE, WAITS, STATE = "set-aside", "safe-told", "state"
MESSAGES = ("m.room.message", "m.room.encrypted", "m.sticker")


class SetAside:
    """`me` is the bot, `news` wakes whoever works off the inbox; `safe`: whether in safe mode, and why."""

    def __init__(
        self,
        me: str,
        database: Database,
        engine: Engine,
        lieux: Lieux,
        people: People,
        news: asyncio.Event,
        *,
        safe: Safe = "",
    ) -> None:
        self._me, self._database, self._engine = me, database, engine
        self._lieux, self._people, self._news = lieux, people, news
        self.safe = safe

    async def run(self, tried: Tried = untried) -> None:
        """Until cancelled: tell, and take up what the command line releases, soon."""
        seen = None
        while True:
            version = await self._database.read(_version)
            if version != seen:
                await tried(self.look)
            seen = version
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        for one in await self._database.read(aside.untold):
            with suppress(Refused, Unavailable):  # another time
                await self._tell(one)
        for one in await self._database.read(aside.released) if not self.safe else ():
            log.info("released", what=one.what)
            if one.conversation is not None:
                await self._engine.release(one, one.conversation)
            else:
                await self._database.write(aside.take_up, one)
                self._news.set()

    async def counted(self, lieu: Lieu) -> Counted:
        return await self._database.read(aside.counted, lieu.id)

    async def counted_in_all(self) -> int:
        """What `conciergerie aside` lists."""
        return len(await self._database.read(aside.all_of_them))

    # -- the concierges

    async def _tell(self, one: Aside) -> None:
        """Whom it concerns, where that is known; the log told whoever hosts the bot."""
        lieu = await self._lieu_of(one) if one.event_id is not None else None
        if lieu is None or not lieu.office:
            await self._database.write(aside.told, one, None)
            return
        private = await self._database.read(rooms.person_of_direct, one.room_id) is not None
        args = {
            "kind": "message" if one.kind in MESSAGES else "happening",
            "by": one.person,
            "room": "" if private else one.room_id,
        }
        notice = Conversation(NOTICE, self._me, lieu.office, f"{NOTICE}/{one.id}/{one.what}", lieu.id, args)
        await self._engine.start(notice, lambda tx: aside.told(tx, one, lieu.id))

    async def _lieu_of(self, one: Aside) -> Lieu | None:
        """The lieu of its room; of a private one, that of its person, where they have one alone."""
        lieu = await self._lieux.of_room(one.room_id)
        if lieu is None and (person := await self._database.read(rooms.person_of_direct, one.room_id)) is not None:
            theirs = await self._people.lieux_of(person)
            lieu = theirs[0] if len(theirs) == 1 else None
        return lieu


class SafeMode:
    """Hears `!état` alone; everything else waits, and whoever gives a command or writes in private is told so once.

    `command_in` says which command a message is.
    """

    def __init__(
        self,
        database: Database,
        engine: Engine,
        hear: Callable[[Event], Awaitable[bool]],
        command_in: Callable[[Event], Awaitable[str | None]],
    ) -> None:
        self._database, self._engine, self._hear, self._command_in = database, engine, hear, command_in
        self._told: set[tuple[str, str]] = set()

    async def hear(self, event: Event) -> bool:
        """True where the event was settled on the way."""
        if (command := await self._command_in(event)) == STATE:
            return await self._hear(event)
        await self._database.write(aside.wait, event.event_id)
        place = event.room_id, event.sender
        if event.type in MESSAGES and place not in self._told and (command or await self._is_private(*place)):
            self._told.add(place)
            await self._engine.start(Conversation(WAITS, event.sender, event.room_id, f"{WAITS}/{event.event_id}"))
        return True

    async def _is_private(self, room_id: str, person: str) -> bool:
        return await self._database.read(rooms.person_of_direct, room_id) == person


def _version(tx: Tx) -> int:
    """Changes when another process has written."""
    return int(tx.execute("PRAGMA data_version").fetchone()[0])
