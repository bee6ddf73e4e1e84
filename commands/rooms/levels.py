"""The concierges of the space changed: the rooms that the bot made follow, and new ones come to the conciergerie."""

from __future__ import annotations

from bot.errors import Refused
from bot.lieux import Lieu
from bot.people import People
from bot.services.ownership import Ownership
from bot.talk import dialogue
from bot.talk.ports import Facts, Membership, RoomSettings
from bot.talk.talk import Talk


@dialogue("levels", action="rooms", lasting=True)
async def levels(
    talk: Talk,
    lieu: Lieu,
    room_settings: RoomSettings,
    facts: Facts,
    membership: Membership,
    ownership: Ownership,
    people: People,
) -> None:
    ours = await talk.look("ours", _ours, facts, ownership, lieu)
    for room in ours:
        try:
            await talk.do("entrust", room_settings.entrust, lieu.space, room, item=room)
        except Refused:
            continue
    if lieu.office in ours:
        await _show(talk, lieu, lieu.office, room_settings)
        await _invite_new(talk, lieu, lieu.office, facts, membership, people)
    if ours:
        talk.note("levels")


async def _ours(facts: Facts, ownership: Ownership, lieu: Lieu) -> list[str]:
    """The rooms that the bot made, the conciergerie among them where it is one."""
    made = [*await ownership.owned(lieu.id, "matrix", "room")]
    office = lieu.office
    if office and office not in made and (await facts.origin(office))["by"] == facts.me:
        made.append(office)
    return made


async def _show(talk: Talk, lieu: Lieu, office: str, room_settings: RoomSettings) -> None:
    """It may have been made when the bot had no right to show it in the space."""
    try:
        await talk.do("place", room_settings.place, lieu.space, office)
    except Refused:
        return


async def _invite_new(
    talk: Talk, lieu: Lieu, office: str, facts: Facts, membership: Membership, people: People
) -> None:
    for concierge in await talk.look("missed", _missed, facts, people, lieu, office):
        try:
            await talk.do("invite", membership.invite, office, concierge, item=concierge)
        except Refused:
            continue


async def _missed(facts: Facts, people: People, lieu: Lieu, office: str) -> list[str]:
    """The concierges who were never in the conciergerie: who left it is not called back."""
    everybody = sorted(await people.concierges(lieu) - {facts.me})
    return [one for one in everybody if await facts.membership(office, one) == "none"]
