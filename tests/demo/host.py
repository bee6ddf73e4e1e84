"""Inès, who hosts the bot: she wrote her own address at `setup`, and is asked before a space becomes a lieu."""

from __future__ import annotations

from bot.words import Words
from tests.demo.actor import PATIENCE, Actor
from tests.servers.person import Heard, Person

ROOM = Words.load().sentence("fr", "talk.operators-room", {})[0]


async def allow(ines: Actor, who: str) -> None:
    """Say yes to the lieu that somebody wants, in the room of those who host the bot."""
    room = await enter(ines.person)
    ines.follow(room, ROOM)
    card = await ines.person.next(room, lambda one: _is_card(one, who), timeout=PATIENCE)
    ines.show(room)
    ines.line(ROOM, ines.name, "(clique sur ✅)")
    await ines.person.react(room, card.event_id, "✅")
    await ines.person.edited(room, card.event_id, "✓", timeout=PATIENCE)
    ines.show(room)


async def enter(ines: Person) -> str:
    """Once for all: the bot has one such room."""

    def found() -> str | None:
        here = (room_id for room_id in ines.rooms() if any(_is_name(one) for one in ines.timeline(room_id)))
        return next(here, None) or next((one.room_id for one in ines.invitations() if one.name == ROOM), None)

    room_id = str(await ines.until(found, PATIENCE, ROOM))
    return room_id if room_id in ines.rooms() else await ines.join(room_id)


def _is_name(heard: Heard) -> bool:
    return heard.type == "m.room.name" and heard.content.get("name") == ROOM


def _is_card(heard: Heard, who: str) -> bool:
    return heard.type == "m.room.message" and not heard.replaces and who in heard.body
