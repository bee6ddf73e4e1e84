"""What two lieux agreed to do together: its room, with the people who said yes, opened by the lieu that asked."""

from __future__ import annotations

from typing import Any

from bot.errors import Refused
from bot.lieux import Lieu
from bot.network.projects import Projects
from bot.services.ownership import Ownership
from bot.store.projects import Partner
from bot.talk import dialogue
from bot.talk.outages import AWAY, at_once
from bot.talk.ports import Facts, Membership, Moderation, Rooms
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud

from .folder_access import Tools, invite, passed_over

KEEPER = 50  # the level of whoever looks after a room


@dialogue("project-begins", action="agree", lasting=True)
async def project_begins(
    talk: Talk,
    lieu: Lieu,
    projects: Projects,
    facts: Facts,
    membership: Membership,
    rooms: Rooms,
    moderation: Moderation,
    ownership: Ownership,
    cloud: Nextcloud | None,
    request: str,
    partner: str,
) -> None:
    """Both said yes, or somebody more did: the room is there, with everybody in it."""
    plan = await talk.look("plan", projects.get, lieu, request)
    other = next((one for one in plan["partners"] if one["lieu"] == partner), None)
    if other is None:
        return
    key = f"project/{plan.get('wire') or request}"
    room = await talk.do("room", rooms.create, key, name=plan["title"], parent=lieu.space)
    await talk.do("own", ownership.own, lieu.id, "matrix", "project", room)
    await talk.do("open", projects.open, lieu, request, room)
    await _bring_bot(talk, facts, membership, room, other["bot"])
    if cloud is None or not other["met"]:
        people = [] if cloud else list(plan["coming"])
        await talk.do("tell", projects.announce, lieu, request, partner, talk.id, people=people)
    if not other["met"]:
        talk.note("project-begun", project=plan["title"], lieu=other["name"])
        await talk.say("project.made", project=plan["title"], lieu=other["name"])
    await _begin_folder(talk, request, other, not other["met"])
    await _bring(talk, lieu, facts, membership, moderation, request, room, plan["coming"])
    await _pass_over(talk, {who: keeps for who, keeps in other["people"].items() if who not in plan["coming"]})
    await talk.begin("project-guests", talk.person, talk.room, request=request, partner=partner)


async def _begin_folder(talk: Talk, request: str, other: Partner, fresh: bool) -> None:
    told: dict[str, Any] = {"request": request, "partner": other["lieu"], "fresh": fresh}
    await talk.begin("project-folder", talk.person, talk.room, **told)


async def _bring_bot(talk: Talk, facts: Facts, membership: Membership, room: str, bot: str) -> None:
    """The other lieu's, unless it is ours as well: a guest, who passes on what is said and puts nobody out."""
    if bot and bot != facts.me:
        await talk.do("bring-bot", membership.invite, room, bot)
        await talk.do("trust-bot", passed_over)


async def _bring(
    talk: Talk,
    lieu: Lieu,
    facts: Facts,
    membership: Membership,
    moderation: Moderation,
    request: str,
    room: str,
    people: dict[str, bool],
) -> None:
    """Ours, who said so to us; whom the other lieu sends is a guest."""
    missing = []
    for person, keeps in people.items():
        try:
            await talk.do("bring", at_once, invite, facts, membership, lieu.space, room, person, item=person)
            if keeps:
                await talk.do("trust", moderation.set_level, room, person, KEEPER, item=person)
        except Refused as no:
            if no.code == AWAY:
                await bring_later(talk, request, room, person, keeps=keeps)
            else:
                missing.append(person)
    if missing:
        await talk.say("project.not-brought", people=missing)


async def _pass_over(talk: Talk, guests: dict[str, bool]) -> None:
    """Conversations that began before guests had one of their own have brought some of them here: their steps stay."""
    for person, keeps in guests.items():
        await talk.do("bring", passed_over, item=person)
        if keeps:
            await talk.do("trust", passed_over, item=person)


@dialogue("project-there", action="agree", lasting=True)
async def project_there(
    talk: Talk,
    tools: Tools,
    request: str,
    folder: str,
    fresh: bool,
) -> None:
    """The lieu that asked made the room, which may be news (`fresh`), or offers the folder; we make it where that lieu
    has no cloud."""
    plan = await talk.look("plan", tools.plan, request)
    if not plan["open"] or not plan["partners"]:
        return
    home = plan["partners"][0]
    if folder:
        await talk.begin("project-offer", talk.person, talk.room, request=request, folder=folder)
        return
    inside = await talk.do("enter", tools.enter, request)
    if fresh:
        talk.note("project-begun", project=plan["title"], lieu=home["name"])
        await talk.say("project.ready" if inside else "project.ready-outside", project=plan["title"], lieu=home["name"])
    if tools.cloud is not None and not home["cloud"]:
        await _begin_folder(talk, request, home, fresh)


async def bring_later(talk: Talk, request: str, room: str, person: str, *, keeps: bool = False) -> None:
    told: dict[str, Any] = {"request": request, "room": room, "who": person, "keeps": keeps}
    await talk.begin("project-late", talk.person, talk.room, item=person, **told)


@dialogue("project-late", action="agree", lasting=True)
async def project_late(talk: Talk, tools: Tools, request: str, room: str, who: str, keeps: bool) -> None:
    """Once their server answers; after half a day without an answer it is said that they are missing."""
    try:
        await talk.do("bring", tools.invite, request, room, who)
        if keeps:
            await talk.do("trust", tools.moderation.set_level, room, who, KEEPER)
    except Refused:
        await talk.say("project.not-brought", people=[who])
