"""`!modérer`: whom, and what is to be done; and what the person is told of it, in private."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from bot.arrivals.full_names import addressed
from bot.arrivals.members import Members
from bot.errors import Refused
from bot.lieux import Lieu
from bot.moderation.ban_lists import BanLists
from bot.moderation.scope import NamedRoom, Scope, everywhere
from bot.moderation.silences import Silences
from bot.talk import (
    PERHAPS_ASKING,
    PRIVATE,
    Choice,
    Member,
    Mention,
    Option,
    Role,
    Text,
    command,
    days,
    dialogue,
    hours,
)
from bot.talk.ports import Facts, Membership, PolicyLists, Rooms
from bot.talk.talk import Talk

ACTS = ("warn", "silence", "erase", "exclude")


@command("moderate", action="moderate", role=Role.CONCIERGE, places=PRIVATE, takes=("who",), within=hours(1))
async def moderate(talk: Talk, lieu: Lieu, facts: Facts, scope: Scope, silences: Silences) -> None:
    server = facts.local("").partition(":")[2]
    who = await talk.ask("who", Member(partial(_names, facts, lieu), server))
    liftable = await talk.look("liftable", _liftable, facts, silences, lieu, who.id)
    spared = await talk.look("spared", scope.spared, lieu, who.id, talk.person)
    if spared and not liftable:
        await talk.say(f"moderation.{spared}", who=who.name)
        return
    offered = [] if spared or liftable == "ban" else [*ACTS]
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
    own = await talk.look("own-list", lists.own, lieu.id)
    own_list: list[NamedRoom] = (
        [{"room_id": own, "name": talk.phrase("lists.list-name", lieu=lieu.name)}] if own else []
    )
    refused = await talk.do("lift", _lift, scope, membership, silences, policy_lists, lieu, about, what, own_list)
    talk.note("lifted", about)
    await talk.say(f"moderation.lift-done-{what}", who=name)
    if refused:
        await talk.say("could-not", rooms=refused)
    await talk.begin("tell", about, talk.room, what=f"lifted-{what}", by=talk.person)


async def _lift(
    scope: Scope,
    membership: Membership,
    silences: Silences,
    policy_lists: PolicyLists,
    lieu: Lieu,
    person: str,
    what: str,
    own: list[NamedRoom],
) -> list[str]:
    """The names of the rooms, our own list among them, where something could not be lifted."""
    rooms = await scope.rooms(lieu)
    banned = rooms if what == "ban" else []
    refused = await everywhere(banned, lambda room_id: membership.unban(room_id, person))
    refused += await everywhere(own, lambda room_id: policy_lists.withdraw(room_id, person))
    still_silent = await silences.end_all(lieu.id, person)
    return refused + [room["name"] for room in rooms if room["room_id"] in still_silent]


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
