"""What a newcomer's answers to the lieu's own questions open: rooms, a few at a time, and tasks for a human."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import Refused
from bot.lieux import Lieu
from bot.talk import dialogue
from bot.talk.doors import Rooms
from bot.talk.talk import Talk

INVITED_AT_ONCE = 3  # homeservers limit invitations


@dialogue("opening", action="be-welcomed")
async def opening(
    talk: Talk, lieu: Lieu, rooms: Rooms, name: str, rooms_opened: list[list[str]], tasks: list[str]
) -> None:
    for n, what in enumerate(tasks):
        if lieu.office:
            await talk.begin("task", talk.person, lieu.office, item=str(n), name=name, what=what)
    for first in range(0, len(rooms_opened), INVITED_AT_ONCE):
        if first:
            await talk.rest("wait", timedelta(hours=1))
        if entered := await _invited(talk, lieu, rooms, name, rooms_opened[first : first + INVITED_AT_ONCE]):
            await talk.say("rooms", rooms=entered)


async def _invited(talk: Talk, lieu: Lieu, rooms: Rooms, name: str, some: list[list[str]]) -> list[str]:
    """The names of the rooms whose door is open now; the concierges hear of the others."""
    entered = []
    for id, room in some:
        try:
            await talk.do("room", rooms.invite, id, talk.person, item=id)
        except Refused:
            if lieu.office:
                await talk.say("refused", to=lieu.office, item=id, room=room, name=name)
            continue
        talk.note("room", talk.person, room=room)
        entered.append(room)
    return entered
