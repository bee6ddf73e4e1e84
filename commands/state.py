"""`!état`: is everything up? For concierges, in one message."""

from __future__ import annotations

from bot.talk import command
from bot.talk.doors import Health
from bot.talk.talk import Talk


@command("state", action="state")
async def state(talk: Talk, health: Health) -> None:
    findings = await talk.look("report", health.report)
    await talk.say("report", lines=[_line(talk, finding["code"], up=finding["ok"]) for finding in findings])


def _line(talk: Talk, service: str, *, up: bool) -> str:
    return talk.phrase("up" if up else "down", service=talk.service(service))
