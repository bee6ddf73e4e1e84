"""The clock of the machine on which the bot runs, as whoever hosts it hears of it."""

from __future__ import annotations

from datetime import date

from bot.talk import dialogue
from bot.talk.talk import Talk


@dialogue("clock-told", action="operate")
async def clock_told(talk: Talk, how: str, before: str, today: str, until: str) -> None:
    """`how`: `leapt`, from the day `before` to `today`, or `set-back`."""
    if how == "leapt":
        was, is_now, over = (date.fromisoformat(day) for day in (before, today, until))
        await talk.say("leapt", before=was, today=is_now, until=over, year=today[:4], year_before=before[:4])
    else:
        await talk.say("set-back", today=date.fromisoformat(today), year=today[:4])
