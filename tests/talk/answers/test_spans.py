"""From when to when, as people say it: read, or asked."""

from __future__ import annotations

from typing import Any

import pytest

from bot.talk.answers import Heard, NotUnderstood
from bot.talk.answers.spans import Hours, Span
from bot.words import Words

READ = {
    "8h-10h": (8, 10),
    "8h – 10h": (8, 10),
    "de 8h à 10h": (8, 10),
    "de 8 h 30 à 10 h": (8.5, 10),
    "8h30 à 10h15": (8.5, 10.25),
    "8:30-10:15": (8.5, 10.25),
    "8-10h": (8, 10),
    "de 8 à 10h": (8, 10),
    "8h a 10": (8, 10),
    "8-10": (8, 10),
    "de 8 à 10": (8, 10),
    "entre 8 h et midi": (8, 12),
    "de midi à 14h": (12, 14),
    "20h-minuit": (20, 24),
    "22h-2h": (22, 26),
    "de 22 heures à 6 heures": (22, 30),
    "samedi 12 décembre de 8h à 10h": (8, 10),
    "samedi 8h-10h": (8, 10),
    "le 12/12 de 8h à 10h": (8, 10),
    "demain 18h jusqu’à 20h30": (18, 20.5),
    "saturday 8am-10am": (8, 10),
    "from 8 am to 2 pm": (8, 14),
    "12am to 1am": (0, 1),
    "19h 21h": (19, 21),
    "8h 30 à 10h": (8.5, 10),
}
ASKED = {
    "samedi": "hours",
    "": "text-wanted",
    "n’importe quand": "hours",
    "le 12 décembre": "hours",
    "12-14 décembre": "hours",
    "demain soir": "hours-near",
    "toute la journée": "hours-near",
    "matin ou soir": "hours",
    "à partir de 8h": "hours-until",
    "11": "hours-until",
    "8h-8h": "hours-order",
    "10h-8h": "hours-order",
    "de 18 à 20 h 30, enfin 21 h": "hours-several",
    "8h-10h et 14h-16h": "hours-several",
    "99h-100h": "hours",
    "8h75": "hours",
}


@pytest.fixture(scope="module")
def words() -> Words:
    return Words.load()


async def read(said: str, words: Words, **offered: str) -> Span:
    return await Hours().read(Heard(said, offered=offered), words)


@pytest.mark.parametrize("said", READ)
async def test_hours_as_people_say_them(said: str, words: Words) -> None:
    begins, ends = READ[said]
    assert await read(said, words) == (begins * 60, ends * 60)


@pytest.mark.parametrize("said", ASKED)
async def test_what_says_no_hours_or_too_many_is_asked(said: str, words: Words) -> None:
    with pytest.raises(NotUnderstood) as why:
        await read(said, words)
    assert why.value.code == ASKED[said]
    assert words.sentence("fr", f"talk.again.{why.value.code}", why.value.words)


@pytest.mark.parametrize("said", ["samedi", "samedi 16", "du 16 au 18", ""])
def test_a_day_is_no_hour(said: str, words: Words) -> None:
    assert Hours().guess(said, words) is None


def test_hours_are_found_beside_a_day(words: Words) -> None:
    assert Hours().guess("samedi 16 de 8h à 10h", words) == (480, 600)
    with pytest.raises(NotUnderstood):
        Hours().guess("samedi matin", words)


@pytest.mark.parametrize(
    ("said", "then", "span"),
    [
        ("à 9h", "11h", (9, 11)),
        ("à 9h", "11", (9, 11)),
        ("à 9h", "de 10h à 11h", (10, 11)),
        ("le soir", "oui", (18, 22)),
        ("le soir", "non, 19h-21h", (19, 21)),
        ("le soir", "20h-22h", (20, 22)),
    ],
)
async def test_what_was_said_before_counts(said: str, then: str, span: tuple[int, int], words: Words) -> None:
    with pytest.raises(NotUnderstood) as why:
        await read(said, words)
    assert await read(then, words, **why.value.offered) == tuple(hour * 60 for hour in span)


@pytest.mark.parametrize(("language", "shown"), [("fr", "de 8\xa0h\xa030 à 0\xa0h"), ("en", "from 08:30 to 00:00")])
def test_hours_are_kept_and_shown(language: str, shown: str, words: Words) -> None:
    answer, span = Hours(), Span(510, 1440)
    kept: Any = answer.dump(span)
    assert answer.load(kept) == span
    assert answer.show(span, words, language) == shown
