"""Somebody has joined the lieu's association: the conciergerie is asked whether to invite them, and whoever is there
already is noted. Hour by hour, for as long as the lieu has such a service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypedDict, TypeVar, cast

from bot.arrivals.arrivals import Arrivals
from bot.arrivals.full_names import emailed
from bot.arrivals.members import Member, Members
from bot.arrivals.memberships import MOST_NAMESAKES, Memberships, Namesakes, holds, last_day
from bot.errors import Refused
from bot.lieux import Lieu
from bot.services.ownership import Ownership
from bot.store import memberships as store
from bot.store.arrivals import GOING_ON
from bot.store.memberships import Membership, Seen
from bot.talk import PRIVATE, Email, Option, Role, Verdict, days, dialogue, hours
from bot.talk.answers.verdict import Decided
from bot.talk.outages import tried
from bot.talk.ports import Facts
from bot.talk.talk import Silence, Talk
from bot.words import fold
from integrations.directory import Directory
from integrations.helloasso import HelloAsso

TRIES = 48  # hours that a directory is waited for
HOURS = 24  # a conversation of a day: it is replayed whole
ONE_BY_ONE = 4  # on the day of a general assembly there is one question for all
SHOWN = 8
MOST = 150  # on a list for `!inviter`
LOOKED_FOR = 300  # accounts of people who joined before the bot knew of it
TWO_DAYS, MONTH = days(2), days(30)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about memberships are handed."""

    lieu: Lieu
    facts: Facts
    members: Members
    arrivals: Arrivals
    directory: Directory
    ownership: Ownership
    memberships: Memberships
    helloasso: HelloAsso | None


# -- hour by hour


@dialogue("memberships", action="memberships", role=Role.CONCIERGE, places=PRIVATE, standing=True)
async def memberships(talk: Talk, tools: Tools) -> None:
    """What is away is read an hour later; `!état` tells of it."""
    if not await talk.look("is-set-up", _is_set_up, tools, apart=True):
        return
    lieu, office = tools.lieu, tools.lieu.office or talk.room
    for _ in range(HOURS):
        await talk.do("read", tried, partial(_read, tools))
        known = await talk.look("known", tools.memberships.untold, lieu)
        if known is not None:
            await talk.begin("memberships-known", talk.person, office, threaded=False, n=known)
            await talk.write("told", store.told, lieu.id)
        fresh = await talk.look("fresh", tools.memberships.fresh, lieu.id)
        if len(fresh) > ONE_BY_ONE:
            await talk.begin("joined-many", talk.person, office, item=f"{fresh[0]}", threaded=False, items=fresh)
        else:
            for item in fresh:
                await talk.begin("joined", talk.person, office, item=f"{item}", threaded=False, membership=item)
        if fresh:  # with what was begun: each is asked about once
            await talk.write("asked", store.asked, lieu.id, fresh)
        ended = await talk.look("ended", tools.memberships.ended, lieu)
        if len(ended) > ONE_BY_ONE:
            await talk.begin("memberships-ended", talk.person, office, item=ended[0], threaded=False, people=ended)
        else:
            for person in ended:
                await talk.begin("membership-ended", talk.person, office, item=person, threaded=False, about=person)
        if ended:
            await talk.write("end-told", store.end_told, lieu.id, ended)
        await talk.rest("an-hour", hours(1))
    await talk.begin("memberships", talk.person, office, threaded=False)


async def _is_set_up(tools: Tools) -> bool:
    return tools.helloasso is not None


async def _read(tools: Tools) -> None:
    """Nothing of anybody is kept but in its own table. It may have been taken away in the course of the day."""
    if (helloasso := tools.helloasso) is None:
        return
    since = await tools.memberships.since(tools.lieu.id, helloasso.scope)
    found = await helloasso.memberships(date.fromisoformat(since) if since else None)
    seen: list[Seen] = [
        {
            "item": one.item,
            "name": one.name,
            "email": one.email,
            "since_day": one.since.isoformat(),
            "last_day": one.until.isoformat() if one.until else None,
            "stands": one.stands,
        }
        for one in found
    ]
    await tools.memberships.note(tools.lieu, helloasso.scope, seen, whole=since is None)


# -- who is there already


class Recognised(TypedDict):
    """`where` they are: "here", "coming" where they were invited, empty where nobody is recognised who is either; who
    `may` be meant by the name; whether it is their first membership that we know of, or `again` one."""

    where: str
    may: list[Member]
    again: bool


class Known:
    """Who is in the lieu, and the memberships that we know of: read once for all who are looked for; and whether the
    directory `is_asked` as well."""

    def __init__(self, present: list[Member], rows: list[Membership], *, is_asked: bool) -> None:
        self.rows, self.names, self.is_asked = rows, Namesakes(present), is_asked
        self.present = {one["person"]: one for one in present}
        self._by: dict[str, list[Membership]] = {}
        for row in rows:
            for key in {row["person"], fold(row["name"])} - {None}:
                self._by.setdefault(str(key), []).append(row)

    def others(self, row: Membership, person: str) -> list[Membership]:
        """Other memberships of the same person, or of the same name."""
        found = [*self._by.get(fold(row["name"]), ()), *(self._by.get(person, ()) if person else ())]
        return [one for one in found if one["item"] != row["item"]]


async def _known(tools: Tools, is_asked: bool) -> Known:
    present, rows = await tools.members.present(tools.lieu), await tools.memberships.all(tools.lieu.id)
    return Known(present, rows, is_asked=is_asked)


async def _patiently(talk: Talk, step: str, reading: Callable[..., Awaitable[T]], *args: Any) -> T:
    """A directory that is away is waited for, for two days and without a word (`!état` tells of it): whoever has an
    account must not be taken for a stranger."""
    for _ in range(TRIES):
        told = await talk.look(step, tried, partial(reading, *args, True))
        if "is" in told:
            return cast(T, told["is"])
        await talk.rest(f"{step}-later", hours(1))
    return await talk.look(f"{step}-at-last", reading, *args, False)


async def _recognised(tools: Tools, row: Membership, known: Known) -> Recognised:
    """By an address, of an invitation or an account; a name must be asked about, also the one of another membership of
    somebody who is here."""
    lieu, person = tools.lieu.id, row["person"] or ""
    if not person and row["email"] and known.is_asked:
        person = await _by_account(tools, row["email"])
    arrival = await tools.arrivals.of_person(lieu, person) if person else None
    where = "coming" if arrival is not None and arrival["status"] in GOING_ON else ""
    where = "here" if person in known.present else where
    if where:
        await tools.memberships.belongs(lieu, row["item"], person)
    others = known.others(row, person)
    may = {one["person"]: known.present[one["person"]] for one in others if one["person"] in known.present}
    may |= {one["person"]: one for one in known.names.of(row["name"])}
    return {"where": where, "may": [] if where else [*may.values()][:MOST_NAMESAKES], "again": bool(others)}


async def _by_account(tools: Tools, email: str) -> str:
    """Of the lieu alone. Raises Unavailable."""
    try:
        found = await tools.directory.find(email=email) if "accounts" in await tools.directory.capabilities() else ()
    except Refused:  # a right that the bot lacks there, which `!état` tells
        return ""
    for account in found:
        if await tools.ownership.owns_account(tools.lieu.id, account.login):
            return tools.facts.local(account.login)
    return ""


async def _recognise(tools: Tools, item: int, is_asked: bool) -> Recognised | None:
    row = await tools.memberships.get(tools.lieu.id, item)
    return await _recognised(tools, row, await _known(tools, is_asked)) if row else None


# -- one person


@dialogue("joined", action="memberships", silence="")
async def joined(talk: Talk, tools: Tools, membership: int) -> None:
    lieu = tools.lieu.id
    row = await talk.look("row", tools.memberships.get, lieu, membership)
    known = await _patiently(talk, "known", _recognise, tools, membership)
    if row is None or known is None or row["status"] != "asked":
        return
    who, until = row["name"], last_day(row)
    if where := known["where"]:
        await talk.say(f"joined.{where}", notice=True, who=who, how=_how(talk, known), until=_until(talk, until))
        return
    try:
        decided = await _decided(talk, row, known)
    except Silence:
        await talk.do("undecided", tools.memberships.settle, lieu, [membership], "known")
        return
    if decided.what == "no":
        await talk.do("aside", tools.memberships.settle, lieu, [membership], "aside")
        await talk.say("set-aside", who=who)
    elif decided.what == "yes":
        await _invite(talk, tools, row, decided.by)
    else:
        await talk.do("theirs", tools.memberships.belongs, lieu, membership, decided.what)
        name = next(one["name"] for one in known["may"] if one["person"] == decided.what)
        await talk.say("is-here", who=who, name=name, until=_until(talk, until))


async def _decided(talk: Talk, row: Membership, known: Recognised) -> Decided:
    may = known["may"]
    options = tuple(Option(one["person"], talk.phrase("is", name=one["name"], person=one["person"])) for one in may)
    how = "joined-known" if may else ""
    answer = Verdict(options, yes="joined.invite", no="joined.leave", how=how)
    reach = talk.phrase("with-email", email=emailed(talk, row["email"])) if row["email"] else talk.phrase("no-email")
    return await talk.ask(
        "decide-known" if may else "decide",
        answer,
        of="memberships",
        remind=TWO_DAYS,
        within=MONTH,
        who=row["name"],
        how=_how(talk, known),
        until=_until(talk, last_day(row)),
        reach=reach,
    )


def _how(talk: Talk, known: Recognised) -> str:
    return talk.phrase("renews" if known.get("again") else "joins")


def _until(talk: Talk, day: date | None) -> str:
    return talk.phrase("until", day=day) if day else talk.phrase("endless")


async def _invite(talk: Talk, tools: Tools, row: Membership, by: str) -> None:
    """From here on it is `!inviter`, by whoever said yes: it shows what it has understood, and asks whether it is
    right."""
    still = await talk.look("still", _still, tools, row["item"])
    if not still:
        await talk.do("not-invited", tools.memberships.settle, tools.lieu.id, [row["item"]], "known")
        await talk.say("over", who=row["name"])
        return
    domains = partial(tools.arrivals.domains, tools.lieu)
    try:
        email = row["email"] or await talk.ask("email", Email(domains), of=by, within=days(1), who=row["name"])
    except Silence:
        await talk.do("undecided", tools.memberships.settle, tools.lieu.id, [row["item"]], "known")
        return
    await talk.do("invited", tools.memberships.settle, tools.lieu.id, [row["item"]], "invited")
    await talk.begin("invite", by, talk.room, given={"who": _line(row["name"], email)})


async def _still(tools: Tools, item: int) -> bool:
    """It may have been cancelled while it was asked about."""
    row = await tools.memberships.get(tools.lieu.id, item)
    return row is not None and holds(row, tools.memberships.today(tools.lieu))


def _line(name: str, email: str) -> str:
    """As a concierge would type it."""
    return f"{name} <{email}>"


# -- many


class Wanting(TypedDict):
    """Who is not there: those who can be invited (`items`, as `lines` for `!inviter`, by their `names`); of how many
    there is no address; who may be there under another name; and how many are `here`."""

    items: list[int]
    lines: list[str]
    names: list[str]
    unreachable: int
    may: list[str]
    here: int


async def _wanting(tools: Tools, items: list[int] | None, is_asked: bool) -> Wanting:
    """Of these, or of all whose membership holds."""
    wanting: Wanting = {"items": [], "lines": [], "names": [], "unreachable": 0, "may": [], "here": 0}
    known, emails, today = await _known(tools, is_asked), set[str](), tools.memberships.today(tools.lieu)
    rows = [row for row in known.rows if holds(row, today) and (items is None or row["item"] in items)]
    for row in rows[:LOOKED_FOR]:
        found = await _recognised(tools, row, known)
        if found["where"]:
            wanting["here"] += 1
        elif found["may"]:
            wanting["may"].append(row["name"])
        elif not row["email"]:
            wanting["unreachable"] += 1
        elif row["email"] not in emails and len(wanting["items"]) < MOST:
            emails.add(row["email"])
            wanting["items"].append(row["item"])
            wanting["lines"].append(_line(row["name"], row["email"]))
            wanting["names"].append(row["name"])
    return wanting


@dialogue("memberships-known", action="memberships", silence="")
async def memberships_known(talk: Talk, tools: Tools, n: int) -> None:
    """When it begins: what was before is no news. Whoever is not there is offered to `!inviter`, once."""
    if not n:
        await talk.say("none-yet")
        return
    await talk.say("known", n=n)
    await _offer(talk, tools, await _patiently(talk, "wanting", _wanting, tools, None), first=True)


@dialogue("joined-many", action="memberships", silence="")
async def joined_many(talk: Talk, tools: Tools, items: list[int]) -> None:
    """More at once than can be asked about one by one."""
    wanting = await _patiently(talk, "wanting", _wanting, tools, items)
    others = [item for item in items if item not in wanting["items"]]
    await talk.do("others", tools.memberships.settle, tools.lieu.id, others, "known")
    if wanting["here"]:
        await talk.say("many-here", notice=True, n=wanting["here"])
    await _offer(talk, tools, wanting, first=False)


async def _offer(talk: Talk, tools: Tools, wanting: Wanting, *, first: bool) -> None:
    lieu, items = tools.lieu.id, wanting["items"]
    also = (
        [talk.phrase("may-be-here", n=len(wanting["may"]), people=_some(talk, wanting["may"]))]
        if wanting["may"]
        else []
    )
    also += [talk.phrase("unreachable", n=wanting["unreachable"])] if wanting["unreachable"] else []
    if not items:
        if also:
            await talk.say("besides", lines=also)
        return
    answer = Verdict(yes="joined.invite", no="joined.leave")
    people = _some(talk, wanting["names"])
    try:
        decided = await talk.ask(
            "missing" if first else "many",
            answer,
            of="memberships",
            remind=TWO_DAYS,
            within=MONTH,
            n=len(items),
            people=people,
        )
    except Silence:
        await talk.do("undecided", tools.memberships.settle, lieu, items, "known")
        return
    if decided.what == "no":
        await talk.do("aside", tools.memberships.settle, lieu, items, "aside")
        await talk.say("all-aside", n=len(items))
    else:
        await talk.do("invited", tools.memberships.settle, lieu, items, "invited")
        await talk.begin("invite", decided.by, talk.room, given={"who": "\n".join(wanting["lines"])})
    await _say_who_else(talk, wanting)


async def _say_who_else(talk: Talk, wanting: Wanting) -> None:
    may, unreachable = wanting["may"], wanting["unreachable"]
    lines = [talk.phrase("may-be-here", n=len(may), people=_some(talk, may))] if may else []
    lines += [talk.phrase("unreachable", n=unreachable)] if unreachable else []
    if lines:
        await talk.say("besides", lines=lines)


def _some(talk: Talk, names: list[str]) -> list[str]:
    rest = len(names) - SHOWN
    return names if rest <= 0 else [*names[:SHOWN], talk.phrase("others", n=rest)]
