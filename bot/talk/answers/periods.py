"""For how long something is kept, as people say it: « 2 ans », « six mois », « un an et demi », « 90 jours »."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from bot.talk.answers.answer import Answer, Doubted, Heard, NotUnderstood, written
from bot.talk.answers.day_phrases import UNITS
from bot.words import Months, Words, fold

TOKEN = re.compile(r"\d+(?:[.,]\d+)?|[^\W\d_]+")
# « 1/2 an », « 2-3 ans », « -3 mois », « 2 à 3 ans »: the number before the unit is not what is meant.
LOOSE = re.compile(r"\d\s*[/–—-]\s*\d|(?<!\w)[-−]\s*\d|\de\d")
MONTH = 365.25 / 12  # days
MOST_TOLD = 1200  # months: beyond is no period


@dataclass(frozen=True, slots=True)
class Period(Answer[int]):
    """In months. `name` says of what (`bot.lieux.KEPT`): why it is neither less than `least` nor more than `most` is
    another reason for each. `usual` is what a regulator advises."""

    kind: ClassVar[str] = "period"
    name: str
    least: int
    most: int
    usual: int

    async def read(self, heard: Heard, words: Words) -> int:
        """Raises `NotUnderstood`."""
        text = written(heard)
        said = fold(text)
        if any(f" {phrase} " in f" {said} " for phrase in words.means("talk.words.forever")):
            raise self._long()
        named = {"longest": self.most, "shortest": self.least, "advised": self.usual}
        found = sorted({*lengths(text, words)})
        meant = [months for name, months in named.items() if _says(said, words.means(f"talk.words.period-{name}"))]
        if meant and not found and "?" not in text:
            return meant[0]
        if not found:
            told = re.fullmatch(r"\D{0,10}\d{1,4}\D{0,3}", said)
            raise Doubted("period-unit") if told else NotUnderstood("period")
        if len(found) > 1 or _are_joined(text, words):
            raise Doubted("period-several")
        if LOOSE.search(text) or not words.means("talk.words.period-loose").isdisjoint(said.split()):
            raise Doubted("period")
        if found[0] < self.least:
            raise self._short()
        if found[0] > self.most:
            raise self._long()
        return round(found[0])

    def _short(self) -> Doubted:
        least = Months(self.least)
        match self.name:
            case "talks":
                return Doubted("period-short-talks", least=least)
            case "journal":
                return Doubted("period-short-journal", least=least)
            case "departed":
                return Doubted("period-short-departed", least=least)
            case _:
                return Doubted("period-short-asleep", least=least)

    def _long(self) -> Doubted:
        most = Months(self.most)
        match self.name:
            case "talks":
                return Doubted("period-long-talks", most=most)
            case "journal":
                return Doubted("period-long-journal", most=most)
            case "departed":
                return Doubted("period-long-departed", most=most)
            case _:
                return Doubted("period-long-asleep", most=most)

    def show(self, value: int, words: Words, language: str) -> str:
        return str(words.show(language, Months(value)))


def _says(said: str, phrases: frozenset[str]) -> bool:
    """What is short is meant only by itself: people talk about it, too."""
    return any(f" {phrase} " in f" {said} " for phrase in phrases if phrase.count(" ") > 1 or said == phrase)


def lengths(text: str, words: Words) -> Iterator[float]:
    """The lengths that a text names, in months; whole ones, unless they are of less than one."""
    tokens = [fold(token) if token[0].isalpha() else token for token in TOKEN.findall(text)]
    numbers = dict(_written(words))
    units = {unit: size for key, size in UNITS.items() for unit in words.means(f"talk.words.{key}")}
    half, and_ = words.means("talk.words.half"), words.means("talk.words.and")
    for at, token in enumerate(tokens):
        if token not in units or not at:
            continue
        n = _number(tokens, at, numbers, half)
        if n is None:
            continue
        days, months = units[token]
        after = [each for each in tokens[at + 1 : at + 4] if each not in and_ and each not in numbers]
        if after and after[0] in half:
            n += 0.5
        whole = n * (months + days / MONTH)
        yield min(MOST_TOLD, round(whole) if whole >= 0.9 else whole)


def _number(tokens: list[str], at: int, numbers: dict[str, int], half: frozenset[str]) -> float | None:
    """Before the unit: « 2 », « vingt quatre », « 1,5 », « six », « une demi »; « an » alone is none."""
    before = tokens[at - 1]
    if before[0].isdigit():
        return float(before.replace(",", "."))
    if before in half:
        return 0.5
    if before not in numbers:
        return None
    tens = numbers.get(tokens[at - 2], 0) if at > 1 else 0
    return numbers[before] + (tens if tens >= 20 and numbers[before] < 10 else 0)


def _are_joined(text: str, words: Words) -> bool:
    """« 2 à 3 ans », « trois ou quatre mois »."""
    numbers = {word for word, _ in _written(words)}
    tokens = [fold(token) for token in TOKEN.findall(text)]
    told = [token[:1].isdigit() or token in numbers for token in tokens]
    joints = words.means("talk.words.period-to")
    return any(told[at - 1] and told[at + 1] for at in range(1, len(tokens) - 1) if tokens[at] in joints)


def _written(words: Words) -> Iterator[tuple[str, int]]:
    """« quinze=15 »"""
    for each in words.means("talk.words.date-numbers"):
        word, _, number = each.partition("=")
        yield word.strip(), int(number)
