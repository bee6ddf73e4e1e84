"""What is read of rooms, their people and ban lists, as JSON that a conversation keeps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict


class KeptRoom(TypedDict):
    """A room of a space that is the space's own, as its hierarchy shows it; `entry`: who may enter; `inside`: the bot
    is there; `speaks`: it may write there. Rows of an older program tell no `alias`."""

    room_id: str
    name: str
    topic: str
    join_rule: str
    suggested: bool
    is_space: bool
    encrypted: bool
    members: int
    entry: str
    archived: bool
    inside: bool
    speaks: bool
    alias: NotRequired[str]


class Lacks(TypedDict, total=False):
    """Where the bot cannot do what a lieu may ask of it, by the names of rooms: `space`, whether it lacks power there;
    `outside`, chosen rooms in which it is not, without a name where it cannot see it; `elsewhere`, other rooms of the
    space, and how many are `hidden` from it; `powerless`, chosen rooms in which it is a guest."""

    space: bool
    outside: list[str]
    elsewhere: list[str]
    hidden: int
    powerless: list[str]


class Belonging(TypedDict):
    """Somebody who is in a room, invited to it or banned from it, and `by` whom that was made so."""

    person: str
    name: str
    membership: str
    by: str | None


class HushLevel(TypedDict):
    """`before`: the entry that a person has among the levels (None for none); `level`: one too low to speak."""

    before: Any
    level: int


class Quoted(TypedDict):
    """Who wrote a message, and what: empty where it is no text or cannot be read."""

    sender: str
    text: str


class Knocking(TypedDict):
    """Who asks to enter, and their reason as they gave it."""

    person: str
    reason: Any


class Target(TypedDict, total=False):
    """Whom a rule means: by name (with * and ?), or by hash."""

    entity: str
    sha256: str


class Rule(Target):
    """Of a ban list; `kind`: "user" or "server"."""

    kind: str
    reason: str


class Declaration(TypedDict):
    """What a coordination room says of a lieu, and the moderator who set it."""

    content: dict[str, Any]
    sender: NotRequired[str | None]


def spoken_in(rooms: Iterable[KeptRoom], but: str | None) -> list[list[str]]:
    """[id, name] of each in which the bot may speak to members, `but` the conciergerie, which reads it already."""
    here = [room for room in rooms if room["inside"] and room["speaks"] and not room["archived"]]
    return [[room["room_id"], room["name"]] for room in here if room["room_id"] != but]
