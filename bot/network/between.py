"""All that goes on between lieux, built together: what scripts are handed, and what the bot hears."""

from __future__ import annotations

from bot.network.cards import Cards
from bot.network.doorway import Doorway
from bot.network.exchange import Exchange
from bot.network.networks import Networks
from bot.network.relay import Relay
from bot.network.requests import Requests
from bot.network.strangers import Strangers
from bot.store.inbox import Event
from bot.talk.doors import NetworkRooms
from bot.talk.engine import Engine
from bot.talk.surroundings import Surroundings


class Between:
    """`me` is the bot, `prefix` what a command begins with."""

    def __init__(self, me: str, prefix: str, around: Surroundings, rooms: NetworkRooms, engine: Engine) -> None:
        database, lieux, posted, now = around.database, around.lieux, around.posted, around.now
        exchange, cards = Exchange(me, around.words), Cards(around.words)
        self.networks = Networks(me, database, exchange, rooms, now, posted)
        self.requests = Requests(database, exchange, posted, now)
        strangers = Strangers(me, database, cards, self.networks.refresh, posted, now)
        self._doorway = Doorway(me, database, lieux, self.networks, engine.start, engine.cancel)
        self._relay = Relay(me, prefix, around, exchange, strangers, engine)

    async def hear(self, event: Event) -> bool:
        """Whether this event was between lieux, and is settled."""
        return await self._doorway.hear(event) or await self._relay.hear(event)
