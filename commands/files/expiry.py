"""The end of a share, announced to the concierges a week and a day before: one click gives it another month.

A share may be changed in the meantime: each time, what the server says of it then is what counts.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal, TypedDict
from zoneinfo import ZoneInfo

from bot.errors import Refused
from bot.lieux import Lieu
from bot.services.ownership import Ownership
from bot.talk import YesNo, days, dialogue
from bot.talk.calendar_days import months_later
from bot.talk.ports import Clock
from bot.talk.talk import Silence, Talk
from integrations.nextcloud import Nextcloud, name_of

BEFORE = (7, 1)  # days
MORNING = time(9)
Same = Literal["expires", "folder", "kind", "to", "permissions"]
SAME: tuple[Same, ...] = ("expires", "folder", "kind", "to", "permissions")  # or a yes was to another share


class When(TypedDict):
    """`due`: the announcement of which the hour has passed, 0 before the first and after the end; `next` and `left` in
    seconds."""

    due: int
    next: float | None
    left: float


class Seen(When):
    """A share as it is; `later`: the day until which it can be prolonged."""

    expires: str
    later: str | None
    folder: str
    kind: str
    permissions: int
    to: str
    group: str


@dialogue("expiry", action="share", lasting=True)
async def expiry(talk: Talk, lieu: Lieu, cloud: Nextcloud, ownership: Ownership, clock: Clock, share: str) -> None:
    told: set[tuple[str, int]] = set()
    rested = False
    while seen := await _look(talk, lieu, cloud, ownership, clock, share):
        due = (seen["expires"], seen["due"])
        if rested and seen["due"] and due not in told:
            told.add(due)
            wanted = await _announce(talk, lieu, seen)
            if wanted is False:
                return
            if wanted:
                await _prolong(talk, lieu, cloud, ownership, clock, share, seen)
        elif seen["next"] is None:
            return
        else:
            await talk.rest("wait", timedelta(seconds=seen["next"]))
        rested = True


async def _look(
    talk: Talk, lieu: Lieu, cloud: Nextcloud, ownership: Ownership, clock: Clock, share: str
) -> Seen | None:
    """The share as it is, however long that takes: while the bot is not let in, somebody mends that."""
    while True:
        try:
            return await talk.look("seen", _seen, cloud, ownership, clock, lieu, talk.id, share)
        except Refused:
            await talk.rest("shut", days(1))


async def _announce(talk: Talk, lieu: Lieu, seen: Seen) -> bool | None:
    """Whether somebody wants it longer, or decided to let it end; None where nobody said either."""
    office, day, later = lieu.office or talk.room, date.fromisoformat(seen["expires"]), seen["later"]
    words: dict[str, Any] = {"folder": seen["folder"], "who": _with(talk, seen), "day": day}
    if later is None:
        await talk.say("ends", to=office, **words)
        return None
    then = date.fromisoformat(later)
    try:
        wait = timedelta(seconds=seen["next"] or seen["left"])
        extend = await talk.ask("extend", YesNo(), to=office, of="share", within=wait, later=then, **words)
    except Silence:
        return None
    if not extend:
        await talk.say("let-end", to=office, **words)
    return extend


async def _prolong(
    talk: Talk, lieu: Lieu, cloud: Nextcloud, ownership: Ownership, clock: Clock, share: str, seen: Seen
) -> None:
    """What was agreed to, where the share still is what was shown: else what it is now is announced in its turn."""
    now = await _look(talk, lieu, cloud, ownership, clock, share)
    later = seen["later"]
    if now is None or later is None or any(now[name] != seen.get(name, now[name]) for name in SAME):
        return
    await talk.do("prolong", cloud.shares.change, share, expires=later)
    talk.note("share-extended", folder=seen["folder"], until=later)
    office, day = lieu.office or talk.room, date.fromisoformat(later)
    await talk.say("extended", to=office, folder=seen["folder"], day=day)


def _with(talk: Talk, seen: Seen) -> str:
    """« par un lien », « avec zoe »."""
    return (
        talk.phrase(f"by-{seen['kind']}", who=seen.get("group") or seen["to"])
        if seen["to"]
        else talk.phrase("by-a-link")
    )


async def _seen(
    cloud: Nextcloud, ownership: Ownership, clock: Clock, lieu: Lieu, watcher: int, share: str
) -> Seen | None:
    """The share as it is now; None where there is nothing more to announce.

    A share that was changed by the bot has another watcher since.
    """
    kept = (await ownership.owned(lieu.id, "nextcloud", "share")).get(share)
    found = await cloud.shares.get(share) if kept and kept["watcher"] in (None, watcher) else None
    if found is None or not found["expires"]:
        return None
    now = datetime.fromtimestamp(clock.now() / 1000, UTC)
    end = date.fromisoformat(found["expires"])
    policies = await cloud.policies.read()
    return {
        "expires": found["expires"],
        "later": _later(end, now.date(), policies.most_days(found["kind"])),
        "folder": found["path"].strip("/"),
        "kind": found["kind"],
        "permissions": found["permissions"],
        "to": found["to"] or name_of(found),
        "group": found["group"],
        **_when(end, now, ZoneInfo(lieu.choices.zone)),
    }


def _when(end: date, now: datetime, zone: ZoneInfo) -> When:
    mornings = {before: datetime.combine(end - timedelta(before), MORNING, zone) for before in BEFORE}
    left = (datetime.combine(end, time(23, 59), zone) - now).total_seconds()
    to_come = [(at - now).total_seconds() for at in mornings.values() if at > now]
    passed = [before for before, at in mornings.items() if at <= now]
    return {"due": min(passed, default=0) if left > 0 else 0, "next": min(to_come, default=None), "left": left}


def _later(end: date, today: date, limit: int | None) -> str | None:
    """A month more, or as much as the server allows; None where that is no more than now."""
    later = months_later(end, 1)
    if limit is not None:
        later = min(later, today + timedelta(days=limit))
    return later.isoformat() if later > end else None
