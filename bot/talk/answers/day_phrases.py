"""What days a text says: the phrases of the catalogues ("talk.words.date-…"), in every language at once.

A phrase is words and holes: "<weekday> en huit", "fin <period>". Nothing is guessed: a text is understood where it is
wholly made of known phrases, and what may be two days is neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from typing import Any, Literal

from babel import Locale
from babel.dates import get_day_names, get_month_names

from bot.talk.calendar_days import Days, day_or_none, easter, later, month_of, months_later, week_of, year_of
from bot.talk.spelling import resembling
from bot.words import Words, fold

Bound = Literal["", "until", "before", "from", "after", "range"]
Kind = Literal["day", "number", "numbers", "weekday", "feast", "hour", "length", "weekend", "long", "month", "end"]

PIECES = re.compile(
    r"(?P<iso>(?<![0-9])[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?![0-9]))"
    r"|(?P<full>(?<![0-9])[0-9]{1,2}(?:\s?/\s?|[-.])[0-9]{1,2}(?:\s?/\s?|[-.])(?:[0-9]{4}|[0-9]{2})(?![0-9]))"
    r"|(?P<short>(?<![0-9])[0-9]{1,2}(?:\s?/\s?|\.)[0-9]{1,2}(?![0-9h]))"
    r"|(?P<clock>(?<![0-9])(?:[01]?[0-9]|2[0-4])\s?(?:h(?:eures?)?\b(?:\s?[0-5][0-9](?![0-9]))?|h[0-5][0-9]\b"
    r"|:[0-5][0-9](?![0-9])|[ap]\.?m\b\.?))"
    r"|(?P<number>[0-9]+(?:(?:ers?|[eè]res?|[eè]mes?|es?|st|nd|rd|th)\b)?)"
    r"|(?P<stop>[.!?;\n]+)"
    r"|(?P<word>[^\W\d_]+)",
    re.IGNORECASE,
)
DIGITS = re.compile(r"[0-9]+")
LONGEST_NUMBER = 4  # digits
ARTICLES, HOURS = 2, 2  # how many stand before a day, or after it
LONG_NAME = 4  # letters: « jeu » may be a game, « mon » is no Monday in French
YEARS = 12  # in which the next 29 February is
LONG_AHEAD = 300  # days: a day without its year that has just passed
SHORTLY = 2  # days: « lundi prochain » on a Sunday may not be tomorrow
HOURS_OF_A_DAY = 24
LONGEST_TURN = 2  # words
FORTNIGHTS = (8, 15)  # « quinze jours » are two weeks, and fifteen days
SHORTEST_SLIP, ALIKE = 4, 0.8  # letters of a word that is mistyped, and how much it resembles another
ONE_DAY = timedelta(days=1)
FRIDAY = 4
SOON = {"today": 0, "tomorrow": 1, "after-tomorrow": 2, "yesterday": -1}
FEASTS = {
    "new-year": (1, 1),
    "labour": (5, 1),
    "bastille": (7, 14),
    "assumption": (8, 15),
    "halloween": (10, 31),
    "all-saints": (11, 1),
    "armistice": (11, 11),
    "christmas-eve": (12, 24),
    "christmas": (12, 25),
    "saint-sylvester": (12, 31),
}
AFTER_EASTER = {"easter": 0, "easter-monday": 1, "ascension": 39, "pentecost": 49, "pentecost-monday": 50}
UNITS = {"days": (1, 0), "weeks": (7, 0), "months": (0, 1), "date-years": (0, 12)}  # days, months


@dataclass(frozen=True, slots=True)
class Said:
    """The days that a phrase names, and of which `kind` it is; `bound`: whether they are an end or a beginning.

    `doubt`: something else may be meant. `article`: a little word says that it is a day. `wrong`: why there is no such
    day (`talk.again.date-<wrong>`). `hour`: one was said as well. `others`: the days of which it is one (« jeudi ou
    vendredi »).
    """

    first: date
    last: date
    kind: Kind = "day"
    bound: Bound = ""
    doubt: bool = False
    hour: bool = False
    wrong: str = ""
    others: tuple[date, ...] = ()
    article: bool = False

    def doubt_as(self, role: str) -> bool:
        """Whether it may be another day, as an `end`, a `start`, a `day` by itself, or with its `hours`."""
        if (role != "end" and self.kind == "length") or (self.kind == "number" and not self.article):
            return True
        if role == "start":
            return (self.doubt and self.kind not in ("long", "month")) or (self.bound == "" and self.first != self.last)
        if role == "end":
            loose = self.kind in ("long", "month") and self.bound != "before"
            return loose or (self.doubt and self.kind not in ("long", "month")) or self._is_vague_end
        told = self.hour and role != "hours"
        return self.doubt or told or self.bound != "" or self.first != self.last

    @property
    def is_something(self) -> bool:
        """A number or an hour by itself is none."""
        return self.kind != "hour" and (self.kind != "number" or self.article)

    @property
    def _is_vague_end(self) -> bool:
        """« jusqu’au week-end », « avant la fin du mois », « avant vendredi soir »"""
        loose = self.kind == "end" or self.hour
        return (self.bound == "until" and self.kind == "weekend") or (self.bound == "before" and loose)


@dataclass(frozen=True, slots=True)
class Token:
    """A word, folded, or digits; `numbers` of a date that is written in them (year, month, day), `clock` of an hour."""

    text: str
    numbers: tuple[int | None, int, int] | None = None
    clock: bool = False
    stop: bool = False


def tokens_of(text: str) -> list[Token]:
    """The pieces of a text that may say a day, in their order."""
    return [token for found in PIECES.finditer(text) for token in _tokens(found)]


def _tokens(found: re.Match[str]) -> Iterator[Token]:
    kind, text = found.lastgroup, found[0]
    if kind in ("iso", "full", "short"):
        parts = [int(part) for part in DIGITS.findall(text)]
        yield Token(text, _ordered(parts, first_is_year=kind == "iso"))
    elif kind == "clock":
        yield Token(text, clock=True)
    elif kind == "stop":
        yield Token(text, stop=True)
    else:
        yield from (Token(word) for word in fold(text).split())


def _ordered(parts: list[int], *, first_is_year: bool) -> tuple[int | None, int, int]:
    if first_is_year:
        return parts[0], parts[1], parts[2]
    year = parts[2] + (2000 if parts[2] < 100 else 0) if len(parts) == 3 else None
    return year, parts[1], parts[0]


@cache
def _patterns(phrases: frozenset[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(sorted((tuple(phrase.split()) for phrase in phrases), key=lambda one: (-len(one), one)))


@cache
def names(named: Callable[..., Mapping[int, str]], locales: tuple[Locale, ...]) -> dict[str, frozenset[int]]:
    """Of days (from 0) or months (from 1), in every language, in full or short; « mar » is of two."""
    found: dict[str, set[int]] = {}
    for width in ("abbreviated", "wide"):
        for locale in locales:
            for number, name in named(width, locale=locale).items():
                found.setdefault(fold(name), set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}


Values = tuple[Any, ...]
Matched = tuple[int, Any]


@dataclass
class Phrases:
    """The phrases in some tokens, said on the day `today`. An end is the place of the token after a phrase."""

    words: Words
    today: date
    tokens: Sequence[Token]
    since: date | None = None  # what a length counts from, where that may not be today
    _found: dict[tuple[str, int], list[Matched]] = field(default_factory=dict)

    # -- what is found

    def whole(self) -> Said | None:
        """What all the tokens say together; None where they say something else."""
        for tier in self._tiers(0):
            ways = [said for end, said in tier if end == len(self.tokens)]
            if ways:
                return _one_of(ways)
        return None

    def spans(self) -> list[tuple[int, int, Said]]:
        """Every phrase among other words, from one place to another: the longest ones, from the left."""
        found, at = [], 0
        while at < len(self.tokens):
            ways = [way for tier in self._tiers(at) for way in tier]
            end = max((way[0] for way in ways), default=at)
            tier = next((tier for tier in self._tiers(at) if any(way[0] == end for way in tier)), [])
            if end > at:
                found.append((at, end, _one_of([said for last, said in tier if last == end])))
            at = max(end, at + 1)
        return found

    def _tiers(self, at: int) -> list[list[tuple[int, Said]]]:
        """What begins here, what is said in a plainer way first."""
        return [self._symbol(name, at) for name in ("<day>", "<turns>", "<bounded>")]

    # -- phrases and their holes

    def _match(self, pattern: Sequence[str], at: int) -> Iterator[tuple[int, Values]]:
        if not pattern:
            yield at, ()
            return
        head, rest = pattern[0], pattern[1:]
        if head.startswith("<"):
            for end, value in self._symbol(head, at):
                yield from ((last, (value, *values)) for last, values in self._match(rest, end))
        elif at < len(self.tokens) and self.tokens[at].text == head:
            yield from self._match(rest, at + 1)

    def _phrases(self, key: str, at: int) -> Iterator[tuple[int, Values]]:
        for pattern in _patterns(self.words.means(f"talk.words.{key}")):
            yield from self._match(pattern, at)

    def _symbol(self, name: str, at: int) -> list[Matched]:
        known = self._found.get((name, at))
        if known is None:
            read: Callable[[int], Iterator[Matched]] | None = getattr(self, f"_read_{name.strip('<>')}", None)
            known = self._found[name, at] = list(read(at)) if read else []
        return known

    def _text(self, at: int) -> str:
        return self.tokens[at].text if at < len(self.tokens) else ""

    def _read_weekday(self, at: int) -> Iterator[Matched]:
        yield from ((at + 1, n) for n in names(get_day_names, self.words.locales()).get(self._text(at), ()))

    def _read_month(self, at: int) -> Iterator[Matched]:
        yield from ((at + 1, n) for n in names(get_month_names, self.words.locales()).get(self._text(at), ()))
        for word, number in self._written("date-months"):
            if self._text(at) == word:
                yield at + 1, number

    def _read_n(self, at: int) -> Iterator[Matched]:
        text = self._text(at)
        if DIGITS.fullmatch(text) and len(text) <= LONGEST_NUMBER:
            yield at + 1, int(text)
        for words, number in self._written("date-numbers"):
            if text == words:
                yield at + 1, number

    def _written(self, key: str) -> Iterator[tuple[str, int]]:
        """« quinze=15 »"""
        for each in self.words.means(f"talk.words.{key}"):
            word, _, number = each.partition("=")
            yield word.strip(), int(number)

    def _read_d(self, at: int) -> Iterator[Matched]:
        """The number of a day in its month: « 12 », « 1er », « quinze »."""
        found = re.fullmatch(r"([0-9]{1,2})(?:ers?|eres?|emes?|es?|st|nd|rd|th)?", self._text(at))
        if found:
            yield at + 1, int(found[1])
        elif self._text(at) and not DIGITS.fullmatch(self._text(at)):
            yield from (way for way in self._read_n(at) if way[1] > 1)  # « un mars » is nobody's first of March
            if self._text(at) in self.words.means("talk.words.date-first"):
                yield at + 1, 1

    def _read_year(self, at: int) -> Iterator[Matched]:
        if re.fullmatch(r"[0-9]{4}", self._text(at)):
            yield at + 1, int(self._text(at))

    def _read_ordinal(self, at: int) -> Iterator[Matched]:
        counts = {word for word, _ in self._written("date-numbers")}  # « un samedi de mars » is any of them
        for n in range(1, 6):
            if self._text(at) not in counts and self._text(at) in self.words.means(f"talk.ordinal.{n}"):
                yield at + 1, n
        if self._text(at) in self.words.means("talk.words.last"):
            yield at + 1, -1

    def _read_unit(self, at: int) -> Iterator[Matched]:
        for key, size in UNITS.items():
            if self._text(at) in self.words.means(f"talk.words.{key}"):
                yield at + 1, size

    def _read_clock(self, at: int) -> Iterator[Matched]:
        if at < len(self.tokens) and self.tokens[at].clock:
            yield at + 1, True

    def _read_hour(self, at: int) -> Iterator[Matched]:
        """« à 18 h », « de 9h à 12h », « au matin »; at `night` it may be of the day before or after, and a `bare` one
        (« à 9 ») follows a day."""
        yield from ((end, "") for end, _ in self._phrases("date-hour", at))
        yield from ((end, "night") for end, _ in self._phrases("date-midnight", at))
        yield from ((end, "bare") for end, _ in self._phrases("date-bare-hour", at))

    def _read_h(self, at: int) -> Iterator[Matched]:
        """The number of an hour."""
        yield from (way for way in self._symbol("<n>", at) if way[1] <= HOURS_OF_A_DAY)

    # -- days, from the plainest

    def _read_day(self, at: int) -> Iterator[Matched]:
        """« le vendredi 4 à 18h », « 18h vendredi »; an hour alone is of today, perhaps."""
        for end, said in self._dressed(at):
            yield end, said
            for last, how in self._symbol("<hour>", end):
                hour = _at_hour(said, how)
                yield last, hour
                yield from ((further, hour) for further, _ in self._symbol("<hour>", last))
        for end, how in self._symbol("<hour>", at):
            if how != "bare":
                yield end, Said(self.today, self.today, "hour", doubt=True, hour=True)
                yield from ((last, _at_hour(said, how)) for last, said in self._dressed(end))

    def _dressed(self, at: int) -> Iterator[tuple[int, Said]]:
        """A day with the little words before it, without which a number may be anything."""
        yield from self._symbol("<bare>", at)
        for start in range(at + 1, at + ARTICLES + 1):
            if self._text(start - 1) not in self.words.means("talk.words.date-article"):
                return
            yield from ((end, replace(said, article=True)) for end, said in self._symbol("<bare>", start))

    def _read_bare(self, at: int) -> Iterator[Matched]:
        soon = [*self._soon(at)]
        yield from soon
        for end, said in soon:
            yield from ((last, said) for last in self._said_again(end, said))
        ends = {end for end, _ in soon}
        others = (self._weekdays, self._dates, self._nths, self._feasts, self._lengths, self._spans, self._eves)
        yield from (way for each in others for way in each(at) if way[0] not in ends)  # « avant-hier »

    def _said_again(self, at: int, said: Said) -> Iterator[int]:
        """« demain mardi », « demain, le 1er décembre »: where the same day was called by another name."""
        for start in self._past_the(at):
            yield from (end for end, weekday in self._symbol("<weekday>", start) if weekday == said.first.weekday())
            yield from (end for end, day in self._dates(start) if not day.wrong and day.first == said.first)

    def _past_the(self, at: int) -> tuple[int, ...]:
        """Here, and after « le » where it stands here."""
        return (at, at + 1) if self._text(at) in self.words.means("talk.words.date-the") else (at,)

    def _soon(self, at: int) -> Iterator[tuple[int, Said]]:
        for key, days in SOON.items():
            yield from ((end, self._ahead(days)) for end, _ in self._phrases(key, at))
        yield from ((end, self._ahead(-2)) for end, _ in self._phrases("date-before-yesterday", at))
        yield from ((end, replace(self._ahead(0), hour=True)) for end, _ in self._phrases("date-part-of-today", at))

    def _ahead(self, days: int) -> Said:
        day = later(self.today, days)
        return Said(day, day) if day else Said(self.today, self.today, wrong="impossible")

    def _weekdays(self, at: int) -> Iterator[tuple[int, Said]]:
        """« samedi » said on a Saturday is today or in a week; « samedi prochain » said on a Monday may be either."""
        for end, (weekday,) in self._phrases("date-this", at):
            days = (weekday - self.today.weekday()) % 7
            yield end, replace(self._ahead(days), doubt=not days)
        for end, (weekday,) in self._phrases("date-weekday", at):
            yield end, replace(self._coming(weekday), kind="weekday", doubt=weekday == self.today.weekday())
        for end, (weekday,) in self._phrases("date-coming", at):
            yield end, self._coming(weekday)
        for end, (weekday,) in self._phrases("date-next", at):
            said, own = self._coming(weekday), self.today.weekday()
            yield end, replace(said, doubt=weekday > own or said.first <= self.today + timedelta(days=SHORTLY))
        for end, (weekday,) in self._phrases("date-of-next-week", at):
            yield end, self._ahead(7 - self.today.weekday() + weekday)
        for end, (weekday,) in self._phrases("date-in-a-week", at):
            yield end, self._further(weekday, 7)
        for end, (weekday,) in self._phrases("date-in-a-fortnight", at):
            yield end, self._further(weekday, 14)
        for end, (weekday,) in self._phrases("date-last", at):
            yield end, self._ahead(-((self.today.weekday() - weekday - 1) % 7 + 1))

    def _coming(self, weekday: int) -> Said:
        return self._ahead((weekday - self.today.weekday() - 1) % 7 + 1)

    def _further(self, weekday: int, days: int) -> Said:
        """So long after the next one; said on that very day, it may be counted from today."""
        day = self._coming(weekday).first + timedelta(days=days)
        return Said(day, day, doubt=weekday == self.today.weekday())

    def _dates(self, at: int) -> Iterator[tuple[int, Said]]:
        """« 12 mars », « vendredi 12 mars 2027 », « 12/03 (vendredi) »; the day and the date must go together."""
        for end, said in self._calendar(at):
            yield end, said
            if said.kind != "number":  # « à 18 vendredi »
                for start in self._past_the(end):
                    yield from ((last, _of_weekday(said, day)) for last, day in self._symbol("<weekday>", start))
        for end, weekday in self._symbol("<weekday>", at):
            for start in self._past_the(end):
                yield from ((last, _of_weekday(said, weekday)) for last, said in self._calendar(start))

    def _calendar(self, at: int) -> Iterator[tuple[int, Said]]:
        if at < len(self.tokens) and (numbers := self.tokens[at].numbers):
            said = self._dated(*numbers)
            yield at + 1, said if numbers[0] else replace(said, kind="numbers")
        for end, values in self._phrases("date-day-month", at):
            day, month, *_ = values
            yield from self._with_year(end, month, day)
        for end, (month, day) in self._phrases("date-month-day", at):
            yield from self._with_year(end, month, day)
        for end, day in self._symbol("<d>", at):
            yield end, self._numbered(day)
        for end, (day,) in self._phrases("date-day-this-month", at):
            yield end, self._dated(self.today.year, self.today.month, day)
        for end, (day,) in self._phrases("date-day-next-month", at):
            month = months_later(self.today.replace(day=1), 1)
            yield end, self._dated(month.year, month.month, day)

    def _with_year(self, end: int, month: int, day: int) -> Iterator[tuple[int, Said]]:
        yield end, self._dated(None, month, day)
        for last, year in self._symbol("<year>", end):
            yield last, self._dated(year, month, day)
        for last, _ in self._phrases("date-next-word", end):
            yield last, replace(self._dated(None, month, day), doubt=False)

    def _dated(self, year: int | None, month: int, day: int) -> Said:
        """The next such day. One that has just passed, or that only another year has, may be a slip."""
        years = [year] if year is not None else range(self.today.year, self.today.year + YEARS)
        found = [one for each in years if (one := day_or_none(each, month, day))]
        ahead = [one for one in found if one >= self.today]
        if not found:
            return Said(self.today, self.today, wrong="impossible")
        if year is not None:
            return Said(found[0], found[0])
        missed = day_or_none(self.today.year, month, day) is None or (ahead[0] - self.today).days > LONG_AHEAD
        return Said(ahead[0], ahead[0], doubt=missed)

    def _numbered(self, number: int) -> Said:
        """« le 12 »: of this month or the next; said on the 12th it may be today or in a month, and a month that has no
        such day is not passed over in silence."""
        this = self.today.replace(day=1)
        following = [months_later(this, n) for n in range(3)]
        days = [day_or_none(one.year, one.month, number) for one in following]
        ahead = [(n, day) for n, day in enumerate(days) if day and day >= self.today]
        if not ahead:
            return Said(self.today, self.today, "number", wrong="impossible")
        n, day = ahead[0]
        return Said(day, day, "number", doubt=day == self.today or n > 1)

    def _nths(self, at: int) -> Iterator[tuple[int, Said]]:
        """« le premier lundi de mars », « le dernier vendredi du mois »."""
        for end, (nth, weekday, month) in self._phrases("date-nth", at):
            years = [(year, last) for last, year in self._symbol("<year>", end)]
            for year, last in years:
                yield last, self._nth(nth, weekday, year, month)
            coming = [self._nth(nth, weekday, self.today.year + n, month) for n in range(2)]
            ahead = [said for said in coming if said.first >= self.today]
            yield end, replace(ahead[0], doubt=(ahead[0].first - self.today).days > LONG_AHEAD)
        for key, months in (("date-nth-this-month", 0), ("date-nth-next-month", 1)):
            for end, (nth, weekday) in self._phrases(key, at):
                month = months_later(self.today.replace(day=1), months)
                yield end, self._nth(nth, weekday, month.year, month.month)

    def _nth(self, nth: int, weekday: int, year: int, month: int) -> Said:
        first = day_or_none(year, month, 1) or self.today
        days = [day for n in range(31) if (day := day_or_none(year, month, n + 1)) and day.weekday() == weekday]
        if not days or nth > len(days):
            return Said(first, first, wrong="impossible")
        day = days[nth if nth < 0 else nth - 1]
        return Said(day, day)

    def _feasts(self, at: int) -> Iterator[tuple[int, Said]]:
        for key, (month, day) in FEASTS.items():
            for end, _ in self._phrases(f"date-{key}", at):
                yield from ((last, replace(said, kind="feast")) for last, said in self._with_year(end, month, day))
        for key, days in AFTER_EASTER.items():
            for end, _ in self._phrases(f"date-{key}", at):
                easters = [easter(self.today.year + n) + timedelta(days=days) for n in range(2)]
                feast = next(one for one in easters if one >= self.today)
                yield end, Said(feast, feast, "feast", doubt=(feast - self.today).days > LONG_AHEAD)

    def _lengths(self, at: int) -> Iterator[tuple[int, Said]]:
        """« dans 3 jours », « 3 mois », « il y a 2 jours »; months as the calendar has them."""
        for end, (count, unit) in self._phrases("date-within", at):
            yield end, self._after(count, unit)
        for end, (count, unit) in self._phrases("date-lasting", at):
            said = self._after(count, unit, self.since)
            yield end, replace(said, kind="length", doubt=said.doubt or self.since is not None)
        for end, (count, unit) in self._phrases("date-ago", at):
            yield end, self._after(-count, unit)

    def _after(self, count: int, unit: tuple[int, int], since: date | None = None) -> Said:
        days, months = unit
        try:
            day = months_later((since or self.today) + timedelta(days=count * days), count * months)
        except OverflowError:
            return Said(self.today, self.today, wrong="impossible")
        return Said(day, day, doubt=days == 1 and count in FORTNIGHTS)

    def _eves(self, at: int) -> Iterator[tuple[int, Said]]:
        for end, (said,) in self._phrases("date-eve", at):
            day = later(said.first, -1) or said.first
            yield end, replace(said, first=day, last=day, kind="day")
        for end, (said,) in self._phrases("date-morrow", at):
            day = later(said.last, 1) or said.last
            yield end, replace(said, first=day, last=day, kind="day")

    # -- longer than a day

    def _spans(self, at: int) -> Iterator[tuple[int, Said]]:
        yield from self._weekends(at)
        for end, days in self._symbol("<period>", at):
            if end == at + 1 and self._symbol("<unit>", at):
                continue  # « mois » is this one in « fin du mois » alone
            yield end, Said(days[0], days[1], "month" if days == month_of(days[0]) else "long", doubt=True)
        for end, (said,) in self._phrases("date-week-of", at):
            yield end, replace(said, first=said.first, last=week_of(said.first)[1], kind="long", doubt=True)
        for end, (days,) in self._phrases("date-beginning", at):
            yield end, Said(days[0], min(days[1], days[0] + timedelta(days=9)), "long", doubt=True)
        for end, (days,) in self._phrases("date-middle", at):
            day = days[0] + (min(days[1], days[0] + timedelta(days=28)) - days[0]) // 2
            yield end, Said(day, day, doubt=True)
        for end, (days,) in self._phrases("date-end", at):
            week = days == week_of(days[0])
            yield end, Said(days[1], days[1], "end", doubt=week)

    def _weekends(self, at: int) -> Iterator[tuple[int, Said]]:
        sunday = week_of(self.today)[1]
        saturday = sunday - timedelta(days=1)
        for end, _ in self._phrases("date-weekend", at):
            yield end, Said(max(saturday, self.today), sunday, "weekend", doubt=self.today == sunday)
        for end, _ in self._phrases("date-next-weekend", at):
            over = self.today >= saturday
            week = timedelta(days=7 if over else 0)
            yield end, Said(saturday + week, sunday + week, "weekend", doubt=not over)
        for end, (said,) in self._phrases("date-weekend-of", at):
            last = week_of(said.first)[1]
            yield end, Said(last - ONE_DAY, last, "weekend", doubt=said.first.weekday() < FRIDAY + 1)

    def _read_period(self, at: int) -> Iterator[Matched]:
        """A week, a month, a year."""
        first = self.today.replace(day=1)
        following: Mapping[str, Days] = {
            "this-week": week_of(self.today),
            "next-week": week_of(self.today + timedelta(days=7)),
            "this-month": month_of(self.today),
            "next-month": month_of(months_later(first, 1)),
            "this-year": year_of(self.today),
            "next-year": year_of(months_later(first, 12)),
        }
        for key, days in following.items():
            yield from ((end, days) for end, _ in self._phrases(f"date-{key}", at))
        for end, (month,) in self._phrases("date-month", at):
            year = self.today.year + (month < self.today.month)
            yield end, month_of(date(year, month, 1))
            for last, said in self._symbol("<year>", end):
                yield last, month_of(day_or_none(said, month, 1) or first)

    # -- ends and beginnings

    def _read_turns(self, at: int) -> Iterator[Matched]:
        """« jeudi ou vendredi », « du 3 au 5 décembre »."""
        for end, days in self._phrases("date-either", at):
            yield end, _one_of(list(days))
        for end, (first, last) in self._phrases("date-range", at):
            yield end, _ranging(first, last, is_written=_has_article(self.tokens[at:end], self.words))

    def _read_bounded(self, at: int) -> Iterator[Matched]:
        bounds: tuple[tuple[str, Bound], ...] = (
            ("date-until", "until"),
            ("date-before", "before"),
            ("date-from", "from"),
            ("date-after", "after"),
        )
        for key, bound in bounds:
            yield from ((end, _bounded(said, bound)) for end, (said,) in self._phrases(key, at))
        for end, (said,) in self._phrases("date-by", at):
            by = _bounded(said, "until")
            vague = said.kind == "number" and not said.article  # « sous 10 »
            yield end, replace(by, kind="day" if said.kind == "length" else said.kind, doubt=said.doubt or vague)
        for end, (said,) in self._phrases("date-for", at):
            kind: Kind = "day" if said.kind == "weekday" else said.kind
            yield end, replace(said, kind=kind, article=True, doubt=said.doubt or said.kind == "weekend")
        for end, (said,) in self._phrases("date-about", at):
            yield end, replace(said, doubt=True)


def _one_of(ways: Sequence[Said]) -> Said:
    """The one that is meant, or that it may be several."""
    right = [said for said in ways if not said.wrong] or ways
    if len(right) < len(ways):  # « mar 3 » : a Tuesday that is none, or the third of March
        return replace(_one_of(right), doubt=True)
    days = sorted({(said.first, said.last, said.bound, said.wrong) for said in ways})
    if len(days) == 1:
        return replace(ways[0], doubt=all(said.doubt for said in ways))
    others = tuple(sorted({said.last for said in ways if not said.wrong}))
    return replace(ways[0], doubt=True, others=others if len(others) > 1 else ())


def _bounded(said: Said, bound: Bound) -> Said:
    """A number after « jusqu’au » is a day."""
    return replace(said, bound=bound, article=True)


def _at_hour(said: Said, how: str) -> Said:
    """« le 3 à 5 » may be days."""
    return replace(said, hour=True, doubt=said.doubt or how == "night" or (how == "bare" and said.kind == "number"))


def _of_weekday(said: Said, weekday: int) -> Said:
    if not said.wrong and said.first.weekday() != weekday:
        return replace(said, wrong="weekday")
    return replace(said, kind="day", doubt=said.doubt and said.kind != "number")


def _ranging(first: Said, last: Said, *, is_written: bool) -> Said:
    """From one day to another: of the 3 in « du 3 au 5 décembre », the month is that of the 5. Numbers without a
    written article may be anything, « 2 à 3 semaines » is a length, and « du 28 au 3 » may be of either month."""
    start = first.first
    if first.kind == "number" and not first.wrong:
        months = (months_later(last.last.replace(day=1), -n) for n in range(2))
        ahead = (day_or_none(one.year, one.month, start.day) for one in months)
        start = next((day for day in ahead if day and day <= last.last), start)
    is_number, is_length = first.kind == last.kind == "number" and not is_written, last.kind == "length"
    doubt = (first.doubt and first.kind != "number") or (last.doubt and last.kind != "number") or start > last.last
    doubt = doubt or is_number or is_length or (last.kind == "number" and start < first.first)
    kind: Kind = "number" if is_number else "length" if is_length else "day"
    wrong = last.wrong or first.wrong
    return Said(min(start, last.last), last.last, kind, "range", doubt=doubt, hour=last.hour, wrong=wrong)


def named(text: str, words: Words, today: date) -> list[Said]:
    """The days to come that a text about something else calls by a name. In doubt are those that a word or a phrase
    beside them may turn (« sauf mardi », « lundi ou plus tard », « deux jours avant Noël »), and what is as often
    something else (« le vendredi »)."""
    found = []
    for tokens in _sentences(tokens_of(text), words):
        spans = Phrases(words, today, tokens).spans()
        for start, end, said in spans:
            if _is_named(said, tokens[start:end], words) and (said.wrong or said.last >= today):
                beside = [other for first, last, other in spans if last == start or first == end]
                turned = _is_turned(said, tokens, start, end, words) or any(_turns(other, said) for other in beside)
                habit = said.bound == "" and (said.kind == "feast" or (said.kind == "weekday" and said.article))
                found.append(replace(said, doubt=said.doubt or turned or habit))
    return found


def _is_turned(said: Said, tokens: Sequence[Token], start: int, end: int, words: Words) -> bool:
    """Whether the words on either side may make another day of it."""
    before = tokens[start - 1].text if start else ""
    after = {" ".join(token.text for token in tokens[end : end + n]) for n in range(1, LONGEST_TURN + 1)}
    if before in words.means("talk.words.date-not") or after & words.means("talk.words.date-turn"):
        return True
    lengths = {unit for key in UNITS for unit in words.means(f"talk.words.{key}")} | words.means("talk.words.date-far")
    return said.bound in ("before", "after") and before in lengths


def _turns(other: Said, said: Said) -> bool:
    """« deux jours | avant Noël », « vendredi | pendant 3 jours »: what touches a day, and is another. A beginning is
    none the less so for how long it lasts."""
    return said.bound != "from" and other.kind not in ("number", "numbers", "hour") and other.last != said.last


def _has_article(tokens: Sequence[Token], words: Words) -> bool:
    """Whether one of them says that the number after it is a day: « au 12 », not « à 12 »."""
    articles = words.means("talk.words.date-the") | words.means("talk.words.date-to-the")
    return any(token.text in articles for token in tokens)


def _sentences(tokens: Sequence[Token], words: Words) -> list[list[Token]]:
    """What is said apart; « nov. » does not end one."""
    short = {*names(get_day_names, words.locales()), *names(get_month_names, words.locales())}
    found: list[list[Token]] = [[]]
    for token in tokens:
        if not token.stop:
            found[-1].append(token)
        elif token.text != "." or not found[-1] or found[-1][-1].text not in short:
            found.append([])
    return found


def _is_named(said: Said, tokens: Sequence[Token], words: Words) -> bool:
    """Numbers, hours and short names alone may be anything."""
    if said.kind in ("number", "numbers"):
        is_day = bool(said.bound) or (said.kind == "numbers" and said.article)
        return is_day and _has_article(tokens, words)  # « jusqu’à 12 personnes », « 20 max »
    if said.kind in ("length", "hour"):  # « enfants jusqu’à 12 ans »
        return False
    if said.kind in ("month", "weekday") and not said.bound:
        return said.kind == "weekday" and any(len(token.text) > LONG_NAME for token in tokens)
    return True


def corrected(tokens: Sequence[Token], words: Words) -> list[Token] | None:
    """The tokens with each slip of the finger mended; None where there is none."""
    known = _known(words)
    mended = [_mended(token, known) for token in tokens]
    return mended if mended != list(tokens) else None


def _mended(token: Token, known: frozenset[str]) -> Token:
    if token.text in known or len(token.text) < SHORTEST_SLIP or token.numbers or token.clock or token.stop:
        return token
    near = resembling(token.text, known, 1, ALIKE)
    return Token(near[0]) if near else token


def _known(words: Words) -> frozenset[str]:
    """Every word that a day may be said in."""
    locales, keys = words.locales(), ({*SOON} - {"yesterday"}) | {*UNITS}  # « hiver » is no slip of « hier »
    found = {*names(get_day_names, locales), *names(get_month_names, locales)}
    found |= {word for key in keys for phrase in words.means(f"talk.words.{key}") for word in phrase.split()}
    return frozenset(word for word in found if len(word) >= SHORTEST_SLIP)
