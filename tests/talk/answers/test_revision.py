"""What people answer to a numbered list: yes, or what is wrong in it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.talk.answers import Heard, NotUnderstood
from bot.talk.answers.revision import Change, Numbered, Revision
from tests.stage.answers import WORDS, read

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
        ("non le 3 c’est Zoé Durand", Change(3, name="Zoé Durand")),
        ("le 3 s’appelle de la Tour", Change(3, name="de la Tour")),
        ("l’adresse du 3 c’est zd@exemple.fr", Change(3, email="zd@exemple.fr")),
        ("l'adresse de la ligne 3 est zd@exemple.fr", Change(3, email="zd@exemple.fr")),
        ("le 3 son mail c’est zd@exemple.fr", Change(3, email="zd@exemple.fr")),
        ("le mail de Zoé c’est zd@exemple.fr", Change(1, email="zd@exemple.fr")),
        ("Zoé c'est zd@exemple.fr", Change(1, email="zd@exemple.fr")),
        ("remplace zoe@exemple.fr par zd@exemple.fr", Change(1, email="zd@exemple.fr")),
        ("zd@exemple.fr au lieu de zoe@exemple.fr", Change(1, email="zd@exemple.fr")),
        ("rajoute aussi Léa Petit lea@exemple.fr", Change(0, name="Léa Petit", email="lea@exemple.fr")),
        ("rajoute aussi lea@exemple.fr", Change(0, name="Lea", email="lea@exemple.fr")),
        ("il manque Léa, lea@exemple.fr", Change(0, name="Léa", email="lea@exemple.fr")),
        ("ajoute Éloi de la Tour eloi@exemple.fr", Change(0, name="Éloi de la Tour", email="eloi@exemple.fr")),
        ("Son Nguyen sn@exemple.fr", Change(0, name="Son Nguyen", email="sn@exemple.fr")),
        ("Bon Lucas bj@exemple.fr", Change(0, name="Bon Lucas", email="bj@exemple.fr")),
        ("enlève Zoé", Change(1, drop=True)),
        ("sans zoe@exemple.fr stp", Change(1, drop=True)),
        ("c’est tout bon sauf le 3", Change(3, drop=True)),
        ("3 pas la peine", Change(3, drop=True)),
        ("la 3 est en double", Change(3, drop=True)),
        ("12;Petit;Paul;paul@exemple.fr", Change(0, name="Paul Petit", email="paul@exemple.fr")),
    ],
)
async def test_one_line_is_changed(text: str, change: Change) -> None:
    assert await LIST.read(Heard(text), WORDS) == (change,)


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("enlève 1 et 3", [1, 3]),
        ("sans le 1, le 3 et le 4", [1, 3, 4]),
        ("enlève 3-4", [3, 4]),
        ("supprime la ligne 3 et la 4", [3, 4]),
        ("le 3 et le 4 sont à enlever", [3, 4]),
        ("enlève Zoé et Lou", [1, 4]),
    ],
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
        ("3 mauvais mail", "revision-how"),
        ("4 ok", "revision-how"),
        ("4 bof", "revision-how"),
        ("le 3 c’est qui ?", "asking"),
        ("3 ?", "asking"),
        ("3 qui est-ce ?", "asking"),
        ("c’est quoi @jean.dupont:lieu.fr ?", "asking"),
        ("c’est zoe2@exemple.fr", "revision-which"),
        ("le mail de Paul est faux", "revision-which"),
        ("enlève Martine", "revision-which"),
        ("enlève", "revision-which"),
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


@pytest.mark.parametrize(
    ("text", "change"),
    [
        ("c’est zoe.martin@exemple.org", Change(1, email="zoe.martin@exemple.org")),
        ("non pardon Zoé Durand zoe.d@exemple.org", Change(1, name="Zoé Durand", email="zoe.d@exemple.org")),
        ("c'est Zoé Durand le nom", Change(1, name="Zoé Durand")),
        ("désolé je voulais dire Zoé Durand", Change(1, name="Zoé Durand")),
        ("1 Zoé Durand", Change(1, name="Zoé Durand")),
        ("1 c’est Zoé Durand le nom", Change(1, name="Zoé Durand")),
        ("Désolé Zoé Durand", Change(1, name="Zoé Durand")),
    ],
)
async def test_what_is_said_around_a_correction_is_no_name(text: str, change: Change) -> None:
    assert await ALONE.read(Heard(text), WORDS) == (change,)


async def test_whoever_is_left_alone_is_the_first_too() -> None:
    assert await Revision(LINES[1:2]).read(Heard("1 Zoé Durand"), WORDS) == (Change(3, name="Zoé Durand"),)


@pytest.mark.parametrize(
    "said",
    [
        "1 Zoé Durand\n2 leo@exemple.org",
        "1 Zoé Durand ; 2 leo@exemple.org",
        "1 Zoé Durand et 2 leo@exemple.org",
        "1 : Zoé Durand, 2 : leo@exemple.org",
        "le 1 c’est Zoé Durand et le 2 c’est leo@exemple.org, sinon c’est bon",
        "oui\n1 Zoé Durand\n2 leo@exemple.org\nc’est tout, merci",
    ],
)
async def test_several_corrections_of_one_message_are_all_taken(said: str) -> None:
    lines = [Numbered(1, "Zoé Martin", "zoe@exemple.fr"), Numbered(2, "Léo Petit", "leo@exemple.fr")]
    assert await read(Revision(lines), said) == (Change(1, name="Zoé Durand"), Change(2, email="leo@exemple.org"))


@pytest.mark.parametrize(
    "said",
    [
        "Nom : Zoé Durand\nMail : zd@exemple.org",
        "nom : Zoé Durand ; mail : zd@exemple.org",
        "le nom c’est Zoé Durand et le mail zd@exemple.org",
        "nom : Zoé Durand, mail : zd@exemple.org, le reste est bon",
    ],
)
async def test_the_name_and_the_address_of_the_only_one_are_both_taken(said: str) -> None:
    only = Revision([Numbered(1, "Zoé Martin", "zoe@exemple.fr")])
    assert await read(only, said) == (Change(1, name="Zoé Durand"), Change(1, email="zd@exemple.org"))


async def test_what_is_said_beside_a_correction_names_nobody() -> None:
    only = Revision([Numbered(1, "Zoé Martin", "zoe@exemple.fr")])
    changed = (Change(1, email="zd@exemple.org"),)
    assert await read(only, "mail : zd@exemple.org, le reste est bon") == changed
    assert await read(only, "zd@exemple.org, c’est tout") == changed


@pytest.mark.parametrize("said", ["attends je vérifie", "euh", "sinon c’est bon ?", "merci"])
async def test_what_is_only_beside_a_correction_is_no_yes(said: str) -> None:
    assert isinstance(await read(Revision([Numbered(1, "Zoé Martin", "zoe@exemple.fr")]), said), str)


async def test_of_two_names_for_one_line_neither_is_taken() -> None:
    assert await read(Revision([Numbered(1, "Zoé Martin")]), "1 Zoé Durand\n1 Zoé Petit") == "revision-how"
