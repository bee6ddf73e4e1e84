"""Somebody who is arriving left the private discussion, or did not want it: invited again once, with a word; then, and
whoever said no at the door, it is the concierges' to know."""

from __future__ import annotations

from typing import Any

from bot.arrivals.arrivals import Arrivals
from bot.errors import Refused
from bot.lieux import Lieu
from bot.store.arrivals import Arrival
from bot.talk import days, dialogue
from bot.talk.ports import Conversations, Facts, Rooms
from bot.talk.talk import Silence, Talk

PATIENCE = days(3)


@dialogue("walked-out", action="be-welcomed")
async def walked_out(
    talk: Talk,
    lieu: Lieu,
    arrivals: Arrivals,
    conversations: Conversations,
    facts: Facts,
    rooms: Rooms,
    arrival: int,
    by: str,
    again: bool,
) -> None:
    """`by`: who sent them out, where it was not they; `again`: they had left before."""
    guest = await talk.look("guest", arrivals.get, arrival)
    who = await talk.look("who", _called, facts, guest)
    if by:
        await _told(talk, lieu, "put-out", who=who, by=await talk.look("by", facts.display_name, by))
    elif guest["status"] == "invited":
        await _told(talk, lieu, "refused", who=who)
    elif again:
        await _told(talk, lieu, "again", who=who)
    elif await _comes_back(talk, lieu, facts, rooms, who) and guest["conversation"] is not None:
        await talk.do("go-on", conversations.go_on, guest["conversation"], str(talk.id))


@dialogue("come-back", action="be-welcomed", silence="")
async def come_back(talk: Talk, conversations: Conversations, welcome: int) -> None:
    """A concierge had them invited again."""
    await talk.joined("back-in", talk.room, talk.person, within=days(30))
    await talk.do("go-on", conversations.go_on, welcome, str(talk.id))


async def _comes_back(talk: Talk, lieu: Lieu, facts: Facts, rooms: Rooms, who: str) -> bool:
    """Whether the second invitation brought them back. Whoever says no to it is another walk out of the door."""
    try:
        room = await talk.do("room", rooms.direct, talk.person, talk.phrase("back", to=lieu.space, lieu=lieu.name))
        await talk.joined("back-in", room, talk.person, within=PATIENCE)
    except Refused as no:
        await _told(talk, lieu, "not-invited", who=who, why=talk.because(no))
        return False
    except Silence:
        if await talk.look("still", facts.membership, talk.room, talk.person) == "invite":
            await _told(talk, lieu, "unanswered", who=who)
        return False
    return True


async def _told(talk: Talk, lieu: Lieu, what: str, **words: Any) -> None:
    if lieu.office:
        await talk.say(what, to=lieu.office, **words)


async def _called(facts: Facts, guest: Arrival) -> str:
    return guest["name"] or await facts.display_name(guest["person"])
