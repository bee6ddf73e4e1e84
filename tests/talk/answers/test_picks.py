"""What people say to a long list of which some lines are ticked."""

from __future__ import annotations

import pytest

from bot.talk.answers import Heard, NotUnderstood, Option, Picks
from tests.stage.answers import WORDS

NAMES = ("Anne", "Awa Dupont", "Camille", "Camille Petit", "Jules", "Zoé")
LIST = Picks([Option(f"@{n}", name) for n, name in enumerate(NAMES, 1)])


async def read(said: str, *, reaction: bool = False) -> tuple[str, list[int], str]:
    """What, which lines, and what else was said."""
    heard = Heard(None, reaction=said) if reaction else Heard(said)
    found = await LIST.read(heard, WORDS)
    return found["what"], [int(row[1:]) for row in found["rows"]], found["said"]


@pytest.mark.parametrize(
    ("said", "what", "rows"),
    [
        *[(said, "take", []) for said in ("oui", "OK !", "c’est bon", "vas-y", "yes please", "oui merci")],
        *[(said, "nothing", []) for said in ("non", "non merci", "aucun", "rien", "surtout pas")],
        *[(said, "everything", []) for said in ("tout", "tous", "oui tout", "Oui, tous !", "ok tout", "all")],
        *[(said, "more", []) for said in ("la suite", "suite", "more")],
        *[(said, "tick", [2, 5]) for said in ("2 5", "2, 5", "2 et 5", "et 2 et 5", "le 2 et le 5", "plus 2 et 5")],
        *[(said, "tick", [5]) for said in ("jules", "oui et jules", "avec le 5", "ajoute 5")],
        ("3-5", "tick", [3, 4, 5]),
        *[(said, "leave", [3]) for said in ("pas le 3", "sauf 3", "non, pas le 3", "enlève le 3", "not 3", "sans 3")],
        *[(said, "leave", [2, 6]) for said in ("pas awa ni zoé", "pas le 2 et pas le 6", "sauf awa, zoe")],
        *[(said, "take", [2]) for said in ("oui sauf le 2", "oui mais pas awa", "ok mais sans le 2")],
        *[(said, "everything", [2, 5]) for said in ("tout sauf 2 et 5", "tous sauf awa et jules", "oui tout sauf 2 5")],
    ],
)
async def test_lines_are_taken_and_left_in_many_ways(said: str, what: str, rows: list[int]) -> None:
    assert await read(said) == (what, rows, "")


@pytest.mark.parametrize(
    ("said", "row", "login"),
    [
        ("3 = camille.d", 3, "camille.d"),
        ("3: camille.d", 3, "camille.d"),
        ("le 3 c’est camille.d", 3, "camille.d"),
        ("3 c'est Camille Durand.", 3, "Camille Durand"),
        ("n°3 -> `camille.d`", 3, "camille.d"),
        ("3 is camille.d", 3, "camille.d"),
    ],
)
async def test_an_account_is_corrected_by_the_number_of_its_line(said: str, row: int, login: str) -> None:
    assert await read(said) == ("correct", [row], login)


@pytest.mark.parametrize(
    ("said", "rows"),
    [("c’est qui camille ?", [3]), ("qui est le 2", [2]), ("c’est qui pierre ?", []), ("who is zoe?", [6])],
)
async def test_somebody_is_asked_about(said: str, rows: list[int]) -> None:
    what, found, _ = await read(said)
    assert (what, found) == ("who", rows)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("12", "choice-number"),
        ("12 = camille.d", "choice-number"),
        ("pas le 12", "choice-number"),
        ("euh je sais pas trop", "asking"),
        ("piscine", "choice-unknown"),
        ("1 " * 3000, "choice-unknown"),
    ],
)
async def test_what_names_no_line_is_asked_again(said: str, why: str) -> None:
    with pytest.raises(NotUnderstood) as asked:
        await read(said)
    assert asked.value.code == why


async def test_a_click_agrees_or_not() -> None:
    assert await read("✅", reaction=True) == ("take", [], "")
    assert await read("❌", reaction=True) == ("nothing", [], "")


async def test_it_is_said_again_in_words() -> None:
    for said, shown in {
        "oui": "oui",
        "oui sauf le 2": "oui, sauf Awa Dupont",
        "tout": "tout",
        "3 = c.d": "c.d",
    }.items():
        assert LIST.show(await LIST.read(Heard(said), WORDS), WORDS, "fr") == shown
