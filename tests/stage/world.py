"""What small homeservers share: the rooms, the people, the time, and the news that each bot has still to hear."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.matrix.sync_batch import INVITE
from bot.store.inbox import Event

if TYPE_CHECKING:
    from tests.stage.stage import Stage

ME = "@conciergerie:lieu.fr"
ROUNDS = 200
OWN = "org.conciergerie."  # two lieux of one bot talk with each other through their room


@dataclass
class Clock:
    """Milliseconds; each look at it takes one, so that what comes after is later."""

    at: int = 1_800_000_000_000

    def now(self) -> int:
        self.at += 1
        return self.at


@dataclass
class FakeRoom:
    """`parent` is the space that shows it, `says` the one that it names itself, `also` others that list it.

    `silent` is the level that is needed to speak; `creator` made it, a bot for what its `key` says;
    `creators` stand above all levels, since version 12; `shut`: servers.
    `predecessor` and `tombstone` are of rooms that were upgraded (`tests.stage.upgrades`); `allow` is the space whose
    members may enter.
    """

    room_id: str
    name: str = ""
    space: bool = False
    parent: str | None = None
    says: str | None = None
    encrypted: bool = False
    join: str = "invite"
    alias: str = ""
    topic: str = ""
    history: str = "everything"
    suggested: bool = False
    order: str = "~"
    archived: str | None = None
    silent: int = 0
    also: set[str] = field(default_factory=set)
    members: dict[str, str] = field(default_factory=dict)
    levels: dict[str, int] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    network: bool = False
    declared: dict[str, dict[str, Any]] = field(default_factory=dict)
    creator: str = ""
    creators: frozenset[str] = frozenset()
    key: str = ""
    predecessor: str = ""
    allow: str = ""
    tombstone: dict[str, Any] | None = None
    shut: dict[str, None] = field(default_factory=dict)

    @property
    def is_space(self) -> bool:
        return self.space

    def of(self, person: str) -> float:
        return math.inf if person in self.creators else self.levels.get(person, 0)

    def allows(self, person: str, what: str) -> bool:
        """What is asked of rooms that were upgraded: whether somebody may still speak there."""
        return self.of(person) >= (self.silent if what == "m.room.message" else self.needed(what))

    def needed(self, what: str) -> float:
        """As Element makes rooms."""
        return 100 if what == "m.room.tombstone" else 50


@dataclass
class Ear:
    """What a bot's homeserver has for it: `unheard` comes with the next sync, `missed` once the way is free again."""

    me: str
    unheard: list[Event] = field(default_factory=list)
    missed: list[Event] = field(default_factory=list)
    deaf: bool = False

    def batch(self) -> list[Event]:
        """What comes in one sync: an event that is told twice is told in two."""
        told: dict[str, Event] = {}
        for event in self.unheard:
            if event.event_id in told:
                break
            told[event.event_id] = event
        return list(told.values())


def server(person: str) -> str:
    return person.partition(":")[2]


class World:
    """`cut` are the servers that nobody reaches, and that reach nobody; `wanting_none`: who takes no invitation, and
    why; `nobodys`: addresses that their servers do not know;
    `away`: who reads nothing for now;
    `signed_in`: who has been on Matrix, and is in no room yet; `dropped`: files of people, by their mxc address."""

    def __init__(self) -> None:
        self.rooms: dict[str, FakeRoom] = {}
        self.names: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.ids = itertools.count(1)
        self.clock = Clock()
        self.ears: dict[str, Ear] = {}
        self.stages: dict[str, Stage] = {}
        self.cut: set[str] = set()
        self.skew = 0  # milliseconds by which the clocks of homeservers are before the bots'
        self.wanting_none: dict[str, str] = {}
        self.nobodys: set[str] = set()
        self.away: set[str] = set()
        self.signed_in: set[str] = set()
        self.dropped: dict[str, bytes] = {}

    def room(self, name: str, *, space: bool = False, parent: str | None = None) -> FakeRoom:
        room = FakeRoom(f"!{next(self.ids)}", name, space, parent, says=parent)
        self.rooms[room.room_id] = room
        return room

    # -- what happens

    def records(
        self,
        room_id: str,
        sender: str,
        type: str,
        content: dict[str, Any],
        *,
        state_key: str | None = None,
        event_id: str | None = None,
    ) -> Event:
        """Something happens in a room; nobody has heard of it yet."""
        id = event_id or f"${sender[1:].partition(':')[0]}{next(self.ids)}"
        self.rooms[room_id].events.append(
            {"event_id": id, "sender": sender, "type": type, "content": content, "redacted": False}
        )
        encrypted = self.rooms[room_id].encrypted and type == "m.room.message"
        return Event(id, room_id, sender, self.clock.at + self.skew, type, content, state_key, encrypted)

    def tell(self, event: Event, *, but: str = "", within: str = "") -> None:
        """To every bot that is there, or only to those of the server `within`, `but` one that is told otherwise."""
        for ear in self._listening(event):
            if ear.me != but and within in ("", server(ear.me)):
                (ear.unheard if self._reaches(event, ear) else ear.missed).append(self.as_told(event, ear))

    def moves(self, room_id: str, sender: str, person: str, membership: str, **more: Any) -> None:
        """No server tells another that a knock was refused or taken back:
        https://github.com/element-hq/synapse/issues/18030
        """
        ends = self.rooms[room_id].members.get(person) == "knock" and membership == "leave"
        self.rooms[room_id].members[person] = membership
        within = server(sender) if ends else ""
        self.changes(room_id, sender, "m.room.member", {"membership": membership} | more, person, within=within)

    def changes(
        self, room_id: str, sender: str, type: str, content: dict[str, Any], state_key: str = "", *, within: str = ""
    ) -> None:
        """Rooms keep their state themselves: the event is only for the bots that listen."""
        told = Event("", room_id, sender, self.clock.at, type, content, state_key)
        if any(self._listening(told)):
            self.tell(replace(told, event_id=f"$state{next(self.ids)}"), within=within)

    def redacts(self, room_id: str, sender: str, event_id: str) -> str:
        for each in self.rooms[room_id].events:
            each["redacted"] = each["redacted"] or each["event_id"] == event_id
        id = f"$redaction{next(self.ids)}"
        self.tell(self.records(room_id, sender, "m.room.redaction", {"redacts": event_id}, event_id=id))
        return id

    def _listening(self, event: Event) -> Iterator[Ear]:
        """As the real sync: an invitation reaches the invited, a removal the removed, all else whoever is inside."""
        for ear in self.ears.values():
            own = event.sender == ear.me and not any(key.startswith(OWN) for key in event.content)
            meant = event.type == "m.room.member" and event.state_key == ear.me
            inside = self.rooms[event.room_id].members.get(ear.me) == "join"
            if not own and (meant or inside):
                yield ear

    def as_told(self, event: Event, ear: Ear) -> Event:
        """An invitation comes with what the inviter's server says of the room."""
        room = self.rooms[event.room_id]
        if event.state_key != ear.me or event.content.get("membership") != "invite":
            return event
        told: dict[str, Any] = {"name": room.name, "type": "m.space" if room.space else "", "encrypted": room.encrypted}
        told |= {"network": room.network, "predecessor": room.predecessor}
        return replace(event, content=event.content | {INVITE: told})

    def _reaches(self, event: Event, ear: Ear) -> bool:
        here, there = server(ear.me), server(event.sender)
        return not ear.deaf and (here == there or not {here, there} & self.cut)

    # -- until nothing moves any more

    async def settle(self) -> None:
        """Bots may answer each other, not for ever."""
        for _ in range(ROUNDS):
            for stage in list(self.stages.values()):
                await stage.take()
                await stage.quiet()
            if not any(self.ears[me].unheard for me in self.stages):
                return
        raise AssertionError(f"bots are still talking with each other after {ROUNDS} rounds")
