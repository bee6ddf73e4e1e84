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

from .folder_access import Sharing, Tools, by_link, keep, share_on
from .foreign_guests import offer_link

HOURS = (1, 6, 24)  # between two looks at a cloud that is away
AWAY = "nextcloud-peer-away"


# -- at the lieu that asked, or else at the one that has a cloud


@dialogue("project-folder", action="agree", lasting=True)
async def project_folder(talk: Talk, tools: Tools, request: str, partner: str, fresh: bool) -> None:
    """`fresh`: this partner comes just now."""
    plan = await talk.look("plan", tools.plan, request)
    other = next((one for one in plan["partners"] if one["lieu"] == partner), None)
    if other is None or not plan["open"]:
        return
    sharing = tools.at(request)
    if sharing is None:
        if fresh:
            await talk.say("project.partner-makes-folder" if other["cloud"] else "project.no-cloud", lieu=other["name"])
        return
    try:
        folder = await _make(talk, sharing, plan)
    except Refused as no:
        await talk.say("project.no-folder", why=talk.because(no))
        return
    without = await share_on(talk, sharing, folder, list(plan["coming"]))
    offered = await _offer(talk, sharing, folder, other, fresh)
    await by_link(talk, sharing, folder, plan["title"], without)
    if not offered:
        await offer_link(talk, sharing, folder, plan, [one for one in other["people"] if one not in plan["coming"]])


async def _make(talk: Talk, sharing: Sharing, plan: Plan) -> str:
    lieu, number = sharing.lieu, str(plan["number"])
    wanted = talk.phrase("project.folder-name", project=plan["title"], lieu=lieu.name, number=number)
    folder = await talk.do("name-it", sharing.projects.name_folder, lieu, sharing.request, _writable(wanted))
    await talk.do("folder", _new_folder, sharing, folder)
    await talk.do("own-folder", sharing.ownership.own, sharing.lieu.id, "nextcloud", "folder", folder)
    if not plan["folder"]:
        await talk.say("project.folder-made", folder=folder)
    return folder


async def _new_folder(sharing: Sharing, folder: str) -> dict[str, Any]:
    """Its name is made of a title that somebody wrote: what was there before is not the project's to give away."""
    ours = await sharing.ownership.owns(sharing.lieu.id, "nextcloud", "folder", folder)
    if not ours and await sharing.cloud.files.holds_something(folder):
        raise Refused("folder-existed", name=folder)
    return await sharing.cloud.folders.ensure(folder)


def _writable(name: str) -> str:
    """Without what some people's computers do not take in the name of a folder."""
    plain = "".join(c if c.isalnum() or c in "’'-,()·°&" else " " for c in name)
    return " ".join(plain.split()).strip(" .")


async def _offer(talk: Talk, sharing: Sharing, folder: str, other: Partner, fresh: bool) -> bool:
    """To the other lieu's cloud; where both have the same one, it is there already. False where that cannot be."""
    if not other["cloud"]:
        if fresh:
            await talk.say("project.partner-without-cloud", lieu=other["name"])
        return False
    if not await _is_our_cloud(talk, sharing, other):
        made = await _offered(talk, sharing, folder, other)
        if made is None:
            return False
        fresh = fresh or made["created"]
    if fresh:
        await talk.do("tell", sharing.projects.announce, sharing.lieu, sharing.request, other["lieu"], talk.id, folder)
    return True


async def _is_our_cloud(talk: Talk, sharing: Sharing, other: Partner) -> bool:
    """Whether the other lieu is one of ours, and its cloud the same account: a card alone may say what it likes."""
    return bool(
        other["bot"] == sharing.facts.me and other["cloud"] == await talk.look("us", sharing.cloud.federated.cloud_id)
    )


async def _offered(talk: Talk, sharing: Sharing, folder: str, other: Partner) -> dict[str, Any] | None:
    for hours in (*HOURS, 0):
        try:
            made = await talk.do(
                "offer", sharing.cloud.federated.offer, folder, other["cloud"], permissions=EDIT | RESHARE
            )
        except Refused as no:
            if no.code != AWAY or not hours:
                await talk.say("project.not-offered", lieu=other["name"], why=talk.because(no))
                return None
        else:
            await keep(talk, sharing, made["id"], other["lieu"])
            return made
        if hours == HOURS[0]:
            await talk.say("project.partner-away", lieu=other["name"])
        await talk.rest("away", timedelta(hours=hours))
    return None


# -- at the one to whose cloud it is offered


@dialogue("project-offer", action="agree", lasting=True)
async def project_offer(talk: Talk, tools: Tools, request: str, folder: str) -> None:
    plan = await talk.look("plan", tools.plan, request)
    sharing = tools.at(request)
    if sharing is None or not plan["open"] or not plan["partners"]:
        return
    home = plan["partners"][0]
    try:
        there = await _accept(talk, sharing, home, folder)
    except Refused as no:
        await talk.say("project.not-accepted", folder=folder, lieu=home["name"], why=talk.because(no))
        return
    if there is None:
        await talk.say("project.not-found", folder=folder, lieu=home["name"])
        return
    if there != plan["folder"]:
        await talk.say("project.folder-there", folder=there, lieu=home["name"])
    without = await share_on(talk, sharing, there, list(plan["coming"]))
    await by_link(talk, sharing, there, plan["title"], without)


async def _accept(talk: Talk, sharing: Sharing, home: Partner, folder: str) -> str | None:
    """How it is called here. What is accepted is what the declared cloud of that lieu offers under this name."""
    if await _is_our_cloud(talk, sharing, home):
        beside = await talk.look("beside", sharing.projects.folder_beside, sharing.lieu, sharing.request)
        await talk.do("put", sharing.projects.put_in, sharing.lieu, sharing.request, beside, "")
        return beside or None
    for hours in (*HOURS, 0):
        offer = await talk.look("offer", _offer_from, sharing, home["cloud"], folder)
        if offer is not None:
            taken = await talk.do("accept", sharing.cloud.federated.accept, offer["id"])
            await talk.do("put", sharing.projects.put_in, sharing.lieu, sharing.request, taken["folder"], offer["id"])
            return str(taken["folder"])
        if hours:
            await talk.rest("not-yet", timedelta(hours=hours))
    return None


async def _offer_from(sharing: Sharing, cloud: str, folder: str) -> Offer | None:
    """What was accepted before is some other thing of ours, unless it was for this project: the card of a lieu may name
    the cloud of another one, whose folder would be shared on here, and let go of when this project ends."""
    offer = await sharing.cloud.federated.offer_from(cloud, folder)
    if offer is None or (offer["accepted"] and not await sharing.projects.came_by(sharing.request, offer["id"])):
        return None
    return offer


@dialogue("project-more", action="agree", lasting=True)
async def project_more(talk: Talk, tools: Tools, request: str) -> None:
    """Somebody more of a lieu that did not ask said yes: the lieu that asked invites them, we share the folder."""
    plan = await talk.look("plan", tools.plan, request)
    sharing = tools.at(request)
    if sharing is not None and plan["open"] and plan["folder"]:
        without = await share_on(talk, sharing, plan["folder"], list(plan["coming"]))
        await by_link(talk, sharing, plan["folder"], plan["title"], without)
