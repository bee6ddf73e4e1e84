"""`!signaler`: a member replies to a message with it, and the conciergerie sees that message, with buttons."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Required, TypedDict

from bot.errors import Refused
from bot.lieux import Lieu
from bot.moderation.scope import Scope
from bot.talk import PRIVATE, VERBATIM, Mention, Option, Role, Text, Verdict, command, days, dialogue
from bot.talk.budgets import Budget, Budgets, of_lieu, of_person
from bot.talk.command_line import Origin
from bot.talk.ports import Conversations, Facts, Moderation
from bot.talk.talk import Talk

# In an hour: beyond, a person tries later, and the cards of a lieu wait for their turn.
OF_ONE, OF_LIEU = Budget("reports", 10), Budget("report-cards", 20)
ACTS = ("warn", "silence", "exclude")


class Found(TypedDict, total=False):
    """The message that is meant, and its `author`; or why there is none (`problem`), and nothing else."""

    room_id: str
    room: str
    event_id: str
    author: str
    name: str
    text: str
    problem: Required[str]


class Report(TypedDict):
    by: str
    why: str


@command("report", action="report", role=Role.MEMBER, places=PRIVATE, takes=("why",), discreet=True)
async def report(
    talk: Talk,
    lieu: Lieu,
    facts: Facts,
    scope: Scope,
    moderation: Moderation,
    conversations: Conversations,
    budgets: Budgets,
    said: Origin,
) -> None:
    if said["room_id"] != talk.room:
        await _hide(talk, moderation, said)
    if not said["replies_to"]:
        await talk.say("how")
        return
    found = await talk.look("found", _found, facts, scope, moderation, lieu, said)
    if found["problem"]:
        await talk.say(f"report.{found['problem']}")
        return
    why = await talk.ask("why", Text(VERBATIM, max=300)) if talk.was_given("why") else ""
    if pause := await talk.look("turn", budgets.wait, OF_ONE, of_person(talk.person), f"{talk.id}"):
        await talk.say("report.enough", pause=timedelta(seconds=pause))
        return
    talk.note("reported", found["author"])
    await talk.say("thanks", lieu=lieu.name)
    about, one = found["event_id"], {"by": talk.person, "why": why}
    known = await talk.do("add", conversations.add, "reported", lieu.id, about, one)
    if known:
        return
    while pause := await talk.look("card", budgets.wait, OF_LIEU, of_lieu(lieu.id), f"{talk.id}"):
        await talk.rest("queue", timedelta(seconds=pause))
        known = await talk.do("add-later", conversations.add, "reported", lieu.id, about, one)
    if not known:
        await talk.begin("reported", talk.person, str(lieu.office), about=about, found=found, why=why)


async def _hide(talk: Talk, moderation: Moderation, said: Origin) -> None:
    """The report itself is nobody's business in the room."""
    try:
        await talk.do("hide", moderation.erase, said["room_id"], [said["event_id"]])
    except Refused:
        await talk.say("seen")


async def _found(facts: Facts, scope: Scope, moderation: Moderation, lieu: Lieu, said: Origin) -> Found:
    names = {room["room_id"]: room["name"] for room in await scope.rooms(lieu)}
    room_id, event_id = said["room_id"], str(said["replies_to"])
    if not lieu.office:
        return {"problem": "no-office"}
    if room_id not in names:
        return {"problem": "elsewhere"}
    quote = await moderation.quote(room_id, event_id)
    if quote is None:
        return {"problem": "gone"}
    if await scope.spared(lieu, quote["sender"]) == "me":
        return {"problem": "mine"}
    author, text = quote["sender"], quote["text"]
    name = await facts.display_name(author)
    return {
        "room_id": room_id,
        "room": names[room_id],
        "event_id": event_id,
        "author": author,
        "name": name,
        "text": text,
        "problem": "",
    }


@dialogue("reported", action="report", lasting=True, silence="")
async def reported(
    talk: Talk,
    lieu: Lieu,
    facts: Facts,
    scope: Scope,
    found: Found,
    why: str,
    also: list[Report] | None = None,
) -> None:
    """In the conciergerie: whoever looks after it decides, and goes on in their own name. `also`: who else reported it
    meanwhile, and why."""
    reports: list[Report] = [{"by": talk.person, "why": why}, *(also or [])]
    names = [await talk.look("by", facts.display_name, each["by"], item=each["by"]) for each in reports]
    words: dict[str, Any] = {
        "by": Mention(talk.person, names[0]),
        "author": Mention(found["author"], found["name"]),
        "room": found["room"],
        "text": found["text"] or talk.phrase("unreadable"),
        "why": _whys(talk, names, [each["why"] for each in reports]),
    }
    acts = tuple(Option(act, key=f"moderation.act.{act}") for act in ACTS)
    answer = Verdict(acts, "report.erase", "report.nothing")
    verdict = await talk.ask("card", answer, of="moderate", remind=days(1), within=days(30), **words)
    await _decided(talk, lieu, scope, found, verdict.what, verdict.by)


def _whys(talk: Talk, names: list[str], whys: list[str]) -> str:
    """How many reported it, and what they say of it."""
    if len(names) == 1:
        return talk.phrase("because", why=whys[0]) if whys[0] else ""
    said = [talk.phrase("says", who=who, why=why) for who, why in zip(names, whys, strict=True) if why]
    return "\n".join([talk.phrase("many", n=len(names), people=names), *said])


async def _decided(talk: Talk, lieu: Lieu, scope: Scope, found: Found, what: str, by: str) -> None:
    if what == "no":
        talk.note("report-closed", found["author"], by=by)
        return
    if spared := await talk.look("spared", scope.spared, lieu, found["author"], by):
        await talk.say(f"moderation.{spared}", who=found["name"])
        return
    about: dict[str, Any] = {"about": found["author"], "name": found["name"]}
    if what == "yes":
        about |= {"room_id": found["room_id"], "event_id": found["event_id"], "room": found["room"]}
    await talk.begin("erase-one" if what == "yes" else what, by, talk.room, **about)
