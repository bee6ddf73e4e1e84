"""The end of a request: its asker is reminded the day before, one click gives it another week; then it ends by itself.

A request may be changed in the meantime: each time, what it is then is what counts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from bot.errors import Refused
from bot.lieux import Lieu
from bot.network.requests import Requests
from bot.talk import YesNo
from bot.talk.ports import Clock
from bot.talk.talk import Silence, Talk

from .request_form import in_short

MORNING = time(9)
BEFORE, LONGER = timedelta(days=1), timedelta(days=7)
ENDLESS, MONTH = timedelta(days=60), timedelta(days=30)  # without a day


class Seen(TypedDict):
    """A request as it is: the day when it ends and the one to which it can be prolonged (ISO); the seconds to its
    reminder (`next`) and to its end (`left`)."""

    id: str
    number: int
    what: str
    ends: str
    later: str
    next: float
    left: float


async def watch_over(
    talk: Talk, lieu: Lieu, requests: Requests, clock: Clock, number: int, asker: str, token: int
) -> None:
    reminded, rested = "", False
    while seen := await talk.look("seen", _seen, requests, clock, lieu, number, token):
        if seen["left"] <= 0:
            await _end(talk, lieu, requests, seen, asker)
            return
        if seen["next"] <= 0 and rested and reminded != seen["ends"]:
            reminded = seen["ends"]
            await _remind(talk, lieu, requests, seen, asker, token)
        else:
            await talk.rest("wait", timedelta(seconds=seen["next"] if seen["next"] > 0 else seen["left"]))
        rested = True


async def _remind(talk: Talk, lieu: Lieu, requests: Requests, seen: Seen, asker: str, token: int) -> None:
    words: dict[str, Any] = {"number": seen["number"], "what": seen["what"], "day": date.fromisoformat(seen["ends"])}
    later = date.fromisoformat(seen["later"])
    try:
        longer = await talk.ask(
            "longer",
            YesNo(),
            of=asker,
            optional=True,  # they may speak with others in that room for days
            default=False,
            mentions=[asker],
            within=timedelta(seconds=seen["left"]),
            later=later,
            **words,
        )
    except Silence:
        return
    if await talk.look("still", requests.watched, lieu, seen["number"], token) is None:
        await talk.say("changed-meanwhile", number=seen["number"])
        return
    if not longer:
        await talk.say("let-end", day=words["day"])
        return
    try:
        await talk.do("prolong", requests.revise, lieu, seen["id"], until=seen["later"])
    except Refused as no:
        await talk.refused(no)
        return
    talk.note("request-extended", by=asker, number=str(seen["number"]), until=seen["later"])
    await talk.say("extended", number=seen["number"], day=later)


async def _end(talk: Talk, lieu: Lieu, requests: Requests, seen: Seen, asker: str) -> None:
    try:
        await talk.do("expire", requests.revise, lieu, seen["id"], state="expired")
    except Refused:  # it was settled at the last moment
        return
    talk.note("request-expired", number=str(seen["number"]))
    await talk.say("expired", mentions=[asker], number=seen["number"], what=seen["what"])


async def _seen(requests: Requests, clock: Clock, lieu: Lieu, number: int, token: int) -> Seen | None:
    """The request as it is. None once it has ended, or another conversation watches over it."""
    row = await requests.watched(lieu, number, token)
    if row is None:
        return None
    zone, now = ZoneInfo(lieu.choices.zone), datetime.fromtimestamp(clock.now() / 1000, UTC)
    opened = datetime.fromtimestamp(row["opened_at"] / 1000, zone).date()
    last = date.fromisoformat(row["until"]) if row["until"] else opened + ENDLESS
    reminder = last - BEFORE if row["until"] else opened + MONTH
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    return {
        "id": row["id"],
        "number": number,
        "what": in_short(row["what"]),
        "ends": last.isoformat(),
        "later": (last + (LONGER if row["until"] else MONTH)).isoformat(),
        "next": (datetime.combine(reminder, MORNING, zone) - now).total_seconds(),
        "left": (end - now).total_seconds(),
    }
