"""How to recognise what the bot says, whatever words the catalogue gives it today."""

from __future__ import annotations

import re
from functools import cache

from bot.words import Words

APART = re.compile(r"\{[^}]*\}|\*\*|`|\n")


@cache
def _words() -> Words:
    return Words.load()


def part_of(key: str) -> str:
    """The longest piece of the French sentence called `key` that is the same every time."""
    template = _words().sentence("fr", key, {})[0]
    return max((piece.strip() for piece in APART.split(plain(template))), key=len)


def label(key: str) -> str:
    """What an answer is called in a recapitulation."""
    return _words().sentence("fr", f"{key}.label", {})[0]


def plain(text: str) -> str:
    """Narrow spaces are spaces here."""
    return text.replace("\u202f", " ").replace("\u00a0", " ")
