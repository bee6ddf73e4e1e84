"""Somebody wants to be forgotten: they are told what goes and what stays, a concierge says yes, they leave as by
`!départ`, but for good, and what the bot keeps of them goes too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import NotRequired, TypedDict

from bot.arrivals.departures import Departures
from bot.arrivals.personal_data import PersonalData
from bot.errors import Refused
from bot.lieux import Lieu
from bot.services import opened_words
from bot.services.directory import is_homeserver
from bot.store.personal import Kept
from bot.talk import PERHAPS_ASKING, Role, Text, Verdict, YesNo, days, dialogue, hours
from bot.talk.answers.verdict import Decided
from bot.talk.ports import Clock, Conversations
from bot.talk.talk import Silence, Talk
from bot.words import Months
from integrations.helloasso import HelloAsso

from ..departure.closure import ending
from ..departure.farewell import is_read_in_time
from ..departure.leaver import Leaver, Leaving, Word, whole
from ..departure.lines import do_all, while_it_is
from ..departure.removal import taking
from ..lookup import Tools, looked_at, protected
from .own_words import unsay

ARRIVING = ("invited", "answering", "approval", "opening")
TURNS, TURN, REMINDED = 3, days(9), days(3)  # within the month that the law gives


@dataclass(frozen=True, slots=True)
class Wiping:
    """What scripts about erasures are handed besides."""

    personal_data: PersonalData
    departures: Departures
    clock: Clock
    conversations: Conversations
    helloasso: HelloAsso | None


class Found(TypedDict):
    """What stands in the way (`problem`, empty for nothing), what they did to others (`acts`), and their accounts that
    are the lieu's; whether they have a `contact` in Odoo, and whether whoever it is `reads` in private afterwards; how
    many `texts` of others name them."""

    problem: str
    acts: int
    login: str
    opened: list[str]
    contact: bool
    reads: bool
    texts: NotRequired[int]  # what an earlier program found is read for an hour


# -- asked by whoever it is about


@dialogue("erase-me", action="own-data", within=hours(1))
async def erase_me(talk: Talk, tools: Tools, wiping: Wiping) -> None:
    lieu = tools.lieu
    found = await talk.look("found", _found, tools, wiping, talk.person)
    if found["problem"] == "asked":
        await _withdraw(talk, wiping, lieu)
        return
    if found["problem"]:
        await talk.say(f"erasure.no-{found['problem']}", lieu=lieu.name)
        return
    await talk.say("goes", lieu=lieu.name, lines=_going(talk, tools, found))
    await talk.say("stays", lieu=lieu.name, lines=_staying(talk, tools, wiping, found))
    if not await talk.ask("sure", YesNo(), lieu=lieu.name):
        await talk.say("nothing-done", lieu=lieu.name)
        return
    if await talk.look("meanwhile", wiping.personal_data.asked, lieu.id, talk.person):
        await talk.say("no-asked", lieu=lieu.name)
        return
    await talk.begin("erasure", talk.person, str(lieu.office), private=talk.room)
    await talk.say("asked", lieu=lieu.name)


async def _withdraw(talk: Talk, wiping: Wiping, lieu: Lieu) -> None:
    """Whoever has thought better of it says so before a concierge has said yes."""
    if not await talk.ask("withdraw", YesNo(), lieu=lieu.name):
        await talk.say("no-asked", lieu=lieu.name)
    elif await talk.do("take-back", _is_withdrawn, wiping, lieu.id, talk.person, f"{talk.id}"):
        await talk.say("nothing-done", lieu=lieu.name)
    else:
        await talk.say("decided")


async def _is_withdrawn(wiping: Wiping, lieu: int, person: str, cause: str) -> bool:
    asked = await wiping.personal_data.asked(lieu, person)
    if asked is not None:
        await wiping.conversations.withdraw(asked, cause)
    return await wiping.personal_data.asked(lieu, person) is None


async def _found(tools: Tools, wiping: Wiping, person: str) -> Found:
    told = await wiping.personal_data.told(tools.lieu, person)
    row = await _row(tools, person)
    to_others = [act for act in told["rows"].get("acts.by", ()) if act.get("to_others")]
    return {
        "problem": await _problem(tools, wiping, row),
        "acts": len(to_others),
        "login": row["login"] if row["ours"] else "",
        "opened": [*row.get("accounts", {})],
        "contact": bool(row.get("contact")),
        "reads": not _is_shut_out(tools, row),
        "texts": await wiping.personal_data.texts(tools.lieu, person),
    }


async def _row(tools: Tools, person: str) -> Leaver:
    """By the account that is theirs: who has left has none, and its name may be somebody else's by now."""
    known = await tools.members.known(tools.lieu)
    mine = next((row for row in known if row["person"] == person), None)
    row = await looked_at(tools, mine or {"person": person, "name": person, "login": ""})
    accounts = await tools.ownership.owned(tools.lieu.id, "directory", "account")
    theirs = row["login"] in accounts and accounts[row["login"]]["person"] in (None, person)
    return {**row, "ours": not row["problem"] and theirs}


async def _problem(tools: Tools, wiping: Wiping, row: Leaver, *, begun: bool = False) -> str:
    person = row["person"]
    if not tools.lieu.office:
        return "office"
    if await tools.people.may(person, "operate", tools.lieu):
        return "host"
    arrival = await tools.arrivals.of_person(tools.lieu.id, person)
    if arrival is not None and arrival["status"] in ARRIVING:
        return "arriving"
    if not begun and await wiping.personal_data.asked(tools.lieu.id, person):
        return "asked"
    return await protected(tools, row, "")


def _going(talk: Talk, tools: Tools, found: Found) -> list[str]:
    accounts = [opened_words.account(talk, service) for service in found["opened"]]
    lines = [talk.phrase("goes-rooms", lieu=tools.lieu.name)]
    if found["login"]:
        lines.append(talk.phrase("goes-account", login=found["login"]))
    if accounts:
        lines.append(talk.phrase("goes-opened", accounts=accounts))
    return [*lines, talk.phrase("goes-kept"), talk.phrase("goes-journal"), talk.phrase("goes-said")]


def _staying(talk: Talk, tools: Tools, wiping: Wiping, found: Found) -> list[str]:
    lines = [talk.phrase("stays-facts")]
    if found["acts"]:
        lines.append(talk.phrase("stays-acts", n=found["acts"]))
    lines += [talk.phrase("stays-messages"), talk.phrase("stays-office")]
    if texts := found.get("texts"):
        lines.append(talk.phrase("stays-texts", n=texts))
    if found["reads"]:
        lines.append(talk.phrase("stays-direct"))
    if found["contact"]:
        lines.append(talk.phrase("stays-odoo"))
    if wiping.helloasso is not None:
        lines.append(talk.phrase("stays-accounting"))
    return [*lines, talk.phrase("stays-month", kept=_months(tools))]


def _months(tools: Tools) -> Months:
    """For which what was said in conversations is kept, of this one too."""
    return Months(tools.lieu.choices.keep_talks)


# -- seen by a concierge


@dialogue("erasure", action="be-forgotten", role=Role.STRANGER, lasting=True, farewell=("erasure.withdrawn",))
async def erasure(talk: Talk, tools: Tools, wiping: Wiping, private: str) -> None:
    row = await talk.look("row", _row, tools, talk.person)
    name = await talk.look("name", tools.facts.display_name, talk.person)
    await talk.known_as(tools.facts.display_name, talk.person)
    ruling = await _ruling(talk, tools, name, row)
    if ruling is None:
        await talk.say("unanswered", to=private, lieu=tools.lieu.name)
        await talk.say("too-late")
        return
    if ruling.what != "yes":
        reason = await _reason(talk, name, ruling.by)
        await talk.say("refused", to=private, lieu=tools.lieu.name, reason=reason)
        await talk.say("refusal-told")
        return
    problem = await talk.look("protected", partial(_problem, begun=True), tools, wiping, row)
    if problem:
        await talk.say(f"erasure.no-{problem}", to=private, item="them", lieu=tools.lieu.name)
        await talk.say("stopped", who=row["name"], why=talk.phrase(f"erasure.no-{problem}", lieu=tools.lieu.name))
        return
    await talk.say("begins", to=private, lieu=tools.lieu.name)
    emails = await talk.look("emails", _emails, tools, wiping, row)
    await _leaves(talk, tools, wiping, row, ruling.by, {"room": private, "letter": talk.letter("begins")})
    unread = await unsay(talk, tools, wiping.personal_data, wiping.conversations)
    erase = partial(wiping.personal_data.erase, gone=_is_shut_out(tools, row))
    kept = await talk.do("wipe", erase, tools.lieu, talk.person, ruling.by, talk.id)
    await _tell(talk, tools, row, private, _kept(talk, tools, kept, unread), emails)


async def _ruling(talk: Talk, tools: Tools, name: str, row: Leaver) -> Decided | None:
    """None where nobody has said anything for a month. Nobody agrees to what they ask themselves."""
    who = f"{name} ({talk.person})"
    if row["ours"]:
        who = talk.phrase("card-account", who=name, person=talk.person, login=row["login"])
    for turn in range(TURNS):
        await _say_from_when(talk, tools, turn)
        try:
            return await talk.ask("card", Verdict(), of="second", item=f"{turn}", remind=REMINDED, within=TURN, who=who)
        except Silence:
            continue
    return None


async def _say_from_when(talk: Talk, tools: Tools, turn: int) -> None:
    """Where nobody there has had the keys for a day: from when their answer counts is read before they give it."""
    others = await talk.look("seconders", tools.people.seconds, tools.lieu, talk.person, item=f"{turn}")
    if not others["able"] and others["later"]:
        times = [(name, datetime.fromtimestamp(at / 1000, UTC)) for name, at in others["later"]]
        people = [talk.phrase("talk.second-from", who=name, at=at) for name, at in times]
        await talk.say("card-later", item=f"{turn}", people=people)


async def _reason(talk: Talk, name: str, by: str) -> str:
    """A refusal has one, which the person reads."""
    try:
        return await talk.ask("reason", Text(PERHAPS_ASKING, max=500), of=by, within=days(3), who=name)
    except Silence:
        return talk.phrase("no-reason")


# -- out


async def _leaves(talk: Talk, tools: Tools, wiping: Wiping, row: Leaver, by: str, word: Word) -> None:
    """What `!départ` does in a month, at once: they want nothing back. A departure that had begun goes on here."""
    departures, login = wiping.departures, row["login"] if row["ours"] else ""
    begin = partial(departures.begin, name=row["name"], login=login, locks_at=wiping.clock.now())
    id = await talk.do("begin", begin, tools.lieu.id, talk.person, by)
    leaving = await whole(talk, tools, departures, id)
    if leaving.synapse is not None:  # after that they read nothing here
        await is_read_in_time(talk, leaving, wiping.clock, word)
    await talk.do("lock", departures.lock, id, wiping.clock.now())
    lines = taking(leaving, talk.phrase("reason-read", lieu=tools.lieu.name))
    await do_all(talk, "lock", row["name"], while_it_is(leaving, "locked", lines))
    talk.note("departed", talk.person, by=by, login=login)  # the fact stays in the journal, without a name
    await talk.do("close", departures.close, id)
    if leaving.accounts:
        await do_all(talk, "close", row["name"], while_it_is(leaving, "closed", ending(leaving)), _left(talk, leaving))
        talk.note("departure-closed", talk.person, by=by, login=login)


def _left(talk: Talk, leaving: Leaving) -> list[str]:
    tools = leaving.tools
    if leaving.login and tools.synapse is None and not is_homeserver(tools.directory):
        return [talk.phrase("departure.left-no-administration")]
    return []


def _is_shut_out(tools: Tools, row: Leaver) -> bool:
    """Whether their Matrix account is one of those that are closed."""
    closes = tools.synapse is not None or is_homeserver(tools.directory)
    return closes and row["ours"] and row["address"] == row["person"]


# -- told


async def _tell(talk: Talk, tools: Tools, row: Leaver, private: str, lines: list[str], emails: list[str]) -> None:
    """Where they still read it: in private, unless their account there is closed; then by mail."""
    if not _is_shut_out(tools, row):
        await talk.say("done", to=private, lieu=tools.lieu.name, lines=lines)
        await talk.say("all-done")
        return
    sent = await _mailed(talk, tools, emails, lines)
    await talk.say("all-done" if sent else "all-done-untold")


async def _emails(tools: Tools, wiping: Wiping, row: Leaver) -> list[str]:
    """Where they can be written to afterwards."""
    found = await tools.directory.find(username=row["login"]) if row["ours"] else ()
    own = [found[0].email] if found and found[0].email else []
    return own + await wiping.personal_data.emails(tools.lieu.id, row["person"])


async def _mailed(talk: Talk, tools: Tools, emails: list[str], lines: list[str]) -> bool:
    if tools.mails is None or not emails:
        return False
    try:
        send = partial(tools.mails.erased, emails[0], talk.language, lines)
        return await talk.do("mail", send, f"erased-{talk.id:x}") == "sent"
    except Refused:
        return False


def _kept(talk: Talk, tools: Tools, kept: Kept, unread: list[str]) -> list[str]:
    lines = [talk.phrase("stays-facts")]
    counted = {"acts": "stays-acts", "owned": "stays-accounts", "talks": "stays-talks", "silences": "stays-silences"}
    for name, step in (counted | {"texts": "stays-texts"}).items():
        if n := kept.get(name, 0):
            lines.append(talk.phrase(f"erasure.{step}", n=n, kept=_months(tools)))
    if kept["elsewhere"]:
        lines.append(talk.phrase("stays-elsewhere"))
    elif kept["direct"]:
        lines.append(talk.phrase("stays-direct"))
    lines += [talk.phrase("stays-messages-after"), talk.phrase("stays-office")]
    if unread:
        lines.append(talk.phrase("stays-said", rooms=unread))
    return [*lines, talk.phrase("stays-month", kept=_months(tools))]
