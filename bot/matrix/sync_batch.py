"""What one answer of /sync says, read with suspicion: events for the inbox, and facts about the bot's rooms."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from bot.matrix.facts import NETWORK
from bot.matrix.markup import clean
from bot.matrix.untrusted_json import Json, block, dicts, writable
from bot.store.inbox import Event

ENCRYPTED, ENCRYPTION, MEMBER = "m.room.encrypted", "m.room.encryption", "m.room.member"
REDACTION, TOMBSTONE = "m.room.redaction", "m.room.tombstone"
ENVELOPES = "org.conciergerie."
INVITE = "org.conciergerie.invite"
SANE = range(2**53)

Decrypt = Callable[[str, Json], Json | None]


@dataclass(frozen=True, slots=True)
class Batch:
    """`events` in the order of their rooms' timelines; `invited` maps a room to who invited the bot."""

    next_batch: str | None
    events: list[Event]
    joined: list[str]
    encrypted: list[str]
    left: list[str]
    invited: dict[str, str]

    def is_news(self, known: AbstractSet[str]) -> bool:
        """Whether there is something to keep besides the token; `known`: rooms that the bot was known to be in."""
        return bool(self.events or self.encrypted or self.left or self.invited) or not known >= {*self.joined}


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads batches for the account `me`."""

    me: str
    decrypt: Decrypt

    def read(self, raw: Json, gaps: Mapping[str, Sequence[Json]], *, first: bool) -> Batch:
        """`gaps` are the events before a room's timeline that the server left out.

        Of the `first` batch of all, only facts and invitations count: what was said before the bot began is not for it.
        """
        rooms = block(raw, "rooms")
        joined, left = block(rooms, "join"), block(rooms, "leave")
        timelines = {room: [*gaps.get(room, ()), *timeline(data)] for room, data in joined.items()}
        invitations = self._invitations(block(rooms, "invite"), str(raw.get("next_batch")))
        events = [] if first else [e for room, said in timelines.items() for e in self._events(room, said)]
        events += [] if first else [e for room, data in joined.items() for e in self._upgrades(room, data)]
        removals = [event for room, data in left.items() for event in self._removal(room, data)]
        token = raw.get("next_batch")
        return Batch(
            next_batch=token if isinstance(token, str) else None,
            events=[*events, *removals, *invitations],
            joined=list(joined),
            encrypted=[room for room, data in joined.items() if _turns_encrypted([*state(data), *timelines[room]])],
            left=list(left),
            invited={event.room_id: event.sender for event in invitations},
        )

    def _events(self, room_id: str, said: Sequence[Json]) -> Iterator[Event]:
        for raw in said[joined_at(said, self.me) + 1 :]:
            event = self._event(room_id, raw) if raw.get("sender") != self.me or _is_for_bots(raw) else None
            if event:
                yield event

    def _event(self, room_id: str, raw: Json) -> Event | None:
        """One event in clear where it can be, or None when it has not the shape of one."""
        if raw.get("type") != ENCRYPTED:
            return parsed(room_id, raw)
        clear = self.decrypt(room_id, raw)
        return parsed(room_id, clear or raw, encrypted=True, readable=clear is not None)

    def _upgrades(self, room_id: str, data: Json) -> Iterator[Event]:
        """A room that was upgraded before the timeline begins, or before the bot came."""
        told = (parsed(room_id, raw) for raw in state(data) if raw.get("type") == TOMBSTONE)
        return (event for event in told if event)

    def _removal(self, room_id: str, data: Json) -> Iterator[Event]:
        """Somebody put the bot out; if it went by itself there is nothing to say."""
        own = [event for event in [*state(data), *timeline(data)] if _is_membership(event, self.me)]
        event = parsed(room_id, own[-1]) if own else None
        if event and event.sender != self.me:
            yield event

    def _invitations(self, rooms: Json, unique: str) -> list[Event]:
        """Each with what the inviter's server says of the room, which is not to be relied on: our own server adds the
        invitation itself, which is signed, at the end.

        Servers leave out the ids of these events: `unique` tells a second invitation from the first.
        """
        found = []
        for room_id, data in rooms.items():
            told = list(dicts(block(data, "invite_state").get("events")))
            own = [raw for raw in told if _is_membership(raw, self.me)]
            if own and block(own[-1], "content").get("membership") == "invite":  # the last: those before are hearsay
                content = block(own[-1], "content") | {INVITE: _stripped(told)}
                whole = {"event_id": f"invite:{unique}:{room_id}"} | own[-1] | {"content": content}
                found.append(parsed(room_id, whole))
        return [event for event in found if event]


def parsed(room_id: str, raw: Json, *, encrypted: bool = False, readable: bool = True) -> Event | None:
    """An event whose fields are of the right types and can be written down; None for anything else."""
    event_id, sender, type = (_name(raw.get(key)) for key in ("event_id", "sender", "type"))
    ts, content, state_key = raw.get("origin_server_ts"), raw.get("content"), raw.get("state_key")
    if type == REDACTION and isinstance(content, dict) and _name(raw.get("redacts")):  # before room version 11
        content = content | {"redacts": raw["redacts"]}
    if not (event_id and sender and type and isinstance(content, dict)):
        return None
    if state_key is not None and _name(state_key) is None:
        return None
    ts = ts if isinstance(ts, int) and ts in SANE else 0
    return Event(event_id, room_id, sender, ts, type, writable(content), state_key, encrypted, readable)


def source(event: Event) -> Json:
    """An event of the inbox as the server sent it, to be decrypted once more."""
    named = {"event_id": event.event_id, "sender": event.sender, "type": event.type}
    return named | {"origin_server_ts": event.ts, "room_id": event.room_id, "content": event.content}


def timeline(data: Json) -> list[Json]:
    return list(dicts(block(data, "timeline").get("events")))


def state(data: Json) -> list[Json]:
    return list(dicts(block(data, "state").get("events")))


def joined_at(said: Sequence[Json], me: str) -> int:
    """The place of the bot's own arrival in a timeline, or -1: what comes before it was not said to the bot."""
    return max((place for place, event in enumerate(said) if _is_arrival(event, me)), default=-1)


def _is_for_bots(event: Json) -> bool:
    """What bots tell each other in the room of a network: two lieux may share one bot, which then hears itself."""
    return any(key.startswith(ENVELOPES) for key in block(event, "content"))


def _is_arrival(event: Json, me: str) -> bool:
    before = block(event, "unsigned", "prev_content").get("membership")
    joins = block(event, "content").get("membership") == "join"
    return _is_membership(event, me) and joins and before != "join"


def _is_membership(event: Json, me: str) -> bool:
    return event.get("type") == MEMBER and event.get("state_key") == me


def _turns_encrypted(events: Sequence[Json]) -> bool:
    return any(event.get("type") == ENCRYPTION and event.get("state_key") == "" for event in events)


def _stripped(told: Sequence[Json]) -> Json:
    content = {event.get("type"): block(event, "content") for event in told if event.get("state_key") == ""}
    name, type = block(content, "m.room.name").get("name"), block(content, "m.room.create").get("type")
    return {
        "name": clean(name, 200) if isinstance(name, str) else "",
        "type": type if isinstance(type, str) else "" if "m.room.create" in content else None,
        "encrypted": ENCRYPTION in content,
        "network": block(content, "m.room.create").get(NETWORK) == 1,
        "predecessor": _name(block(content, "m.room.create", "predecessor").get("room_id")) or "",
    }


def _name(told: object) -> str | None:
    """A string that can be written down: lone surrogates are legal in JSON and nowhere else."""
    return told if isinstance(told, str) and not any("\ud800" <= c <= "\udfff" for c in told) else None
