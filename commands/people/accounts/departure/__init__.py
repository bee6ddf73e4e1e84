"""`!départ`: somebody leaves the lieu. First a lock that can be undone, a month later the closing, each read back."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from bot.arrivals.departures import Departures
from bot.arrivals.personal_data import PersonalData
from bot.services import opened_words
from bot.services.directory import is_homeserver
from bot.services.member_contacts import Held
from bot.services.nextcloud import makes_accounts
from bot.services.opened_accounts import Refs
from bot.store.departures import Departure
from bot.talk import PRIVATE, Choice, Date, Option, Role, YesNo, command, days, dialogue, hours
from bot.talk.outages import tried
from bot.talk.pagination import Somebody
from bot.talk.ports import Clock
from bot.talk.talk import Silence, Talk

from ..lookup import Addressed, Tools, against_a_concierge, looked_at, protected, shown
from .closure import ending
from .contact import ending_in_odoo
from .entrusted import handing, has_files, heir_of
from .farewell import let_them_know
from .inventory import checklist, look_around
from .leaver import (
    Leaver,
    Leaving,
    Word,
    day_of,
    end_of,
    is_anything_theirs,
    morning,
    ms,
    tell,
    today,
    until,
    who_leaves,
    whole,
)
from .lines import do_all, while_it_is
from .removal import is_inside, out_of, taking
from .restoration import take_back

ARRIVING = ("invited", "answering", "approval", "opening")
MONTH, DAY, WEEK = days(30), days(1), days(7)


@command(
    "departure", action="departure", role=Role.CONCIERGE, places=PRIVATE, takes=("who",), person="who", within=hours(1)
)
async def departure(
    talk: Talk,
    tools: Tools,
    departures: Departures,
    personal_data: PersonalData,
    clock: Clock,
    turn: str = "",
    then: list[dict[str, Any]] | None = None,
) -> None:
    """`turn`: whose turn it is, of several people who leave; `then` those who come after them."""
    if turn:
        await talk.say("in-turn" if then else "in-turn-last", who=turn)
    try:
        await _departs(talk, tools, departures, personal_data, clock)
    except Silence:
        if then:
            await talk.say("in-turn-left", who=[each["turn"] for each in then])
        raise


async def _departs(talk: Talk, tools: Tools, departures: Departures, personal_data: PersonalData, clock: Clock) -> None:
    moment = Date(partial(today, tools.lieu, clock), "day", tools.lieu.choices.zone, alone=True)
    row, taking_back, when = await who_leaves(talk, tools, departures, partial(_says_when, talk, moment))
    if row is None:
        return
    begun = await talk.look("begun", departures.open_of, tools.lieu.id, row["person"])
    if begun is not None:
        await take_back(talk, tools, departures, begun, taking_back)
    else:
        await _leaves(talk, tools, departures, personal_data, clock, row, moment, when)


def _says_when(talk: Talk, moment: Date, said: str) -> bool:
    return talk.means("departure.when.now", said) or talk.would_answer(moment, said)


# -- the decision


async def _leaves(
    talk: Talk,
    tools: Tools,
    departures: Departures,
    personal_data: PersonalData,
    clock: Clock,
    somebody: Somebody,
    moment: Date,
    said: str,
) -> None:
    """`said`: when, if that stood behind the name."""
    row = await talk.look("account", _looked_at, tools, somebody, talk.person)
    who, lieu = row["name"], tools.lieu.name
    if row["problem"]:
        await talk.say(f"departure.no-{row['problem']}", who=who)
        return
    told = await talk.look("checklist", look_around, tools, row)
    await talk.say("found", who=who, lines=checklist(talk, told))
    if not row["ours"]:
        await talk.say("rooms-alone", who=who, lieu=lieu)
    if await talk.look("erasure-asked", personal_data.asked, tools.lieu.id, row["person"]):
        await talk.say("erasure-waits", who=who)
    when = "now" if talk.means("departure.when.now", said) else "warned"
    if not said:
        moments = [Option(name, key=f"departure.when.{name}") for name in ("now", "warned")]
        when = await talk.ask("when", Choice(moments))
    day: date | None = None
    if when == "warned":
        day = await talk.ask("day", moment, who=who, among=said)
    heir = await heir_of(talk, tools, row, told)
    scope = "account" if row["ours"] else "rooms"
    whole_name = await shown(talk, tools, row)
    besides = _besides(talk, row.get("accounts", {})) + _in_odoo(talk, row.get("contact"))
    step = f"sure-{scope}" if day is None else f"sure-{scope}-then"
    await talk.confirm(step, who=whole_name, lieu=lieu, day=day, besides=besides)
    if not await against_a_concierge(talk, tools, row, "departure"):
        return
    if await talk.look("meanwhile", departures.open_of, tools.lieu.id, row["person"]):
        await talk.say("begun-meanwhile", who=who)
        return
    at = clock.now() if day is None else morning(tools.lieu, day)
    login = row["login"] if row["ours"] else ""
    begin = partial(departures.begin, name=who, login=login, locks_at=at, heir=heir)
    id = await talk.do("begin", begin, tools.lieu.id, row["person"], talk.person)
    giving = await _giving(talk, tools, heir) if has_files(told) else ""
    # asked again: it may have been asked, withdrawn or decided while the concierge thought
    waits = await talk.look("erasure-still", personal_data.asked, tools.lieu.id, row["person"]) is not None
    step = "told-then" if day is not None else "told-now-erasure" if waits else "told-now"
    word = await tell(talk, tools, row["person"], step, day=day, giving=giving)
    room = talk.room
    if day is not None:
        talk.note("departure-told", row["person"])
        await talk.say("announced", who=who, day=day)
        room = tools.lieu.office or room  # that day, whoever is there reads it
    await talk.begin("departing", talk.person, room, departure=id, word=word, told=True)


def _besides(talk: Talk, opened: Refs) -> str:
    """What was opened in other services, to be shut too."""
    accounts = [opened_words.account(talk, service) for service in opened]
    return talk.phrase("besides", accounts=accounts) if accounts else ""


def _in_odoo(talk: Talk, held: Held | None) -> str:
    """What becomes of their contact there."""
    ends = [talk.phrase(f"departure.{what}-ends") for what in ending_in_odoo(held)] if held else []
    return talk.phrase("besides-odoo", ends=ends) if ends else ""


async def _giving(talk: Talk, tools: Tools, heir: str | None) -> str:
    """How whoever is warned gives their own files away: only they can, of themselves."""
    if not heir:
        return talk.phrase("giving", lieu=tools.lieu.name)
    return talk.phrase("giving-heir", heir=await talk.look("heir-called", tools.facts.display_name, heir))


async def _looked_at(tools: Tools, somebody: Somebody, by: str) -> Leaver:
    """`problem`: why they stay."""
    row = await looked_at(tools, somebody)
    problem = await protected(tools, row, by) or await _arrives(tools, row["person"])
    return {**row, "ours": not row["problem"], "problem": problem}


async def _arrives(tools: Tools, person: str) -> str:
    arrival = await tools.arrivals.of_person(tools.lieu.id, person)
    return "arriving" if arrival is not None and arrival["status"] in ARRIVING else ""


# -- the departure itself


@dialogue("departing", action="departure", lasting=True)
async def departing(
    talk: Talk,
    tools: Tools,
    departures: Departures,
    clock: Clock,
    departure: int,
    word: Word | None = None,
    told: bool = False,
) -> None:
    """The day has come, or comes later: what can be given back is taken. `told`: earlier versions did not look whether
    their `word` had reached them."""
    row = await talk.look("row", departures.get, departure)
    await talk.rest("until-the-day", until(clock, row["locks_at"]))
    if told:
        await let_them_know(talk, tools, departures, clock, departure, word)
    if await _may_go(talk, tools, departures, row) and await talk.do(
        "begin", departures.lock, departure, clock.now() + ms(MONTH)
    ):
        await _lock(talk, await whole(talk, tools, departures, departure))


async def _may_go(talk: Talk, tools: Tools, departures: Departures, row: Departure) -> bool:
    """Somebody may have become the last concierge since they were told."""
    leaving = await whole(talk, tools, departures, row["id"])
    asked: Addressed = {
        "person": row["person"],
        "name": row["name"],
        "login": row["login"],
        "address": leaving.address,
    }
    problem = await talk.look("protected", protected, tools, asked, talk.person)
    if not problem or leaving.row["status"] != "announced":
        return not problem
    await talk.do("stays", departures.call_off, row["id"])
    await talk.say("stays", who=row["name"], why=talk.phrase(f"departure.no-{problem}", who=row["name"]))
    return False


async def _lock(talk: Talk, leaving: Leaving) -> None:
    row, lieu = leaving.row, leaving.tools.lieu
    lines = taking(leaving, talk.phrase("reason", lieu=lieu.name))
    await do_all(talk, "lock", row["name"], while_it_is(leaving, "locked", lines), _left(talk, leaving))
    talk.note("departed", row["person"], login=row["login"])
    if (await talk.look("since", leaving.departures.get, leaving.id))["status"] != "locked":
        return  # called off, while a service was away
    scope = "account" if leaving.accounts else "rooms"
    await talk.say(f"locked-{scope}", who=row["name"], day=day_of(lieu, end_of(row)))
    await talk.begin("closing", talk.person, lieu.office or talk.room, departure=leaving.id)


@dialogue("shown-out", action="departure", lasting=True)
async def shown_out(talk: Talk, tools: Tools, departures: Departures, departure: int, room_id: str) -> None:
    """Somebody stayed in this room for want of a right, which the bot has been given since."""
    leaving = await whole(talk, tools, departures, departure)
    if not await talk.look("before", is_inside, leaving, room_id):
        return
    lines = [*handing(leaving), out_of(leaving, room_id, talk.phrase("reason", lieu=tools.lieu.name))]
    for line in while_it_is(leaving, "locked", lines):
        await talk.do("lock", tried, line.act, item=line.name)
    if not await talk.look("after", is_inside, leaving, room_id):
        await talk.say("out-since", who=leaving.row["name"], room=leaving.row["taken"]["rooms"][room_id]["name"])


@dialogue("closing", action="departure", lasting=True)
async def closing(talk: Talk, tools: Tools, departures: Departures, clock: Clock, departure: int) -> None:
    """A month later, what nobody can give back."""
    row = await _agreed(talk, tools, departures, clock, departure)
    if row is None:
        return
    await talk.rest("until-the-end", until(clock, end_of(row)))
    if await talk.do("end", departures.close, departure):
        await _close(talk, await whole(talk, tools, departures, departure))
    else:
        await talk.say("undone-since", who=row["name"])


async def _agreed(talk: Talk, tools: Tools, departures: Departures, clock: Clock, id: int) -> Departure | None:
    """The conciergerie is asked the day before, and again a month after each « plus tard »."""
    while True:
        row = await talk.look("still", departures.get, id)
        if row["status"] != "locked":
            return None
        await talk.rest("until-the-eve", until(clock, end_of(row)) - DAY)
        if not await talk.look("theirs", is_anything_theirs, tools, row):  # there is nothing to close
            await talk.do("over", departures.close, id)
            return None
        yes = await _yes(talk, tools, departures, row)
        if yes and await talk.seconded("close", about=await shown(talk, tools, row)):
            return row
        if await talk.do("put-off", departures.put_off, id, clock.now() + ms(MONTH)):
            await talk.say("put-off", who=row["name"])


async def _yes(talk: Talk, tools: Tools, departures: Departures, row: Departure) -> bool:
    if (await talk.look("on-the-eve", departures.get, row["id"]))["status"] != "locked":
        return False
    office, day = tools.lieu.office or talk.room, day_of(tools.lieu, end_of(row))
    try:
        who, (step, ends) = await shown(talk, tools, row), await _asked(talk, tools, departures, row)
        return await talk.ask(step, YesNo(), to=office, of="departure", within=WEEK, who=who, day=day, besides=ends)
    except Silence:
        return False


async def _asked(talk: Talk, tools: Tools, departures: Departures, row: Departure) -> tuple[str, str]:
    """The question, and what it tells of accounts that were opened besides. What an older program has asked is what was
    answered, whatever is closed since."""
    eve = f"{end_of(row)}"
    if talk.is_asked(step="ready") and not talk.is_asked(step="at-stake", item=eve):
        return "ready", ""
    leaving = await whole(talk, tools, departures, row["id"], step="at-stake", item=eve)
    closes = "ready-messaging" if is_homeserver(tools.directory) else "ready"
    return closes if leaving.login else "ready-opened", _ends(talk, leaving)


def _ends(talk: Talk, leaving: Leaving) -> str:
    """What becomes of each account that was opened besides, and of what is theirs there."""
    said = []
    for service in leaving.opened:
        step = "ends-for" if service in leaving.inherits else "ends"
        said.append(talk.phrase(f"departure.{step}", account=opened_words.account(talk, service), heir=leaving.heir))
    return "".join(said)


async def _close(talk: Talk, leaving: Leaving) -> None:
    row = leaving.row
    if not leaving.accounts:
        await talk.say("not-theirs", who=row["name"])
        return
    await do_all(talk, "close", row["name"], while_it_is(leaving, "closed", ending(leaving)), _left(talk, leaving))
    talk.note("departure-closed", row["person"], login=row["login"])


def _left(talk: Talk, leaving: Leaving) -> list[str]:
    """What the bot cannot do, and who can."""
    tools, lines = leaving.tools, []
    if leaving.login and tools.synapse is None and not is_homeserver(tools.directory):
        lines.append(talk.phrase("left-no-administration"))
    elif leaving.login and not leaving.address:
        lines.append(talk.phrase("left-address-not-ours"))
    if leaving.login and tools.cloud is not None and tools.cloud.accounts.source == "sso":
        lines.append(talk.phrase("left-cloud-follows"))
    elif leaving.login and makes_accounts(tools.cloud, tools.directory) and leaving.cloud is None:
        lines.append(talk.phrase("left-cloud-not-ours"))
    return lines
