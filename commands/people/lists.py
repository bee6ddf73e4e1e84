"""`!listes`: the ban lists that the lieu reads, what it does with them, and the one that it keeps for others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.arrivals.full_names import named
from bot.arrivals.members import Members
from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.identifiers import ids_in
from bot.moderation.ban_lists import BanLists, Meant
from bot.moderation.scope import Scope
from bot.people import People
from bot.store.ban_lists import BanList
from bot.talk import PERHAPS_UNSAID, PRIVATE, Choice, Link, Option, Role, Text, Verdict, command, days, dialogue, hours
from bot.talk.budgets import Budget, Budgets, of_lieu
from bot.talk.ports import Facts, Membership, PolicyLists, Rooms
from bot.talk.talk import Silence, Talk
from integrations.directory import login_from

MOST = 20  # questions at once, for those whom a new list means already
PROPOSALS = Budget("list-proposals", 24)  # of all lists, to one lieu in an hour
WAYS = ("proposed", "applied")


@command("lists", action="ban-lists", role=Role.CONCIERGE, places=PRIVATE, takes=("address",), within=hours(1))
async def lists(
    talk: Talk,
    lieu: Lieu,
    lists: BanLists,
    membership: Membership,
    policy_lists: PolicyLists,
    facts: Facts,
    rooms: Rooms,
) -> None:
    if not lieu.office:
        await talk.say("no-office")
        return
    followed = await talk.look("followed", lists.followed, lieu.id)
    own = await talk.look("own", lists.own, lieu.id)
    act = "follow" if talk.was_given("address") else await _act(talk, facts, followed, own)
    if act == "follow":
        await _follow(talk, lieu, lists, policy_lists, facts)
    elif act == "unfollow":
        await _unfollow(talk, lieu, lists, membership, followed)
    elif act == "keep":
        await _keep(talk, lieu, lists, policy_lists, rooms)


async def _act(talk: Talk, facts: Facts, followed: list[BanList], own: str | None) -> str:
    if followed:
        await talk.say("followed", lists=[talk.phrase(f"lists.{row['how']}", name=row["name"]) for row in followed])
    if own:
        await talk.say("keeping", address=Link(await talk.look("link", facts.link, own)))
    offered = ["follow", *(["unfollow"] if followed else []), *([] if own else ["keep"]), "nothing"]
    return await talk.ask("act", Choice([Option(each, key=f"lists.act.{each}") for each in offered]))


async def _follow(talk: Talk, lieu: Lieu, lists: BanLists, policy_lists: PolicyLists, facts: Facts) -> None:
    text = await talk.ask("address", Text(PERHAPS_UNSAID, max=255, pointed=True))
    address = next((id for id in ids_in(text) if id.startswith("#")), text)
    how = await talk.ask("how", Choice([Option(each, key=f"lists.how.{each}") for each in WAYS]))
    await talk.confirm(f"lists.sure-{how}", address=address)
    if how == "applied" and not await talk.seconded("apply", needed="exclude" in lieu.choices.two, address=address):
        return
    try:
        room_id = await talk.do("join", policy_lists.join_list, address)
        rules = await talk.look("rules", _count, policy_lists, room_id)
        name = await talk.look("name", facts.name, room_id)
    except Refused:
        await talk.say("not-found", address=address)
        return
    await talk.do("follow", lists.follow, lieu.id, room_id, name or address, how, talk.person)
    talk.note("list-followed", None, list=address, how=how)
    await talk.say("following", n=rules, name=name or address)
    meant = await talk.look("meant", _meant, lists, policy_lists, lieu, room_id)
    for one in meant[:MOST]:
        more: dict[str, Any] = {**one, "source": name or address, "applied": how == "applied"}
        await talk.begin("listed", talk.person, str(lieu.office), item=one["about"], **more)


async def _count(policy_lists: PolicyLists, room_id: str) -> int:
    return len(await policy_lists.rules(room_id))


async def _meant(lists: BanLists, policy_lists: PolicyLists, lieu: Lieu, room_id: str) -> list[Meant]:
    return await lists.listed(lieu, await policy_lists.rules(room_id))


async def _unfollow(talk: Talk, lieu: Lieu, lists: BanLists, membership: Membership, followed: list[BanList]) -> None:
    which = await talk.ask("which", Choice([Option(row["room_id"], row["name"]) for row in followed]))
    name = next(row["name"] for row in followed if row["room_id"] == which)
    if await talk.do("unfollow", lists.unfollow, lieu.id, which):
        await talk.do("leave", membership.leave, which)
    talk.note("list-left", None, list=name)
    await talk.say("left", name=name)


async def _keep(talk: Talk, lieu: Lieu, lists: BanLists, policy_lists: PolicyLists, rooms: Rooms) -> None:
    """A list of the lieu's own, that everybody may read."""
    await talk.confirm("keep-sure", lieu=lieu.name)
    name = talk.phrase("list-name", lieu=lieu.name)
    room_id = await talk.do("make", rooms.create, f"list/{lieu.id}", name=name, join="public")
    slug = login_from(lieu.name).replace(".", "-") or "lieu"
    address = await talk.do("address", policy_lists.open_list, room_id, f"exclusions-{slug}-{lieu.id}")
    await talk.do("keep", lists.follow, lieu.id, room_id, name, "ours", talk.person)
    talk.note("list-kept", None, list=address)
    await talk.say("kept", address=address)


@dialogue("listed", action="ban-lists", lasting=True)
async def listed(
    talk: Talk,
    lieu: Lieu,
    scope: Scope,
    facts: Facts,
    members: Members,
    budgets: Budgets,
    about: str,
    name: str,
    reason: str,
    source: str,
    applied: bool,
    people: People,
) -> None:
    """Somebody of the lieu is on a list: their exclusion is proposed, a few at a time, or made, as the lieu chose.
    Nobody is excluded in the name of a concierge who has left: then it is proposed."""
    turn = (PROPOSALS, of_lieu(lieu.id), f"{talk.id}")
    while not applied and (pause := await talk.look("turn", budgets.wait, *turn)):
        await talk.rest("queue", timedelta(seconds=pause))
    if await talk.look("here", facts.membership, lieu.space, about) not in ("join", "invite"):
        return
    if await talk.look("spared", scope.spared, lieu, about):
        await talk.say("spared", source=source, who=name)
        return
    why = reason or talk.phrase("no-reason")
    by = talk.person
    applied = applied and await talk.look("stands", people.may, by, "ban-lists", lieu)
    if applied:
        await talk.say("applying", source=source, who=name)
    elif not (by := await _agreed(talk, lieu, members, about, name, source, why)):
        return
    told = talk.phrase("told", source=source, reason=why)
    await talk.begin("exclude", by, talk.room, about=about, name=name, listed=told, applied=applied)


async def _agreed(talk: Talk, lieu: Lieu, members: Members, about: str, name: str, source: str, why: str) -> str:
    """The concierge who says yes, or nobody."""
    who = await named(talk, members, lieu, about, name)
    try:
        verdict = await talk.ask(
            "propose", Verdict(), of="moderate", remind=days(1), within=days(30), source=source, who=who, reason=why
        )
    except Silence:
        return ""
    if verdict.what == "yes":
        return verdict.by
    talk.note("list-ignored", about, by=verdict.by, list=source)
    return ""


@dialogue("listed-many", action="ban-lists", lasting=True)
async def listed_many(talk: Talk, source: str, n: int, people: list[str]) -> None:
    """A rule means many people of the lieu at once: nothing is done by itself."""
    await talk.say("many", source=source, n=n, people=people)
