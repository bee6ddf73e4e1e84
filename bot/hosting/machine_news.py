"""What whoever hosts the bot is told of the machine under it: once, for what is noted goes with the telling."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from bot.hosting.operators import HostsRoom
from bot.store.conversations import Conversation
from bot.store.database import Database, Tx


class MachineNews:
    """`me` is the bot; `room` where whoever hosts it is told, `start` begins a conversation."""

    def __init__(self, me: str, database: Database, room: HostsRoom, start: Callable[..., Awaitable[object]]) -> None:
        self._me, self._database, self._room, self._start = me, database, room, start

    async def tell(self, card: str, told: dict[str, Any], note: Callable[[Tx], None]) -> None:
        """Begin the dialogue `card`, and `note` that it was; that alone, where nobody can be told."""
        room_id = await self._room()
        if room_id is None:
            await self._database.write(note)
            return
        cause = f"{card}/{told['how']}/{uuid4()}"
        await self._start(Conversation(card, self._me, room_id, cause, None, told), note)
