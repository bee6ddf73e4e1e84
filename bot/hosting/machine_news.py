"""What whoever hosts the bot is told of the machine under it: once, for what is noted goes with the telling."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

from bot.hosting.operators import HostsRooms
from bot.store import conversations
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx
from bot.talk.engine import Engine


class MachineNews:
    """`me` is the bot, `rooms` where whoever hosts it is told; `now` in milliseconds."""

    def __init__(
        self,
        me: str,
        database: Database,
        rooms: HostsRooms,
        engine: Engine,
        now: Callable[[], int],
    ) -> None:
        self._me, self._database, self._rooms, self._engine, self._now = me, database, rooms, engine, now

    async def tell(self, card: str, told: dict[str, Any], note: Callable[[Tx], None]) -> None:
        """Begin the dialogue `card` in each room, and `note` that it was, in one transaction; that alone, where nobody
        can be told."""
        cause, now = f"{card}/{told['how']}/{uuid4()}", self._now()
        begun = [
            Conversation(card, self._me, room_id, f"{cause}/{room_id}", lieu, told, created_at=now)
            for room_id, lieu in (await self._rooms()).items()
        ]
        if not begun:
            await self._database.write(note)
            return
        first, *others = begun
        await self._engine.start(first, *(partial(conversations.begin, conversation=other) for other in others), note)
        for other in others:
            await self._engine.start(other)
