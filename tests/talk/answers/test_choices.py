"""One of several, several of several: by number, by name, by a click."""

from __future__ import annotations

import pytest

from bot.talk.answers import Choice, Heard, Language, Many, NotUnderstood, Option, Proposed
from tests.stage.answers import ROOMS, WORDS, read


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        *[
            (said, 0)
            for said in ("1", "1)", "1.", "le 1", "n°1", "un", "premier", "le premier", "la première", "first", "1er")
        ],
        *[(said, 1) for said in ("je prends le 2", "2 stp", "deux", "cuisine", "CUISINE ET REPAS !")],
        *[(said, 2) for said in ("velo", "Atelir vélo", "atelier", "atelier vélp")],
        *[(said, 3) for said in ("le dernier", "jardin d'enfants", "4️⃣")],
    ],
)
async def test_an_option_is_said_in_many_ways(said: str, chosen: int) -> None:
    assert await read(Choice(ROOMS), said) == ROOMS[chosen]


LENGTHS = [Option(each, key=f"silence.{each}") for each in ("hour", "day", "week", "open")]


@pytest.mark.parametrize(
    "said", ["2 heures", "3h", "2 jours", "8 jours", "10 jours", "2 semaines", "14 jours", "48h", "jusqu’à vendredi"]
)
async def test_another_number_is_no_slip_of_the_finger(said: str) -> None:
    """« 2 jours » was a week, « 2 heures » one hour: what is not offered is asked."""
    assert await read(Choice(LENGTHS), said) in ("choice-unknown", "choice-several")
    assert await read(Choice(["Salle 1", "Salle 3"]), "salle 2") in ("choice-unknown", "choice-near")


@pytest.mark.parametrize(
    ("said", "length"),
    [("1 heur", "hour"), ("une semaien", "week"), ("7 jour", "week"), ("une journe", "day"), ("24h", "day")],
)
async def test_a_slip_beside_the_same_number_is_one(said: str, length: str) -> None:
    assert await read(Choice(LENGTHS), said) == length


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("5", "choice-number"),
        ("0", "choice-number"),
        ("jardin", "choice-several"),
        ("piscine", "choice-unknown"),
        ("ja", "choice-unknown"),
    ],
)
async def test_what_is_not_one_option(said: str, why: str) -> None:
    assert await read(Choice(ROOMS), said) == why


async def test_an_option_of_another_page_is_understood_by_its_name() -> None:
    kind = Choice(ROOMS[:2], hidden=ROOMS[2:])
    assert await read(kind, "atelier vélo") == "Atelier vélo"
    assert await read(kind, "3") == "choice-number"
    assert kind.show("Atelier vélo", WORDS, "fr") == "Atelier vélo"
    assert len(kind.options()) == 2


@pytest.mark.parametrize(
    "said", ["pas maintenant", "pas tout de suite", "surtout pas maintenant", "je veux pas maintenant"]
)
async def test_what_is_said_not_to_be_is_never_taken_for_a_slip(said: str) -> None:
    """An account was locked at once."""
    moments = Choice([Option(each, key=f"departure.when.{each}") for each in ("now", "warned")])
    assert await read(moments, "maintenan") == "now"
    assert str(await read(moments, said)).startswith("choice-")
    assert str(await read(Many(["Marguerite", "Zoé"]), "pas Marguerite")).startswith("choice-")
    assert str(await read(Choice(LENGTHS), "pas une semaine")).startswith("choice-")
    assert await read(Choice(["Retirer le dossier", "Garder"]), "retirer le dosier") == "Retirer le dossier"


async def test_near_names_are_proposed() -> None:
    with pytest.raises(NotUnderstood) as why:
        await Choice(ROOMS).read(Heard("cuisine repas du soir"), WORDS)
    assert why.value.code == "choice-near"
    assert why.value.words["near"] == ["Cuisine et repas"]


async def test_what_is_very_long_is_not_repeated() -> None:
    with pytest.raises(NotUnderstood) as why:
        await Choice(ROOMS).read(Heard("jardin " * 100), WORDS)
    assert len(str(why.value.words["said"])) <= 41


async def test_options_are_clicked_up_to_five() -> None:
    assert await read(Choice(ROOMS), None, "2️⃣") == await read(Choice(ROOMS), None, "2\u20e3") == ROOMS[1]
    assert Choice(ROOMS).reactions() == ("1️⃣", "2️⃣", "3️⃣", "4️⃣")
    assert Choice("abcdef").reactions() == ()


async def test_an_option_is_understood_in_every_language_and_shown_in_one() -> None:
    kind = Choice([Option("yes", key="talk.words.yes"), Option("back", key="talk.words.back")])
    assert await read(kind, "back") == await read(kind, "retour") == "back"
    assert kind.show("back", WORDS, "fr") == "retour"


async def test_the_name_of_an_option_comes_before_its_number() -> None:
    assert await read(Choice(["2", "1"]), "1") == "1"


async def test_an_option_that_has_gone_is_not_shown_by_its_id() -> None:
    assert "!" not in Choice([("!a:b.fr", "Jardin")]).show("!gone:b.fr", WORDS, "fr")


async def test_a_language_is_chosen_by_its_name() -> None:
    for said, language in [("1", "fr"), ("vous", "fr@vous"), ("english", "en"), ("anglais", "en"), ("français", "fr")]:
        assert await read(Language(), said) == language
    assert {option.value for option in Language().options()} == set(WORDS.languages)


@pytest.mark.parametrize(
    ("said", "chosen"),
    [
        ("1 3", (0, 2)),
        ("3, 1", (0, 2)),
        ("1, 3 et 4", (0, 2, 3)),
        ("1/3", (0, 2)),
        ("2-4", (1, 2, 3)),
        ("tout", (0, 1, 2, 3)),
        ("tout sauf 2", (0, 2, 3)),
        ("aucun", ()),
        ("vélo et cuisine", (1, 2)),
        ("cuisine et repas", (1,)),
        ("le premier et le dernier", (0, 3)),
        ("1 1 1", (0,)),
    ],
)
async def test_several_are_said_at_once(said: str, chosen: tuple[int, ...]) -> None:
    assert await read(Many(ROOMS), said) == tuple(ROOMS[n] for n in chosen)


@pytest.mark.parametrize(
    ("said", "why"), [("1 9", "choice-number"), ("vélo, zut", "choice-unknown"), (",,", "choice-unknown")]
)
async def test_nothing_is_chosen_where_one_of_several_is_not_clear(said: str, why: str) -> None:
    assert await read(Many(ROOMS), said) == why


async def test_one_click_says_all_or_none() -> None:
    assert await read(Many(ROOMS), None, "✅") == ROOMS
    assert await read(Many(ROOMS), None, "❌") == ()
    assert await read(Many(ROOMS), None, "1️⃣") == "many-reaction"


async def test_at_least_so_many() -> None:
    kind = Many(ROOMS, least=2)
    assert await read(kind, "1") == await read(kind, "aucun") == await read(kind, None, "❌") == "many-few"
    assert kind.reactions() == ("✅",)


def test_several_are_shown_as_a_list() -> None:
    assert Many(ROOMS).show(ROOMS[:3], WORDS, "fr") == "Jardin partagé, Cuisine et repas et Atelier vélo"
    assert Many(ROOMS).show((), WORDS, "fr") == "rien"


KINDS = [
    Option(kind, key=f"between.kind.{kind}", clues=f"request.clue.{kind}")
    for kind in ("equipment", "skill", "space", "hand", "project", "other")
]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("une découpeuse laser samedi", "equipment"),
        ("Il nous faut des chaises, et une salle", "equipment"),
        ("une salle avec des tables", "space"),
        ("qui sait souder de l’alu ?", "skill"),
        ("un coup de main pour déménager", "hand"),
        ("répondre ensemble à un appel à projets", "project"),
        ("a drill", "equipment"),
        ("du calme", None),
        ("un scientifique", None),
    ],
)
def test_a_clue_in_a_text_tells_which_option_is_meant(text: str, kind: str | None) -> None:
    assert Choice(KINDS).guess(text, WORDS) == kind


def test_several_are_named_in_a_text() -> None:
    lieux = Many([("m", "Le Moulin"), ("r", "La Rosée"), ("p", "Le Phare")])
    assert lieux.guess("avec le moulin et La Rosée", WORDS) == ("m", "r")
    assert lieux.guess("avec les voisins", WORDS) is None


# -- a list of one thing


@pytest.mark.parametrize("said", ["oui", "oui bien sûr", "1", "tout", "✅", "jardin", "ok merci"])
async def test_a_yes_to_the_only_one_is_that_one(said: str) -> None:
    assert await read(Many(["Jardin"]), said) == ("Jardin",)
    assert await read(Many(["Jardin"], least=1), said) == ("Jardin",)


@pytest.mark.parametrize("said", ["non", "non merci", "rien", "aucun", "❌"])
async def test_a_no_to_the_only_one_is_none(said: str) -> None:
    assert await read(Many(["Jardin"]), said) == ()
    assert await read(Many(["Jardin"], least=1), said) == "many-one"


async def test_a_doubt_about_the_only_one_is_asked_again() -> None:
    for said in ("oui mais", "je ne sais pas", "oui ?"):
        assert isinstance(await read(Many(["Jardin"]), said), str)


async def test_a_yes_to_several_takes_all_of_them_or_what_is_proposed() -> None:
    assert await read(Many(ROOMS), "oui") == await read(Many(ROOMS), "✅") == ROOMS
    assert await read(Many(ROOMS), "non merci") == ()
    likely = Proposed(Many(ROOMS), ROOMS[1:2])
    assert await read(likely, "oui") == await read(likely, None, "✅") == ROOMS[1:2]
    assert await read(likely, "tout") == ROOMS


async def test_a_yes_says_nothing_of_which_where_none_is_proposed() -> None:
    none = Proposed(Many(ROOMS), ())
    assert none.reactions() == ("❌",)
    assert await read(none, "oui") == await read(none, None, "✅") == "many-which"
    assert await read(none, "comme tu veux") == await read(none, "non") == ()


async def test_what_is_called_yes_is_chosen_by_its_name() -> None:
    assert await read(Many(["Oui", "Non", "Parfois"]), "oui") == ("Oui",)
    assert await read(Many(["Non"]), "non") == ("Non",)


def test_the_hint_of_one_thing_speaks_of_no_numbers() -> None:
    for kind in (Many(["Jardin"]), Many(["Jardin"], least=1)):
        for language in WORDS.languages:
            name, words = kind.hint()
            assert "3" not in WORDS.sentence(language, f"talk.hint.{name}", words)[0]


@pytest.mark.parametrize("text", ["c’est à Anaïs", "celle de Anaïs", "plutôt Anaïs stp", "anais la"])
async def test_a_name_in_a_sentence_is_chosen(text: str) -> None:
    assert await Choice(["Anaïs Durand", "Loïc Garçon"]).read(Heard(text), WORDS) == "Anaïs Durand"
