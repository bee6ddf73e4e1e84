"""Yes and no as people say them, and all that a careful reader would not call a yes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.talk.answers.agreement import yes_or_no
from tests.stage.answers import WORDS

ASKED = "**{who}** voudrait rejoindre le lieu.\n\n{answers}\n\nOn lui ouvre les portes ?"
MEANT = {"oui": True, "non": False, "ni oui ni non": None}


def forms() -> Sequence[tuple[str, str]]:
    """(meant, form) pairs."""
    found, meant = [], ""
    for line in Path(__file__).with_name("yes_and_no.txt").read_text("utf-8").splitlines():
        if line.startswith("  "):
            found.append((meant, line.strip()))
        elif line and not line.startswith("#"):
            meant = line
    return found


FORMS = forms()


def test_what_people_say_is_what_they_mean() -> None:
    read = [(form, meant, yes_or_no(form, WORDS, asked=ASKED)) for meant, form in FORMS]
    assert [(form, meant, found) for form, meant, found in read if found is not MEANT[meant]] == []


def test_there_are_enough_of_them_and_each_once() -> None:
    assert len(FORMS) >= 150
    assert len(FORMS) == len({form for _, form in FORMS})


def test_the_words_of_a_question_agree_to_it_alone() -> None:
    assert yes_or_no("oui, supprime-le", WORDS, asked="Je supprime ce dossier ?") is True
    assert yes_or_no("oui, supprime-le", WORDS, asked=ASKED) is None
    assert yes_or_no("supprime-le", WORDS, asked="Je supprime ce dossier ?") is None


@pytest.mark.parametrize(
    "asked", ["Je ferme le compte et le dossier ?", "Le compte, le dossier ?", "Pas seulement le dossier ?"]
)
def test_half_of_what_is_asked_is_no_yes_to_the_whole(asked: str) -> None:
    assert yes_or_no("oui le dossier", WORDS, asked=asked) is None


def test_what_a_question_quotes_of_others_agrees_to_nothing() -> None:
    assert yes_or_no("oui sauf Marc", WORDS, asked="{wish} On lui ouvre les portes ?") is None


# -- any combination

AGREEING = (
    "oui",
    "ouais",
    "ok",
    "d'accord",
    "bien sûr",
    "avec plaisir",
    "c'est bon",
    "ça me va",
    "je veux bien",
    "yes",
)
REFUSING = ("non", "nan", "non merci", "pas du tout", "pas d'accord", "surtout pas", "no", "no thanks")
POLITE = ("merci", "s'il te plaît", "stp", "merci beaucoup", "bonjour", "bonne journée", "please", "thanks")
PICTURES = ("😊", "🙏🏽", "❤️", "🎉", ":)", "^^", "")
DOUBTING = (
    "mais demain",
    "sauf demain",
    "si elle vient",
    "peut-être",
    "je sais pas",
    "euh",
    "plus tard",
    "pas",
    "but",
    "maybe",
)
CASES = (str, str.upper, str.capitalize)


@st.composite
def spoken(draw: st.DrawFn, deciding: Sequence[str], among: Sequence[str] = ()) -> str:
    """Some of what decides, among politeness and pictures, each of `among` somewhere, however it is typed."""
    pieces = draw(st.lists(st.sampled_from(deciding), min_size=1, max_size=3))
    pieces += draw(st.lists(st.sampled_from((*POLITE, *PICTURES)), max_size=3))
    pieces = draw(st.permutations([*pieces, *among]))
    between = st.sampled_from((" ", ", ", " ! ", ". ", "  ", "… ", "\n"))
    said = "".join(piece + draw(between) for piece in pieces)
    return draw(st.sampled_from(CASES))(said).replace("'", draw(st.sampled_from("'’")))


@given(spoken(AGREEING))
def test_any_words_that_agree_are_a_yes(said: str) -> None:
    assert yes_or_no(said, WORDS) is True


@given(spoken(REFUSING))
def test_any_words_that_refuse_are_a_no(said: str) -> None:
    assert yes_or_no(said, WORDS) is False


@given(st.sampled_from(DOUBTING).flatmap(lambda doubt: spoken(AGREEING, [doubt])))
def test_with_a_doubt_among_them_they_are_no_yes(said: str) -> None:
    assert yes_or_no(said, WORDS) is not True


@given(st.sampled_from(REFUSING).flatmap(lambda no: spoken(AGREEING, [no])))
def test_with_a_refusal_among_them_they_are_neither(said: str) -> None:
    assert yes_or_no(said, WORDS) is not True


@given(spoken(AGREEING), st.sampled_from(("?", " ?", "？", "❓", " :/", " 🤔", " ❌")))
def test_with_a_doubt_behind_them_they_are_no_yes(said: str, doubt: str) -> None:
    assert yes_or_no(said + doubt, WORDS) is not True
