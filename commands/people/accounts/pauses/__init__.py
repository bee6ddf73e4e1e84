"""A pause is looked at again every hour: what was opened by other means is closed again, and the conciergerie told."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import NotRequired, cast

from bot.arrivals.departures import Departures
from bot.errors import Refused
from bot.talk import dialogue
from bot.talk.outages import Reading, Told, side_by_side, tried
from bot.talk.pagination import Somebody
from bot.talk.talk import Talk

from ..departure.leaver import is_anything_theirs
from ..lookup import LookedAt, Tools, looked_at, opened_alone, pause_of
from ..suspension import switches

HOUR = timedelta(hours=1)
SHUT, OPEN, OVER = "shut", "open", "over"


class Paused(LookedAt):
    """`doors`: which were shut, where it was not all of them."""

    doors: NotRequired[list[str]]


class Opened(LookedAt):
    """The same; `opened`: the services whose door is open all the same."""

    doors: NotRequired[list[str]]
    opened: list[str]


@dialogue("pauses", action="account", standing=True)
async def pauses(talk: Talk, tools: Tools, departures: Departures, told: list[str] | None = None) -> None:
    """`told`: what is open still, and was said to be."""
    office, still = tools.lieu.office or talk.room, []
    for row in await talk.look("opened", opened, tools, departures):
        for service in row["opened"]:
            one = f"{pause_of(row)} {service}"
            shut = await talk.do("again", tried, partial(_shut, tools, departures, row, service), item=one)
            if shut.get("is") == SHUT:
                talk.note("paused-again", row["person"], login=row["login"])
                await talk.say("put-back", to=office, item=one, who=row["name"], service=talk.service(service))
            elif shut.get("is") != OVER:
                still.append(one)
                if one not in (told or []):
                    where, why = talk.service(service), _why(talk, shut)
                    await talk.say("stays-open", to=office, item=one, who=row["name"], service=where, why=why)
    await talk.rest("in-an-hour", HOUR)
    await talk.begin("pauses", talk.person, office, told=still)


def _why(talk: Talk, shut: Told) -> str:
    if "refused" in shut:
        return talk.because(Refused(shut["refused"], **shut["words"]))
    return talk.away(shut) or talk.phrase("no-answer" if "away" in shut else "no-effect")


async def opened(tools: Tools, departures: Departures) -> list[Opened]:
    """Whoever is paused, and whose door is open all the same; what is away is looked at in an hour."""
    found: list[Opened] = []
    rows: list[Paused] = (await tried(partial(_paused, tools, departures))).get("is", [])
    for row in rows:
        told = await side_by_side(_looks(tools, row))
        ways_in = [service for service, answer in told.items() if answer.get("is")]
        if ways_in:
            found.append({**row, "opened": ways_in})
    return found


async def _paused(tools: Tools, departures: Departures) -> list[Paused]:
    """By `!compte`, every door of theirs; by a departure, those that it shut."""
    paused = await tools.ownership.owned(tools.lieu.id, "conciergerie", "pause")
    found: list[Paused] = []
    for pause, one in paused.items():
        person = one["person"] or ""
        login = pause if pause != person else ""
        name = login or await tools.facts.display_name(person)
        whole = await looked_at(tools, {"person": person, "name": name, "login": login})
        if not login:  # of what was opened to them alone
            whole = {**opened_alone(whole), "problem": "" if whole.get("accounts") else "account"}
        found.append(cast(Paused, whole))
    for row in await departures.in_progress(tools.lieu.id):
        if row["status"] == "locked" and row["login"] not in paused and await is_anything_theirs(tools, row):
            shut = [*row["taken"].get("doors", {})]
            somebody: Somebody = {"person": row["person"], "name": row["name"], "login": row["login"]}
            whole = await looked_at(tools, somebody)
            alone = not row["login"] or whole["problem"]
            found.append({**(opened_alone(whole) if alone and whole.get("accounts") else whole), "doors": shut})
    return [row for row in found if not row["problem"]]


def _looks(tools: Tools, row: Paused) -> dict[str, Reading]:
    """Whether each door is open."""
    looks: dict[str, Reading] = {service: one.is_open for service, one in tools.accounts(row).items()}
    return {service: look for service, look in looks.items() if service in row.get("doors", looks)}


async def _shut(tools: Tools, departures: Departures, row: Paused, service: str) -> str:
    """`OVER` where the pause has ended meanwhile."""
    if pause_of(row) not in [pause_of(one) for one in await _paused(tools, departures)]:
        return OVER
    await switches(tools, row, open=False)[service]()
    return OPEN if await _looks(tools, row)[service]() else SHUT
