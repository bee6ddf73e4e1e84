"""All that goes on between lieux, built together: what scripts are handed, and what the bot hears."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from bot.lieux import Lieu
from bot.matrix.facts import server_of
from bot.network.admissions import Doorway
from bot.network.agreements import Accord
from bot.network.networks import Networks
from bot.network.project_listener import Partners
from bot.network.projects import Projects
from bot.network.request_listener import Relay
from bot.network.requests import Requests
from bot.network.sender_check import Strangers
from bot.store import networks
from bot.store.inbox import Event
from bot.talk.budgets import Budgets
from bot.talk.context import Surroundings
from bot.talk.engine import Engine
from bot.talk.ports import CloudAddress, NetworkRooms


class Between:
    """`me` is the bot, `prefix` what a command begins with, `allowed_servers` those whose people may invite us."""

    def __init__(
        self,
        me: str,
        prefix: str,
        around: Surroundings,
        rooms: NetworkRooms,
        engine: Engine,
        allowed_servers: Collection[str],
    ) -> None:
        database, lieux, posted, now = around.database, around.lieux, around.posted, around.now
        self._database = database
        exchange = Accord(me, around.words)
        servers = sorted({*allowed_servers} - {server_of(me)})
        self.networks = Networks(me, servers, database, exchange, rooms, now, posted, partial(_cloud_of, around))
        self.requests = Requests(database, exchange, posted, now)
        self.projects = Projects(database, exchange, engine.advance, posted, now)
        strangers = Strangers(me, database, exchange.cards, self.networks.refresh, posted, now)
        budgets = Budgets(database, now)
        self._doorway = Doorway(
            me, database, lieux, self.networks, budgets, allowed_servers, engine.start, engine.cancel
        )
        self._partners = Partners(me, database, lieux, around.people)
        self._relay = Relay(me, prefix, around, exchange, strangers, engine)

    @property
    def capabilities(self) -> dict[type, object]:
        """What scripts may be handed."""
        return {Networks: self.networks, Requests: self.requests, Projects: self.projects}

    async def hear(self, event: Event) -> bool:
        """Whether this event was between lieux, and is settled."""
        network = await self._database.read(networks.of_room, event.room_id)
        return (
            await self._doorway.hear(event, network)
            or await self._partners.hear(event)
            or await self._relay.hear(event, network)
        )


async def _cloud_of(around: Surroundings, lieu: Lieu) -> str:
    """Where others offer their folders to a lieu; empty where it has no cloud."""
    cloud = await around.provide(CloudAddress, lieu)
    return await cloud.cloud_id() if isinstance(cloud, CloudAddress) else ""
