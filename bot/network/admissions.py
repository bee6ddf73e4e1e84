"""Who comes into a network, and who leaves it: lieux that knock, bots that introduce theirs, our own invitations."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any

from bot.lieux import Lieu, Lieux
from bot.matrix.facts import server_of
from bot.matrix.markup import clean, one_line
from bot.matrix.sync_batch import INVITE
from bot.network import envelope, rate_limits
from bot.network.authority import is_in_place, may_say
from bot.network.envelope import PREFIX, BadEnvelope, read
from bot.network.networks import Networks
from bot.network.outgoing import line_id, wire_id
from bot.store import conversations, inbox, networks
from bot.store.conversations import Conversation
from bot.store.database import Database
from bot.store.inbox import Event
from bot.store.networks import Network, Stay
from bot.talk.budgets import Budgets

Start = Callable[[Conversation], Awaitable[None]]
LONGEST_REASON, LONGEST_NAME = 300, 100
MOST_ASKED = 5  # questions about one bot at a time: it may speak for several lieux


class Admissions:
    """`start` begins a conversation, once for its cause, and settles the event that is its cause; `cancel` ends one."""

    def __init__(
        self,
        me: str,
        database: Database,
        lieux: Lieux,
        known: Networks,
        budgets: Budgets,
        allowed_servers: Collection[str],
        start: Start,
        cancel: Callable[[int, str, str], Awaitable[object]],
    ) -> None:
        self._me, self._database, self._lieux, self._networks = me, database, lieux, known
        self._budgets, self._allowed, self._start, self._cancel = budgets, allowed_servers, start, cancel

    async def in_network(self, event: Event, network: Network) -> bool:
        """In a room of this network. False where there is nothing to ask."""
        match event.type:
            case "m.room.member" if event.state_key == self._me:
                return await self._came_or_went_ourselves(event, network)
            case "m.room.member":
                return await self._came_or_went(event, network)
            case envelope.DECLARATION if event.state_key is not None and not event.encrypted:
                return await self._declared(event, network)
            case "m.room.message" if is_in_place(event, network):
                if PREFIX + "hello" in event.content:
                    return await self._introduced(event, network)
                return PREFIX + "bye" in event.content and await self._said_goodbye(event, network)
        return False

    # -- others

    async def _came_or_went(self, event: Event, network: Network) -> bool:
        """True for all of a network's rooms: they are no lieu's."""
        match event.content.get("membership"):
            case "knock" if event.room_id == network.space:
                return await self._knocked(event, network)
            case "invite" if event.state_key is not None:  # its moderators alone can do that
                await self._database.write(networks.admit, network.id, event.state_key)
                await self._need_no_answer(event, network, "admit-lieu", _at_door(network, event.state_key))
            case "leave" | "ban":
                await self._need_no_answer(event, network, "admit-lieu", _at_door(network, event.state_key))
                return await self._went(event, network)
        await self._database.write(inbox.done, event.event_id)
        return True

    async def _knocked(self, event: Event, network: Network) -> bool:
        """A lieu's bot asks to be let in, once; a crowd of them is told of, not asked about."""
        if event.state_key is None or not await self._has_place(event, network, event.state_key):
            await self._database.write(inbox.done, event.event_id)
            return True
        args: dict[str, Any] = {
            "bot": event.state_key,
            "reason": _reason(event),
            "hello": {},
            "about": _at_door(network, event.state_key),
        }
        return await self._ask_keepers(event, network, args)

    async def _has_place(self, event: Event, network: Network, bot: str) -> bool:
        """Whether our keepers are asked about one more, of this server and of all; else they are told, once an hour."""
        if bot == network.heir:
            return True
        each = f"{rate_limits.server(bot)}/{network.id}"
        alone = await self._budgets.spend(rate_limits.KNOCKS_OF_ONE, each, event.event_id)
        if alone.within:
            everybody = rate_limits.source(network.id, "door")
            together = await self._budgets.spend(rate_limits.KNOCKS, everybody, event.event_id)
            if together.within:
                return True
            alone = together
        if alone.first_beyond:
            for stay, lieu in await self._stays(network):
                if stay.keeps:
                    await self._networks.declarations.tell_crowd(network, lieu, alone.until)
        return False

    async def _went(self, event: Event, network: Network) -> bool:
        """A bot that is there no more speaks for no lieu."""
        told = await self._database.read(networks.neighbours, network.id)
        for one in [one for one in told if one.bot == event.state_key]:
            await self._part(f"{event.event_id}/{one.lieu}", network, one.lieu, None)
        await self._database.write(inbox.done, event.event_id)
        return True

    async def _said_goodbye(self, event: Event, network: Network) -> bool:
        """A lieu leaves: its own bot says so."""
        try:
            goodbye = read(event.content)
        except BadEnvelope:
            return False
        lieu = goodbye.lieu
        known = await self._database.read(networks.neighbour, network.id, lieu)
        if known is not None and not may_say(event.sender, goodbye, known):
            return False
        mine = next((one for one in await self._lieux.all() if wire_id(one) == lieu), None)
        if event.sender == self._me or known is not None:
            await self._part(event.event_id, network, lieu, mine if event.sender == self._me else None)
        await self._database.write(inbox.done, event.event_id)
        return True

    async def _part(self, cause: str, network: Network, lieu: str, mine: Lieu | None) -> None:
        """`mine` is the lieu that leaves, where it is ours: then our bot may have to go; else our keepers act."""
        keepers = [one for stay, one in await self._stays(network) if stay.keeps]
        for one in [mine] if mine else keepers[:1]:
            args = {"network": network.id, "leaving": lieu}
            await self._start(Conversation("part", self._me, one.office or one.space, cause, one.id, args))

    async def _introduced(self, event: Event, network: Network) -> bool:
        """A bot tells for which lieu it wants to speak, in its own name alone."""
        try:
            introduction = read(event.content)
        except BadEnvelope:
            return False
        hello = introduction.body
        if introduction.kind != "hello" or not may_say(event.sender, introduction, None):
            return False
        known = await self._database.read(networks.neighbour, network.id, hello["lieu"])
        if known is not None and known.card == hello["card"]:
            return False
        source = f"{rate_limits.source(network.id, hello['lieu'])}/{event.sender}"
        if not (await self._budgets.spend(rate_limits.HELLOS, source, event.event_id)).within:
            return False
        about = f"{network.id}/{hello['lieu']}/{line_id(json.dumps(hello))}"
        return await self._ask_keepers(
            event, network, {"bot": event.sender, "reason": "", "hello": hello, "about": about}
        )

    async def _ask_keepers(self, event: Event, network: Network, args: dict[str, Any]) -> bool:
        if args["bot"] == network.heir:
            return await self._inherited(event, network, args["hello"])
        for stay, lieu in await self._stays(network):
            if stay.keeps and lieu.office:
                args |= {"network": network.id}
                if await self._is_asked(lieu, args):
                    return False
                await self._start(Conversation("admit-lieu", self._me, lieu.office, event.event_id, lieu.id, args))
                return True
        return False

    async def _is_asked(self, lieu: Lieu, args: dict[str, Any]) -> bool:
        """The same, or so much about this bot that one more is a nuisance."""
        same = await self._database.read(conversations.open_with, "admit-lieu", lieu.id, args["about"])
        others = await self._database.read(conversations.open_with, "admit-lieu", lieu.id, args["bot"], "bot")
        return bool(same) or len(others) >= MOST_ASKED

    async def _inherited(self, event: Event, network: Network, hello: dict[str, Any]) -> bool:
        """The lieu of ours that kept this network has moved to this bot: whoever moved it has decided."""
        if hello:
            await self._networks.administration.hand_over(network.id, hello["lieu"], hello["card"])
        else:
            await self._networks.administration.admit(network.id, str(network.heir))
        await self._database.write(inbox.done, event.event_id)
        return True

    async def _declared(self, event: Event, network: Network) -> bool:
        """What the moderators declare is read again: only the room's own state counts."""
        await self._networks.declarations.refresh(network)
        if any(stay.status == "declared" for stay, _ in await self._stays(network)):
            await self._need_no_answer(event, network, "bidden", str(network.id))
        await self._database.write(inbox.done, event.event_id)
        return True

    # -- ourselves

    async def _came_or_went_ourselves(self, event: Event, network: Network) -> bool:
        match event.content.get("membership"):
            case "invite":
                return await self.invited(event, network)
            case "leave" | "ban":
                await self._put_out(event, network)
                return True
        return False

    async def invited(self, event: Event, network: Network | None = None) -> bool:
        """The bot was invited; false where that is not into a network. Into one at whose door we knocked: go in. Into
        another one: each lieu of ours that knows whoever invites us decides; what strangers offer is declined."""
        told = event.content.get(INVITE)
        if not isinstance(told, dict) or not told.get("network"):
            return False
        if told.get("type") != "m.space":  # the coordination room: entered from the space
            await self._database.write(inbox.done, event.event_id)
            return True
        awaited = [lieu for stay, lieu in await self._stays(network) if stay.status == "asked"] if network else []
        begun = False
        for lieu in awaited[:1] or [one for one in await self._lieux.all() if await self._hears_of(one, event)]:
            if lieu.office and lieu.choices.installed:
                id = await self._networks.bid(lieu.id, event.room_id, _name(told), event.sender)
                dialogue = "settle-in" if awaited else "bidden"
                args = {
                    "network": id,
                    "space": event.room_id,
                    "name": _name(told),
                    "by": event.sender,
                    "at": event.arrived_at,
                    "about": str(id),
                }
                cause = event.event_id if not begun else f"{event.event_id}/{lieu.id}"
                await self._start(Conversation(dialogue, self._me, lieu.office, cause, lieu.id, args))
                begun = True
        if not begun:
            await self._decline(event, network)
        return True

    async def _hears_of(self, lieu: Lieu, event: Event) -> bool:
        """A lieu that is in a network is told of another one, a few times a day: by a lieu that it knows from there, or
        by a server that the operator trusts. The first network is one's own to find."""
        stays = await self._database.read(partial(networks.stays, lieu=lieu.id))
        inside = [stay.network for stay in stays if stay.status == "declared"]
        known = [one.bot for id in inside for one in await self._database.read(networks.neighbours, id)]
        if not inside or (event.sender not in known and server_of(event.sender) not in self._allowed):
            return False
        source = rate_limits.ours(lieu.id)
        return (await self._budgets.spend(rate_limits.BIDS, source, event.event_id)).within

    async def _decline(self, event: Event, network: Network | None) -> None:
        """Not an invitation that somebody of ours thinks about; nor a thousand of one server, each with an answer."""
        if network is None or not await self._stays(network):
            source = rate_limits.server(event.sender)
            if (await self._budgets.spend(rate_limits.DECLINED, source, event.event_id)).within:
                await self._networks.shun(event.room_id)
        await self._database.write(inbox.done, event.event_id)

    async def _put_out(self, event: Event, network: Network) -> None:
        await self._need_no_answer(event, network, "bidden", str(network.id))
        await self._networks.declarations.lost(network, _reason(event))
        await self._database.write(inbox.done, event.event_id)

    async def _need_no_answer(self, event: Event, network: Network, dialogue: str, about: str) -> None:
        """What this was asked for has been settled elsewhere."""
        for _, lieu in await self._stays(network):
            for id in await self._database.read(conversations.open_with, dialogue, lieu.id, about):
                await self._cancel(id, f"{event.event_id}/{id}", "lieu_admission.settled")

    async def _stays(self, network: Network) -> list[tuple[Stay, Lieu]]:
        stays = await self._database.read(partial(networks.stays, network=network.id))
        found = [(stay, await self._lieux.get(stay.lieu)) for stay in stays]
        return [(stay, lieu) for stay, lieu in found if lieu is not None]


def _reason(event: Event) -> str:
    said = event.content.get("reason")
    return clean(said, LONGEST_REASON).strip() if isinstance(said, str) else ""


def _at_door(network: Network, bot: str | None) -> str:
    return f"{network.id}/{bot}"


def _name(told: dict[str, Any]) -> str:
    """What the inviter's server calls the network."""
    return one_line(told.get("name") or "—", LONGEST_NAME)
