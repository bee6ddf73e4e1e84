"""`!état`: is everything up? For concierges, in one message."""

from __future__ import annotations

from bot.talk import command
from bot.talk.doors import Health
from bot.talk.talk import Talk


@command("state", action="state")
async def state(talk: Talk, health: Health) -> None:
    for finding in await talk.look("report", health.report):
        verdict = "up" if finding["ok"] else "down"
        await talk.say(verdict, item=finding["code"], service=talk.service(finding["code"]))
