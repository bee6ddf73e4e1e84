"""Somebody entered the lieu without the bot's invitation: they are welcomed all the same."""

from __future__ import annotations

from bot.arrivals import Arrivals
from bot.lieux import Lieu
from bot.talk import dialogue
from bot.talk.talk import Talk


@dialogue("doorstep", action="be-welcomed")
async def doorstep(talk: Talk, lieu: Lieu, arrivals: Arrivals) -> None:
    arrival = await talk.do("expect", arrivals.expect, lieu.id, talk.person, talk.person)
    welcome_id = await talk.begin("welcome", talk.person, talk.room, arrival=arrival)
    await talk.do("follow", arrivals.change, arrival, room_id=talk.room, conversation=welcome_id)
