"""What our lieux ask of others, and what others ask of them: for scripts. All results are JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from bot.lieux import Lieu
from bot.network.exchange import Exchange
from bot.store import networks
from bot.store.database import Database, Tx

Json = dict[str, Any]


class Requests:
    """`now` in milliseconds."""

    def __init__(
        self, database: Database, exchange: Exchange, posted: Callable[[], None], now: Callable[[], int]
    ) -> None:
        self._database, self._exchange, self._posted, self._now = database, exchange, posted, now

    async def publish(self, lieu: Lieu, network: int, key: int, content: Json, room_id: str, asker: str) -> Json:
        """A request goes to the lieux of a network, and its card stands in `room_id`: `id`, `number`, `others`."""
        publish = partial(self._publish, lieu, network, f"{key:x}", content, room_id, asker)
        result: Json = await self._database.write(publish)
        self._posted()
        return result

    def _publish(self, lieu: Lieu, network: int, key: str, content: Json, room_id: str, asker: str, tx: Tx) -> Json:
        card = self._exchange.publish(tx, lieu, network, key, content, room_id, asker, self._now())
        others = len(networks.neighbours(tx, network)) - 1
        return {"id": card.request, "number": card.number, "others": others}

    async def show_due(self, lieu: Lieu, room_id: str) -> None:
        """What was put off is shown now, in this room."""
        await self._database.write(lambda tx: self._exchange.show_due(tx, lieu, room_id, self._now()))
        self._posted()

    async def let_go(self, network: int, request: str, speaker: str) -> None:
        """An envelope of this lieu about the request does not come: go on without it."""
        await self._database.write(lambda tx: self._exchange.let_go(tx, network, request, speaker, self._now()))
        self._posted()

    async def left(self, at: int) -> float:
        """Seconds until this instant; 0 where it has passed."""
        return max(0, at - self._now()) / 1000

    async def revise(self, lieu: Lieu, id: str, **changes: Any) -> None:
        """A request of this lieu changes: everybody's cards follow."""
        await self._database.write(lambda tx: self._exchange.revise(tx, lieu, id, changes, self._now()))
        self._posted()
