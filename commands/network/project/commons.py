"""The folder of a project: made in the cloud of the lieu that asked, offered to the other's cloud, accepted there, and
shared in each with those who said yes. Where one of them has no cloud, the other's bot gives links to its people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.errors import Refused
from bot.store.projects import Partner, Plan
from bot.talk import dialogue
from bot.talk.talk import Talk
from integrations.nextcloud import EDIT, RESHARE, Offer

from .guests import offer_link
from .reach import Doors, Hands, by_link, keep, share_on

HOURS = (1, 6, 24)  # between two looks at a cloud that is away
AWAY = "nextcloud-peer-away"


# -- at the lieu that asked, or else at the one that has a cloud


@dialogue("project-folder", action="agree", lasting=True)
async def project_folder(talk: Talk, hands: Hands, request: str, partner: str, fresh: bool) -> None:
    """`fresh`: this partner comes just now."""
    plan = await talk.look("plan", hands.plan, request)
    other = next((one for one in plan["partners"] if one["lieu"] == partner), None)
    if other is None or not plan["open"]:
        return
    doors = hands.at(request)
    if doors is None:
        if fresh:
            await talk.say("project.partner-makes-folder" if other["cloud"] else "project.no-cloud", lieu=other["name"])
        return
    try:
        folder = await _make(talk, doors, plan)
    except Refused as no:
        await talk.say("project.no-folder", why=talk.because(no))
        return
    without = await share_on(talk, doors, folder, list(plan["coming"]))
    offered = await _offer(talk, doors, folder, other, fresh)
    await by_link(talk, doors, folder, plan["title"], without)
    if not offered:
        await offer_link(talk, doors, folder, plan, [one for one in other["people"] if one not in plan["coming"]])


async def _make(talk: Talk, doors: Doors, plan: Plan) -> str:
    wanted = talk.phrase("project.folder-name", project=plan["title"], lieu=doors.lieu.name, number=str(plan["number"]))
    folder = await talk.do("name-it", doors.projects.name_folder, doors.lieu, doors.request, _writable(wanted))
    await talk.do("folder", _new_folder, doors, folder)
    await talk.do("own-folder", doors.ownership.own, doors.lieu.id, "nextcloud", "folder", folder)
    if not plan["folder"]:
        await talk.say("project.folder-made", folder=folder)
    return folder


async def _new_folder(doors: Doors, folder: str) -> dict[str, Any]:
    """Its name is made of a title that somebody wrote: what was there before is not the project's to give away."""
    ours = await doors.ownership.owns(doors.lieu.id, "nextcloud", "folder", folder)
    if not ours and await doors.cloud.files.holds_something(folder):
        raise Refused("folder-existed", name=folder)
    return await doors.cloud.folders.ensure(folder)


def _writable(name: str) -> str:
    """Without what some people's computers do not take in the name of a folder."""
    plain = "".join(c if c.isalnum() or c in "’'-,()·°&" else " " for c in name)
    return " ".join(plain.split()).strip(" .")


async def _offer(talk: Talk, doors: Doors, folder: str, other: Partner, fresh: bool) -> bool:
    """To the other lieu's cloud; where both have the same one, it is there already. False where that cannot be."""
    if not other["cloud"]:
        if fresh:
            await talk.say("project.partner-without-cloud", lieu=other["name"])
        return False
    if not await _is_our_cloud(talk, doors, other):
        made = await _offered(talk, doors, folder, other)
        if made is None:
            return False
        fresh = fresh or made["created"]
    if fresh:
        await talk.do("tell", doors.projects.announce, doors.lieu, doors.request, other["lieu"], talk.id, folder)
    return True


async def _is_our_cloud(talk: Talk, doors: Doors, other: Partner) -> bool:
    """Whether the other lieu is one of ours, and its cloud the same account: a card alone may say what it likes."""
    return bool(
        other["bot"] == doors.facts.me and other["cloud"] == await talk.look("us", doors.cloud.federated.cloud_id)
    )


async def _offered(talk: Talk, doors: Doors, folder: str, other: Partner) -> dict[str, Any] | None:
    for hours in (*HOURS, 0):
        try:
            made = await talk.do(
                "offer", doors.cloud.federated.offer, folder, other["cloud"], permissions=EDIT | RESHARE
            )
        except Refused as no:
            if no.code != AWAY or not hours:
                await talk.say("project.not-offered", lieu=other["name"], why=talk.because(no))
                return None
        else:
            await keep(talk, doors, made["id"], other["lieu"])
            return made
        if hours == HOURS[0]:
            await talk.say("project.partner-away", lieu=other["name"])
        await talk.rest("away", timedelta(hours=hours))
    return None


# -- at the one to whose cloud it is offered


@dialogue("project-offer", action="agree", lasting=True)
async def project_offer(talk: Talk, hands: Hands, request: str, folder: str) -> None:
    plan = await talk.look("plan", hands.plan, request)
    doors = hands.at(request)
    if doors is None or not plan["open"] or not plan["partners"]:
        return
    home = plan["partners"][0]
    try:
        there = await _accept(talk, doors, home, folder)
    except Refused as no:
        await talk.say("project.not-accepted", folder=folder, lieu=home["name"], why=talk.because(no))
        return
    if there is None:
        await talk.say("project.not-found", folder=folder, lieu=home["name"])
        return
    if there != plan["folder"]:
        await talk.say("project.folder-there", folder=there, lieu=home["name"])
    without = await share_on(talk, doors, there, list(plan["coming"]))
    await by_link(talk, doors, there, plan["title"], without)


async def _accept(talk: Talk, doors: Doors, home: Partner, folder: str) -> str | None:
    """How it is called here. What is accepted is what the declared cloud of that lieu offers under this name."""
    if await _is_our_cloud(talk, doors, home):
        beside = await talk.look("beside", doors.projects.folder_beside, doors.lieu, doors.request)
        await talk.do("put", doors.projects.put_in, doors.lieu, doors.request, beside, "")
        return beside or None
    for hours in (*HOURS, 0):
        offer = await talk.look("offer", _offer_from, doors, home["cloud"], folder)
        if offer is not None:
            taken = await talk.do("accept", doors.cloud.federated.accept, offer["id"])
            await talk.do("put", doors.projects.put_in, doors.lieu, doors.request, taken["folder"], offer["id"])
            return str(taken["folder"])
        if hours:
            await talk.rest("not-yet", timedelta(hours=hours))
    return None


async def _offer_from(doors: Doors, cloud: str, folder: str) -> Offer | None:
    """What was accepted before is some other thing of ours, unless it was for this project: the card of a lieu may name
    the cloud of another one, whose folder would be shared on here, and let go of when this project ends."""
    offer = await doors.cloud.federated.offer_from(cloud, folder)
    if offer is None or (offer["accepted"] and not await doors.projects.came_by(doors.request, offer["id"])):
        return None
    return offer


@dialogue("project-more", action="agree", lasting=True)
async def project_more(talk: Talk, hands: Hands, request: str) -> None:
    """Somebody more of a lieu that did not ask said yes: the lieu that asked invites them, we share the folder."""
    plan = await talk.look("plan", hands.plan, request)
    doors = hands.at(request)
    if doors is not None and plan["open"] and plan["folder"]:
        without = await share_on(talk, doors, plan["folder"], list(plan["coming"]))
        await by_link(talk, doors, plan["folder"], plan["title"], without)
