"""The disk of the machine on which the bot runs, as whoever hosts it hears of it."""

from __future__ import annotations

from bot.talk import dialogue
from bot.talk.talk import Talk


@dialogue("disk-told", action="operate")
async def disk_told(talk: Talk, how: str, free: int, wanted: int) -> None:
    """`how`: `little`, `enough`, or `was-ill`: for a while nothing could be written."""
    if how == "little":
        await talk.say("little", free=free, wanted=wanted)
    elif how == "enough":
        await talk.say("enough", free=free)
    else:
        await talk.say("was-ill", free=free)
