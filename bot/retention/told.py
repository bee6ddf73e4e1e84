"""What people are told of their data before they give any."""

from __future__ import annotations

from bot.lieux import Lieu
from bot.talk.talk import Talk
from bot.words import Months

SHOWS_DATA = "my-data"  # the command with which people see what is kept of them, where there is one


def of_answers(talk: Talk, lieu: Lieu) -> str:
    """What becomes of what somebody answers, and where to ask."""
    kept, command = Months(lieu.choices.keep_talks), f"command.{SHOWS_DATA}.word"
    if talk.knows(command):
        return talk.phrase("welcome.data-command", kept=kept, command=talk.word(command))
    return talk.phrase("welcome.data-kept", kept=kept)
