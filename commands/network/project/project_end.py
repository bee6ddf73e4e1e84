"""The end of a project, or of a lieu's part in it: nobody reaches the folder any more, the room is only read."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import Refused
from bot.store.projects import Plan
from bot.talk import dialogue
from bot.talk.ports import RoomSettings
from bot.talk.talk import Talk

from .folder_access import Sharing, Tools

MEANWHILE = timedelta(hours=1)  # for partners to let go of the folder: one that vanishes stays empty in their cloud


@dialogue("project-end", action="project", lasting=True)
async def project_end(talk: Talk, tools: Tools, room_settings: RoomSettings, request: str, home: bool) -> None:
    """Ours is over, or we left another lieu's."""
    plan = await talk.look("plan", tools.plan, request)
    if home:
        try:
            if plan["room"]:
                await talk.do("archive", room_settings.archive, tools.lieu.space, plan["room"])
        except Refused as no:
            await talk.say("project.not-archived", project=plan["title"], why=talk.because(no))
    else:
        await talk.do("go", tools.go, request, plan["room"])
    sharing = tools.at(request)
    if sharing is None:
        return
    await _let_go(talk, sharing, plan)
    shares = await talk.look("shares", tools.shares, request)
    await _end(talk, sharing, {share: whose for share, whose in shares.items() if whose.startswith("@")})
    offered = {share: whose for share, whose in shares.items() if not whose.startswith("@")}
    if offered:
        await talk.rest("meanwhile", MEANWHILE)
        await _end(talk, sharing, offered)


@dialogue("project-over", action="project", lasting=True)
async def project_over(
    talk: Talk,
    tools: Tools,
    request: str,
    partner: str,
    name: str,
    people: list[str],
) -> None:
    """The lieu that asked says that it is over."""
    plan = await talk.look("plan", tools.plan, request)
    await talk.do("lost", tools.lost, request, partner)
    talk.note("project-ended", project=plan["title"])
    await talk.say("project.over", project=plan["title"], lieu=name)
    await talk.do("go", tools.go, request, plan["room"])
    if sharing := tools.at(request):
        await _let_go(talk, sharing, plan)
        await _end(talk, sharing, await talk.look("shares", tools.shares, request))


@dialogue("project-left", action="project", lasting=True)
async def project_left(
    talk: Talk,
    tools: Tools,
    request: str,
    partner: str,
    name: str,
    people: list[str],
) -> None:
    """Another lieu leaves our project: nobody of it reaches the folder any more."""
    plan = await talk.look("plan", tools.plan, request)
    await talk.do("lost", tools.lost, request, partner)
    talk.note("project-lieu-left", project=plan["title"], lieu=name)
    await talk.say("project.lieu-left", project=plan["title"], lieu=name)
    if sharing := tools.at(request):
        shares = await talk.look("shares", tools.shares, request)
        gone = {partner, *people} - {*plan["coming"]}  # whoever is ours stays, whatever that lieu called them
        theirs = {share: whose for share, whose in shares.items() if whose in gone}
        await _end(talk, sharing, theirs)


async def _let_go(talk: Talk, sharing: Sharing, plan: Plan) -> None:
    """Of the folder of another lieu; those with whom it was shared on lose it too."""
    if plan["offer"]:
        await talk.do("let-go", sharing.cloud.federated.leave, plan["offer"])


async def _end(talk: Talk, sharing: Sharing, shares: dict[str, str]) -> None:
    for share in shares:
        try:
            await talk.do("end", sharing.cloud.shares.remove, share, item=share)
        except Refused as no:
            await talk.say("project.share-stays", why=talk.because(no), item=share)
        await talk.do("disown", sharing.ownership.disown, sharing.lieu.id, "nextcloud", "share", share, item=share)
        await talk.do("forget", sharing.projects.unshare, sharing.lieu, sharing.request, share, item=share)
