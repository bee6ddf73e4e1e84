"""What people answer to a numbered list: yes, or what is wrong in it."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.talk.answers import Heard, NotUnderstood
from bot.talk.answers.revision import Change, Numbered, Revision
from bot.words import Words

WORDS = Words.load(now=lambda: datetime(2026, 11, 23, tzinfo=UTC))
LINES = (
    Numbered(1, "Zoé Martin", "zoe@exemple.fr"),
    Numbered(3, "Jean Dupont", "jean@gmial.com"),
    Numbered(4, "Lou", address="@lou:lieu.fr"),
)
LIST, ALONE = Revision(LINES), Revision(LINES[:1])


@pytest.mark.parametrize("text", ["oui", "OUI !!", "ok", "c’est bon", "👍", "yes"])
async def test_a_yes_changes_nothing(text: str) -> None:
    assert await LIST.read(Heard(text), WORDS) == ()
    assert await LIST.read(Heard(None, reaction="✅"), WORDS) == ()


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("3 Zoé Durand", Change(3, name="Zoé Durand")),
        ("3 : Zoé Durand", Change(3, name="Zoé Durand")),
        ("3. Zoé Durand", Change(3, name="Zoé Durand")),
        ("3) zoé durand", Change(3, name="Zoé Durand")),
        ("n°3 Zoé Durand", Change(3, name="Zoé Durand")),
        ("le 3 c’est Zoé Durand", Change(3, name="Zoé Durand")),
        ("la ligne 3 = Zoé Durand", Change(3, name="Zoé Durand")),
        ("modifier 3 : Zoé Durand", Change(3, name="Zoé Durand")),
        ("remplace le 3 par Zoé Durand", Change(3, name="Zoé Durand")),
        ("3 zoe.durand@exemple.fr", Change(3, email="zoe.durand@exemple.fr")),
        ("3 <Zoe.Durand@Exemple.fr>", Change(3, email="zoe.durand@exemple.fr")),
        ("3 Zoé Durand zd@exemple.fr", Change(3, name="Zoé Durand", email="zd@exemple.fr")),
        ("3 @zoe:lieu.fr", Change(3, address="@zoe:lieu.fr")),
        ("3 gmail.com", Change(3, email="jean@gmail.com")),
        ("3 @gmail.com", Change(3, email="jean@gmail.com")),
        ("3 gmail", Change(3, email="jean@gmail.com")),
        ("3 oui", Change(3, email="jean@gmail.com")),
        ("3 c'est gmail", Change(3, email="jean@gmail.com")),
        ("1 exemple.org", Change(1, email="zoe@exemple.org")),
        ("enlève le 3", Change(3, drop=True)),
        ("enleve la 3 stp", Change(3, drop=True)),
        ("retire la ligne n° 3 merci", Change(3, drop=True)),
        ("3 non", Change(3, drop=True)),
        ("3 à enlever", Change(3, drop=True)),
        ("oui sauf le 3", Change(3, drop=True)),
        ("tout sauf 3", Change(3, drop=True)),
        ("pas la 3", Change(3, drop=True)),
        ("remove 3", Change(3, drop=True)),
        ("Paul Petit paul@exemple.fr", Change(0, name="Paul Petit", email="paul@exemple.fr")),
        ("ajoute Paul Petit, paul@exemple.fr", Change(0, name="Paul Petit", email="paul@exemple.fr")),
        ("Zoé Durand zoe@exemple.fr", Change(1, name="Zoé Durand", email="zoe@exemple.fr")),
        ("Jean Dupont jd@exemple.fr", Change(3, name="Jean Dupont", email="jd@exemple.fr")),
        ("12;Petit;Paul;paul@exemple.fr", Change(0, name="Paul Petit", email="paul@exemple.fr")),
    ],
)
async def test_one_line_is_changed(text: str, change: Change) -> None:
    assert await LIST.read(Heard(text), WORDS) == (change,)


@pytest.mark.parametrize(
    ("text", "gone"), [("enlève 1 et 3", [1, 3]), ("sans le 1, le 3 et le 4", [1, 3, 4]), ("enlève 3-4", [3, 4])]
)
async def test_several_are_left_out(text: str, gone: list[int]) -> None:
    assert await LIST.read(Heard(text), WORDS) == tuple(Change(n, drop=True) for n in gone)


async def test_several_lines_of_one_message() -> None:
    found = await LIST.read(Heard("1 Zoé Durand\n3 gmail.com\nenlève 4"), WORDS)
    assert found == (Change(1, name="Zoé Durand"), Change(3, email="jean@gmail.com"), Change(4, drop=True))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("non", "revision-which"),
        ("modifier 3", "revision-how"),
        ("3", "revision-how"),
        ("le 3", "revision-how"),
        ("3 12 rue des Lilas", "revision-how"),
        ("3 ne va pas", "revision-how"),
        ("le 3 et le 4 sont à enlever", "revision-how"),
        ("enlève", "revision-which"),
        ("enlève Zoé", "revision-which"),
        ("7 Zoé Durand", "revision-unknown"),
        ("enlève 2", "revision-unknown"),
        ("attends je vérifie", "revision-which"),
        ("je ne sais pas", "revision-which"),
        ("c’est quoi cette adresse ?", "asking"),
        ("3 jean@", "email"),
        ("3 jean@exemple", "email"),
        ("Paul paul@exemple", "invitee-email"),
    ],
)
async def test_what_is_no_change_is_asked(text: str, code: str) -> None:
    with pytest.raises(NotUnderstood) as no:
        await LIST.read(Heard(text), WORDS)
    assert no.value.code == code
    assert WORDS.has(f"talk.again.{code}")


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("Zoé Durand", Change(1, name="Zoé Durand")),
        ("zoé", Change(1, name="Zoé")),
        ("zd@exemple.fr", Change(1, email="zd@exemple.fr")),
        ("modifier zd@exemple.fr", Change(1, email="zd@exemple.fr")),
        ("1 Zoé Durand", Change(1, name="Zoé Durand")),
        ("c’est Loulou", Change(1, name="Loulou")),
    ],
)
async def test_of_one_person_no_number_is_needed(text: str, change: Change) -> None:
    assert await ALONE.read(Heard(text), WORDS) == (change,)


@pytest.mark.parametrize("text", ["Attends", "non", "j’hésite encore", "mauvaise adresse", "Bonjour"])
async def test_talk_is_nobodys_name(text: str) -> None:
    with pytest.raises(NotUnderstood) as no:
        await ALONE.read(Heard(text), WORDS)
    assert no.value.code == "revision-only"


def test_what_was_kept_before_is_read() -> None:
    """A yes of an older program; and what this one keeps."""
    assert LIST.load(True) == ()
    changes = (Change(3, name="Zoé"), Change(1, drop=True))
    assert LIST.load(LIST.dump(changes)) == changes
    assert LIST.show(changes, WORDS, "fr") == "3 → Zoé ; 1 → retirée de la liste"
    assert LIST.show((), WORDS, "fr") == "oui"


@given(st.text(max_size=200))
async def test_whatever_is_answered_is_a_change_or_a_question(text: str) -> None:
    found: tuple[Change, ...] = ()
    with contextlib.suppress(NotUnderstood):
        found = await LIST.read(Heard(text), WORDS)
    assert all(change.n in (0, 1, 3, 4) for change in found)


@pytest.mark.parametrize("text", ["le 3 c'est qui ?", "3 ?", "3 qui est-ce ?"])
async def test_a_question_about_a_line_renames_nobody(text: str) -> None:
    with pytest.raises(NotUnderstood) as why:
        await LIST.read(Heard(text), WORDS)
    assert why.value.code == "asking"
