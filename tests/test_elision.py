"""French joins its small words to the names that follow them: in every sentence, with every name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.elision import JOINED, PLACES, elides, joined
from bot.matrix.markup import Code, Link, Mention
from bot.matrix.message import text
from tests.stage.stage import words

WORDS = words()
FRENCH = [language for language in WORDS.languages if language.startswith("fr")]
SENTENCES = [
    (language, key, form)
    for language in FRENCH
    for key, forms in WORDS.catalogues[language].messages.items()
    for form in forms
    if JOINED.search(form)
]
# No word of ours, and no two of a name: what a French reader stumbles over.
STUMBLE = re.compile(
    r"(?i)(?<!\w)(?:de|(?:lors|puis|quoi)?que) (?:Anne|Hélène|Œuvre)(?!\w)|(?<!\w)(?:de|à) Les? (?:Moulin|Bar)"
)


@pytest.mark.parametrize(
    "name",
    [
        "Anne",
        "ANNE",
        "Éloïse",
        "Œuvre",
        "Hélène",
        "Hugo",
        "Henri",
        "Henry",
        "Hélo",
        "Hanaé",
        "Yves",
        "Ysé",
        "Oiseau",
        "Ouest",
        "Un Lieu",
    ],
)
def test_de_loses_its_e_before_a_vowel_that_is_heard(name: str) -> None:
    assert joined("de", name) == ("d’", name)
    assert joined("que", name) == ("qu’", name)
    assert joined("à", name) == ("à ", name)


@pytest.mark.parametrize(
    "name",
    [
        "Zoé",
        "Yann",
        "Yasmine",
        "Ouarda",
        "Hassan",
        "Hangar 107",
        "Hackerspace",
        "8 bis",
        "🦊 Anna",
        "«\u202fAnne\u202f»",
        "Анна",
        "",
        "@",
    ],
)
def test_de_stays_whole_where_no_vowel_is_heard(name: str) -> None:
    assert not elides(name)
    assert joined("de", name) == ("de ", name)


@pytest.mark.parametrize(
    ("word", "name", "whole"),
    [
        ("de", "Le Moulin", "du Moulin"),
        ("à", "Le Moulin", "au Moulin"),
        ("de", "LES Ateliers", "des Ateliers"),
        ("À", "Les Ateliers", "Aux Ateliers"),
        ("De", "Le Bar", "Du Bar"),
        ("que", "Le Moulin", "que Le Moulin"),
        ("de", "La Rosée", "de La Rosée"),
        ("de", "L’Escale", "de L’Escale"),
        ("de", "Leslie", "de Leslie"),
        ("de", "Le", "de Le"),
        ("au", "Le Moulin", "au Moulin"),
        ("Du", "Le Moulin", "Du Moulin"),
        ("aux", "Les Ateliers", "aux Ateliers"),
        ("au", "Les Ateliers", "au Les Ateliers"),
        ("au", "Moulin", "au Moulin"),
    ],
)
def test_the_article_of_a_place_is_contracted(word: str, name: str, whole: str) -> None:
    assert "".join(joined(word, name, place=True)) == whole


def test_a_person_who_is_called_le_goff_keeps_the_whole_name() -> None:
    assert "".join(joined("de", "Le Goff")) == "de Le Goff"


@given(st.sampled_from(["de", "que", "à"]), st.text(max_size=30), st.booleans())
def test_nothing_of_a_name_is_lost_but_a_place_s_article(word: str, name: str, place: bool) -> None:
    before, shown = joined(word, name, place=place)
    assert name.endswith(shown)
    assert place or shown == name
    assert shown or not name
    assert before


@pytest.mark.parametrize(("who", "lieu"), [("Anne", "Le Moulin"), ("Hélène", "Œuvre"), ("Œuvre", "Les Bar")])
def test_no_sentence_stumbles_over_a_name(who: str, lieu: str) -> None:
    said = {}
    for language, key, form in SENTENCES:
        holes = {hole: lieu if hole in PLACES else who for hole in re.findall(r"\{(\w+)\}", form)} | {"n": 2}
        template, shown = WORDS.sentence(language, key, holes, overlay={key: form})
        said[language, key, form] = text(template, shown)["body"]
    assert len(said) > 300
    assert {where: body for where, body in said.items() if STUMBLE.search(body)} == {}


@pytest.mark.parametrize("shown", [Mention("@anne:a.fr", "Anne"), Link("https://a.fr", "Anne"), Code("anne"), "Anne"])
def test_a_name_that_is_shown_as_something_else_is_joined_too(shown: object) -> None:
    said = text(*WORDS.sentence("fr", "x", {"who": shown}, overlay={"x": "le compte de **{who}**, que {who}"}))
    assert said["body"].lower().startswith("le compte d’anne")
    assert "qu’" in said["body"]
    assert said["formatted_body"].startswith("le compte d’<strong>")


@pytest.mark.parametrize("shown", [Mention("@moulin:a.fr", "Le Moulin"), Link("https://a.fr", "Le Moulin")])
def test_a_place_that_is_shown_as_something_else_keeps_its_article(shown: object) -> None:
    said = text(*WORDS.sentence("fr", "x", {"lieu": shown}, overlay={"x": "l’adresse de {lieu}"}))
    assert said["body"].startswith("l’adresse de Le Moulin")


@pytest.mark.parametrize(
    "own", ["Bienvenue au **{lieu}**", "Bienvenue à [**{lieu}**](https://a.fr)", "Bienvenue au {lieu}"]
)
def test_the_words_that_a_lieu_wrote_itself_are_joined_however_they_are_marked(own: str) -> None:
    said = text(*WORDS.sentence("fr", "x", {"lieu": "Le Moulin"}, overlay={"x": own}))
    assert said["body"].startswith("Bienvenue au Moulin")


def test_the_small_word_is_said_before_each_name_of_a_list() -> None:
    overlay = {"x": "sortie de {names}, à {lieux} ; ceux que {names} connaît"}
    holes = {"names": ["Anne", "Zoé", "Yves"], "lieux": ["Le Moulin", "La Rosée", "Les Ateliers"]}
    said = text(*WORDS.sentence("fr", "x", holes, overlay=overlay))["body"]
    assert said == (
        "sortie d’Anne, de Zoé et d’Yves, au Moulin, à La Rosée et aux Ateliers ; ceux qu’Anne, Zoé et Yves connaît"
    )


def test_the_same_name_elsewhere_in_the_sentence_stays_whole() -> None:
    overlay = {"x": "**{lieu}** : l’adresse de {lieu}, à **{lieu}**"}
    said = text(*WORDS.sentence("fr", "x", {"lieu": "Le Moulin"}, overlay=overlay))["body"]
    assert said == "Le Moulin : l’adresse du Moulin, au Moulin"


def test_other_languages_are_left_alone() -> None:
    assert WORDS.sentence("en", "x", {"who": "Anne"}, overlay={"x": "que {who} de {who}"})[0] == "que {who} de {who}"


@pytest.mark.parametrize("language", FRENCH)
def test_no_sentence_puts_an_article_of_its_own_before_a_place(language: str) -> None:
    written = (form for forms in WORDS.catalogues[language].messages.values() for form in forms)
    own = re.compile(
        rf"(?i)(?<!\w)(?:du|des|au|aux|le|la|les|l’|d’|qu’) ?\W{{0,3}}\{{(?:{'|'.join(PLACES)}|who|name)\}}"
    )
    assert [form for form in written if own.search(form)] == []
