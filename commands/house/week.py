"""`!semaine`, and by itself on Monday morning: the last seven days in one picture, and in words that say the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

from bot.errors import Refused, Unavailable
from bot.lieux import Lieu
from bot.reports.weeks import Figures, Week, Weeks
from bot.services.ownership import Ownership
from bot.talk import command, dialogue, drawn
from bot.talk.ports import Media, Pictures
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud

Counted = Literal["arrivals", "departures"]
COUNTED: tuple[Counted, ...] = ("arrivals", "departures")


class Seen(Figures):
    """`ending`: how many shares end in the week to come."""

    ending: int


@command("seven-days", action="follow")
async def seven_days(
    talk: Talk,
    lieu: Lieu,
    weeks: Weeks,
    pictures: Pictures,
    media: Media,
    ownership: Ownership,
    cloud: Nextcloud | None,
) -> None:
    seen = await talk.look("figures", weeks.look, lieu.id, lieu.choices.zone)
    ending = await talk.look("ending", _ending, ownership, cloud, lieu, seen["last"])
    await _tell(talk, lieu, pictures, media, {**seen, "ending": ending})


@dialogue("mondays", action="follow", standing=True)
async def mondays(talk: Talk, lieu: Lieu, weeks: Weeks) -> None:
    """On Monday morning the conciergerie is told its week; after a stop, as long as it is the same week."""
    office = lieu.office or talk.room
    due = await talk.look("due", weeks.due, lieu.id, lieu.choices.zone)
    if due["monday"]:
        await talk.begin("monday", talk.person, office, monday=due["monday"])
    await talk.rest("until-monday", timedelta(seconds=due["seconds"]))
    await talk.begin("mondays", talk.person, office)


@dialogue("monday", action="follow", lasting=True)
async def monday(
    talk: Talk,
    lieu: Lieu,
    weeks: Weeks,
    pictures: Pictures,
    media: Media,
    ownership: Ownership,
    cloud: Nextcloud | None,
    monday: str,
) -> None:
    seen = await talk.look("figures", weeks.look, lieu.id, lieu.choices.zone, monday)
    ending = await talk.look("ending", _ending, ownership, cloud, lieu, seen["last"])
    await _tell(talk, lieu, pictures, media, {**seen, "ending": ending})


async def _ending(ownership: Ownership, cloud: Nextcloud | None, lieu: Lieu, last: str) -> int:
    """How many shares of the lieu end in the week to come; none where nobody can tell: a picture does not wait."""
    until = (date.fromisoformat(last) + timedelta(days=7)).isoformat()
    try:
        owned = await ownership.owned(lieu.id, "nextcloud", "share")
        shares = await cloud.shares.all() if cloud is not None and owned else []
    except (Refused, Unavailable):
        return 0
    return sum(share["id"] in owned and last < share["expires"] <= until for share in shares)


async def _tell(talk: Talk, lieu: Lieu, pictures: Pictures, media: Media, seen: Seen) -> None:
    await drawn.tell(talk, media, pictures.week, _drawing(talk, lieu, seen), talk.phrase("file"), _lines(talk, seen))


def _lines(talk: Talk, seen: Seen) -> list[str]:
    """The figures as three sentences."""
    this, before = seen["weeks"][-1], seen["weeks"][-2]
    if _is_quiet(seen):
        return [talk.phrase("calm-days", **_days(seen)), talk.phrase("nobody"), talk.phrase("nothing-waits")]
    waits = [talk.phrase("waiting" if seen["still"] else "nobody-waits", n=seen["still"])]
    waits += [talk.phrase("end-soon", n=seen["ending"])] if seen["ending"] else []
    came = talk.phrase("came", **_days(seen), this=_both(talk, this), before=_both(talk, before))
    took = [talk.phrase("took", delay=timedelta(seconds=this["delay"]))] if this["delay"] is not None else []
    return [came, *took, " ".join(waits)]


def _both(talk: Talk, week: Week) -> str:
    if not week["arrivals"] and not week["departures"]:
        return talk.phrase("neither")
    return talk.phrase("both", arrivals=_counted(talk, "arrivals", week), departures=_counted(talk, "departures", week))


def _counted(talk: Talk, name: Counted, week: Week) -> str:
    return f"{week[name]} {talk.phrase(f'week.{name}', n=week[name])}"


def _is_quiet(seen: Seen) -> bool:
    this = seen["weeks"][-1]
    return not (this["arrivals"] or this["departures"] or seen["still"] or seen["ending"])


def _days(seen: Seen) -> dict[str, Any]:
    return {"first": date.fromisoformat(seen["first"]), "last": date.fromisoformat(seen["last"])}


def _drawing(talk: Talk, lieu: Lieu, seen: Seen) -> dict[str, Any]:
    """What is written in the picture."""
    return {
        "lang": talk.language.partition("@")[0],
        "lieu": lieu.name,
        "dates": talk.phrase("dates", **_days(seen)),
        "arrivals": talk.phrase("week.arrivals", n=2),
        "departures": talk.phrase("week.departures", n=2),
        "quiet": [talk.phrase("calm"), talk.phrase("nobody")],
        "figures": [] if _is_quiet(seen) else _figures(talk, seen),
        "weeks": [{**week, "label": _bar(talk, week)} for week in seen["weeks"]],
    }


def _figures(talk: Talk, seen: Seen) -> list[dict[str, str]]:
    this, before = seen["weeks"][-1], seen["weeks"][-2]
    figures = [
        _figure(talk, name, str(this[name]), talk.phrase(f"week.{name}", n=this[name]), str(before[name]))
        for name in COUNTED
    ]
    if this["delay"] is not None:
        past = "" if before["delay"] is None else _duration(talk, before["delay"])
        figures.append(_figure(talk, "delay", _duration(talk, this["delay"]), talk.phrase("delay"), past))
    figures.append(_figure(talk, "still", str(seen["still"]), talk.phrase("still", n=seen["still"])))
    if seen["ending"]:
        figures.append(_figure(talk, "ending", str(seen["ending"]), talk.phrase("ending", n=seen["ending"])))
    return figures


def _figure(talk: Talk, name: str, figure: str, label: str, before: str = "") -> dict[str, str]:
    past = talk.phrase("before", figure=before) if before else ""
    return {"name": name, "figure": figure, "label": label, "before": past}


def _duration(talk: Talk, seconds: int) -> str:
    return talk.phrase("duration", delay=timedelta(seconds=seconds))


def _bar(talk: Talk, week: Week) -> str:
    first = date.fromisoformat(week["first"])
    return talk.phrase("bar", day=first.day, month=first.month)
