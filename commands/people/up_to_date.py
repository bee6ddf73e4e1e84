"""`!membres adhésions`: whose membership holds and until when, whose does not, who has joined without being in the
rooms, and of whom none is known. Yes or no, and a day: never what was paid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from bot.arrivals.members import Member, Members
from bot.arrivals.memberships import Memberships, Namesakes, holds, last_day
from bot.lieux import Lieu
from bot.store.memberships import Membership
from bot.talk import Choice, Many, Option, dialogue, hours
from bot.talk.pagination import read_out
from bot.talk.talk import Talk

KINDS = ("holding", "over", "outside", "unknown")
AT_ONCE = 8  # names in one question


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about whose membership holds are handed."""

    lieu: Lieu
    members: Members
    memberships: Memberships


class Pair(TypedDict):
    """A membership, and the member who may be meant by its name."""

    item: int
    called: str
    person: str
    name: str


class Seen(TypedDict):
    """Of members, by the name that is known here: whose membership is `holding` or `over`, each with it, and who has
    none that is `unknown` to nobody; the memberships that hold of those who are `outside`; and who `may` be whom."""

    holding: list[tuple[str, Membership]]
    over: list[tuple[str, Membership]]
    outside: list[Membership]
    unknown: list[str]
    may: list[Pair]


async def _seen(tools: Tools) -> Seen:
    present, today = await tools.members.present(tools.lieu), tools.memberships.today(tools.lieu)
    rows = await tools.memberships.all(tools.lieu.id)  # the last one of each counts
    last = {row["person"]: row for row in rows if row["person"]}
    theirs = [(one, last[one["person"]]) for one in present if one["person"] in last]
    here = {one["person"] for one in present}
    outside = [row for row in rows if holds(row, today) and row["person"] not in here]
    without = [one for one in present if one["person"] not in last]
    return {
        "holding": [(one["name"], row) for one, row in theirs if holds(row, today)],
        "over": [(one["name"], row) for one, row in theirs if not holds(row, today)],
        "outside": outside,
        "unknown": [one["name"] for one in without],
        "may": _pairs(outside, without),
    }


def _pairs(rows: list[Membership], members: list[Member]) -> list[Pair]:
    """Where one member alone may be meant, and nobody else is by the same name."""
    names, found = Namesakes(members), dict[str, Pair]()
    for row in rows:
        may = names.of(row["name"])
        if len(may) == 1:
            person, name = may[0]["person"], may[0]["name"]
            found.setdefault(person, {"item": row["item"], "called": row["name"], "person": person, "name": name})
    return [*found.values()]


@dialogue("up-to-date", action="members", within=hours(1))
async def up_to_date(talk: Talk, tools: Tools) -> None:
    seen = await talk.look("seen", _seen, tools)
    if seen["may"] and await _told_who_is_who(talk, tools, seen["may"][:AT_ONCE]):
        seen = await talk.look("seen-then", _seen, tools)
    counts = {kind: len(seen[kind]) for kind in KINDS}  # type: ignore[literal-required]
    options = [Option(kind, key=f"up_to_date.{kind}") for kind in KINDS if counts[kind]]
    lines = [talk.phrase(f"up_to_date.n-{kind}", n=counts[kind]) for kind in KINDS if counts[kind]]
    if not options:
        await talk.say("nobody")
        return
    kind = await talk.ask("which", Choice(options), optional=True, lieu=tools.lieu.name, lines=lines)
    if kind is None:
        return
    await read_out(talk, "list", _lines(talk, seen, kind))
    if kind == "outside":
        await talk.say("invite-them")


async def _told_who_is_who(talk: Talk, tools: Tools, pairs: list[Pair]) -> bool:
    """A name is no proof: it is asked, and a no is not asked again in this conversation."""
    options = [Option(str(pair["item"]), talk.phrase("pair", **pair)) for pair in pairs]
    same = await talk.ask("same-people", Many(options), optional=True, default=(), n=len(options))
    for pair in pairs:
        if str(pair["item"]) in same:
            item = pair["item"]
            await talk.do("belongs", tools.memberships.belongs, tools.lieu.id, item, pair["person"], item=f"{item}")
    return bool(same)


def _lines(talk: Talk, seen: Seen, kind: str) -> list[str]:
    match kind:
        case "holding":
            return [_line(talk, "until", name, row) for name, row in seen["holding"]]
        case "over":
            return [_line(talk, "since", name, row) for name, row in seen["over"]]
        case "outside":
            return [_line(talk, "until", row["name"], row) for row in seen["outside"]]
    return seen["unknown"]


def _line(talk: Talk, step: str, name: str, row: Membership) -> str:
    day = last_day(row)
    return talk.phrase(f"up_to_date.{step}", who=name, day=day) if day else talk.phrase("endless", who=name)
