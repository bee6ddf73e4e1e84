"""`!garanties`: a month of the lieu's services in one picture, and in words that say the same; a maintenance is
announced to the rooms that a concierge chooses, and counted apart. An outage that lasts is told to the conciergerie
once, and so is its end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from bot.errors import Refused
from bot.lieux import Lieu
from bot.matrix.readings import spoken_in
from bot.reports.months import DayState, IncidentTold, Month, Months, ServiceMonth
from bot.store import availability
from bot.store.waits import Settled
from bot.talk import PRIVATE, Choice, Date, Many, Option, Role, command, dialogue, hours
from bot.talk.ports import Media, Pictures, RoomSettings
from bot.talk.talk import Talk

if TYPE_CHECKING:
    from bot.talk.answers.spans import Span

CAME: tuple[Literal["done", "resumed", "waiting", "left"], ...] = ("done", "resumed", "waiting", "left")
STATES: tuple[DayState, ...] = ("well", "short", "away", "planned", "unknown")
IN_WORDS, IN_PICTURE = 3, 5  # incidents that are told one by one, the latest
HUNDREDTHS = 100
LOOKS = (("soon", timedelta(minutes=2)), ("later", timedelta(minutes=30)))  # at what waited: it goes on by itself
MOSTLY = 27 * 86_400  # seconds of a month that are known, or it is said of how many one speaks


@command(
    "guarantees",
    action="guarantees",
    role=Role.CONCIERGE,
    places=PRIVATE,
    takes=("act", "day|hours"),
    within=hours(1),
    silence="talk.expired",
)
async def guarantees(
    talk: Talk, lieu: Lieu, months: Months, pictures: Pictures, media: Media, room_settings: RoomSettings
) -> None:
    if talk.was_given("act"):
        act = await talk.ask("act", Choice([Option(act, key=f"guarantees.act.{act}") for act in ("month", "plan")]))
        if act == "plan":
            await _plan(talk, lieu, months, room_settings)
            return
    seen = await talk.look("month", months.month, lieu)
    await _tell(talk, lieu, pictures, media, seen)


# -- a month


async def _tell(talk: Talk, lieu: Lieu, pictures: Pictures, media: Media, seen: Month) -> None:
    """One message: the words are under the picture, and in its place for whoever cannot see it."""
    lines = "\n".join(_lines(talk, seen))
    try:
        drawing = _drawing(talk, lieu, seen)
        picture = await talk.do("draw", _drawn, pictures, media, drawing, talk.room, talk.phrase("file"))
    except Refused:
        await talk.say("in-words", lines=lines)
        return
    await talk.picture("picture", picture | {"body": lines})


def _lines(talk: Talk, seen: Month) -> list[str]:
    """How long each answered; what happened; what became of it, and of the backups."""
    each = [f"{talk.service(one['service'])} {_share(talk, one)}" for one in seen["services"]]
    told: dict[str, Any] = {**_days(seen), "services": " · ".join(each)}
    first = talk.phrase("answered", **told)
    if seen["promise"]:
        first = talk.phrase("answered-promised", promise=_percent(talk, seen["promise"]), **told)
    known = max((one["known"] for one in seen["services"]), default=0)
    if 0 < known < MOSTLY:
        first += " " + talk.phrase("measured", delay=timedelta(seconds=known))
    return [first, _happened(talk, seen), " ".join(_after(talk, seen))]


def _happened(talk: Talk, seen: Month) -> str:
    latest = seen["incidents"][-IN_WORDS:]
    if not latest:
        return talk.phrase("no-incident")
    told, rest = [_incident(talk, one) for one in latest], len(seen["incidents"]) - len(latest)
    told += [talk.phrase("more", n=rest)] if rest else []
    return talk.phrase("incidents", n=len(seen["incidents"]), incidents=" · ".join(told))


def _incident(talk: Talk, one: IncidentTold) -> str:
    """« Nextcloud, mardi 12 janvier à 14 h (34 minutes) »"""
    at = datetime.fromtimestamp(one["begun_at"] / 1000, UTC)
    how = "incident-on" if one["ended_at"] is None else "incident" if one["seen"] else "incident-unseen"
    length = timedelta(seconds=max(one["seconds"], 60))
    return talk.phrase(how, service=talk.service(one["service"]), at=at, delay=length)


def _after(talk: Talk, seen: Month) -> list[str]:
    finished, planned = seen["finished"], max((one["planned"] for one in seen["services"]), default=0)
    told = [talk.phrase(f"after-{name}", n=finished[name]) for name in CAME if finished[name]]
    told = told or [talk.phrase("after-nothing")]
    told += [talk.phrase("planned", delay=timedelta(seconds=planned))] if planned >= 60 else []
    return told + _proof(talk, seen)


def _proof(talk: Talk, seen: Month) -> list[str]:
    """Of the backups, where there are any."""
    if seen["proof"] is None:
        return []
    proved, restored = (seen["proof"][name] for name in ("proved_at", "restored_at"))
    told = [talk.phrase("proved", at=_moment(proved)) if proved else talk.phrase("never-proved")]
    return told + ([talk.phrase(f"restored-{seen['proof']['restored']}", at=_moment(restored))] if restored else [])


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)


def _days(seen: Month) -> dict[str, Any]:
    return {"first": date.fromisoformat(seen["first"]), "last": date.fromisoformat(seen["last"])}


def _share(talk: Talk, one: ServiceMonth) -> str:
    return talk.phrase("unknown-yet") if one["share"] is None else _percent(talk, one["share"])


def _percent(talk: Talk, share: int) -> str:
    """« 99,93 % »"""
    whole, rest = divmod(share, HUNDREDTHS)
    return talk.phrase("percent", figure=share / HUNDREDTHS if rest else whole)


def _drawing(talk: Talk, lieu: Lieu, seen: Month) -> dict[str, Any]:
    """What is written in the picture."""
    services = [
        {"name": talk.service(one["service"]), "share": _share(talk, one), "days": one["days"]}
        for one in seen["services"]
    ]
    present = {day for one in seen["services"] for day in one["days"]}
    latest = [_incident(talk, one) for one in seen["incidents"][-IN_PICTURE:]]
    rest = len(seen["incidents"]) - len(latest)
    return {
        "lang": talk.language.partition("@")[0],
        "lieu": lieu.name,
        "dates": talk.phrase("dates", **_days(seen)),
        "promise": talk.phrase("promised", promise=_percent(talk, seen["promise"])) if seen["promise"] else "",
        "services": services,
        "ends": [_end(talk, day) for day in _days(seen).values()],
        "key": [
            {"state": state, "label": talk.phrase(f"guarantees.cell.{state}")} for state in STATES if state in present
        ],
        "incidents": [*latest, *([talk.phrase("more", n=rest)] if rest else [])] or [talk.phrase("no-incident")],
        "after": _after(talk, seen),
    }


def _end(talk: Talk, day: date) -> str:
    return talk.phrase("week.bar", day=day.day, month=day.month)


async def _drawn(pictures: Pictures, media: Media, drawing: dict[str, Any], room_id: str, name: str) -> dict[str, Any]:
    return await media.picture(await pictures.month(drawing), f"{name}.png", room_id)


# -- a maintenance


async def _plan(talk: Talk, lieu: Lieu, months: Months, room_settings: RoomSettings) -> None:
    from bot.talk.answers.spans import Hours  # for the few who plan one

    zone = ZoneInfo(lieu.choices.zone)
    now = datetime.fromtimestamp(await talk.look("now", months.moment) / 1000, zone)
    day = await talk.ask("day", Date(now.date, zone=lieu.choices.zone, alone=True))
    span = await talk.ask("hours", Hours())
    begins, ends = (_at(day, minutes, zone) for minutes in span)
    if ends <= now:
        await talk.say("over-already", at=ends)
        return
    names = await talk.look("services", months.services, lieu)
    if len(names) > 1:
        names = [*await talk.ask("which", Many([Option(name, talk.service(name)) for name in names], least=1))]
    rooms = dict(await talk.look("kept", _spoken_in, room_settings, lieu, talk.person))
    where: tuple[str, ...] = ()
    if rooms:
        where = await talk.ask("where", Many([Option(id, name) for id, name in rooms.items()]))
    chosen = [rooms[room] for room in where if room in rooms]
    words = _announced(talk, day, span, names)
    await talk.confirm("sure" if chosen else "sure-nowhere", rooms=chosen, **words)
    await talk.write("plan", _planned, lieu.id, round(begins.timestamp() * 1000), round(ends.timestamp() * 1000), names)
    for room in where:
        await talk.say("announced", to=room, item=room, **words)
    talk.note("maintenance", day=talk.phrase("journal-day", day=day), hours=words["hours"])
    await talk.say("done" if chosen else "done-nowhere", rooms=chosen)


def _planned(tx: Any, lieu: int, begins: int, ends: int, names: list[str]) -> None:
    availability.plan(tx, lieu, begins, ends, names)


def _announced(talk: Talk, day: date, span: Span, names: list[str]) -> Mapping[str, Any]:
    begins, ends = (time(minutes // 60 % 24, minutes % 60) for minutes in span)
    told = talk.phrase("talk.hours", begins=begins, ends=ends)
    return {"day": day, "hours": told, "services": [talk.service(name) for name in names]}


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """On the clocks of the lieu, whatever they do in the night."""
    return datetime.combine(day + timedelta(days=minutes // 1440), time(minutes // 60 % 24, minutes % 60), zone)


# -- an outage


@dialogue("outage", action="guarantees")
async def outage(talk: Talk, lieu: Lieu, months: Months, incident: int, why: dict[str, Any]) -> None:
    told = await talk.look("incident", months.incident, lieu.id, incident)
    if told is not None and told["ended_at"] is None:
        because = talk.away(why)
        await talk.say("outage-because" if because else "outage", why=because, **_words(talk, told))


@dialogue("outage-over", action="guarantees")
async def outage_over(talk: Talk, lieu: Lieu, months: Months, incident: int) -> None:
    told = await talk.look("incident", months.incident, lieu.id, incident)
    if told is None:
        return
    waited = await talk.look("waited", months.finished, lieu.id, told["service"], told["begun_at"])
    await _tell_end(talk, told, waited)
    for step, delay in LOOKS:
        if not waited["waiting"]:
            return
        await talk.rest(f"rest-{step}", delay)
        waited = await talk.look(f"waited-{step}", months.finished, lieu.id, told["service"], told["begun_at"])
        await _tell_end(talk, told, waited)


async def _tell_end(talk: Talk, told: IncidentTold, waited: Settled) -> None:
    lines = [talk.phrase("back" if told["seen"] else "back-unseen", **_words(talk, told))]
    lines += [talk.phrase(f"waited-{name}", n=waited[name]) for name in CAME if waited[name]]
    await talk.show("outage-told", lines=" ".join(lines))


def _words(talk: Talk, told: IncidentTold) -> dict[str, Any]:
    begun = datetime.fromtimestamp(told["begun_at"] / 1000, UTC)
    return {"service": talk.service(told["service"]), "at": begun, "delay": timedelta(seconds=told["seconds"])}


async def _spoken_in(room_settings: RoomSettings, lieu: Lieu, person: str) -> list[list[str]]:
    return spoken_in(await room_settings.kept(lieu.space, person), lieu.office)
