"""Who comes into a network, and who leaves it: lieux that knock, bots that introduce theirs, our own invitations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from bot.lieux import Lieu, Lieux
from bot.matrix.batch import INVITE
from bot.matrix.markup import clean
from bot.network.envelope import DECLARATION, PREFIX, Unsound, read
from bot.network.letters import MESSAGE
from bot.network.networks import Networks
from bot.store import inbox, networks
from bot.store.database import Database
from bot.store.inbox import Event
from bot.store.journal import Conversation
from bot.store.networks import Network, Stay

Start = Callable[[Conversation], Awaitable[None]]
LONGEST_REASON = 300


class Doorway:
    """`start` begins a conversation, once for its cause, and settles the event that is its cause."""

    def __init__(
        self,
        me: str,
        database: Database,
        lieux: Lieux,
        known: Networks,
        start: Start,
    ) -> None:
        self._me, self._database, self._lieux, self._networks = me, database, lieux, known
        self._start = start

    async def hear(self, event: Event) -> bool:
        if event.type == "m.room.member" and event.state_key == self._me:
            return await self._mine(event)
        network = await self._database.read(networks.of_room, event.room_id)
        if network is None:
            return False
        if event.type == "m.room.member":
            return await self._knocked(event, network)
        if event.type == DECLARATION and event.state_key is not None and not event.encrypted:
            return await self._declared(event, network)
        if event.type == MESSAGE and PREFIX + "hello" in event.content:
            return await self._introduced(event, network)
        return False

    # -- others

    async def _knocked(self, event: Event, network: Network) -> bool:
        """A lieu's bot asks to be let in. True for all of a network's space: it is no lieu's."""
        if event.content.get("membership") == "knock" and event.room_id == network.space:
            said = event.content.get("reason")
            reason = clean(said, LONGEST_REASON).strip() if isinstance(said, str) else ""
            return await self._ask_keepers(event, network, {"bot": event.state_key, "reason": reason, "hello": {}})
        await self._database.write(inbox.done, event.event_id)
        return True

    async def _introduced(self, event: Event, network: Network) -> bool:
        """A bot tells for which lieu it wants to speak, in its own name alone."""
        try:
            hello = read(event.content).body
        except Unsound:
            return False
        if hello["card"]["bot"] != event.sender:
            return False
        known = await self._database.read(networks.neighbour, network.id, hello["lieu"])
        if known is not None and known.card == hello["card"]:
            return False
        return await self._ask_keepers(event, network, {"bot": event.sender, "reason": "", "hello": hello})

    async def _ask_keepers(self, event: Event, network: Network, args: dict[str, Any]) -> bool:
        for stay, lieu in await self._stays(network):
            if stay.keeps and lieu.office:
                args |= {"network": network.id}
                await self._start(Conversation("admit-lieu", self._me, lieu.office, event.event_id, lieu.id, args))
                return True
        return False

    async def _declared(self, event: Event, network: Network) -> bool:
        """What the moderators declare is read again: only the room's own state counts."""
        await self._networks.refresh(network)
        await self._database.write(inbox.done, event.event_id)
        return True

    # -- ourselves

    async def _mine(self, event: Event) -> bool:
        """The bot was invited into a network, or put out of one."""
        membership = event.content.get("membership")
        network = await self._database.read(networks.of_room, event.room_id)
        told = event.content.get(INVITE)
        if membership == "invite" and isinstance(told, dict) and told.get("network"):
            return await self._invited(event, network, told)
        if network is not None and membership in ("leave", "ban"):
            await self._put_out(event, network)
        return network is not None

    async def _invited(self, event: Event, network: Network | None, told: dict[str, Any]) -> bool:
        """Into a network at whose door we knocked: go in. Into another one: each lieu of ours decides."""
        if told.get("type") != "m.space":  # the coordination room: entered from the space
            await self._database.write(inbox.done, event.event_id)
            return True
        awaited = [lieu for stay, lieu in await self._stays(network) if stay.status == "asked"] if network else []
        begun = False
        for lieu in awaited[:1] or await self._lieux.all():
            if lieu.office and lieu.choices.installed:
                dialogue = "settle-in" if awaited else "bidden"
                args: dict[str, Any] = {"network": network.id} if network and awaited else {}
                args |= {
                    "space": event.room_id,
                    "name": told.get("name", ""),
                    "by": event.sender,
                    "at": event.arrived_at,
                }
                cause = event.event_id if not begun else f"{event.event_id}/{lieu.id}"
                await self._start(Conversation(dialogue, self._me, lieu.office, cause, lieu.id, args))
                begun = True
        return begun

    async def _put_out(self, event: Event, network: Network) -> None:
        await self._networks.lost(network)
        await self._database.write(inbox.done, event.event_id)

    async def _stays(self, network: Network) -> list[tuple[Stay, Lieu]]:
        stays = await self._database.read(partial(networks.stays, network=network.id))
        found = [(stay, await self._lieux.get(stay.lieu)) for stay in stays]
        return [(stay, lieu) for stay, lieu in found if lieu is not None]
