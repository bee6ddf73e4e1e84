"""Days as people say them: each is read as the day that it is, or asked; never as another one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from bot.talk.answers import Date, Heard, NotUnderstood
from bot.talk.answers.dates import Role
from tests.stage.answers import WORDS
from tests.tiers import examples

MONDAY = date(2026, 11, 23)
SECTION = re.compile(r"\[(\S+) (\w+)\]")
LINE = re.compile(r"(.+) ([=?]) (\S+)")
Phrase = tuple[date, Role, str, str, str]


def phrases() -> Iterator[Phrase]:
    """Today, what is asked, what is said, whether it is read or asked, and the day or the reason."""
    today, role = MONDAY, "end"
    for line in Path(__file__).with_name("days.txt").read_text(encoding="utf-8").splitlines()[3:]:
        if section := SECTION.fullmatch(line):
            today, role = date.fromisoformat(section[1]), section[2]
        elif line:
            said, how, expected = cast(re.Match[str], LINE.fullmatch(line)).groups()
            yield today, cast(Role, role), said, how, expected


async def answered(said: str, today: date = MONDAY, role: Role = "end", **options: Any) -> date | NotUnderstood:
    try:
        return await Date(lambda: today, role, **options).read(Heard(said), WORDS)
    except NotUnderstood as why:
        return why


async def day(said: str, today: date = MONDAY, role: Role = "end", **options: Any) -> date | str:
    found = await answered(said, today, role, **options)
    return found.code if isinstance(found, NotUnderstood) else found


@pytest.mark.parametrize(
    ("today", "role"), dict.fromkeys((today, role) for today, role, *_ in phrases()), ids=lambda value: str(value)
)
async def test_a_day_is_read_as_what_it_is_or_asked(today: date, role: Role) -> None:
    wrong = []
    for said, how, expected in [phrase[2:] for phrase in phrases() if phrase[:2] == (today, role)]:
        found = await answered(said, today, role)
        asked = isinstance(found, NotUnderstood)
        read = found.offered.get("meant", found.code) if isinstance(found, NotUnderstood) else found.isoformat()
        if asked is (how == "=") or read != expected:
            wrong.append(f"{said} {how} {expected}, but was {'asked' if asked else 'read in silence'}: {read}")
    assert wrong == []


def test_most_of_what_people_say_is_read() -> None:
    read = [said for *_, said, how, _ in phrases() if how == "="]
    assert len(read) >= 200


# -- over all days


DAYS = st.dates(date(2026, 1, 1), date(2032, 12, 31))
WRITTEN = {
    "d MMMM y": "fr",
    "EEEE d MMMM y": "fr",
    "EEE d MMM y": "fr",
    "dd/MM/y": "fr",
    "d.M.yy": "fr",
    "y-MM-dd": "fr",
    "MMMM d, y": "en",
    "EEEE, d MMMM y": "en",
}


@examples(60)
@given(today=DAYS, ahead=st.integers(0, 700), pattern=st.sampled_from(sorted(WRITTEN)))
async def test_a_day_that_is_written_in_full_is_that_day(today: date, ahead: int, pattern: str) -> None:
    meant = today + timedelta(days=ahead)
    said = format_date(meant, pattern, locale=WRITTEN[pattern])
    assert await day(said, today) == meant
    assert await day(f"jusqu’au {said}", today) == meant
    assert await day(f"pour le {said} à 18h30, merci", today) == meant
    before = await day(f"avant le {said}", today)
    assert before == (meant - timedelta(days=1) if ahead else "date-past")
    assert await day(f"à partir du {said}", today) == "date-start"


@examples(60)
@given(today=DAYS, ahead=st.integers(0, 200))
async def test_a_day_without_its_year_is_the_next_one_or_asked(today: date, ahead: int) -> None:
    meant = today + timedelta(days=ahead)
    for pattern in ("d MMMM", "EEEE d MMMM", "d/M"):
        found = await day(format_date(meant, pattern, locale="fr"), today)
        assert found in (meant, "date-near"), pattern


@examples(60)
@given(today=DAYS, weekday=st.integers(0, 6))
async def test_a_day_of_the_week_is_within_a_week_or_asked(today: date, weekday: int) -> None:
    name = format_date(MONDAY + timedelta(days=weekday), "EEEE", locale="fr")
    coming = today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)
    assert await day(name, today) in (coming, "date-near")
    assert await day(f"{name} qui vient", today) == coming
    assert await day(f"{name} prochain", today) in (coming, "date-near")
    assert await day(f"{name} en huit", today) in (coming + timedelta(days=7), "date-near")
    assert await day(f"{name} en quinze", today) in (coming + timedelta(days=14), "date-near")
    assert await day(f"{name} dernier", today) == "date-past"
    monday = today - timedelta(days=today.weekday()) + timedelta(days=7)
    assert await day(f"{name} de la semaine prochaine", today) == monday + timedelta(days=weekday)


BESIDE = ("pas", "sauf", "après", "avant", "dernier", "ou", "en", "huit", "quinze", "prochain", "chaque", "xyz", "12")


@examples(200)
@given(phrase=st.sampled_from(list(phrases())), word=st.sampled_from(BESIDE), before=st.booleans())
async def test_a_word_beside_a_day_that_changes_its_meaning_is_never_overheard(
    phrase: Phrase, word: str, before: bool
) -> None:
    """Where the day is still the same although a word was added, that word is known to say nothing, or it is asked."""
    today, role, said, how, _ = phrase
    if how == "=" and word in ("pas", "sauf", "chaque", "xyz", "ou"):
        found = await answered(f"{word} {said}" if before else f"{said} {word}", today, role)
        assert isinstance(found, NotUnderstood), f"{word}, {said}: read as {found}"


@examples(200)
@given(phrase=st.sampled_from(list(phrases())), at=st.integers(0, 40), letter=st.sampled_from("aeiourstz"))
async def test_a_slip_of_the_finger_is_never_another_day(phrase: Phrase, at: int, letter: str) -> None:
    today, role, said, how, expected = phrase
    place = at % len(said)
    if how == "=" and said[place].isalpha():
        found = await day(said[:place] + letter + said[place + 1 :], today, role)
        assert isinstance(found, str) or found == date.fromisoformat(expected)


# -- what is proposed, and bounds


async def test_what_was_proposed_is_taken_by_a_yes_and_left_by_a_no() -> None:
    asked = await answered("mercrdi")
    assert isinstance(asked, NotUnderstood)
    kind = Date(lambda: MONDAY)
    for yes in ("oui", "oui c’est ça", "ok"):
        assert await kind.read(Heard(yes, offered=asked.offered), WORDS) == date(2026, 11, 25)
    assert await kind.read(Heard(None, "👍", offered=asked.offered), WORDS) == date(2026, 11, 25)
    assert await kind.read(Heard("non, jeudi", offered=asked.offered), WORDS) == date(2026, 11, 26)
    with pytest.raises(NotUnderstood, match="date-then"):
        await kind.read(Heard("non", offered=asked.offered), WORDS)
    with pytest.raises(NotUnderstood, match="date-near-again"):
        await kind.read(Heard("samdi", offered=asked.offered), WORDS)


async def test_what_is_proposed_can_be_taken() -> None:
    tomorrow = MONDAY + timedelta(days=1)
    assert await day("demin", latest=MONDAY) == "date-late"
    assert await day("ce lundi", earliest=tomorrow) == "date-early"


async def test_a_length_counts_from_the_end_of_what_is_prolonged_once_that_is_agreed() -> None:
    asked = await answered("de deux semaines", since=date(2026, 12, 1))
    assert isinstance(asked, NotUnderstood)
    assert asked.offered["meant"] == "2026-12-15"
    assert await day("dans deux semaines", since=date(2026, 12, 1)) == date(2026, 12, 7)


@pytest.mark.parametrize(
    ("written", "said", "expected"),
    [
        ("2026-11-23T22:59:59Z", "demain", date(2026, 11, 24)),  # 23:59 in Paris
        ("2026-11-23T23:00:01Z", "demain", date(2026, 11, 25)),  # after midnight
        ("2027-03-27T22:59:59Z", "demain", date(2027, 3, 28)),  # the day that has 23 hours
        ("2027-03-28T21:59:59Z", "demain", date(2027, 3, 29)),
        ("2027-03-28T22:00:01Z", "demain", date(2027, 3, 30)),
        ("2027-10-31T22:59:59Z", "aujourd’hui", date(2027, 10, 31)),  # the day that has 25
        ("2027-10-31T23:00:01Z", "aujourd’hui", date(2027, 11, 1)),
        ("2020-01-01T12:00:00Z", "demain", date(2026, 11, 24)),  # a clock that goes backwards
    ],
)
async def test_tomorrow_is_said_of_the_day_on_which_it_was_written(written: str, said: str, expected: date) -> None:
    at = int(datetime.fromisoformat(written).timestamp() * 1000)
    assert await Date(lambda: MONDAY, zone="Europe/Paris").read(Heard(said, at=at), WORDS) == expected


@pytest.mark.parametrize("said", ["lundi " * 400, "1/" * 500, "le " * 3000, "vendredi ou " * 100, "9" * 5000 + " mars"])
async def test_a_text_without_end_is_no_day(said: str) -> None:
    assert isinstance(await day(said), str)


def test_a_day_is_shown_in_words() -> None:
    assert Date(lambda: MONDAY).show(date(2027, 3, 12), WORDS, "fr") == "vendredi 12 mars"
    assert Date(lambda: MONDAY).show(date(2029, 3, 1), WORDS, "fr") == "jeudi 1er mars 2029"


# -- on a line, among other things


def guessed(text: str, role: Role = "end") -> date | str | None:
    try:
        return Date(lambda: MONDAY, role).guess(text, WORDS)
    except NotUnderstood as why:
        return why.offered.get("meant") or why.code


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("une découpeuse laser samedi", date(2026, 11, 28)),
        ("des chaises pour le 12 mars, merci", date(2027, 3, 12)),
        ("des chaises avant le 12 mars", date(2027, 3, 11)),
        ("un barnum jusqu’au 15 janvier", date(2027, 1, 15)),
        ("une sono pour le 12/02", date(2027, 2, 12)),
        ("une sono jusqu’au 12", date(2026, 12, 12)),
        ("un barnum du 3 au 5 décembre", date(2026, 12, 5)),
        ("une camionnette samedi en huit", date(2026, 12, 5)),
        ("un vidéoprojecteur vendredi 18h", date(2026, 11, 27)),
        ("du monde demain soir pour porter", date(2026, 11, 24)),
        ("quelqu’un ce week-end", date(2026, 11, 29)),
        ("une salle fin décembre", date(2026, 12, 31)),
        ("une perceuse. Pour le 24 nov. 2026 au plus tard", date(2026, 11, 24)),
        ("quelqu’un dans trois jours ?", date(2026, 11, 26)),
        ("de l’aide d’ici deux semaines", date(2026, 12, 7)),
        ("de l’aide d’ici deux semaines, ou demain", "date-several"),
        ("a van next Friday", "2026-11-27"),
        ("une remorque lundi en quinze", "2026-12-14"),
        ("une salle la semaine prochaine", "2026-12-06"),
        ("tous les jours sauf mardi", "2026-11-24"),
        ("quelqu’un chaque vendredi", "2026-11-27"),
        ("une salle le vendredi", "2026-11-27"),
        ("des guirlandes pour Noël", "2026-12-25"),
        ("une salle mardi ou jeudi", "date-several"),
        ("une remorque mardi ou plus tard", "2026-11-24"),
        ("une table à partir du 3 février", None),
        ("une table pas avant mardi", None),
        ("un jeu de société", None),
        ("une plaque de 60 × 40, 12 pièces", None),
        ("salle 12", None),
        ("c’était hier", None),
        ("à mon avis 3 tables suffisent", None),
        ("une formation de 3 mois", None),
        ("il nous faut 3/4 de stère", None),
        ("un camion de 20 m3 à 18h", None),
        ("", None),
    ],
)
def test_a_day_is_found_in_a_text_only_where_it_has_a_name(text: str, expected: date | str | None) -> None:
    assert guessed(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "une salle jusqu’à 12 personnes",
        "une salle, 12 max",
        "max 20 personnes",
        "une remorque jusqu’à 20 kg",
        "un atelier pour enfants jusqu’à 12 ans",
        "un atelier de 9 à 12",
        "enfants de 6 à 12 ans",
        "une perceuse pour 3/4 d’heure",
        "une planche, max 1.5 m",
        "du monde d’ici 5 km",
        "un barnum d’ici deux trois jours",
        "a room for up to 12 people",
    ],
)
def test_numbers_of_something_else_are_no_day(text: str) -> None:
    assert guessed(text) is None
    assert guessed(text, "start") is None


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("un sapin deux jours avant Noël", "2026-12-24"),
        ("une sono quelques jours avant le 12 décembre", "2026-12-11"),
        ("une sono un peu avant le 12 décembre", "2026-12-11"),
        ("du monde le surlendemain du 12 décembre", "2026-12-12"),
        ("du monde les jours suivant le 12 décembre", "2026-12-12"),
        ("une salle la semaine du 14 décembre", "2026-12-20"),
        ("une remorque mardi soir prochain", "2026-11-24"),
        ("une salle dans un mois et demi", "2026-12-23"),
        ("une salle dans une semaine et demie", "2026-11-30"),
        ("une salle dans 3 semaines minimum", "2026-12-14"),
        ("une salle dans 3 semaines à compter de Noël", "2026-12-14"),
        ("une perceuse vendredi, pendant 3 jours", "2026-11-27"),
        ("a van next Friday week", "2026-11-27"),
        ("du monde un samedi sur deux", "2026-11-28"),
        ("du monde avant le 15 de chaque mois", "2026-12-14"),
    ],
)
def test_what_is_beside_a_day_and_makes_another_of_it_is_asked(text: str, meant: str) -> None:
    assert guessed(text) == meant


def test_a_day_that_is_called_by_two_names_is_that_day() -> None:
    assert guessed("une perceuse demain mardi") == date(2026, 11, 24)
    assert guessed("une perceuse le 15/01 (vendredi)") == date(2027, 1, 15)
    assert guessed("une perceuse demain à 9") == date(2026, 11, 24)
    assert guessed("une sono le lendemain du 12 décembre") == date(2026, 12, 13)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("une table à partir du 3 février", date(2027, 2, 3)),
        ("une table pas avant mardi", date(2026, 11, 24)),
        ("un barnum du 3 au 5 décembre", date(2026, 12, 3)),
        ("une table dès demain et jusqu’à vendredi", date(2026, 11, 24)),
        ("une table samedi", None),
        ("une table jusqu’au 15 janvier", None),
    ],
)
def test_a_beginning_is_kept_as_a_beginning(text: str, expected: date | None) -> None:
    assert guessed(text, "start") == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", None),
        ("samedi", date(2026, 11, 28)),
        ("jusqu’au 12", date(2026, 12, 12)),
        ("12/12", date(2026, 12, 12)),
        ("mercrdi", "2026-11-25"),
        ("à partir de mardi", "date-start"),
        ("bientôt", "date"),
    ],
)
def test_what_follows_a_command_is_read_as_an_answer(more: str, expected: date | str | None) -> None:
    try:
        found: date | str | None = Date(lambda: MONDAY, alone=True).guess(more, WORDS)
    except NotUnderstood as why:
        found = why.offered.get("meant") or why.code
    assert found == expected
