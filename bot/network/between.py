"""All that goes on between lieux, built together: what scripts are handed, and what the bot hears."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bot.lieux import Lieux
from bot.network.cards import Cards
from bot.network.doorway import Doorway
from bot.network.exchange import Exchange
from bot.network.networks import Networks
from bot.network.relay import Relay
from bot.network.requests import Requests
from bot.network.strangers import Strangers
from bot.people import People
from bot.store.database import Database
from bot.store.inbox import Event
from bot.store.journal import Conversation
from bot.talk.doors import NetworkRooms
from bot.words import Words


class Between:
    """`posted` is called after letters were written; `start` begins a conversation, `go_on` advances one."""

    def __init__(
        self,
        me: str,
        prefix: str,
        database: Database,
        words: Words,
        lieux: Lieux,
        people: People,
        rooms: NetworkRooms,
        start: Callable[[Conversation], Awaitable[None]],
        go_on: Callable[[int], Awaitable[None]],
        posted: Callable[[], None],
        now: Callable[[], int],
    ) -> None:
        exchange, cards = Exchange(me, words), Cards(words)
        self.networks = Networks(me, database, cards, rooms, now, posted)
        self.requests = Requests(database, exchange, posted, now)
        strangers = Strangers(me, database, cards, self.networks.refresh, posted, now)
        self._doorway = Doorway(me, database, lieux, self.networks, start)
        self._relay = Relay(me, prefix, database, lieux, people, exchange, strangers, go_on, posted, now)

    async def hear(self, event: Event) -> bool:
        """Whether this event was between lieux, and is settled."""
        return await self._doorway.hear(event) or await self._relay.hear(event)
