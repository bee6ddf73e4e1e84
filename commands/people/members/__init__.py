"""`!membres`: who is here, by name, and the sheet of whoever is chosen."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from bot.arrivals.members import Member, search
from bot.talk import PRIVATE, Role, Whom, command, days, hours
from bot.talk.pagination import Nobody, pick_person
from bot.talk.ports import Clock, Facts
from bot.talk.talk import Talk
from integrations.directory import Directory, finds_accounts

from .sheet import Tools, show

MEMBERSHIPS = "members.act.memberships"
RECENT, LONG = days(30), days(90)
VERBS = ("members.act.adopt", "members.act.give-back")
FILTERS = ("arrivals", "inactive", "without-account")


@command(
    "members", action="members", role=Role.CONCIERGE, places=PRIVATE, takes=("about",), person="about", within=hours(1)
)
async def members(talk: Talk, tools: Tools, clock: Clock) -> None:
    about = await talk.ask("about", Whom(verbs=VERBS)) if talk.was_given("about") else ""
    first, _, rest = about.partition(" ")
    if talk.means("members.act.adopt", first):
        await talk.begin("adopt", talk.person, talk.room)
        return
    if talk.means("members.act.give-back", first):
        await talk.begin("give-back", talk.person, talk.room, said=rest)
        return
    if tools.helloasso is not None and talk.means(MEMBERSHIPS, about):
        await talk.begin("up-to-date", talk.person, talk.room)
        return
    kind = next((one for one in FILTERS if talk.means(f"members.filter.{one}", about)), "named" if about else "all")
    if kind == "inactive" and tools.synapse is None:
        await talk.say("inactive-unknown")
        return
    if kind == "without-account" and not await talk.look("directory", _has_accounts, tools.directory):
        await talk.say("no-directory")
        return
    what = talk.phrase(f"members.what.{kind}", lieu=tools.lieu.name, about=about)
    rows = partial(_rows, tools, clock, kind, about)
    try:
        row = await pick_person(talk, "which", rows, partial(_label, tools.facts), alone=kind == "named", what=what)
    except Nobody:
        await talk.say("nobody", what=what)
        return
    if row is not None:
        await show(talk, tools, row)


async def _rows(tools: Tools, clock: Clock, kind: str, about: str) -> list[Member]:
    lieu, members, synapse = tools.lieu, tools.members, tools.synapse
    match kind:
        case "named":
            return search(await members.known(lieu), about)
        case "arrivals":
            return await members.arrived_since(lieu, clock.now() - _ms(RECENT))
        case "inactive" if synapse is not None:
            return _absent(await members.present(lieu), await synapse.accounts.last_visits(), clock.now() - _ms(LONG))
        case "without-account":
            logins = await tools.directory.logins()
            present = await members.present(lieu)
            return [row for row in present if (row["login"] or tools.facts.own_login(row["person"])) not in logins]
    return await members.present(lieu)


async def _has_accounts(directory: Directory) -> bool:
    return finds_accounts(await directory.capabilities())


def _absent(rows: list[Member], visits: dict[str, int], since: int) -> list[Member]:
    """Those of the homeserver who did not come since then, the longest away first: of the others nobody knows."""
    away = [row for row in rows if visits.get(row["person"], since) < since]
    return sorted(away, key=lambda row: visits[row["person"]])


def _label(facts: Facts, row: Member) -> str:
    known_as = row["login"] or facts.own_login(row["person"]) or row["person"]
    return f"{row['name']} · {known_as}"


def _ms(length: timedelta) -> int:
    return int(length.total_seconds() * 1000)
