"""Somebody entered the lieu without the bot's invitation: they are welcomed all the same."""

from __future__ import annotations

from datetime import timedelta

from bot.arrivals import room_names
from bot.arrivals.arrivals import Arrivals
from bot.arrivals.waiting_list import WaitingList
from bot.errors import Refused
from bot.lieux import Lieu
from bot.talk import Role, Verdict, dialogue
from bot.talk.ports import Facts, Rooms
from bot.talk.talk import Silence, Talk

GATHER, PAUSE = timedelta(minutes=10), timedelta(minutes=50)
AT_ONCE = 20


@dialogue("doorstep", action="be-welcomed")
async def doorstep(talk: Talk, lieu: Lieu, arrivals: Arrivals) -> None:
    arrival = await talk.do("expect", arrivals.expect, lieu.id, talk.person, talk.person)
    welcome_id = await talk.begin("welcome", talk.person, talk.room, arrival=arrival)
    await talk.do("follow", arrivals.change, arrival, room_id=talk.room, conversation=welcome_id)


@dialogue("doorsteps", action="greet")
async def doorsteps(
    talk: Talk, lieu: Lieu, waiting_list: WaitingList, facts: Facts, rooms: Rooms, arrivals: Arrivals
) -> None:
    """More people entered than can be welcomed at once: so many each hour, unless the conciergerie wants none of it."""
    await talk.rest("gather", GATHER)
    waiting = await talk.look("waiting", waiting_list.unwelcomed, lieu)
    if not waiting:
        return
    try:
        verdict = await talk.ask("many", Verdict(), of="greet", within=PAUSE, n=len(waiting), most=AT_ONCE)
    except Silence:
        pass
    else:
        if verdict.what == "no":
            await talk.do("let-be", arrivals.know, lieu.id, waiting)
            await talk.say("let-be", n=len(waiting))
            return
    await talk.do("known", arrivals.know, lieu.id, waiting[:AT_ONCE])
    for person in waiting[:AT_ONCE]:
        await _greet(talk, lieu, rooms, person)
    if len(waiting) > AT_ONCE:
        await talk.begin("doorsteps", facts.me, talk.room)


@dialogue("greet", action="greet", role=Role.CONCIERGE)
async def greet(talk: Talk, lieu: Lieu, rooms: Rooms, newcomer: str) -> None:
    """Somebody whose server did not answer when they entered."""
    await _greet(talk, lieu, rooms, newcomer)


async def _greet(talk: Talk, lieu: Lieu, rooms: Rooms, person: str) -> None:
    try:
        room = await talk.do("room", rooms.direct, person, room_names.invitation(talk, lieu), item=person)
    except Refused:
        return
    await talk.begin("doorstep", person, room, item=person)
