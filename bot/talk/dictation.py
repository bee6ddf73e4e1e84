"""What a concierge says to somebody outside: nothing that people say to each other in a room goes there by mistake."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bot.talk.answers import VERBATIM, Text, YesNo
from bot.talk.talk import Silence, Talk

PATIENCE = timedelta(hours=1)  # then the concierge's next words in the room are no answer any more


async def dictated(talk: Talk, question: str, sure: str, *, of: str, **words: Any) -> str:
    """Their words, once they have seen them; empty where they want none, or say nothing. The question `sure` shows
    them, as `asked`."""
    try:
        asked = await talk.ask(
            question,
            Text(VERBATIM, max=500, lines=True),
            of=of,
            optional=True,
            default="",
            within=PATIENCE,
            mentions=[of],
            **words,
        )
        if not asked or not await talk.ask(sure, YesNo(), of=of, within=PATIENCE, **words, asked=asked):
            return ""
    except Silence:
        return ""
    return asked
