"""Which month somebody looks back at: « décembre », « novembre 2026 », « le mois dernier », « 11/2026 »."""

from __future__ import annotations

import re
from datetime import date

from babel.dates import get_month_names

from bot.talk.answers.day_phrases import names
from bot.talk.calendar_days import months_later
from bot.talk.spelling import resembling
from bot.words import Words, fold

CLOSE = 0.8  # one wrong letter in six
NUMBERS = re.compile(r"(?:(?P<year>20\d\d)[-/.](?P<month>\d{1,2})|(?P<m>\d{1,2})[-/.](?P<y>20\d\d))")
YEAR = re.compile(r"20\d\d")


def past_month(text: str, words: Words, today: date) -> date | None:
    """Its first day, which may be to come where the year was said; None where the text says anything else. Of those
    that are called so, the last that has begun."""
    if found := NUMBERS.fullmatch(text.strip()):
        number = int(found["month"] or found["m"])
        return date(int(found["year"] or found["y"]), number, 1) if 1 <= number <= 12 else None
    said = fold(text)
    if said in words.means("talk.words.month-last"):
        return months_later(today.replace(day=1), -1)
    if said in words.means("talk.words.month-this"):
        return today.replace(day=1)
    around = words.means("talk.words.month-around")
    tokens = [token for token in said.split() if token not in around]
    year = int(tokens.pop()) if len(tokens) == 2 and YEAR.fullmatch(tokens[1]) else None
    if len(tokens) != 1 or (month := _named(tokens[0], words)) is None:
        return None
    if year is not None:
        return date(year, month, 1)
    return date(today.year if month <= today.month else today.year - 1, month, 1)


def _named(said: str, words: Words) -> int | None:
    """The month of this name, or of the one that it is a slip of."""
    known = names(get_month_names, words.locales())
    if said in known:
        return min(known[said])
    near = {min(known[each]) for each in resembling(said, known, 2, CLOSE)} if len(said) > 3 else set()
    return near.pop() if len(near) == 1 else None
