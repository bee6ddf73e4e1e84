"""`!projet`: what the lieu does together with others; who comes, which other lieu, and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

from bot.errors import Refused
from bot.lieux import Lieu
from bot.network.projects import Projects
from bot.people import People, Place
from bot.store.projects import Plan
from bot.talk import PRIVATE, Choice, Member, Option, Role, YesNo, command, days, dialogue, hours
from bot.talk.pagination import pick
from bot.talk.ports import Facts
from bot.talk.talk import Talk

from .folder_access import Tools


@command(
    "project", action="project", role=Role.CONCIERGE, places=PRIVATE, takes=("which", "act", "who"), within=hours(1)
)
async def project(talk: Talk, tools: Tools) -> None:
    rows = await talk.look("rows", tools.projects.of, tools.lieu)
    if not rows:
        await talk.say("none")
        return
    which = await pick(talk, "which", [Option(row["request"], _line(talk, row), name=row["title"]) for row in rows])
    row = next(row for row in rows if row["request"] == which)
    await _tell(talk, tools.facts, row)
    if row["open"]:
        await _act(talk, tools, row)


def _line(talk: Talk, row: Plan) -> str:
    """« une découpeuse laser, avec Le Moulin »"""
    names = [one["name"] for one in row["partners"]]
    if not row["open"]:
        return talk.phrase("line-closed", project=row["title"])
    if not names:
        return talk.phrase("line-alone", project=row["title"])
    return talk.phrase("line", project=row["title"], lieux=names)


async def _tell(talk: Talk, facts: Facts, row: Plan) -> None:
    """Since when, who is there, and where its folder is."""
    since = datetime.fromtimestamp(row["since"] / 1000, UTC)
    if not row["open"]:
        await talk.say("one-closed", project=row["title"], day=since)
        return
    people = await talk.look("people", _people, facts, row)
    inside = talk.phrase("inside", people=people) if people else talk.phrase("inside-nobody")
    folder = [talk.phrase("folder", folder=row["folder"])] if row["folder"] else []
    await talk.say("one", project=row["title"], day=since, details=[inside, *folder])


async def _people(facts: Facts, row: Plan) -> list[str]:
    """Those who came into the room, bots left out."""
    bots = {facts.me, *(one["bot"] for one in row["partners"])}
    try:
        found = await facts.members(row["room"]) if row["room"] else {}
    except Refused:
        return []
    return sorted((name for person, name in found.items() if person not in bots), key=str.casefold)


async def _act(talk: Talk, tools: Tools, row: Plan) -> None:
    acts = {"people": _add_people, **({"lieu": _add_lieu, "close": _close} if row["home"] else {"leave": _leave})}
    act = await talk.ask("act", Choice([Option(name, key=f"project.act.{name}") for name in acts]))
    await acts[act](talk, tools, row)


# -- who else


async def _add_people(talk: Talk, tools: Tools, row: Plan) -> None:
    """Whoever is named decides for themselves: their address is shown to another lieu."""
    who = await talk.ask("who", Member(partial(_members, tools)))
    if who.id not in await talk.look("members", _members, tools):
        await talk.say("not-of-ours")
    elif who.id in row["coming"]:
        await talk.say("comes-already", who=who.name)
    else:
        private = await talk.do("direct", tools.rooms.direct, who.id)
        await talk.begin("project-bid", who.id, private, request=row["request"], by=talk.who)
        await talk.say("bidden", who=f"{who.name} ({who.id})")


async def _members(tools: Tools) -> dict[str, str]:
    people = await tools.facts.members(tools.lieu.space)
    return {person: name for person, name in people.items() if person != tools.facts.me}


@dialogue("project-bid", action="answer-request", remind=days(3), within=days(14))
async def project_bid(talk: Talk, lieu: Lieu, projects: Projects, people: People, request: str, by: str) -> None:
    """A member is asked whether they come."""
    plan = await talk.look("plan", projects.get, lieu, request)
    names = [one["name"] for one in plan["partners"]]
    if not names:
        return
    comes = await talk.ask("bid", YesNo(), who=by, project=plan["title"], lieux=names)
    if not comes:
        await talk.say("stays-out")
        return
    keeps = await talk.look("keeps", people.may, talk.person, "agree", lieu, Place.DIRECT, apart=True)
    await talk.do("come", projects.come, lieu, request, talk.person, keeps)
    talk.note("project-joined", talk.person, project=plan["title"])
    await talk.say("comes", project=plan["title"])


async def _add_lieu(talk: Talk, tools: Tools, row: Plan) -> None:
    others = await talk.look("others", tools.projects.others, tools.lieu, row["request"])
    if not others:
        await talk.say("no-other-lieu")
        return
    which = await pick(talk, "other", [Option(one["lieu"], one["name"]) for one in others])
    name = next(one["name"] for one in others if one["lieu"] == which)
    await talk.confirm("other-sure", lieu=name, project=row["title"])
    await talk.do("ask-lieu", tools.projects.ask_lieu, tools.lieu, row["request"], which)
    talk.note("project-proposed", project=row["title"], lieu=name)
    await talk.say("other-asked", lieu=name)


# -- the end


async def _close(talk: Talk, tools: Tools, row: Plan) -> None:
    await talk.confirm("close-sure", project=row["title"])
    await _end(talk, tools, row)
    await talk.say("closed", project=row["title"])


async def _leave(talk: Talk, tools: Tools, row: Plan) -> None:
    await talk.confirm("leave-sure", project=row["title"])
    await _end(talk, tools, row)
    await talk.say("left", project=row["title"])


async def _end(talk: Talk, tools: Tools, row: Plan) -> None:
    await talk.do("close", tools.projects.close, tools.lieu, row["request"])
    talk.note("project-ended", project=row["title"])
    await talk.begin("project-end", talk.person, talk.room, request=row["request"], home=row["home"])
