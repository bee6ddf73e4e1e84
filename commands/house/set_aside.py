"""Something killed the bot three times, or could not be handled: the concierges whom it concerns hear of it, once."""

from __future__ import annotations

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.people import People
from bot.talk import dialogue
from bot.talk.ports import Facts
from bot.talk.talk import Talk


@dialogue("set-aside", action="state")
async def set_aside(talk: Talk, lieu: Lieu, people: People, facts: Facts, kind: str, by: str, room: str) -> None:
    """Nothing of what was written: it may be what killed."""
    who = await talk.look("who", people.name, by)
    where = await talk.look("where", _called, facts, room) if room else ""
    if kind == "message":
        await talk.say("message" if where else "private-message", who=who, room=where)
    else:
        await talk.say("happening", room=where or lieu.name)


async def _called(facts: Facts, room: str) -> str:
    try:
        return await facts.name(room)
    except (Refused, Unavailable):
        return ""
