"""Which person of the lieu is meant, and what was decided by whom."""

from __future__ import annotations

import pytest

from bot.talk.answers.answer import Heard, NotUnderstood, Option
from bot.talk.answers.member import Known, Member, Whom
from bot.talk.answers.verdict import Decided, Verdict
from tests.stage.answers import WORDS, known

MEMBER = Member(known, "lieu.fr")
VERDICT = Verdict((Option("warn", "avertir"), Option("exclude", "exclure")), "report.erase", "report.nothing")


async def read(text: str, *pills: str) -> Known:
    return await MEMBER.read(Heard(text, pills=pills), WORDS)


@pytest.mark.parametrize("text", ["Lou", "LOU !", "@lou", "@lou:lieu.fr", "https://matrix.to/#/@lou:lieu.fr"])
async def test_a_person_is_named_in_many_ways(text: str) -> None:
    assert await read(text) == Known("@lou:lieu.fr", "Lou")


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("de zoé", "zoé"),
        ("à Zoé Martin", "Zoé Martin"),
        ("d’Hélène", "Hélène"),
        ("le lien à zoé", "zoé"),
        ("l’accès d'Hélène", "Hélène"),
        ("du compte de zoé", "zoé"),
        ("le mot de passe de zoé", "zoé"),
        ("annuler de léa", "annuler léa"),
        ("the account of zoe", "zoe"),
        ("Lien Nguyen", "Lien Nguyen"),  # a first name
        ("le lien de Lien", "Lien"),
        ("Le Goff", "Le Goff"),
        ("De La Tour", "La Tour"),
        ("le compte", "le compte"),
        ("d’", "d’"),
    ],
)
async def test_what_is_said_around_a_person_is_none_of_their_name(text: str, whom: str) -> None:
    assert await Whom(verbs=("departure.words.take-back",)).read(Heard(text), WORDS) == whom


@pytest.mark.parametrize(
    ("named", "whom"),
    [
        ("à @zoe:lieu.fr", "@zoe:lieu.fr"),
        ("le compte de @zoe:lieu.fr vendredi", "@zoe:lieu.fr vendredi"),
        ("annuler celui de @zoe:lieu.fr", "annuler @zoe:lieu.fr"),
        ("https://matrix.to/#/@zoe:lieu.fr dans trois jours", "@zoe:lieu.fr dans trois jours"),
    ],
)
async def test_what_is_said_before_a_mention_is_none_of_it(named: str, whom: str) -> None:
    heard = Heard(named.replace("@zoe:lieu.fr", "Zoé"), pills=("@zoe:lieu.fr",), named=named)
    assert await Whom(verbs=("departure.words.take-back",), more=True).read(heard, WORDS) == whom


async def test_a_mention_or_a_part_of_a_name_is_enough() -> None:
    assert await read("Quelqu’un", "@zoe.d:ailleurs.fr") == Known("@zoe.d:ailleurs.fr", "Zoé Durand")
    assert await read("durand") == Known("@zoe.d:ailleurs.fr", "Zoé Durand")
    assert await read("@inconnue:loin.fr") == Known("@inconnue:loin.fr", "@inconnue:loin.fr")


@pytest.mark.parametrize(
    ("text", "code", "near"),
    [
        ("Zoé", "member-several", 2),
        ("marc", "member-several", 2),
        ("Zoé Martim", "member-near", 1),
        ("Anatole", "member-unknown", 0),
        ("!?", "member-unknown", 0),
        ("a" * 20_000, "member-unknown", 0),
    ],
)
async def test_nobody_is_taken_for_somebody_else(text: str, code: str, near: int) -> None:
    with pytest.raises(NotUnderstood) as refusal:
        await read(text)
    shown = refusal.value.words.get("near", [])
    assert isinstance(shown, list)
    assert (refusal.value.code, len(shown)) == (code, near)


@pytest.mark.parametrize(
    ("text", "what"),
    [("oui", "yes"), ("on efface ce message", "yes"), ("non", "no"), ("Rien à faire !", "no"), ("2", "exclude")],
)
async def test_a_verdict_in_words(text: str, what: str) -> None:
    assert await VERDICT.read(Heard(text, by="@anne:lieu.fr"), WORDS) == Decided(what, "@anne:lieu.fr")


@pytest.mark.parametrize(("key", "what"), [("✅", "yes"), ("❌", "no"), ("1️⃣", "warn"), ("2⃣", "exclude")])
async def test_a_verdict_with_a_click(key: str, what: str) -> None:
    decided = await VERDICT.read(Heard(None, key, by="@anne:lieu.fr"), WORDS)
    assert decided == VERDICT.load(VERDICT.dump(decided)) == Decided(what, "@anne:lieu.fr")
