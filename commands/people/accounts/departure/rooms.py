"""Out of the space and the rooms of the lieu, wherever the bot may; the others are told."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypedDict

from bot.errors import Refused
from bot.lieux import rooms_of

from ..keys import Keys
from .leaving import Leaving, Outcome, in_parts

INSIDE = ("join", "invite", "knock")


class Power(TypedDict):
    """A room, and the level that they had there; None where it was everybody's."""

    name: str
    level: int | None


async def leave_rooms(leaving: Leaving, reason: str) -> Outcome:
    """The space first: whoever is in it may come back into its restricted rooms."""
    keys, person = leaving.keys, leaving.person
    named = await rooms_named(leaving.keys)
    before = await keys.facts.memberships(person, [*named])
    inside = [room for room in named if before.get(room) in INSIDE]
    found: dict[str, Power] = {
        room: {"name": named[room], "level": await keys.facts.level(room, person)} for room in inside
    }
    taken: dict[str, Power] = await leaving.take("rooms", found)
    for room in taken:
        await _show_out(leaving, room, reason)
    after = await keys.facts.memberships(person, [*taken])
    still = [room["name"] for id, room in taken.items() if after.get(id) in INSIDE]
    unseen = [named[room] for room in named if room not in before]
    hidden = len(await keys.facts.hidden(leaving.keys.lieu.space))
    parts = in_parts([room["name"] for room in taken.values()], still)
    return {**parts, "unseen": unseen, "hidden": hidden}


async def rooms_named(keys: Keys) -> dict[str, str]:
    """Every room of the lieu that the bot knows of, its space first."""
    named = {keys.lieu.space: keys.lieu.name}
    named |= {room.room_id: room.name for room in await keys.facts.children(keys.lieu.space)}
    for room in sorted(rooms_of(keys.lieu) - named.keys()):
        try:
            named[room] = await keys.facts.name(room)
        except Refused:
            continue  # the bot is not there any more, and cannot even name it
    return named


async def _show_out(leaving: Leaving, room: str, reason: str) -> None:
    await where_allowed(leaving.keys.moderation.set_level(room, leaving.person, None))
    await where_allowed(leaving.keys.membership.kick(room, leaving.person, reason))


async def where_allowed(act: Awaitable[object]) -> None:
    """What is refused in one room or folder stops nothing: it is read back, and told."""
    try:
        await act
    except Refused:
        return
