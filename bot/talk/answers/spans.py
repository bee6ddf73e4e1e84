"""From when to when on a day, as people say it: « 8h-10h », « de 8 h 30 à midi », « entre 22h et 2h ».

One hour alone is asked on, and a part of the day (« le soir ») is proposed in hours: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, ClassVar, NamedTuple

from bot.talk.answers.agreement import agreed
from bot.talk.answers.answer import Answer, Heard, NotUnderstood, written
from bot.words import Words, fold

DAY = 24 * 60  # minutes
LONGEST = 16 * 60  # minutes: « 10h-8h » is a slip rather than a night
CLOCK = re.compile(
    r"(?<![\d/.,:])(?P<h>[01]?\d|2[0-4])\s?(?:(?P<unit>h(?:eures?)?(?![a-z])|:)\s?(?P<m>[0-5]\d(?!\s?[h:]))?|(?P<half>[ap])\.?m\b\.?)"
    r"(?![\d/])"
)
NUMBER = re.compile(r"(?<![\d/.,:])(?P<h>[01]?\d|2[0-4])(?![\d/.,:h])")
NAMED = {"noon": 12, "midnight": 24}
PARTS = {"morning": (8, 12), "afternoon": (14, 18), "evening": (18, 22), "whole-day": (8, 20)}

Said = tuple[int, int, int]
"""From where to where in a text, and which minute of the day it says."""


class Span(NamedTuple):
    """Minutes from midnight; beyond a day's, it ends on the next one."""

    begins: int
    ends: int


@dataclass(frozen=True, slots=True)
class Hours(Answer[Span]):
    kind: ClassVar[str] = "hours"

    async def read(self, heard: Heard, words: Words) -> Span:
        if (meant := heard.offered.get("meant")) and agreed(heard, words):
            return self.load([int(part) for part in meant.split("-")])
        text = written(heard)
        first, _, rest = text.partition(" ")
        if heard.offered and rest and fold(first) in words.means("talk.words.no"):
            text = rest  # « non, de 9h à 11h »
        return _read(text, words, heard.offered)

    def guess(self, text: str, words: Words) -> Span | None:
        """Hours that surely are; a bare number may be a day."""
        if CLOCK.search(_with_digits(text, words)) or _part(text, words):
            return _read(text, words, {})
        return None

    def dump(self, value: Span) -> Any:
        return [*value]

    def load(self, json: Any) -> Span:
        return Span(*json)

    def show(self, value: Span, words: Words, language: str) -> str:
        begins, ends = map(on_the_clock, value)
        template, holes = words.sentence(language, "talk.hours", {"begins": begins, "ends": ends})
        return template.format(**holes)


def on_the_clock(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


def _read(text: str, words: Words, offered: Mapping[str, str]) -> Span:
    said = _clocks(text, words)
    if (begun := offered.get("from")) and len(said) == 1:
        said = [int(begun), *said]
    if len(said) == 2:
        return _span(*said)
    if len(said) == 1:
        raise NotUnderstood("hours-until", offered={"from": str(said[0])}, hour=on_the_clock(said[0]))
    if part := _part(text, words):
        meant = {"meant": "-".join(str(hour * 60) for hour in part)}
        begins, ends = (time(hour) for hour in part)
        raise NotUnderstood("hours-near", offered=meant, begins=begins, ends=ends)
    raise NotUnderstood("hours-several" if said else "hours")


def _span(begins: int, ends: int) -> Span:
    """What ends before it begins ends on the next day."""
    if ends == begins:
        raise NotUnderstood("hours-order")
    ends += 0 if ends > begins else DAY
    if ends - begins > LONGEST and ends > DAY:
        raise NotUnderstood("hours-order")
    return Span(begins, ends)


def _clocks(text: str, words: Words) -> list[int]:
    """In minutes. A bare number is one beside another that surely is (« de 8 à 10h »), or by itself."""
    said = _with_digits(text, words)
    found = [(one.start(), one.end(), _minutes(one)) for one in CLOCK.finditer(said)]
    between = rf"\s*(?:{'|'.join(['-', '–', '—', *map(re.escape, _joints(words))])})\s*"
    bare = [(one.start(), one.end(), int(one["h"]) * 60) for one in NUMBER.finditer(said)]
    bare = [one for one in bare if not any(start < one[1] and one[0] < end for start, end, _ in found)]
    if found:
        found += [one for one in bare if any(_are_joined(said, between, one, other) for other in found)]
    elif not found and len(bare) == 2:
        whole = rf"\W*(?:[a-zà-ÿ]+\s+)?\d+{between}\d+\W*"
        found = bare if re.fullmatch(whole, said) else []
    elif not found and len(bare) == 1 and re.fullmatch(r"\W*(?:[a-zà-ÿ]+\s+)?\d+\W*", said):
        found = bare
    return [at for _, _, at in sorted(found)]


def _are_joined(said: str, between: str, one: Said, other: Said) -> bool:
    """« 8-10h »"""
    first, second = sorted((one, other))
    return re.fullmatch(between, said[first[1] : second[0]]) is not None


def _minutes(found: re.Match[str]) -> int:
    hour = int(found["h"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "p" else 0)
    return hour * 60 + int(found["m"] or 0)


def _with_digits(text: str, words: Words) -> str:
    """« midi » is « 12h »."""
    said = text.casefold().replace("’", "'")
    for name, hour in NAMED.items():
        for word in words.means(f"talk.words.hours-{name}"):
            said = re.sub(rf"\b{re.escape(word)}\b", f"{hour}h", said)
    return said


def _joints(words: Words) -> list[str]:
    """« à », and as people write it who are in a hurry; the longest first."""
    return sorted({"à", "jusqu'à", *words.means("talk.words.hours-to")}, key=len, reverse=True)


def _part(text: str, words: Words) -> tuple[int, int] | None:
    said = f" {fold(text)} "
    means = {name: words.means(f"talk.words.hours-{name}") for name in PARTS}
    found = [span for name, span in PARTS.items() if any(f" {one} " in said for one in means[name])]
    return found[0] if len(found) == 1 else None
