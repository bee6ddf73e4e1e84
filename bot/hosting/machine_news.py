"""What whoever hosts the bot is told of the machine under it: once, for what is noted goes with the telling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import uuid4

from bot.hosting.operators import HostsRooms
from bot.store import conversations
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx


class MachineNews:
    """`me` is the bot; `rooms` where whoever hosts it is told, `start` begins a conversation; `now` in milliseconds."""

    def __init__(
        self,
        me: str,
        database: Database,
        rooms: HostsRooms,
        start: Callable[..., Awaitable[object]],
        now: Callable[[], int],
    ) -> None:
        self._me, self._database, self._rooms, self._start, self._now = me, database, rooms, start, now

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
        await self._start(first, *(partial(conversations.begin, conversation=other) for other in others), note)
        for other in others:
            await self._start(other)
