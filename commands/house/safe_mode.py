"""The bot answers `!état` alone: whoever wants something else is told so, and so is whoever hosts it."""

from __future__ import annotations

from bot.talk import dialogue
from bot.talk.talk import Talk


@dialogue("safe-told", action="help")
async def safe_told(talk: Talk) -> None:
    """To whoever gives a command, or writes in private, meanwhile."""
    await talk.say("waits")


@dialogue("safe-mode", action="operate")
async def safe_mode(talk: Talk, how: str) -> None:
    """Where it came to that by itself; `how`: `entered` or `left`."""
    if how == "entered":
        await talk.say("entered")
    else:
        await talk.say("left")
