"""What the server leaves out of a long sync is asked for: nothing that was said to the bot is skipped."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from bot.errors import MatrixRefused
from bot.matrix.client_api import path
from bot.matrix.sync_batch import MEMBER, joined_at, state, timeline
from bot.matrix.untrusted_json import Json, block, dicts

log = structlog.get_logger(__name__)

PAGE, PAGES = 100, 200
LAZY = '{"lazy_load_members":true}'

Call = Callable[..., Awaitable[Json]]


async def fill(call: Call, me: str, raw: Json, since: str | None) -> dict[str, list[Json]]:
    """For each joined room whose timeline is cut: the events between our token `since` and the timeline, in order."""
    cut = {room: data for room, data in block(raw, "rooms", "join").items() if since and _is_cut(data, me)}
    return {room: await _missing(call, me, room, data, str(since)) for room, data in cut.items()}


def _is_cut(data: Json, me: str) -> bool:
    return block(data, "timeline").get("limited") is True and joined_at(timeline(data), me) < 0


async def _missing(call: Call, me: str, room_id: str, data: Json, since: str) -> list[Json]:
    """Raises Unavailable: then nothing of the batch is kept, and it is asked for again."""
    found: list[Json] = []
    at = block(data, "timeline").get("prev_batch")
    for _ in range(PAGES):
        page = await _page(call, room_id, at, since)
        found = [*reversed(list(dicts(page.get("chunk")))), *found]
        at = page.get("end")
        arrived = joined_at(found, me)
        if arrived >= 0 or not isinstance(at, str) or not page.get("chunk"):
            return found[max(arrived, 0) :]
    log.error("gap-too-long", room=room_id, events=len(found))
    return [event for event in state(data) if event.get("type") == MEMBER] + found


async def _page(call: Call, room_id: str, at: object, since: str) -> Json:
    query = {"dir": "b", "from": at, "to": since, "limit": PAGE, "filter": LAZY}
    try:
        return await call("GET", path("rooms", room_id, "messages"), **query)
    except MatrixRefused as refusal:
        log.warning("gap-refused", room=room_id, errcode=refusal.errcode)
        return {}
