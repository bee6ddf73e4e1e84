"""Whom another lieu sends to a project: strangers, who get a seat in its room and nothing more, a few at a time. Only
who has entered it and says yes there is written to in private, and gets a link to its folder."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.errors import Refused
from bot.store.projects import Partner, Plan
from bot.talk import YesNo, days, dialogue
from bot.talk.outages import AWAY, at_once
from bot.talk.talk import Silence, Talk

from .common_room import bring_later
from .folder_access import TO_OPEN, Sharing, Tools, passed_over

ANSWER = days(14)
MOST_NAMED = 10  # in one sentence


@dialogue("project-guests", action="agree", lasting=True)
async def project_guests(talk: Talk, tools: Tools, request: str, partner: str) -> None:
    """Those of the partner's own servers are invited; about the others our concierges are asked."""
    plan, other = await _partner(talk, tools, request, partner)
    if other is None:
        return
    guests = [person for person in other["people"] if person not in plan["coming"]]
    known = [person for person in guests if _is_theirs(tools, other, person)]
    await _bring(talk, tools, plan, partner, known)
    strangers = [person for person in guests if person not in known][:MOST_NAMED]  # those who are shown, and no others
    if strangers and await _are_wanted(talk, tools, plan, other, strangers):
        await _bring(talk, tools, plan, partner, strangers)


async def _partner(talk: Talk, tools: Tools, request: str, partner: str) -> tuple[Plan, Partner | None]:
    plan = await talk.look("plan", tools.plan, request)
    other = next((one for one in plan["partners"] if one["lieu"] == partner), None)
    return plan, other if plan["open"] and plan["room"] else None


def _is_theirs(tools: Tools, other: Partner, person: str) -> bool:
    """Where one bot has both lieux, it knows who said yes."""
    return other["bot"] == tools.facts.me or person.partition(":")[2] in other["servers"]


async def _are_wanted(talk: Talk, tools: Tools, plan: Plan, other: Partner, strangers: list[str]) -> bool:
    if not await talk.do("may-ask", tools.projects.may_ask, plan["request"], other["lieu"], talk.id):
        return False
    try:
        return await talk.ask(
            "project.strangers",
            YesNo(),
            of="agree",
            within=ANSWER,
            lieu=other["name"],
            project=plan["title"],
            people=strangers,
        )
    except Silence:
        return False


async def _bring(talk: Talk, tools: Tools, plan: Plan, partner: str, people: list[str]) -> None:
    """Each as anybody else in the room, when it is their turn."""
    missing = []
    for person in people:
        while seconds := await talk.do("turn", tools.projects.turn, plan["request"], partner, person, item=person):
            await talk.rest("turn", timedelta(seconds=seconds))
        try:
            await talk.do("bring", at_once, tools.invite, plan["request"], plan["room"], person, item=person)
        except Refused as no:
            if no.code == AWAY:
                await bring_later(talk, plan["request"], plan["room"], person)
            else:
                missing.append(person)
    if missing:
        await talk.say("project.not-brought", people=[*missing[:MOST_NAMED], *(["…"] if missing[MOST_NAMED:] else [])])


# -- the folder


async def offer_link(talk: Talk, sharing: Sharing, folder: str, plan: Plan, people: list[str]) -> None:
    """To each who comes into the common room, asked there once, however often their lieu names them."""
    if not plan["room"]:
        return
    served = set((await talk.look("served", sharing.projects.shares, sharing.lieu, sharing.request)).values())
    for person in people:
        await talk.do("direct", passed_over, item=person)  # conversations of before opened a private room at once
        if person not in served and await talk.do(
            "first", sharing.projects.may_offer, sharing.request, person, talk.id, item=person
        ):
            told: dict[str, Any] = {"request": sharing.request, "folder": folder, "title": plan["title"]}
            await talk.begin("project-guest", person, plan["room"], item=person, **told)


@dialogue("project-guest", action="help", within=TO_OPEN)
async def project_guest(talk: Talk, tools: Tools, request: str, folder: str, title: str) -> None:
    """Nobody is written to in private because somebody else named them."""
    await talk.joined("inside", talk.room, talk.person, within=TO_OPEN)
    who = await talk.look("name", tools.facts.display_name, talk.person)
    yes = await talk.ask("project.guest-link", YesNo(), mentions=[talk.person], project=title, who=who)
    if not yes or not await talk.look("welcome", tools.has_guest, request, talk.room, talk.person):
        return
    private = await talk.do("direct", tools.rooms.direct, talk.person)
    told: dict[str, Any] = {"request": request, "folder": folder, "title": title}
    await talk.begin("project-link", talk.person, private, **told)
