"""The membership of somebody has ended: a question to the conciergerie, and never an act. A kind word, nothing, or the
departure that `!départ` begins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypedDict

from bot.arrivals.members import Members
from bot.arrivals.memberships import Memberships, holds
from bot.errors import Refused
from bot.lieux import Lieu
from bot.talk import Option, Verdict, days, dialogue
from bot.talk.ports import Rooms
from bot.talk.talk import Talk

SHOWN = 8
TWO_DAYS, MONTH = days(2), days(30)


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about the end of memberships are handed."""

    lieu: Lieu
    members: Members
    memberships: Memberships
    rooms: Rooms


class Ended(TypedDict):
    """Whose it was, by the name that is known here; its last day (ISO)."""

    person: str
    who: str
    day: str


async def _over(tools: Tools, people: list[str]) -> list[Ended]:
    """Of those who are in the lieu, and have not renewed it meanwhile."""
    names = {one["person"]: one["name"] for one in await tools.members.present(tools.lieu)}
    rows = [await tools.memberships.of_person(tools.lieu.id, person) for person in people if person in names]
    today = tools.memberships.today(tools.lieu)
    return [
        {"person": row["person"], "who": names[row["person"]], "day": row["last_day"]}
        for row in rows
        if row and row["person"] and row["last_day"] and not holds(row, today)
    ]


@dialogue("membership-ended", action="memberships", silence="")
async def membership_ended(talk: Talk, tools: Tools, about: str) -> None:
    for one in await talk.look("over", _over, tools, [about]):
        leaves = Option("departure", key="membership_end.departure")
        answer = Verdict((leaves,), yes="membership_end.word", no="membership_end.nothing", how="membership-ended")
        decided = await talk.ask(
            "ended",
            answer,
            of="memberships",
            remind=TWO_DAYS,
            within=MONTH,
            who=one["who"],
            person=about,
            day=date.fromisoformat(one["day"]),
        )
        if decided.what == "departure":
            await talk.begin("departure", decided.by, talk.room, given={"who": about})
        elif decided.what == "yes":
            await _say_a_word(talk, tools, [about], decided.by)
        else:
            await talk.say("nothing-done")


@dialogue("memberships-ended", action="memberships", silence="")
async def memberships_ended(talk: Talk, tools: Tools, people: list[str]) -> None:
    """Those of many end on one day, where the association says so: one question for all."""
    over = await talk.look("over", _over, tools, people)
    if not over:
        return
    answer = Verdict(yes="membership_end.word", no="membership_end.nothing")
    names = _some(talk, [one["who"] for one in over])
    decided = await talk.ask(
        "ended-many", answer, of="memberships", remind=TWO_DAYS, within=MONTH, n=len(over), people=names
    )
    if decided.what == "yes":
        await _say_a_word(talk, tools, people, decided.by)
    else:
        await talk.say("nothing-done")


async def _say_a_word(talk: Talk, tools: Tools, people: list[str], by: str) -> None:
    """In private: that it has ended, and that the concierges are there for it. Nothing is asked of anybody."""
    told, shut = list[str](), list[str]()
    for one in await talk.look("still-over", _over, tools, people):
        try:
            room = await talk.do("private", tools.rooms.direct, one["person"], item=one["person"])
        except Refused:
            shut.append(one["who"])
            continue
        day = date.fromisoformat(one["day"])
        await talk.say("kind-word", to=room, item=one["person"], lieu=tools.lieu.name, day=day)
        talk.note("membership-word", one["person"], by=by)
        told.append(one["who"])
    if told:
        await talk.say("word-said", n=len(told), people=_some(talk, told))
    elif not shut:
        await talk.say("renewed-meanwhile")
    if shut:
        await talk.say("not-told", people=_some(talk, shut))


def _some(talk: Talk, names: list[str]) -> list[str]:
    rest = len(names) - SHOWN
    return names if rest <= 0 else [*names[:SHOWN], talk.phrase("others", n=rest)]
