"""`!garanties`: a month of the lieu's services, and the maintenances that are planned. An outage that lasts is told to
the conciergerie once, and so is its end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.reports.months import IncidentTold, Months
from bot.store.waits import Settled
from bot.talk import PRIVATE, Option, Role, command, dialogue, hours
from bot.talk.answers.of_services import OfServices, Wanted
from bot.talk.ports import Media, Pictures, RoomSettings
from bot.talk.talk import Talk
from bot.words import Month as Named

from .maintenances import Desk, of_maintenances, services_named
from .month_told import CAME, tell

MONTH, SEEN, HIDDEN = "month", ("month", "plan"), ("move", "call-off")
LOOKS = (("soon", timedelta(minutes=2)), ("later", timedelta(minutes=30)))  # at what waited: it goes on by itself


@command(
    "guarantees",
    action="guarantees",
    role=Role.CONCIERGE,
    places=PRIVATE,
    takes=("act",),
    within=hours(1),
    silence="talk.expired",
)
async def guarantees(
    talk: Talk, lieu: Lieu, months: Months, pictures: Pictures, media: Media, room_settings: RoomSettings
) -> None:
    wanted = Wanted(MONTH)
    if talk.was_given("act"):
        zone = ZoneInfo(lieu.choices.zone)
        now = datetime.fromtimestamp(await talk.look("moment", months.moment) / 1000, zone)
        names = await talk.look("services", months.services, lieu)
        seen, hidden = (
            [Option(act, key=f"guarantees.act.{act}", clues=_clues(act)) for act in acts] for acts in (SEEN, HIDDEN)
        )
        answer = OfServices(seen, hidden=hidden, services=services_named(talk, names), today=now.date())
        wanted = await talk.ask("act", answer)
        if wanted.act != MONTH:
            await of_maintenances(talk, Desk(lieu, months, room_settings, now), wanted, names)
            return
        if wanted.month > now.date().isoformat():
            await talk.say("month-to-come", month=Named.fromisoformat(wanted.month))
            return
    found = await talk.look("month", months.month, lieu, wanted.month)
    await tell(talk, lieu, pictures, media, found, wanted.month)


def _clues(act: str) -> str:
    return "" if act == MONTH else f"guarantees.clue.{act}"


# -- an outage


@dialogue("outage", action="guarantees")
async def outage(talk: Talk, lieu: Lieu, months: Months, incident: int, why: dict[str, Any]) -> None:
    told = await talk.look("incident", months.incident, lieu.id, incident)
    if told is not None and told["ended_at"] is None:
        because = talk.away(why)
        await talk.say("outage-because" if because else "outage", why=because, **_words(talk, told))


@dialogue("outage-of-several", action="guarantees")
async def outage_of_several(talk: Talk, lieu: Lieu, months: Months, incidents: list[int]) -> None:
    found = [await talk.look("incident", months.incident, lieu.id, id, item=str(id)) for id in incidents]
    told = [one for one in found if one is not None and one["ended_at"] is None]
    if told:
        services, at = [talk.service(one["service"]) for one in told], min(one["begun_at"] for one in told)
        await talk.say("outage-of-several", services=services, at=datetime.fromtimestamp(at / 1000, UTC))


@dialogue("outage-over", action="guarantees")
async def outage_over(talk: Talk, lieu: Lieu, months: Months, incident: int) -> None:
    told = await talk.look("incident", months.incident, lieu.id, incident)
    if told is not None:
        first = talk.phrase("back" if told["seen"] else "back-unseen", **_words(talk, told))
        await _follow(talk, lieu, months, first, [told])


@dialogue("outage-over-of-several", action="guarantees")
async def outage_over_of_several(talk: Talk, lieu: Lieu, months: Months, incidents: list[int]) -> None:
    found = [await talk.look("incident", months.incident, lieu.id, id, item=str(id)) for id in incidents]
    told = [one for one in found if one is not None]
    if told:
        longest = max(told, key=lambda one: one["seconds"])
        words = _words(talk, longest) | {"services": ", ".join(talk.service(one["service"]) for one in told)}
        first = talk.phrase("back-of-several", **words)
        await _follow(talk, lieu, months, first, told)


async def _follow(talk: Talk, lieu: Lieu, months: Months, first: str, told: list[IncidentTold]) -> None:
    """What had waited for these services, until it is done, or for half an hour."""
    since = {one["service"]: one["begun_at"] for one in told}
    waited = await talk.look("waited", months.finished, lieu.id, since)
    await _tell_end(talk, first, waited)
    for step, delay in LOOKS:
        if not waited["waiting"]:
            return
        await talk.rest(f"rest-{step}", delay)
        waited = await talk.look(f"waited-{step}", months.finished, lieu.id, since)
        await _tell_end(talk, first, waited)


async def _tell_end(talk: Talk, first: str, waited: Settled) -> None:
    lines = [talk.phrase(f"waited-{name}", n=waited[name]) for name in CAME if waited.get(name)]
    await talk.show("outage-told", lines=" ".join([first, *lines]))


def _words(talk: Talk, told: IncidentTold) -> dict[str, Any]:
    begun = datetime.fromtimestamp(told["begun_at"] / 1000, UTC)
    return {"service": talk.service(told["service"]), "at": begun, "delay": timedelta(seconds=told["seconds"])}
