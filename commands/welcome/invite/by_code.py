"""Where people choose no password on a page, they make their account themselves, with a code: one for each person, good
once. Their account made, they are invited by its address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bot.services.registration_codes import allow, last_day
from bot.talk import YesNo
from bot.talk.talk import Talk

from .guests import BY_CODE, Guest, Tools

DAYS = 14


async def offer_codes(talk: Talk, tools: Tools, guests: Sequence[Guest]) -> None:
    """To those among the guests who need one."""
    waiting = [guest for guest in guests if guest["problem"] == BY_CODE]
    if not waiting or tools.registration is None:
        return
    if not await talk.ask("by-code", YesNo(), people=[guest["who"] for guest in waiting]):
        return
    zone = tools.lieu.choices.zone
    until = await talk.look("until", last_day, tools.clock, zone, DAYS, apart=True)
    lines = []
    for guest in waiting:
        code = await talk.look("code", tools.codes.fresh, item=guest["item"])
        await talk.do("allow", allow, tools.registration, code, 1, zone, until, item=guest["item"])
        lines.append(talk.phrase("code-line", who=guest["who"], code=code))
    talk.note("personal-codes", people=str(len(waiting)), until=until)
    server = tools.facts.local("").partition(":")[2]
    await talk.say("codes", lines=lines, server=server, until=date.fromisoformat(until))
