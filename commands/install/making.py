"""What the answers of a lieu ask for is made, then remembered; what could not be is told."""

from __future__ import annotations

from typing import Any

from bot.errors import Refused
from bot.lieux import Lieu, Lieux
from bot.talk.doors import Rooms
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud

from .questions import MAKE, Place, Seen


async def _make_office(rooms: Rooms, lieu: Lieu, concierge: str) -> str:
    """A private room for the concierges: unencrypted, so that a new concierge can read what was said before."""
    key = f"office/{lieu.id}"
    return await rooms.create(
        key, name=f"Conciergerie · {lieu.name}", parent=lieu.space, invite=[concierge], admins=[concierge]
    )


async def keep(
    talk: Talk,
    place: Place,
    lieux: Lieux,
    rooms: Rooms,
    directory: Directory,
    cloud: Nextcloud | None,
    answers: dict[str, Any],
) -> dict[str, Any]:
    """Make what the answers ask for, then remember them; what is refused is told, with who can do it."""
    lieu = place.lieu
    if answers.get("office") == MAKE:
        answers |= {"office": await talk.do("make-office", _make_office, rooms, lieu, talk.person)}
    await be_where_it_speaks(talk, rooms, place.seen, [answers.get("office"), answers.get("hall")])
    await _open_to_the_space(talk, lieu, rooms, [*answers.get("open_rooms", []), *answers.get("offered_rooms", [])])
    if cloud is not None and "group" in answers:
        try:
            await talk.do("group", _share_with_group, directory, cloud, answers["group"], answers["folder"])
        except Refused as no:
            await talk.say("no-share", why=talk.because(no))
    await talk.do("keep", lieux.choose, lieu.id, **answers)
    talk.note("installed")
    return answers


async def be_where_it_speaks(talk: Talk, rooms: Rooms, seen: Seen, chosen: list[str | None]) -> None:
    """The conciergerie and the hall are of no use to a bot that is not in them."""
    names = dict(seen)
    outside = [names[id] for id in dict.fromkeys(chosen) if id in names and not await _entered(talk, rooms, id)]
    if outside:
        await talk.say("not-in", rooms=outside)


async def _entered(talk: Talk, rooms: Rooms, room: str) -> bool:
    return await talk.do("enter", rooms.enter, room, item=room)


async def _open_to_the_space(talk: Talk, lieu: Lieu, rooms: Rooms, chosen: list[str]) -> None:
    refused = []
    for room in dict.fromkeys(chosen):
        try:
            await talk.do("restrict", rooms.restrict, room, lieu.space, item=room)
        except Refused:
            refused.append(await talk.look("room-name", rooms.name, room, item=room))
    if refused:
        await talk.say("not-opened", rooms=refused)


async def _share_with_group(directory: Directory, cloud: Nextcloud, group: str, folder: str) -> None:
    if "groups" in await directory.capabilities():
        await directory.ensure_group(group)
    await cloud.ensure_group(group)
    await cloud.ensure_folder(folder)
    await cloud.ensure_share(folder, group=group)
