"""A day, as people say it: "demain", "samedi", "dans 3 jours", "le 12", "12 mars", "12/03/2027", "2027-03-12"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, ClassVar

from babel import Locale
from babel.dates import get_day_names, get_month_names

from bot.talk.answers.answer import Answer, Heard, NotUnderstood, written
from bot.talk.answers.choices import number_in
from bot.words import Words, fold

DAY = re.compile(r"(\d{1,2})(?:er|e|eme|st|nd|rd|th)?")
YEAR = re.compile(r"\d{4}")
SOON = {"talk.words.today": 0, "talk.words.tomorrow": 1, "talk.words.after-tomorrow": 2, "talk.words.yesterday": -1}
SPANS = {"talk.words.days": 1, "talk.words.weeks": 7, "talk.words.months": 30}
YEARS_TO_COME = 100
LONGEST_TEXT = 2_000  # characters in which a day is looked for
LONGEST_DAY, LONG_NAME = 4, 4  # words, letters: « jeu » may be a game


@dataclass(frozen=True, slots=True)
class Date(Answer[date]):
    """`today` in the zone of the lieu. Without a year the next such day is meant, or the last one if `past`.

    `earliest` and `latest` are the first and the last day that may be said.
    """

    kind: ClassVar[str] = "date"
    today: Callable[[], date]
    past: bool = False
    earliest: date | None = None
    latest: date | None = None

    async def read(self, heard: Heard, words: Words) -> date:
        day = Reading(words, self.today(), self.past).day(written(heard))
        if abs(day.year - self.today().year) > YEARS_TO_COME:
            raise NotUnderstood("date")
        if day < self.today() and not self.past:
            raise NotUnderstood("date-past", day=day)
        if self.earliest and day < self.earliest:
            raise NotUnderstood("date-early", day=self.earliest)
        if self.latest and day > self.latest:
            raise NotUnderstood("date-late", day=self.latest)
        return day

    def guess(self, text: str, words: Words) -> date | None:
        """The last day that a text names; a number alone is none."""
        tokens, today = fold(text[:LONGEST_TEXT]).split(), self.today()
        reading = Reading(words, today, self.past)
        for last in range(len(tokens), 0, -1):
            for first in range(max(0, last - LONGEST_DAY), last):
                day = reading.named(" ".join(tokens[first:last]))
                if day is not None and (self.past or day >= today):
                    return day
        return None

    def dump(self, value: date) -> Any:
        return value.isoformat()

    def load(self, json: Any) -> date:
        return date.fromisoformat(json)

    def show(self, value: date, words: Words, language: str) -> str:
        return str(words.show(language, value))


@dataclass(frozen=True, slots=True)
class Reading:
    """One text being understood, at a given day."""

    words: Words
    today: date
    past: bool

    def day(self, text: str) -> date:
        """Raises `NotUnderstood`."""
        phrase = fold(text)
        soon = [days for key, days in SOON.items() if phrase in self.words.means(key)]
        if soon:
            return self.today + timedelta(days=soon[0])
        filler = self.words.means("talk.words.filler")
        tokens = [token for token in phrase.split() if token not in filler]
        return self._span(tokens) or self._weekday(tokens) or self._calendar(tokens)

    def named(self, text: str) -> date | None:
        """A day that is called by a name, whatever else these words say."""
        tokens, long = text.split(), {name for name in self._names(get_day_names) if len(name) > LONG_NAME}
        months = {*self._names(get_month_names)}
        soon = any(text in self.words.means(key) for key in SOON)
        names = long & {*tokens[:1]} or (months & {*tokens} and any(DAY.fullmatch(token) for token in tokens))
        if not (soon or names or (tokens and tokens[0] in self.words.means("talk.words.within"))):
            return None
        try:
            return self.day(text)
        except NotUnderstood:
            return None

    def _span(self, tokens: list[str]) -> date | None:
        """ "dans 3 jours", "in two weeks"."""
        if len(tokens) != 3 or tokens[0] not in self.words.means("talk.words.within"):
            return None
        count = number_in(tokens[1], self.words)
        days = [days for key, days in SPANS.items() if tokens[2] in self.words.means(key)]
        return self.today + timedelta(days=days[0] * count) if days and count is not None else None

    def _weekday(self, tokens: list[str]) -> date | None:
        """The next day of that name; with a date ("samedi 12 mars"), that date, if it has that name."""
        if not tokens or tokens[0] not in (names := self._names(get_day_names)):
            return None
        weekday = names[tokens[0]]
        if len(tokens) == 1:
            ahead = (weekday - self.today.weekday() - 1) % 7 + 1
            return self.today + timedelta(days=ahead - 7 * self.past)
        day = self._calendar(tokens[1:])
        if day.weekday() != weekday:
            raise NotUnderstood("date-weekday", day=day)
        return day

    def _calendar(self, tokens: list[str]) -> date:
        day, month, year = self._parts(tokens)
        candidates = [found for found in self._candidates(day, month, year) if found]
        ahead = [found for found in candidates if found >= self.today]
        behind = [found for found in candidates if found <= self.today]
        if not candidates:
            raise NotUnderstood("date-impossible")
        return max(behind) if self.past and behind else min(ahead or candidates)

    def _parts(self, tokens: list[str]) -> tuple[int, int | None, int | None]:
        """Day, month and year, in the order in which they are written. Raises `NotUnderstood`."""
        if len(tokens) == 3 and YEAR.fullmatch(tokens[0]):
            tokens = tokens[::-1]
        if len(tokens) >= 2 and tokens[0] in self._names(get_month_names):
            tokens = [tokens[1], tokens[0], *tokens[2:]]
        day = DAY.fullmatch(tokens[0]) if tokens else None
        if not day or len(tokens) > 3:
            raise NotUnderstood("date")
        month = self._month(tokens[1]) if len(tokens) > 1 else None
        return int(day[1]), month, _year(tokens[2]) if len(tokens) > 2 else None

    def _month(self, token: str) -> int:
        if re.fullmatch(r"\d{1,2}", token):
            return int(token)
        month = self._names(get_month_names).get(token)
        if month is None:
            raise NotUnderstood("date")
        return month

    def _candidates(self, day: int, month: int | None, year: int | None) -> Iterator[date | None]:
        years = [year] if year is not None else range(self.today.year - 1, self.today.year + 5)
        for one in years:
            for other in [month] if month is not None else range(1, 13):
                yield _date(one, other, day)

    def _names(self, names: Callable[..., Mapping[int, str]]) -> dict[str, int]:
        """Of days (from 0) or months (from 1), in every language, in full or short."""
        return _spelt(names, self.words.locales())


@cache
def _spelt(names: Callable[..., Mapping[int, str]], locales: tuple[Locale, ...]) -> dict[str, int]:
    return {
        fold(name): number
        for width in ("abbreviated", "wide")
        for locale in locales
        for number, name in names(width, locale=locale).items()
    }


def _year(token: str) -> int:
    if not re.fullmatch(r"\d{2}|\d{4}", token):
        raise NotUnderstood("date")
    return int(token) + (2000 if len(token) == 2 else 0)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
