"""The concierges of the space changed: the rooms that the bot made follow, and new ones come to the conciergerie."""

from __future__ import annotations

from bot.errors import Refused
from bot.lieux import Lieu
from bot.people import People
from bot.services.ownership import Ownership
from bot.talk import dialogue
from bot.talk.ports import Keeping, Rooms
from bot.talk.talk import Talk


@dialogue("levels", action="rooms", lasting=True)
async def levels(talk: Talk, lieu: Lieu, keeping: Keeping, rooms: Rooms, ownership: Ownership, people: People) -> None:
    ours = await talk.look("ours", _ours, rooms, ownership, lieu)
    for room in ours:
        try:
            await talk.do("entrust", keeping.entrust, lieu.space, room, item=room)
        except Refused:
            continue
    if lieu.office in ours:
        await _show(talk, lieu, lieu.office, keeping)
        await _invite_new(talk, lieu, lieu.office, rooms, people)
    if ours:
        talk.note("levels")


async def _ours(rooms: Rooms, ownership: Ownership, lieu: Lieu) -> list[str]:
    """The rooms that the bot made, the conciergerie among them where it is one."""
    made = [*await ownership.owned(lieu.id, "matrix", "room")]
    office = lieu.office
    if office and office not in made and (await rooms.origin(office))["by"] == rooms.me:
        made.append(office)
    return made


async def _show(talk: Talk, lieu: Lieu, office: str, keeping: Keeping) -> None:
    """It may have been made when the bot had no right to show it in the space."""
    try:
        await talk.do("place", keeping.place, lieu.space, office)
    except Refused:
        return


async def _invite_new(talk: Talk, lieu: Lieu, office: str, rooms: Rooms, people: People) -> None:
    for concierge in await talk.look("missed", _missed, rooms, people, lieu, office):
        try:
            await talk.do("invite", rooms.invite, office, concierge, item=concierge)
        except Refused:
            continue


async def _missed(rooms: Rooms, people: People, lieu: Lieu, office: str) -> list[str]:
    """The concierges who were never in the conciergerie: who left it is not called back."""
    everybody = sorted(await people.concierges(lieu) - {rooms.me})
    return [one for one in everybody if await rooms.membership(office, one) == "none"]
