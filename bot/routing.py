"""From an event to whoever hears it: what kind of room it is from is looked at once, then what happened there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from bot.arrivals.member_events import MemberEvents
from bot.matrix import network_rooms
from bot.matrix.passages import PASSED
from bot.matrix.policy_lists import POLICIES
from bot.matrix.sync_batch import TOMBSTONE
from bot.moderation.ban_list_watch import BanListWatch
from bot.network.parts import NetworkParts
from bot.store import rooms
from bot.store.database import Database
from bot.store.inbox import Event
from bot.store.rooms import Kind, Room
from bot.succession.following import Following
from bot.talk.dispatcher import Dispatcher

Handler = Callable[[Event, Room], Awaitable[bool]]


class Routing:
    """`me` is the bot."""

    def __init__(
        self,
        me: str,
        database: Database,
        dispatcher: Dispatcher,
        member_events: MemberEvents,
        ban_list_watch: BanListWatch,
        network: NetworkParts,
        following: Following,
    ) -> None:
        self._me, self._database, self._dispatcher = me, database, dispatcher
        self._member_events, self._ban_list_watch, self._network = member_events, ban_list_watch, network
        self._following = following
        self._handlers: Mapping[Kind, Handler] = {
            Kind.UPGRADED: self._in_upgraded,
            Kind.MOVED: self._in_moved,
            Kind.NETWORK: self._in_network,
            Kind.PROJECT: self._in_project,
            Kind.SPACE: self._in_space,
            Kind.DIRECT: self._at_home,
            Kind.HERE: self._at_home,
            Kind.UNKNOWN: self._at_home,
        }

    async def hear(self, event: Event) -> bool:
        """True where the event was settled on the way."""
        if event.type == TOMBSTONE and event.state_key == "":
            return await self._following.hear(event)
        room = await self._database.read(rooms.classify, event.room_id)
        if event.type in PASSED and room.encrypted and not event.encrypted:
            return await self._dispatcher.in_clear(event)  # whatever it says, and wherever: anybody could have said it
        return await self._handlers[room.kind](event, room)

    async def _in_upgraded(self, event: Event, room: Room) -> bool:
        """People who are still there are told where it goes on; whatever else happens there is over."""
        if event.type in ("m.room.message", "m.room.encrypted", "m.reaction"):
            return await self._dispatcher.in_upgraded(event)
        if event.type != "m.room.member" or event.state_key != self._me:
            return False
        return await self._invited_elsewhere(event) or await self._member_events.member(event)

    async def _in_moved(self, event: Event, room: Room) -> bool:
        return await self._network.handover.hear(event, room.heir)

    async def _in_network(self, event: Event, room: Room) -> bool:
        """Two hear of it: whoever comes and goes, or says so, is for the admissions. What they have nothing to ask
        about is checked, and settled, like all that is said there; a broken goodbye is reported."""
        assert room.network is not None  # noqa: S101 - of this kind
        return await self._network.admissions.in_network(
            event, room.network
        ) or await self._network.request_listener.in_network(event, room.network)

    async def _in_project(self, event: Event, room: Room) -> bool:
        """Bots of several lieux are there, and each answers its own people alone, as it does at home."""
        if event.type in (*PASSED, "m.reaction") and await self._network.project_listener.hear(event):
            return True
        return await self._at_home(event, room)

    async def _in_space(self, event: Event, room: Room) -> bool:
        """Of the room that makes a lieu. Two hear who enters: one compares them with ban lists, one welcomes them."""
        if event.type == "m.space.child":
            return await self._member_events.child(event)
        if event.type == "m.room.member":
            await self._ban_list_watch.arrived(event)
        return await self._at_home(event, room)

    async def _at_home(self, event: Event, room: Room) -> bool:
        """Who may say what here is a question of rights, which is asked where it is known what is wanted."""
        match event.type:
            case type if type in (*PASSED, "m.reaction", "m.room.redaction"):
                # Below the card of a request something may be said to the lieux, or to the bot as anywhere else.
                if room.shows_requests and await self._network.request_listener.below_card(event):
                    return True
                return await self._dispatcher.hear(event)
            case "m.room.encrypted":
                return await self._dispatcher.hear(event)
            case "m.room.member":
                return await self._invited_elsewhere(event) or await self._member_events.member(event)
            case "m.room.power_levels":
                await self._following.gained()
                return await self._member_events.levels(event)
            case network_rooms.DECLARATION:
                await self._following.declared(event)
            case type if type in POLICIES:
                await self._ban_list_watch.rule(event)
        return False

    async def _invited_elsewhere(self, event: Event) -> bool:
        """The bot is invited into a room that takes another's place, or between lieux. What the room is going to be is
        in no database: another room or it itself says so, or whoever invites is known for it; all others invite the bot
        home."""
        if event.state_key != self._me or event.content.get("membership") != "invite":
            return False
        return (
            await self._following.invited(event)
            or await self._network.admissions.invited(event)
            or await self._network.project_listener.invited(event)
        )
