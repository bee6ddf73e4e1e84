"""Setting a lieu up: the bot was invited into its space and asks its concierge how things are done there."""

from __future__ import annotations

from typing import Any

from bot.errors import Refused
from bot.handover import Handover
from bot.invited import Invited
from bot.lieux import Lieu, Lieux
from bot.talk import Choice, Option, command, dialogue
from bot.talk.doors import Health, Keeping, Rooms
from bot.talk.talk import Talk
from integrations.directory import Directory
from integrations.nextcloud import Nextcloud

from .making import be_where_it_speaks, keep
from .questions import LATER, MAKE, PARTS, Place, Seen


@dialogue("settle", action="install")
async def settle(
    talk: Talk,
    lieu: Lieu,
    lieux: Lieux,
    rooms: Rooms,
    keeping: Keeping,
    directory: Directory,
    cloud: Nextcloud | None,
    health: Health,
    handover: Handover,
    invited: Invited,
) -> None:
    await talk.look("enter-rooms", invited.enter, lieu)  # no act: what was answered before stays open to change
    if lieu.choices.installed:
        await _come_back(talk, lieu, rooms, keeping, handover)
        return
    await talk.say("hello", lieu=lieu.name)
    await _services(talk, health)
    place = await _place(talk, lieu, lieux, keeping)
    await _let_knock(talk, lieu, keeping, await _everything(talk, place, lieux, rooms, directory, cloud))


@command("install", action="install", takes=("what",))
async def install(
    talk: Talk, lieu: Lieu, lieux: Lieux, rooms: Rooms, keeping: Keeping, directory: Directory, cloud: Nextcloud | None
) -> None:
    place = await _place(talk, lieu, lieux, keeping)
    if not lieu.choices.installed:
        await _let_knock(talk, lieu, keeping, await _everything(talk, place, lieux, rooms, directory, cloud))
        return
    parts = {name: part for name, part in (PARTS | LATER).items() if name != "sharing" or cloud is not None}
    what = await talk.ask("what", Choice([Option(part, key=f"install.what.{part}") for part in parts]))
    answers = await parts[what](talk, place)
    if what != "door":
        await keep(talk, place, lieux, rooms, directory, cloud, answers)
    elif not await _let_knock(talk, lieu, keeping, answers["knocking"]):
        return
    await talk.say("changed")


async def _everything(
    talk: Talk, place: Place, lieux: Lieux, rooms: Rooms, directory: Directory, cloud: Nextcloud | None
) -> bool:
    """Whether people may knock, which is made so at the end: nothing else waits for it."""
    lieu = place.lieu
    answers: dict[str, Any] = {}
    for part, questions in PARTS.items():
        if part != "sharing" or cloud is not None:
            answers |= await questions(talk, place)
    await talk.confirm("summary", lieu=lieu.name, answers=talk.answers())
    made, knocking = answers["office"] == MAKE, answers.pop("knocking")
    answers = await keep(talk, place, lieux, rooms, directory, cloud, answers | {"installed": True})
    await talk.say("done", lieu=lieu.name)
    await talk.say("welcome-office", to=answers["office"], lieu=lieu.name)
    if made:
        await talk.say("office-in-clear", to=answers["office"])
    return bool(knocking)


async def _come_back(talk: Talk, lieu: Lieu, rooms: Rooms, keeping: Keeping, handover: Handover) -> None:
    """The bot was here before, or takes over from one that was."""
    await talk.say("back-again", lieu=lieu.name)
    seen = await talk.look("rooms", _seen, keeping, lieu.space, talk.person)
    await be_where_it_speaks(talk, rooms, seen, [lieu.office, lieu.choices.hall, *lieu.choices.open_rooms])
    if names := await talk.do("ask-again", handover.ask_again, lieu):
        await talk.say("asked-again", networks=names)


async def _services(talk: Talk, health: Health) -> None:
    """Each service is looked at before anything is promised; nothing waits for one that is away."""
    report = await talk.look("services", health.report)
    for step, well in (("services-up", True), ("services-down", False)):
        if names := [talk.service(part["code"]) for part in report if part["ok"] is well]:
            await talk.say(step, services=names)


async def _place(talk: Talk, lieu: Lieu, lieux: Lieux, keeping: Keeping) -> Place:
    seen = await talk.look("rooms", _seen, keeping, lieu.space, talk.person)
    return Place(lieu, seen, await talk.look("taken", _taken, lieux, lieu.id))


async def _seen(keeping: Keeping, space: str, person: str) -> Seen:
    return [[row["room_id"], row["name"]] for row in await keeping.kept(space, person) if not row["archived"]]


async def _taken(lieux: Lieux, lieu: int) -> dict[str, list[str]]:
    others = [other.choices for other in await lieux.all() if other.id != lieu]
    return {"groups": [one.group for one in others], "folders": [one.folder for one in others]}


async def _let_knock(talk: Talk, lieu: Lieu, keeping: Keeping, wanted: bool) -> bool:
    """Nothing is kept of it here: the space itself says whether it can be knocked at."""
    try:
        await talk.do("let-knock", keeping.let_knock, lieu.space, wanted)
    except Refused as no:
        await talk.say("no-knocking", why=talk.because(no))
        return False
    talk.note("door", knocking="yes" if wanted else "no")
    return True
