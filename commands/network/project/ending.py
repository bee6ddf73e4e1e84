"""The end of a project, or of a lieu's part in it: nobody reaches the folder any more, the room is only read."""

from __future__ import annotations

from datetime import timedelta

from bot.errors import Refused
from bot.store.projects import Plan
from bot.talk import dialogue
from bot.talk.ports import RoomSettings
from bot.talk.talk import Talk

from .reach import Doors, Hands

MEANWHILE = timedelta(hours=1)  # for partners to let go of the folder: one that vanishes stays empty in their cloud


@dialogue("project-end", action="project", lasting=True)
async def project_end(talk: Talk, hands: Hands, room_settings: RoomSettings, request: str, home: bool) -> None:
    """Ours is over, or we left another lieu's."""
    plan = await talk.look("plan", hands.plan, request)
    if home:
        try:
            if plan["room"]:
                await talk.do("archive", room_settings.archive, hands.lieu.space, plan["room"])
        except Refused as no:
            await talk.say("project.not-archived", project=plan["title"], why=talk.because(no))
    else:
        await talk.do("go", hands.go, request, plan["room"])
    doors = hands.at(request)
    if doors is None:
        return
    await _let_go(talk, doors, plan)
    shares = await talk.look("shares", hands.shares, request)
    await _end(talk, doors, {share: whose for share, whose in shares.items() if whose.startswith("@")})
    offered = {share: whose for share, whose in shares.items() if not whose.startswith("@")}
    if offered:
        await talk.rest("meanwhile", MEANWHILE)
        await _end(talk, doors, offered)


@dialogue("project-over", action="project", lasting=True)
async def project_over(
    talk: Talk,
    hands: Hands,
    request: str,
    partner: str,
    name: str,
    people: list[str],
) -> None:
    """The lieu that asked says that it is over."""
    plan = await talk.look("plan", hands.plan, request)
    await talk.do("lost", hands.lost, request, partner)
    talk.note("project-ended", project=plan["title"])
    await talk.say("project.over", project=plan["title"], lieu=name)
    await talk.do("go", hands.go, request, plan["room"])
    if doors := hands.at(request):
        await _let_go(talk, doors, plan)
        await _end(talk, doors, await talk.look("shares", hands.shares, request))


@dialogue("project-left", action="project", lasting=True)
async def project_left(
    talk: Talk,
    hands: Hands,
    request: str,
    partner: str,
    name: str,
    people: list[str],
) -> None:
    """Another lieu leaves our project: nobody of it reaches the folder any more."""
    plan = await talk.look("plan", hands.plan, request)
    await talk.do("lost", hands.lost, request, partner)
    talk.note("project-lieu-left", project=plan["title"], lieu=name)
    await talk.say("project.lieu-left", project=plan["title"], lieu=name)
    if doors := hands.at(request):
        shares = await talk.look("shares", hands.shares, request)
        gone = {partner, *people} - {*plan["coming"]}  # whoever is ours stays, whatever that lieu called them
        theirs = {share: whose for share, whose in shares.items() if whose in gone}
        await _end(talk, doors, theirs)


async def _let_go(talk: Talk, doors: Doors, plan: Plan) -> None:
    """Of the folder of another lieu; those with whom it was shared on lose it too."""
    if plan["offer"]:
        await talk.do("let-go", doors.cloud.federated.leave, plan["offer"])


async def _end(talk: Talk, doors: Doors, shares: dict[str, str]) -> None:
    for share in shares:
        try:
            await talk.do("end", doors.cloud.shares.remove, share, item=share)
        except Refused as no:
            await talk.say("project.share-stays", why=talk.because(no), item=share)
        await talk.do("disown", doors.ownership.disown, doors.lieu.id, "nextcloud", "share", share, item=share)
        await talk.do("forget", doors.projects.unshare, doors.lieu, doors.request, share, item=share)
