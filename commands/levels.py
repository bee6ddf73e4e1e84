"""The concierges of the space changed: the rooms that the bot made there follow."""

from __future__ import annotations

from bot.arrivals import Arrivals
from bot.errors import Refused
from bot.lieux import Lieu
from bot.people import People
from bot.talk import dialogue
from bot.talk.doors import Keeping, Rooms
from bot.talk.talk import Talk


@dialogue("levels", action="rooms", lasting=True)
async def levels(talk: Talk, lieu: Lieu, keeping: Keeping, rooms: Rooms, arrivals: Arrivals, people: People) -> None:
    if lieu.office:
        for concierge in await talk.look("missed", _missed, rooms, people, lieu):
            try:
                await talk.do("invite", rooms.invite, lieu.office, concierge, item=concierge)
            except Refused:
                continue
    for room in await talk.look("ours", arrivals.owned, lieu.id, "matrix", "room"):
        try:
            await talk.do("entrust", keeping.entrust, lieu.space, room, item=room)
        except Refused:
            continue
    talk.note("levels")


async def _missed(rooms: Rooms, people: People, lieu: Lieu) -> list[str]:
    """The concierges who were never in the conciergerie: who left it is not called back."""
    if lieu.office is None or (await rooms.origin(lieu.office))["by"] != rooms.me:
        return []
    everybody = sorted(await people.concierges(lieu) - {rooms.me})
    return [one for one in everybody if await rooms.membership(lieu.office, one) == "none"]
