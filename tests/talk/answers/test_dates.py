"""Days, as people say them on Monday 23 November 2026."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.talk.answers import Date, Heard, NotUnderstood
from bot.words import Words

MONDAY = date(2026, 11, 23)
WORDS = Words.load(now=lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))


async def day(said: str, *, past: bool = False) -> date | str:
    try:
        return await Date(lambda: MONDAY, past).read(Heard(said), WORDS)
    except NotUnderstood as why:
        return why.code


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("aujourd'hui !", MONDAY),
        ("demain", date(2026, 11, 24)),
        ("après-demain", date(2026, 11, 25)),
        ("the day after tomorrow", date(2026, 11, 25)),
        ("samedi", date(2026, 11, 28)),
        ("ce samedi", date(2026, 11, 28)),
        ("lundi", date(2026, 11, 30)),
        ("lundi prochain", date(2026, 11, 30)),
        ("next Friday", date(2026, 11, 27)),
        ("dans 3 jours", date(2026, 11, 26)),
        ("dans deux semaines", date(2026, 12, 7)),
        ("in 2 weeks", date(2026, 12, 7)),
        ("le 12", date(2026, 12, 12)),
        ("le 30", date(2026, 11, 30)),
        ("12 mars", date(2027, 3, 12)),
        ("le 1er mars", date(2027, 3, 1)),
        ("24 nov.", date(2026, 11, 24)),
        ("23 novembre", MONDAY),
        ("vendredi 12 mars", date(2027, 3, 12)),
        ("vendredi 12 mars 2027", date(2027, 3, 12)),
        ("March 12", date(2027, 3, 12)),
        ("12th of March", date(2027, 3, 12)),
        ("12/03/2027", date(2027, 3, 12)),
        ("12/3", date(2027, 3, 12)),
        ("12.03.27", date(2027, 3, 12)),
        ("2027-03-12", date(2027, 3, 12)),
        ("29 février", date(2028, 2, 29)),
    ],
)
async def test_a_day_to_come(said: str, expected: date) -> None:
    assert await day(said) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("hier", date(2026, 11, 22)),
        ("samedi", date(2026, 11, 21)),
        ("12 mars", date(2026, 3, 12)),
        ("12/03/2020", date(2020, 3, 12)),
        ("24 novembre", date(2025, 11, 24)),
        ("demain", date(2026, 11, 24)),
    ],
)
async def test_a_day_that_may_be_past(said: str, expected: date) -> None:
    assert await day(said, past=True) == expected


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("hier", "date-past"),
        ("12/03/2020", "date-past"),
        ("31/02", "date-impossible"),
        ("le 99", "date-impossible"),
        ("03/25/2027", "date-impossible"),
        ("samedi 12 mars", "date-weekday"),
        ("bientôt", "date"),
        ("mars", "date"),
        ("12 bidule", "date"),
        ("12 mars 9999", "date"),
        ("dans 9999 mois", "date"),
        ("1 2 3 4", "date"),
        ("0000-00-00", "date-impossible"),
        ("le", "date"),
    ],
)
async def test_what_is_no_day(said: str, why: str) -> None:
    assert await day(said) == why


def test_a_day_is_shown_in_words() -> None:
    assert Date(lambda: MONDAY).show(date(2027, 3, 12), WORDS, "fr") == "vendredi 12 mars"
    assert Date(lambda: MONDAY).show(date(2029, 3, 1), WORDS, "fr") == "jeudi 1er mars 2029"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("une découpeuse laser samedi", date(2026, 11, 28)),
        ("des chaises pour le 12 mars, merci", date(2027, 3, 12)),
        ("un barnum du 3 au 5 décembre", date(2026, 12, 5)),
        ("de l’aide d’ici deux semaines, ou demain", date(2026, 11, 24)),
        ("quelqu’un dans trois jours ?", date(2026, 11, 26)),
        ("a van next Friday", date(2026, 11, 27)),
        ("un jeu de société", None),
        ("une plaque de 60 × 40, 12 pièces", None),
        ("salle 12", None),
        ("c’était hier", None),
        ("il nous faut 3/4 de stère", None),
        ("", None),
    ],
)
def test_a_day_is_found_in_a_text_only_where_it_has_a_name(text: str, expected: date | None) -> None:
    assert Date(lambda: MONDAY).guess(text, WORDS) == expected
