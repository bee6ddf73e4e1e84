"""What people paste is kept as others are to read it; what is passed on, as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.talk.answers import STATED, VERBATIM, Answer, Listed, Name, Text
from bot.talk.answers.pasted import inside, unpasted
from tests.stage.answers import read

CHARTER, TITLE = Text(STATED, max=4000, lines=True), Text(STATED, max=80)
MARKS = ["« {} »", "«\u202f{}\u202f»", '"{}"', "“{}”", "„{}“", "'{}'", "‘{}’", ' " {} " ']


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("kind", [CHARTER, TITLE, Name()])
async def test_quotation_marks_around_all_of_a_text_are_no_part_of_it(kind: Answer[str], marks: str) -> None:
    assert await read(kind, marks.format("Camille Jardin")) == "Camille Jardin"


@pytest.mark.parametrize(
    "text",
    [
        "« On dit « bonjour », puis on entre. »",
        "“On dit « bonjour », puis on entre.”",
    ],
)
async def test_quotation_marks_within_a_text_stay(text: str) -> None:
    assert await read(CHARTER, text) == "On dit « bonjour », puis on entre."


@pytest.mark.parametrize(
    "text", ["« bonjour » et « au revoir »", '"a" ou "b"', "l'atelier d'Anne", "le « Bar »", "« Bar", "5' et 6'"]
)
async def test_what_is_not_all_between_quotation_marks_is_as_it_was_written(text: str) -> None:
    assert await read(CHARTER, text) == text


async def test_each_of_a_list_is_without_its_quotation_marks() -> None:
    assert await read(Listed(), "« Atelier », « Jardin »") == ("Atelier", "Jardin")


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        ("> On range.\n> On dit bonjour.", "On range.\nOn dit bonjour."),
        (">> On range.\n>>\n>> Merci.", "On range.\n\nMerci."),
        ("Le 3 mars, Zoé a écrit :\n> On range.\n>\n> Merci.", "On range.\n\nMerci."),
        ("On range.\n> cité d’un livre", "On range.\n> cité d’un livre"),
        ("\uf0b7\tOn range.\n\uf0b7\tOn dit bonjour.", "• On range.\n• On dit bonjour."),
        ("·  On range.\no\tet on lave\n▪ Merci.", "• On range.\n• et on lave\n• Merci."),
        ("- On range.\n1. Merci.", "- On range.\n1. Merci."),
        ("On\u00a0range\u00a0tout\u2003ici\u00a0: oui\u202f!", "On range tout ici\u00a0: oui\u202f!"),
        (
            "«\u00a0Chut\u00a0» après 22\u00a0h\u00a0et 1\u00a0000 mercis",
            "«\u00a0Chut\u00a0» après 22\u00a0h et 1\u00a0000 mercis",
        ),
        ("On range.  \n\n\n\n   \nMerci.   ", "On range.\n\nMerci."),
        ("On ran\u00adge\u200b.\ufeff", "On range."),
        ("On range.\n-- \nZoé Martin\n06 12 34 56 78", "On range."),
        ("On range.\n\nEnvoyé de mon iPhone", "On range."),
        ("On range.\n--\nOn dit bonjour.", "On range.\n--\nOn dit bonjour."),
        ("Envoyé de mon plein gré", "Envoyé de mon plein gré"),
        ("« > On range. »", "> On range."),
        ("« Voici notre charte : on range »", "on range"),
        ("o toi qui entres, range !\no combien merci", "o toi qui entres, range !\no combien merci"),
        ("On range.\n-- \nOn lave.\n\nOn dit bonjour.", "On range.\n-- \nOn lave.\n\nOn dit bonjour."),
    ],
)
async def test_the_marks_of_where_a_text_was_pasted_from_are_no_part_of_it(pasted: str, text: str) -> None:
    assert await read(CHARTER, pasted) == text


async def test_a_message_that_is_passed_on_stays_as_it_was_written() -> None:
    text = "« > Bonjour »\n-- \nZoé"
    assert await read(Text(VERBATIM, lines=True), text) == text


@given(st.text(alphabet=" \n>-«»\"'“”•o\tabé\u00a0:", max_size=60))
def test_whatever_is_pasted_is_read_once_and_for_all(text: str) -> None:
    once = unpasted(text)
    assert bool(once) == bool(text.strip()) or not once
    assert inside(text) in text
