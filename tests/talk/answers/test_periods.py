"""For how long, as people say it; and what is no length, or none that may be."""

from __future__ import annotations

import pytest

from bot.lieux import KEPT
from bot.talk.answers import Period, Proposed
from bot.talk.answers.answer import Doubted, Heard, NotUnderstood
from bot.words import Months, Words
from tests.stage.stage import words as catalogue


@pytest.fixture
def words() -> Words:
    return catalogue()


ANY = Period("journal", 1, 120, 60)


@pytest.mark.parametrize(
    ("said", "months"),
    [
        *(("2 ans", 24), ("2ans", 24), ("deux ans", 24), ("Deux années !", 24), ("2 years", 24)),
        *(("six mois", 6), ("6 MOIS", 6), ("18 mois", 18), ("vingt-quatre mois", 24), ("vingt quatre mois", 24)),
        *(("un an et demi", 18), ("1 an et demi", 18), ("1,5 an", 18), ("1.5 ans", 18), ("a year and a half", 18)),
        *(("90 jours", 3), ("30 jours", 1), ("4 semaines", 1), ("52 semaines", 12), ("365 jours", 12)),
        *(("le plus tard possible", 120), ("Le plus longtemps possible !", 120), ("au maximum", 120)),
        *(("le moins possible", 1), ("minimum", 1), ("comme la CNIL", 60), ("ce que dit la CNIL", 60), ("CNIL", 60)),
        *(("comme d’habitude", 60), ("la durée légale", 60), ("as long as possible", 120), ("au maximum 2 ans", 24)),
        *(("garde-les 3 ans", 36), ("on garde ça pendant cinq ans s’il te plaît", 60), ("2 ans, 24 mois", 24)),
    ],
)
async def test_a_length_is_understood(said: str, months: int, words: Words) -> None:
    assert await ANY.read(Heard(said), words) == months


@pytest.mark.parametrize(
    ("said", "why"),
    [
        *(("6", "period-unit"), ("environ 6", "period-unit"), ("un mois ou un an", "period-several")),
        *(
            ("jamais", "period-long-journal"),
            ("pour toujours", "period-long-journal"),
            ("never", "period-long-journal"),
        ),
        *(
            ("3 jours", "period-short-journal"),
            ("99999999 ans", "period-long-journal"),
            ("0 an", "period-short-journal"),
        ),
        *(("longtemps", "period"), ("an", "period"), ("mardi", "period"), ("-", "period")),
        *(("1/2 an", "period"), ("la moitié d’un an", "period"), ("-3 mois", "period"), ("1e9 mois", "period")),
        *(("trois mois de plus", "period"), ("pas 2 ans", "period"), ("moins d’un an", "period")),
        *(("2 à 3 ans", "period-several"), ("3 ou quatre mois", "period-several"), ("2 to 3 years", "period-several")),
        *(("la CNIL, c’est quoi ?", "period"), ("c’est quoi le maximum", "period"), ("au maximum ?", "period")),
    ],
)
async def test_what_is_no_length_says_why(said: str, why: str, words: Words) -> None:
    with pytest.raises(NotUnderstood) as no:
        await ANY.read(Heard(said), words)
    assert no.value.code == why


@pytest.mark.parametrize("kind", KEPT)
async def test_the_bounds_of_each_kind_are_said_with_a_reason_of_its_own(kind: str, words: Words) -> None:
    bounds = KEPT[kind]
    period = Period(kind, bounds.least, bounds.most, bounds.usual)
    for said, code, hole, bound in (
        ("1 jour", f"period-short-{kind}", "least", bounds.least),
        ("30 ans", f"period-long-{kind}", "most", bounds.most),
    ):
        with pytest.raises(Doubted) as no:
            await period.read(Heard(said), words)
        assert (no.value.code, no.value.words) == (code, {hole: Months(bound)})
        template, shown = words.sentence("fr", f"talk.again.{code}", no.value.words)
        assert template.format_map(shown)
    for months in (bounds.least, bounds.usual, bounds.most):
        assert await period.read(Heard(f"{months} mois"), words) == months


@pytest.mark.parametrize(
    "said", ["garder tel quel", "garde tel quel", "ok", "comme maintenant", "tel quel", "passer", "✅"]
)
async def test_it_can_be_left_as_it_is(said: str, words: Words) -> None:
    assert await Proposed(ANY, 36).read(Heard(said), words) == 36


async def test_never_is_not_taken_for_a_no(words: Words) -> None:
    with pytest.raises(Doubted, match="period-long-journal"):
        await Proposed(ANY, 36).read(Heard("jamais"), words)


@pytest.mark.parametrize(
    ("months", "shown"), [(1, "1 mois"), (12, "1 an"), (18, "18 mois"), (36, "3 ans"), (6, "6 mois")]
)
def test_it_is_shown_as_people_say_it(months: int, shown: str, words: Words) -> None:
    assert ANY.show(months, words, "fr").replace("\u00a0", " ") == shown
