"""What the answers of a lieu ask for is made, then remembered; what could not be is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, cast

from bot.errors import Refused
from bot.lieux import Chosen, Lieu, Lieux
from bot.people import People
from bot.services.claims import EXISTED, FOLDER, GROUP
from bot.talk.ports import Facts, Membership, Rooms, RoomSettings
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud

from .setup_questions import MAKE, PARTS, Answers, Place, Seen


async def _make_office(
    facts: Facts, membership: Membership, rooms: Rooms, people: People, lieu: Lieu, concierge: str
) -> str:
    """A private room for the concierges, all of them: unencrypted, so that a new one can read what was said before."""
    key, others = f"office/{lieu.id}", sorted(await people.concierges(lieu) - {facts.me, concierge})
    room = await rooms.create(
        key, name=f"Conciergerie · {lieu.name}", parent=lieu.space, invite=[concierge], admins=[concierge]
    )
    for other in others:
        await membership.invite(room, other)
    return room


async def _show_office(talk: Talk, place: Place, room_settings: RoomSettings, office: str) -> None:
    """The space shows it, and its concierges look after it."""
    await is_allowed(talk, "place-office", room_settings.place, place.lieu.space, office)
    await is_allowed(talk, "entrust-office", room_settings.entrust, place.lieu.space, office)


async def is_allowed(talk: Talk, step: str, act: Callable[..., Awaitable[None]], /, *args: Any, item: str = "") -> bool:
    """Make something so; False where it was refused, or a concierge goes on without."""
    try:
        await talk.do(step, act, *args, item=item)
    except Refused:
        return False
    return True


async def keep(
    talk: Talk,
    place: Place,
    lieux: Lieux,
    facts: Facts,
    membership: Membership,
    rooms: Rooms,
    room_settings: RoomSettings,
    directory: Directory,
    cloud: Nextcloud | None,
    answers: Answers,
) -> Answers:
    """Make what the answers ask for, then remember it. What is refused is told, with who can do it, and not remembered:
    the lieu keeps what it had. Returns what is remembered."""
    lieu = place.lieu
    answers = await _where_it_speaks(talk, place, facts, membership, rooms, room_settings, answers)
    refused = await _open_to_the_space(
        talk, place, room_settings, [*answers.get("open_rooms", []), *answers.get("offered_rooms", [])]
    )
    if "open_rooms" in answers:
        answers["open_rooms"] = _kept(answers["open_rooms"], refused, lieu.choices.open_rooms)
    if "offered_rooms" in answers:
        answers["offered_rooms"] = _kept(answers["offered_rooms"], refused, lieu.choices.offered_rooms)
    if cloud is not None and GROUP in answers:
        wanted = answers.pop(GROUP), answers.pop(FOLDER)
        answers = {**answers, **await _shared(talk, place, directory, cloud, *wanted)}
    if answers:
        await talk.do("keep", lieux.choose, lieu.id, **answers)
        talk.note("installed")
    return answers


def _kept(rooms: list[str], refused: Collection[str], before: Collection[str]) -> list[str]:
    """What is refused stays where it was before."""
    return [room for room in rooms if room not in refused or room in before]


async def _where_it_speaks(
    talk: Talk,
    place: Place,
    facts: Facts,
    membership: Membership,
    rooms: Rooms,
    room_settings: RoomSettings,
    answers: Answers,
) -> Answers:
    """A room that does not let the bot in is not where it speaks. Who has no conciergerie yet is asked again."""
    lieu = place.lieu
    while True:
        if answers.get("office") == MAKE:
            answers |= {
                "office": await talk.do(
                    "make-office", _make_office, facts, membership, rooms, place.people, lieu, talk.person
                )
            }
            await _show_office(talk, place, room_settings, answers["office"])
        outside = await be_where_it_speaks(
            talk, facts, membership, place.seen, [answers.get("office"), answers.get("hall")]
        )
        if lieu.choices.installed:
            return cast(Answers, {name: answer for name, answer in answers.items() if answer not in outside})
        if answers.get("hall") in outside:
            await talk.say("hall-nowhere")
            answers |= {"hall": None}
        if answers.get("office") not in outside:
            return answers
        answers |= await PARTS["office"](talk, place)


async def existed(talk: Talk, place: Place, answers: Answers) -> list[str]:
    """What was there before, and would be the lieu's by the word of whoever hosts the bot."""
    lines = []
    for kind in (GROUP, FOLDER):
        if place.hosts and kind in answers:
            name = answers[kind]
            stands = await talk.look("before", place.claims.foreseen, kind, name, item=kind)
            if stands == EXISTED:
                lines.append(await _before(talk, place, kind, name))
    return lines


async def _before(talk: Talk, place: Place, kind: str, name: str) -> str:
    if kind == FOLDER:
        return talk.phrase("folder-before", name=name)
    return talk.phrase("group-before", name=name, n=await talk.look("count", place.claims.count, name))


async def _shared(talk: Talk, place: Place, directory: Directory, cloud: Nextcloud, group: str, folder: str) -> Chosen:
    try:
        made = await talk.do("group", _share_with_group, place, directory, cloud, group, folder, talk.person)
    except Refused as no:
        await talk.say("no-share", why=talk.because(no))
        return {}
    return made or {GROUP: group, FOLDER: folder}  # None was written by the version before


async def be_where_it_speaks(
    talk: Talk, facts: Facts, membership: Membership, seen: Seen, chosen: list[str | None]
) -> list[str]:
    """The conciergerie and the hall are of no use to a bot that is not in them. Those that do not let it in."""
    names = {room: name for room, name in seen if room in chosen}
    if not names or await is_allowed(talk, "enter", membership.enter_all, names):
        return []
    outside = await talk.look("not-entered", facts.outside_of, names)
    await talk.say("not-in", rooms=[names[room] for room in outside])
    return outside


async def _open_to_the_space(
    talk: Talk, place: Place, room_settings: RoomSettings, chosen: list[str]
) -> dict[str, str]:
    """Those that could not be opened: room → name."""
    refused, names = {}, dict(place.seen)
    chosen = list(dict.fromkeys(chosen))
    if chosen:
        await is_allowed(talk, "openable", room_settings.openable, chosen, place.lieu.space)
    for room in chosen:
        if not await is_allowed(talk, "restrict", room_settings.restrict, room, place.lieu.space, item=room):
            refused[room] = names[room]
    if refused:
        await talk.say("not-opened", rooms=list(refused.values()))
    return refused


async def _share_with_group(
    place: Place, directory: Directory, cloud: Nextcloud, group: str, folder: str, person: str
) -> Chosen:
    """Both are the lieu's from here on, unless they cannot be made."""
    claims = place.claims
    ours = [await claims.take(GROUP, group, person)]
    try:
        ours.append(await claims.take(FOLDER, folder, person))
        if "groups" in await directory.capabilities():
            await directory.ensure_group(group)
        await cloud.groups.ensure(group)
        await cloud.folders.ensure(ours[1]["name"])
        await cloud.shares.ensure(ours[1]["name"], group=group)
    except Refused:
        for kind, claim in zip((GROUP, FOLDER), ours, strict=False):
            if claim["new"] and not await claims.is_there(kind, claim["name"]):
                await claims.let_go(kind, claim["name"])
        raise
    return {GROUP: group, FOLDER: ours[1]["name"]}
