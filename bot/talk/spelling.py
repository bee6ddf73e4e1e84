"""What a mistyped word may have meant. Two texts are compared in length × length steps: long ones are not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from difflib import SequenceMatcher, get_close_matches
from typing import TypeVar

from bot.words import fold

Where = TypeVar("Where", bound=Hashable)
LONGEST_LINE, SHORTEST_LINE, MOST_LINES = 400, 10, 100
ALIKE, APART = 0.75, 0.1  # how much a line resembles the one that it corrects, and how much less any other

LONGEST = 80  # characters; nobody mistypes more, and a name of a file is proposed by how it begins


def resembling(said: str, names: Iterable[str], most: int, least: float) -> list[str]:
    """Those of the names that resemble it, the likeliest first; `least`: how much, from 0 to 1."""
    if len(said) > LONGEST:
        return []
    return get_close_matches(said, [name for name in names if len(name) <= 2 * LONGEST], n=most, cutoff=least)


def respelled(said: str, names: Iterable[str], least: float) -> str:
    """A folded text with each of its words as the likeliest of these names, which are single words, where it resembles
    one; as it is where it is too long to be one line."""
    known = frozenset(names)
    if len(said) > LONGEST:
        return said
    return " ".join(next(iter(resembling(word, known, 1, least)), word) for word in said.split())


def corrected(said: str, lines: Mapping[Where, str]) -> Where | None:
    """Where the one line stands that somebody wrote again, with a slip mended or more to it; None where it may be none
    of them, or one of several."""
    typed = fold(said)
    if "\n" in said.strip() or not SHORTEST_LINE <= len(typed) <= LONGEST_LINE or len(lines) > MOST_LINES:
        return None
    near = sorted(((_likeness(typed, fold(line)), where) for where, line in lines.items()), key=lambda one: -one[0])
    second = near[1][0] if len(near) > 1 else 0.0
    return near[0][1] if near and near[0][0] >= ALIKE and near[0][0] - second >= APART else None


def _likeness(one: str, other: str) -> float:
    """From 0 to 1; a line that goes on where the other ends is it."""
    if not SHORTEST_LINE <= len(other) <= LONGEST_LINE:
        return 0.0
    if one.startswith(other) or other.startswith(one):
        return 1.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
