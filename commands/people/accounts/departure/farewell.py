"""What somebody is told before their account is locked reaches them first: read in private, else by mail."""

from __future__ import annotations

from datetime import timedelta

from bot.arrivals.departures import Departures
from bot.errors import Refused, Unavailable
from bot.talk.ports import Clock
from bot.talk.talk import Talk

from ..lookup import Tools
from .leaver import Leaving, Word, ms, whole

HOUR = timedelta(hours=1)
# Who is there reads it at once, and who is not is not waited for by the minute; an hour in all.
PAUSES = tuple(timedelta(seconds=each) for each in (20, 40, 60, 120, 180, 300, 480, 600, 600, 600, 600))
READ, OFF, LATE = "read", "off", "late"


async def let_them_know(
    talk: Talk, tools: Tools, departures: Departures, clock: Clock, id: int, word: Word | None
) -> None:
    """Before the lock takes away where the word can be read. Whoever it did not reach is said."""
    leaving = await whole(talk, tools, departures, id)
    who = leaving.row["name"]
    if leaving.synapse is None:
        return  # what else is shut leaves them their messages
    became = await talk.look("read", _became, leaving, clock, word, 0)
    if became in (READ, OFF):
        return
    if await _is_mailed(talk, leaving):
        await talk.say("mailed", who=who)
        return
    if word is not None:
        await talk.say("waits", who=who)
        if not await is_read_in_time(talk, leaving, clock, word, became):
            await talk.say("unread", who=who)


async def is_read_in_time(talk: Talk, leaving: Leaving, clock: Clock, word: Word, became: str = "") -> bool:
    """Within an hour, or nobody waits for it any more."""
    for turn, pause in enumerate(PAUSES, 1):
        if not became:
            await talk.rest("reading", pause)
            became = await talk.look("read", _became, leaving, clock, word, turn)
    return became in (READ, OFF)


async def _became(leaving: Leaving, clock: Clock, word: Word | None, turn: int) -> str:
    """Of the word: it was read, the departure was called off, or an hour is over; empty for nothing yet."""
    row = await leaving.departures.get(leaving.id)
    if row["status"] != "announced":
        return OFF
    if word is not None and await _is_read(leaving, word, turn):
        return READ
    return LATE if clock.now() >= row["locks_at"] + ms(HOUR) else ""


async def _is_read(leaving: Leaving, word: Word, turn: int) -> bool:
    """Not that we know, while the homeserver is away: the hour goes by."""
    event_id = await leaving.departures.word(word["letter"])
    try:
        return bool(event_id) and await leaving.tools.facts.has_read(word["room"], str(event_id), leaving.person, turn)
    except (Refused, Unavailable):
        return False


async def _is_mailed(talk: Talk, leaving: Leaving) -> bool:
    """Whether a server has taken the mail that says the same."""
    try:
        return await talk.do("mail", _mail, leaving, f"{talk.id:x}") == "sent"
    except Refused:
        return False


async def _mail(leaving: Leaving, key: str) -> str:
    tools, row = leaving.tools, leaving.row
    found = await tools.directory.find(username=leaving.login) if tools.mails is not None else ()
    if tools.mails is None or not found or not found[0].email:
        return "none"
    who = (found[0].email, row["person"], row["name"])
    return await tools.mails.access("departure", *who, row["by"], f"departure-{key}")
