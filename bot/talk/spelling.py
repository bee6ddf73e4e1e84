"""What a mistyped word may have meant. Two texts are compared in length × length steps: long ones are not."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

LONGEST = 80  # characters; nobody mistypes more, and a name of a file is proposed by how it begins


def resembling(said: str, names: Iterable[str], most: int, least: float) -> list[str]:
    """Those of the names that resemble it, the likeliest first; `least`: how much, from 0 to 1."""
    if len(said) > LONGEST:
        return []
    return get_close_matches(said, [name for name in names if len(name) <= 2 * LONGEST], n=most, cutoff=least)
