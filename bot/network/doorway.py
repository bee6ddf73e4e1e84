"""Who comes into a network, and who leaves it: lieux that knock, bots that introduce theirs, our own invitations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from bot import lieux as all_lieux
from bot.lieux import Lieu, Lieux
from bot.matrix.batch import INVITE
from bot.matrix.markup import clean
from bot.network.cards import Cards
from bot.network.envelope import DECLARATION, PREFIX, Unsound, read
from bot.network.letters import MESSAGE, wire_id
from bot.network.networks import Networks
from bot.store import inbox, networks, outbox
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.store.journal import Conversation
from bot.store.networks import Network, Stay
from bot.store.outbox import Letter

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
        cards: Cards,
        start: Start,
        posted: Callable[[], None],
        now: Callable[[], int],
    ) -> None:
        self._me, self._database, self._lieux, self._networks = me, database, lieux, known
        self._cards, self._start, self._posted, self._now = cards, start, posted, now

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
        """The moderators declared a lieu, or no longer do: the room is read again, and our concierges are told."""
        before = {one["lieu"] for one in await self._networks.neighbours(network.id)}
        await self._networks.refresh(network)
        now = {one["lieu"]: one["card"] for one in await self._networks.neighbours(network.id)}
        await self._database.write(self._tell, event, network, before, now)
        self._posted()
        return True

    def _tell(self, tx: Tx, event: Event, network: Network, before: set[str], now: dict[str, Any]) -> None:
        for stay in networks.stays(tx, network=network.id):
            lieu = all_lieux.load(tx, stay.lieu)
            me, about = wire_id(lieu), event.state_key or ""
            if about == me and about in now and stay.status == "asked":
                networks.stay(tx, network.id, lieu.id, "declared", self._now())
                self._say(tx, lieu, event, "between.we-are-in", network=network.name)
            elif about == me and about not in now and stay.status == "declared":
                networks.stay(tx, network.id, lieu.id, "left", self._now())
                self._say(tx, lieu, event, "between.we-are-out", network=network.name)
            elif about in now and about not in before and stay.status == "declared":
                self._say(tx, lieu, event, "between.newcomer", network=network.name, lieu=now[about]["name"])
        inbox.done(tx, event.event_id)

    def _say(self, tx: Tx, lieu: Lieu, event: Event, key: str, /, **holes: Any) -> None:
        if lieu.office:
            content = self._cards.below(lieu, key, None, notice=True, **holes)
            outbox.post(tx, Letter(lieu.office, f"{key}/{event.event_id}/{lieu.id}", MESSAGE, content), self._now())

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
                args |= {"space": event.room_id, "name": told.get("name", ""), "by": event.sender}
                cause = event.event_id if not begun else f"{event.event_id}/{lieu.id}"
                await self._start(Conversation(dialogue, self._me, lieu.office, cause, lieu.id, args))
                begun = True
        return begun

    async def _put_out(self, event: Event, network: Network) -> None:
        for stay, lieu in await self._stays(network):
            await self._database.write(self._left, event, network, stay, lieu)
        self._posted()

    def _left(self, tx: Tx, event: Event, network: Network, stay: Stay, lieu: Lieu) -> None:
        networks.stay(tx, network.id, lieu.id, "left", self._now())
        self._say(tx, lieu, event, "between.we-are-out", network=network.name)
        inbox.done(tx, event.event_id)

    async def _stays(self, network: Network) -> list[tuple[Stay, Lieu]]:
        stays = await self._database.read(partial(networks.stays, network=network.id))
        found = [(stay, await self._lieux.get(stay.lieu)) for stay in stays]
        return [(stay, lieu) for stay, lieu in found if lieu is not None]
