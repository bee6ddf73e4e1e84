"""How people say what is to change, alone or several at once; what resembles it only changes nothing."""

from __future__ import annotations

import pytest

from bot.talk.restatements import restated, restatements
from tests.stage.answers import WORDS

LABELS = {
    "fuseau horaire": "zone",
    "groupe": "group",
    "salons ouverts": "open",
    "salon des présentations": "hall",
    "accord des concierges": "approval",
    "ce qui t’amène": "wish",
}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("fuseau horaire : La Réunion", ("zone", "La Réunion")),
        ("Fuseau : La Réunion", ("zone", "La Réunion")),
        ("fuseau horaire La Réunion", ("zone", "La Réunion")),
        ("le fuseau horaire, La Réunion", ("zone", "La Réunion")),
        ("modifier fuseau : La Réunion", ("zone", "La Réunion")),
        ("change le fuseau pour La Réunion", ("zone", "La Réunion")),
        ("groupe : non", ("group", "non")),
        ("groupe non", ("group", "non")),
        ("le groupe : les amis : du jardin", ("group", "les amis : du jardin")),
        ("pas de groupe", ("group", "❌")),
        ("sans groupe", ("group", "❌")),
        ("enlève le groupe", ("group", "❌")),
        ("salons ouverts : 1 et 2", ("open", "1 et 2")),
        ("accord : oui", ("approval", "oui")),
        ("ce qui t'amène : réparer mon vélo", ("wish", "réparer mon vélo")),
        ("salon des présentations : nulle part", ("hall", "nulle part")),
        ("tu peux enlever le groupe", ("group", "❌")),
        ("je voudrais changer le fuseau pour La Réunion", ("zone", "La Réunion")),
        ("LE GROUPE C'EST LES AMIS", ("group", "LES AMIS")),
    ],
)
def test_a_line_says_an_answer_anew(said: str, meant: tuple[str, str]) -> None:
    assert restated(said, LABELS, WORDS) == meant


@pytest.mark.parametrize(
    "said",
    [
        *("modifier", "modifier groupe", "salon des présentations", "groupe :", "oui", "non", "c’est bon", "annuler"),
        *("pas de souci", "sans problème", "truc : machin", "https://exemple.fr/groupe", "le", ""),
    ],
)
def test_what_says_no_new_answer_is_none(said: str) -> None:
    assert restated(said, LABELS, WORDS) is None


@pytest.mark.parametrize(
    "said",
    [
        "fuseau : La Réunion\ngroupe : les amis",
        "fuseau : La Réunion ; groupe : les amis",
        "fuseau:La Réunion;groupe:les amis",
        "fuseau : La Réunion, groupe : les amis",
        "fuseau : La Réunion et groupe : les amis",
        "fuseau : La Réunion groupe : les amis",
        "le fuseau c’est La Réunion et le groupe les amis",
        "le fuseau c'est La Réunion et le groupe c'est les amis",
        "Le fuseau c est La Réunion le groupe c est les amis",
        "le fuseau horaire La Réunion, le groupe les amis",
        "fuseau La Réunion, groupe les amis, sinon c’est bon",
        "fuseau = La Réunion, groupe = les amis",
        "fuseau → La Réunion\ngroupe → les amis",
        "modifier fuseau : La Réunion et groupe : les amis",
        "change le fuseau pour La Réunion et le groupe pour les amis",
        "oui mais fuseau : La Réunion et groupe : les amis",
        "non, le fuseau c’est plutôt La Réunion, et le groupe, c’est les amis",
        "c’est bon sauf le fuseau : La Réunion et le groupe : les amis",
        "euh, fuseau : La Réunion. Groupe : les amis. Le reste est bon",
        "fuseau : La Réunion\n\ngroupe : les amis\n\nsinon c’est bon, merci !",
        "oui\nfuseau : La Réunion\ngroupe : les amis",
        "Deux choses à changer :\nfuseau : La Réunion\ngroupe : les amis",
        "fuseau :\nLa Réunion\ngroupe :\nles amis",
    ],
)
def test_several_answers_are_said_anew_in_one_message(said: str) -> None:
    assert restatements(said, LABELS, WORDS) == ([("zone", "La Réunion"), ("group", "les amis")], [])


@pytest.mark.parametrize(
    "said",
    [
        "fuseau : La Réunion, sinon c’est bon",
        "fuseau : La Réunion, le reste est parfait",
        "fuseau : La Réunion sinon tout est ok",
        "fuseau : La Réunion, c’est tout",
        "fuseau : La Réunion, merci",
        "fuseau : La Réunion ; oui",
        "oui, fuseau : La Réunion",
        "fuseau : La Réunion\nle groupe c’est bon",
        "ok pour moi sauf le fuseau : La Réunion",
        "ah non pardon, le fuseau c’est La Réunion",
    ],
)
def test_a_yes_beside_a_new_answer_is_no_part_of_it(said: str) -> None:
    assert restatements(said, LABELS, WORDS) == ([("zone", "La Réunion")], [])


@pytest.mark.parametrize(
    ("said", "found", "left"),
    [
        ("groupe : les amis\ntruc : machin", [("group", "les amis")], ["truc : machin"]),
        ("il pleut\ngroupe : les amis", [("group", "les amis")], ["il pleut"]),
        ("groupe : les amis\nfuseau", [("group", "les amis")], ["fuseau"]),
        ("le groupe est trop long et le fuseau : Paris", [("group", ""), ("zone", "Paris")], []),
        ("fuseau : Paris\nfuseau : Mayotte", [("zone", "Paris"), ("zone", "Mayotte")], []),
        ("le groupe est faux", [("group", "")], []),
        ("le groupe c’est pas ça", [("group", "")], []),
        ("le groupe n’est pas bon", [("group", "")], []),
        ("le groupe n’est pas les amis mais le jardin", [("group", "")], []),
        ("le groupe et le fuseau sont faux", [], []),
        ("groupe : les amis\nle fuseau est très bien", [("group", "les amis")], []),
        ("modifier le groupe", [("group", "")], []),
        ("groupe :", [("group", "")], []),
    ],
)
def test_what_is_named_without_an_answer_or_answers_nothing_is_not_lost(
    said: str, found: list[tuple[str, str]], left: list[str]
) -> None:
    assert restatements(said, LABELS, WORDS) == (found, left)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ("ce qui t’amène : réparer mon vélo\net coudre, groupe d’amis", "réparer mon vélo\net coudre, groupe d’amis"),
        ("ce qui t’amène :\n- réparer\n\n- coudre ensemble", "- réparer\n\n- coudre ensemble"),
        ("ce qui t’amène : voir le groupe : les amis", "voir le groupe : les amis"),
    ],
)
def test_a_text_goes_on_over_its_lines(said: str, text: str) -> None:
    assert restatements(f"{said}\nfuseau : Paris", LABELS, WORDS, {"wish"}) == ([("wish", text), ("zone", "Paris")], [])


@pytest.mark.parametrize(
    "said",
    [
        *("oui", "non", "c’est bon", "c’est bon merci", "sinon c’est bon", "truc : machin", "je peux venir demain ?"),
        *(
            "d’accord",
            "d’accord avec tout",
            "ce que tu veux",
            "il y a une erreur",
            "le groupe c’est bon",
            "https://exemple.fr/groupe : oui",
            "Léo Durand, leo@exemple.fr",
        ),
    ],
)
def test_a_message_that_names_no_answer_changes_none(said: str) -> None:
    assert restatements(said, LABELS, WORDS) == ([], [])


def test_a_name_is_not_cut_within_itself() -> None:
    labels = {"salon des concierges": "office", "accord des concierges": "approval", "concierges’ room": "office"}
    said = "le salon des concierges c’est l’Atelier"
    assert restatements(said, labels, WORDS) == ([("office", "l’Atelier")], [])


def test_what_stands_between_quotation_marks_is_not_cut() -> None:
    said = "groupe : « fuseau : Paris, salons ouverts : 1 », fuseau : Mayotte"
    told = [("group", "« fuseau : Paris, salons ouverts : 1 »"), ("zone", "Mayotte")]
    assert restatements(said, LABELS, WORDS) == (told, [])


def test_an_answer_keeps_its_own_commas() -> None:
    said = "salons ouverts : Place, Atelier et Jardin ; groupe : Zoé, Léo et les autres"
    assert restatements(said, LABELS, WORDS)[0] == [
        ("open", "Place, Atelier et Jardin"),
        ("group", "Zoé, Léo et les autres"),
    ]


def test_a_message_of_any_length_is_looked_into_as_far_as_corrections_go() -> None:
    assert restatements("il pleut\n" * 100 + "groupe : les amis", LABELS, WORDS, {"wish"}) == ([], [])
    held = "réparer mon vélo, et coudre, " * 10
    told = "\n".join([f"ce qui t’amène : {held}", *[held] * 10, "fuseau : Paris, groupe : les amis"])
    assert restatements(told, LABELS, WORDS, {"wish"})[0][1:] == [("zone", "Paris, groupe : les amis")]
