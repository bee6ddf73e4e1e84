"""The concierges of the space changed: the rooms that the bot made there follow."""

from __future__ import annotations

from bot.arrivals import Arrivals
from bot.errors import Refused
from bot.lieux import Lieu
from bot.talk import dialogue
from bot.talk.doors import Keeping
from bot.talk.talk import Talk


@dialogue("levels", action="rooms", lasting=True)
async def levels(talk: Talk, lieu: Lieu, keeping: Keeping, arrivals: Arrivals) -> None:
    for room in await talk.look("ours", arrivals.owned, lieu.id, "matrix", "room"):
        try:
            await talk.do("entrust", keeping.entrust, lieu.space, room, item=room)
        except Refused:
            continue
    talk.note("levels")
