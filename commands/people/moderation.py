"""`!modérer`: whom, and what is to be done; and what the person is told of it, in private."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from bot.arrivals.full_names import addressed
from bot.arrivals.members import Members
from bot.errors import Refused
from bot.lieux import Lieu
from bot.moderation.ban_lists import BanLists
from bot.moderation.bans import lift_everywhere, named_list
from bot.moderation.scope import Scope
from bot.moderation.silences import Silences
from bot.talk import (
    PERHAPS_ASKING,
    PRIVATE,
    Choice,
    Member,
    Mention,
    Option,
    Role,
    Targets,
    Text,
    command,
    days,
    dialogue,
    hours,
)
from bot.talk.ports import Facts, Membership, PolicyLists, Rooms
from bot.talk.talk import Talk

ACTS = ("warn", "silence", "erase", "exclude")


@command(
    "moderate", action="moderate", role=Role.CONCIERGE, places=PRIVATE, takes=("who",), person="who", within=hours(1)
)
async def moderate(talk: Talk, lieu: Lieu, facts: Facts, scope: Scope, silences: Silences) -> None:
    server = facts.local("").partition(":")[2]
    found = await talk.ask("who", Targets(Member(partial(_names, facts, lieu), server)))
    who = found.alone
    if who is None:
        await talk.begin("exclude-several", talk.person, talk.room, found=asdict(found))
        return
    liftable = await talk.look("liftable", _liftable, facts, silences, lieu, who.id)
    spared = await talk.look("spared", scope.spared, lieu, who.id, talk.person)
    if spared and not liftable:
        await talk.say(f"moderation.{spared}", who=who.name)
        return
    offered = [] if spared or liftable == "ban" else [*ACTS]
    if liftable == "ban" and not spared and await talk.look("still-inside", _is_inside, facts, scope, lieu, who.id):
        offered = ["exclude"]
    offered += ["lift"] if liftable else []
    act = offered[0]
    if len(offered) > 1:
        options = [Option(each, key=f"moderation.act.{each}") for each in offered]
        act = await talk.ask("act", Choice(options), who=who.name)
    await talk.begin(act, talk.person, talk.room, about=who.id, name=who.name)


async def _names(facts: Facts, lieu: Lieu) -> dict[str, str]:
    return {each["person"]: each["name"] for each in await facts.people(lieu.space)}


async def _liftable(facts: Facts, silences: Silences, lieu: Lieu, person: str) -> str:
    """`ban`, `silence`, or nothing."""
    if await facts.membership(lieu.space, person) == "ban":
        return "ban"
    return "silence" if await silences.rooms(lieu.id, person) else ""


async def _is_inside(facts: Facts, scope: Scope, lieu: Lieu, person: str) -> bool:
    """Whether somebody who is excluded is in one of the rooms all the same: the bot had no right there."""
    there = await facts.memberships(person, [room["room_id"] for room in await scope.rooms(lieu)])
    return bool({"join", "invite"} & {*there.values()})


@dialogue("warn", action="moderate", within=hours(1))
async def warn(talk: Talk, lieu: Lieu, scope: Scope, members: Members, about: str, name: str) -> None:
    """A word in private, and nothing else."""
    reason = await talk.ask("reason", Text(PERHAPS_ASKING, max=500), who=name)
    address = await addressed(talk, members, lieu, about, name)
    await talk.confirm("warn-sure", who=name, address=address, reason=reason)
    if spared := await talk.look("spared", scope.spared, lieu, about, talk.person):
        await talk.say(f"moderation.{spared}", who=name)
        return
    talk.note("warned", about, reason=reason)
    await talk.say("warn-done", who=name)
    await talk.begin("tell", about, talk.room, what="warned", by=talk.person, reason=reason)


@dialogue("lift", action="moderate", within=hours(1))
async def lift(
    talk: Talk,
    lieu: Lieu,
    facts: Facts,
    scope: Scope,
    membership: Membership,
    silences: Silences,
    lists: BanLists,
    policy_lists: PolicyLists,
    members: Members,
    about: str,
    name: str,
) -> None:
    """The end of a silence, of an exclusion, or of both."""
    what = await talk.look("what", _liftable, facts, silences, lieu, about)
    if not what:
        await talk.say("nothing-to-lift", who=name)
        return
    address = await addressed(talk, members, lieu, about, name)
    await talk.confirm(f"moderation.lift-sure-{what}", who=name, address=address)
    together = what == "ban" and "exclude" in lieu.choices.two
    if not await talk.seconded("lift", needed=together, about=f"{name} ({address})"):
        return
    own = named_list(await talk.look("own-list", lists.own, lieu.id), talk.phrase("lists.list-name", lieu=lieu.name))
    lifting = (scope, membership, silences, policy_lists)
    refused = await talk.do("lift", lift_everywhere, *lifting, lieu, about, what, own)
    talk.note("lifted", about)
    await talk.say(f"moderation.lift-done-{what}", who=name)
    if refused:
        await talk.say("could-not", rooms=refused)
    await talk.begin("tell", about, talk.room, what=f"lifted-{what}", by=talk.person)


@dialogue("tell", action="be-welcomed", silence="")
async def tell(
    talk: Talk, lieu: Lieu, facts: Facts, rooms: Rooms, what: str, by: str, reason: str = "", until: int | None = None
) -> None:
    """What was done to them, why, and with whom to talk about it: in private, once they are there to read it."""
    try:
        room = await talk.do("room", rooms.direct, talk.person)
        await talk.joined("here", room, talk.person, within=days(30))
    except Refused:
        await talk.say("untold", who=await talk.look("who", facts.display_name, talk.person))
        return
    end = until and datetime.fromtimestamp(until / 1000, UTC)
    name = await talk.look("by", facts.display_name, by)
    words: dict[str, Any] = {"lieu": lieu.name, "by": Mention(by, name), "reason": reason, "until": end or ""}
    await talk.say(f"moderation.told-{what}", to=room, **words)
