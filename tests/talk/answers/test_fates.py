"""What becomes of each of several people, said at once."""

from __future__ import annotations

import pytest

from bot.talk.answers import Fates, Option
from bot.talk.answers.answer import Heard, NotUnderstood
from bot.words import Words
from tests.stage.stage import words as catalogue

ROWS = [Option("@lea:l.fr", "Léa Roux"), Option("@marc:l.fr", "Marc Petit"), Option("@zoe:l.fr", "Zoé Martin")]
ALL = Fates(ROWS, [Option(fate, key=f"asleep.{fate}") for fate in ("leave", "stay", "later")])
ANNE = "@anne:l.fr"


@pytest.fixture
def words() -> Words:
    return catalogue()


@pytest.mark.parametrize(
    ("said", "fates"),
    [
        ("1 oui, 2 non, 3 plus tard", "leave stay later"),
        ("1 oui, 2 non", "leave stay later"),
        ("1 et 3 oui, les autres non", "leave stay leave"),
        ("oui pour 1 et 3", "leave later leave"),
        ("oui : 1, 3", "leave later leave"),
        ("1, 3 oui", "leave later leave"),
        ("Léa Roux part, Marc Petit reste", "leave stay later"),
        ("Léa oui ; Marc non ; Zoé on verra", "leave stay later"),
        ("tout le monde oui", "leave leave leave"),
        ("non", "stay stay stay"),
        ("personne ne part", "stay stay stay"),
        ("❌", "stay stay stay"),
        ("plus tard", "later later later"),
        ("3 pas maintenant\n1 oui\n2 non", "leave stay later"),
        ("1 yes, 2 no, the others later", "leave stay later"),
    ],
)
async def test_it_is_understood(said: str, fates: str, words: Words) -> None:
    found = await ALL.read(Heard(said, by=ANNE), words)
    assert [found.fates[row.value] for row in ROWS] == fates.split()
    assert found.by == ANNE
    assert ALL.load(ALL.dump(found)) == found  # type: ignore[arg-type]


@pytest.mark.parametrize("said", ["oui", "1, 2", "1 oui, 7 non", "peut-être", "", "1 oui, Paul non", "oui oui"])
async def test_nobody_leaves_by_a_word_that_says_not_who(said: str, words: Words) -> None:
    with pytest.raises(NotUnderstood):
        await ALL.read(Heard(said, by=ANNE), words)


async def test_of_one_person_a_yes_is_enough(words: Words) -> None:
    alone = Fates(ROWS[:1], ALL.fates)
    assert (await alone.read(Heard("oui", by=ANNE), words)).fates == {"@lea:l.fr": "leave"}
