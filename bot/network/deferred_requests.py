"""Requests that are not shown at once: those that come at quiet hours, and those that we hear of long after."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.lieux import Lieu
from bot.store.conversations import Conversation
from bot.store.networks import Stay
from bot.store.requests import Card

LATE = 3_600_000  # milliseconds: what was asked longer ago comes to somebody who was away
GATHER = 60_000  # milliseconds until what comes in a flood has come
MISSING = 600_000  # milliseconds that an envelope is waited for
MOST_CARDS = 2  # at once; more are told in one message


def due(stay: Stay, lieu: Lieu, sent_at: int, now: int) -> int | None:
    """When this lieu is to see a request that was sent then, where that is not now. Milliseconds."""
    morning = end_of_quiet(stay.choices.get("quiet"), lieu.choices.zone, now)
    return morning or (now + GATHER if now - sent_at > LATE else None)


def end_of_quiet(quiet: list[int] | None, zone: str, now: int) -> int | None:
    """When the quiet hours (`[22, 8]`: from ten in the evening to eight) end, if it is quiet now."""
    if not quiet:
        return None
    begins, ends = quiet
    here = datetime.fromtimestamp(now / 1000, UTC).astimezone(ZoneInfo(zone))
    is_quiet = begins <= here.hour < ends if begins < ends else here.hour >= begins or here.hour < ends
    if not is_quiet:
        return None
    end = datetime.combine(here.date(), time(ends), here.tzinfo)
    return round((end if end > here else end + timedelta(days=1)).timestamp() * 1000)


def patience(me: str, lieu: Lieu, network: int, id: str, body: dict[str, Any], missing: int, now: int) -> Conversation:
    """The conversation that no longer waits for an envelope that is missing: one, whatever comes behind it."""
    speaker = body["lieu"]
    args = {"network": network, "request": body["request"], "speaker": speaker, "at": now + MISSING}
    cause = f"missing/{id}/{speaker}/{missing}"
    return Conversation("missing", me, lieu.office or lieu.space, cause, lieu.id, args, created_at=now)


def reminder(me: str, card: Card, due: int, now: int) -> Conversation:
    """The conversation that shows what is due then in the room of this card: one for all that is due in that minute."""
    minute = due - due % GATHER + GATHER
    cause = f"later/{card.lieu}/{card.room_id}/{minute}"
    args = {"room": card.room_id, "at": minute}
    return Conversation("later", me, card.room_id, cause, card.lieu, args, created_at=now)
