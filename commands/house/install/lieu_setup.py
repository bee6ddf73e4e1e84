"""What the answers of a lieu ask for is made, then remembered; what could not be is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Any, cast

from bot.errors import Refused
from bot.lieux import Chosen
from bot.services.claims import EXISTED, FOLDER, GROUP, Claimed
from bot.talk.talk import Talk
from integrations.directory import login_from
from integrations.nextcloud import Nextcloud

from .setup_questions import MAKE, PARTS, Answers, Place, Seen, Tools


async def _make_office(tools: Tools, concierge: str) -> str:
    """A private room for the concierges, all of them: unencrypted, so that a new one can read what was said before."""
    lieu = tools.lieu
    key, others = f"office/{lieu.id}", sorted(await tools.people.concierges(lieu) - {tools.facts.me, concierge})
    room = await tools.rooms.create(
        key, name=f"Conciergerie · {lieu.name}", parent=lieu.space, invite=[concierge], admins=[concierge]
    )
    for other in others:
        await tools.membership.invite(room, other)
    return room


async def _show_office(talk: Talk, tools: Tools, office: str) -> None:
    """The space shows it, and its concierges look after it."""
    await is_allowed(talk, "place-office", tools.room_settings.place, tools.lieu.space, office)
    await is_allowed(talk, "entrust-office", tools.room_settings.entrust, tools.lieu.space, office)


async def is_allowed(talk: Talk, step: str, act: Callable[..., Awaitable[None]], /, *args: Any, item: str = "") -> bool:
    """Make something so; False where it was refused, or a concierge goes on without."""
    try:
        await talk.do(step, act, *args, item=item)
    except Refused:
        return False
    return True


async def keep(talk: Talk, place: Place, answers: Answers) -> Answers:
    """Make what the answers ask for, then remember it. What is refused is told, with who can do it, and not remembered:
    the lieu keeps what it had. Returns what is remembered."""
    lieu = place.tools.lieu
    answers = await _where_it_speaks(talk, place, answers)
    chosen = [*answers.get("open_rooms", []), *answers.get("offered_rooms", [])]
    refused = await _open_to_the_space(talk, place, chosen)
    if "open_rooms" in answers:
        answers["open_rooms"] = _kept(answers["open_rooms"], refused, lieu.choices.open_rooms)
    if "offered_rooms" in answers:
        answers["offered_rooms"] = _kept(answers["offered_rooms"], refused, lieu.choices.offered_rooms)
    cloud = place.tools.cloud
    if cloud is not None and GROUP in answers:
        wanted = answers.pop(GROUP), answers.pop(FOLDER)
        answers = {**answers, **await _shared(talk, place.tools, cloud, *wanted)}
    if answers:
        await talk.do("keep", place.tools.lieux.choose, lieu.id, **answers)
        talk.note("installed")
    return answers


def _kept(rooms: list[str], refused: Collection[str], before: Collection[str]) -> list[str]:
    """What is refused stays where it was before."""
    return [room for room in rooms if room not in refused or room in before]


async def _where_it_speaks(talk: Talk, place: Place, answers: Answers) -> Answers:
    """A room that does not let the bot in is not where it speaks. Who has no conciergerie yet is asked again."""
    tools = place.tools
    while True:
        if answers.get("office") == MAKE:
            answers |= {"office": await talk.do("make-office", _make_office, tools, talk.person)}
            await _show_office(talk, tools, answers["office"])
        outside = await be_where_it_speaks(talk, tools, place.seen, [answers.get("office"), answers.get("hall")])
        if not place.first:
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
    for kind, usual in ((GROUP, login_from(place.tools.lieu.name)), (FOLDER, place.tools.lieu.name)):
        name = str(answers.get(kind) or "")
        if name.startswith(usual) and name != usual:  # the next one that is free
            there = await talk.look("beside", place.tools.claims.foreseen, kind, usual, item=kind)
            lines += [_beside(talk, kind, usual)] if there == EXISTED else []
        if place.hosts and name:
            stands = await talk.look("before", place.tools.claims.foreseen, kind, str(name), item=kind)
            if stands == EXISTED:
                lines.append(await _before(talk, place, kind, str(name)))
    return lines


def _beside(talk: Talk, kind: str, name: str) -> str:
    """A lieu that lives already may have had its own."""
    return talk.phrase("group-beside" if kind == GROUP else "folder-beside", name=name)


async def _before(talk: Talk, place: Place, kind: str, name: str) -> str:
    if kind == FOLDER:
        return talk.phrase("folder-before", name=name)
    return talk.phrase("group-before", name=name, n=await talk.look("count", place.tools.claims.count, name))


async def _shared(talk: Talk, tools: Tools, cloud: Nextcloud, group: str, folder: str) -> Chosen:
    try:
        made = await talk.do("group", _share_with_group, tools, cloud, group, folder, talk.person)
    except Refused as no:
        await talk.say("no-share", why=talk.because(no))
        return {}
    return made or {GROUP: group, FOLDER: folder}  # None was written by the version before


async def be_where_it_speaks(talk: Talk, tools: Tools, seen: Seen, chosen: list[str | None]) -> list[str]:
    """The conciergerie and the hall are of no use to a bot that is not in them. Those that do not let it in."""
    names = {room: name for room, name in seen if room in chosen}
    if not names or await is_allowed(talk, "enter", tools.membership.enter_all, names):
        return []
    outside = await talk.look("not-entered", tools.facts.outside_of, names)
    await talk.say("not-in", rooms=[names[room] for room in outside])
    return outside


async def _open_to_the_space(talk: Talk, place: Place, chosen: list[str]) -> dict[str, str]:
    """Those that could not be opened: room → name."""
    refused, names = {}, dict(place.seen)
    settings, space = place.tools.room_settings, place.tools.lieu.space
    chosen = list(dict.fromkeys(chosen))
    if chosen:
        await is_allowed(talk, "openable", settings.openable, chosen, space)
    for room in chosen:
        if not await is_allowed(talk, "restrict", settings.restrict, room, space, item=room):
            refused[room] = names[room]
    if refused:
        await talk.say("not-opened", rooms=list(refused.values()))
    return refused


async def _share_with_group(tools: Tools, cloud: Nextcloud, group: str, folder: str, person: str) -> Chosen:
    """Both are the lieu's from here on, unless they cannot be made; either may be left out."""
    claims, directory, ours = tools.claims, tools.directory, dict[str, Claimed]()
    try:
        for kind, name in ((GROUP, group), (FOLDER, folder)):
            if name:
                ours[kind] = await claims.take(kind, name, person)
        if group and "groups" in await directory.capabilities():
            await directory.ensure_group(group)
        if group:
            await cloud.groups.ensure(group)
        if folder:
            await cloud.folders.ensure(ours[FOLDER]["name"])
            await tools.lieu_folder.know(ours[FOLDER]["name"])
        if group and folder:
            await cloud.shares.ensure(ours[FOLDER]["name"], group=group)
    except Refused:
        for kind, claim in ours.items():
            if claim["new"] and not await claims.is_there(kind, claim["name"]):
                await claims.let_go(kind, claim["name"])
        raise
    return {GROUP: group, FOLDER: ours[FOLDER]["name"] if folder else ""}
