"""A month of the lieu's services, in one picture and in words that say the same."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.reports.months import DayState, IncidentTold, Month, ServiceMonth
from bot.talk import drawn
from bot.talk.ports import Media, Pictures
from bot.talk.talk import Talk
from bot.words import Month as Named

from .maintenances import in_short

Came = Literal["done", "resumed", "letters", "waiting", "left"]
CAME: tuple[Came, ...] = ("done", "resumed", "letters", "waiting", "left")
STATES: tuple[DayState, ...] = ("well", "part", "short", "away", "planned", "unknown")
IN_WORDS, IN_PICTURE = 3, 5  # incidents that are told one by one, the latest
HUNDREDTHS = 100
LITTLE = 86_400  # seconds that are known: of less, it is said how many they are
NOTABLE = 3600  # seconds in which nobody looked


async def tell(talk: Talk, lieu: Lieu, pictures: Pictures, media: Media, seen: Month, month: str) -> None:
    """Where nothing was watched in the `month` that was asked for (its first day, empty for the last thirty days), in
    words alone."""
    if month and not _is_known(seen):
        of = Named.fromisoformat(month)
        if seen["since"]:
            await talk.say("not-watched", month=of, day=date.fromisoformat(seen["since"]))
        else:
            await talk.say("nothing-watched", month=of)
        return
    await drawn.tell(
        talk, media, pictures.month, _drawing(talk, lieu, seen), talk.phrase("file"), _lines(talk, lieu, seen)
    )


def _lines(talk: Talk, lieu: Lieu, seen: Month) -> list[str]:
    """How long each answered, and how much of that was seen; what happened; what became of it, and of the backups."""
    each = [f"{talk.service(one['service'])} {_share(talk, one)}" for one in seen["services"]]
    told: dict[str, Any] = {"dates": _dates(talk, seen), "services": " · ".join(each)}
    first = talk.phrase("answered", **told)
    if seen["promise"]:
        first = talk.phrase("answered-promised", promise=_percent(talk, seen["promise"]), **told)
    after = " ".join(_after(talk, lieu, seen))
    if not _is_known(seen):
        return [*_watched(talk, seen), after]
    return [" ".join([first, *_watched(talk, seen)]), _happened(talk, seen), after]


def _is_known(seen: Month) -> bool:
    return any(one["known"] for one in seen["services"])


def _watched(talk: Talk, seen: Month) -> list[str]:
    """How much of these days the figures are about, where it is not all of them."""
    known, told = max((one["known"] for one in seen["services"]), default=0), []
    if not known:
        return [talk.phrase("watched-nothing")]
    if known < LITTLE:
        return [talk.phrase("watched-little", delay=timedelta(seconds=known))]
    if seen["since"] > seen["first"]:
        told.append(talk.phrase("watched-since", day=date.fromisoformat(seen["since"])))
    if seen["unseen"] >= NOTABLE:
        told.append(talk.phrase("unseen", delay=timedelta(seconds=seen["unseen"])))
    return told


def _happened(talk: Talk, seen: Month) -> str:
    latest = seen["incidents"][-IN_WORDS:]
    if not latest:
        return talk.phrase("no-incident")
    told, rest = [_incident(talk, one) for one in latest], len(seen["incidents"]) - len(latest)
    told += [talk.phrase("more", n=rest)] if rest else []
    return talk.phrase("incidents", n=len(seen["incidents"]), incidents=" · ".join(told))


def _incident(talk: Talk, one: IncidentTold) -> str:
    """« Nextcloud, mardi 12 janvier à 14 h (34 minutes) : arrêté »"""
    at = datetime.fromtimestamp(one["begun_at"] / 1000, UTC)
    how = "incident-on" if one["ended_at"] is None else "incident" if one["seen"] else "incident-unseen"
    length = timedelta(seconds=max(one["seconds"], 60))
    told = talk.phrase(how, service=talk.service(one["service"]), at=at, delay=length)
    why = f"guarantees.cause.{one['cause'] or 'silent'}"
    return talk.phrase("incident-because", incident=told, why=talk.phrase(why)) if talk.knows(why) else told


def _after(talk: Talk, lieu: Lieu, seen: Month) -> list[str]:
    zone = ZoneInfo(lieu.choices.zone)
    finished, planned = seen["finished"], max((one["planned"] for one in seen["services"]), default=0)
    told = [talk.phrase(f"after-{name}", n=finished[name]) for name in CAME if finished[name]]
    told = told or [talk.phrase("after-nothing")]
    told += [talk.phrase("planned", delay=timedelta(seconds=planned))] if planned >= 60 else []
    to_come = [in_short(talk, one, zone) for one in seen["to_come"][:IN_WORDS]]
    told += [talk.phrase("to-come", planned=" · ".join(to_come))] if to_come else []
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


def _dates(talk: Talk, seen: Month) -> str:
    return talk.phrase("dates-one" if seen["first"] == seen["last"] else "dates", **_days(seen))


def _share(talk: Talk, one: ServiceMonth) -> str:
    return talk.phrase("unknown-yet") if one["share"] is None else _percent(talk, one["share"])


def _share_alone(talk: Talk, one: ServiceMonth) -> str:
    """Where nothing beside it says of how little it is."""
    if one["share"] is None or one["known"] >= LITTLE:
        return _share(talk, one)
    return talk.phrase("share-of-little", share=_share(talk, one), delay=timedelta(seconds=one["known"]))


def _percent(talk: Talk, share: int) -> str:
    """« 99,93 % »"""
    whole, rest = divmod(share, HUNDREDTHS)
    return talk.phrase("percent", figure=share / HUNDREDTHS if rest else whole)


def _drawing(talk: Talk, lieu: Lieu, seen: Month) -> dict[str, Any]:
    """What is written in the picture."""
    services = [
        {"name": talk.service(one["service"]), "share": _share_alone(talk, one), "days": one["days"]}
        for one in seen["services"]
    ]
    present = {day for one in seen["services"] for day in one["days"]}
    latest = [_incident(talk, one) for one in seen["incidents"][-IN_PICTURE:]]
    rest = len(seen["incidents"]) - len(latest)
    return {
        "lang": talk.language.partition("@")[0],
        "lieu": lieu.name,
        "dates": _dates(talk, seen),
        "watched": " ".join(_watched(talk, seen)) if _is_known(seen) else "",
        "promise": talk.phrase("promised", promise=_percent(talk, seen["promise"])) if seen["promise"] else "",
        "services": services,
        "ends": [_end(talk, day) for day in dict.fromkeys(_days(seen).values())],
        "key": [
            {"state": state, "label": talk.phrase(f"guarantees.cell.{state}")} for state in STATES if state in present
        ],
        "incidents": [*latest, *([talk.phrase("more", n=rest)] if rest else [])]
        or [talk.phrase("no-incident") if _is_known(seen) else talk.phrase("watched-nothing")],
        "after": _after(talk, lieu, seen),
    }


def _end(talk: Talk, day: date) -> str:
    return talk.phrase("week.bar", day=day.day, month=day.month)
