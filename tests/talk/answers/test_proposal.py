"""« ok », « je ne sais pas », « comme tu veux » take what is proposed, and nothing else does."""

from __future__ import annotations

import pytest

from bot.talk.answers import STATED, Answer, Choice, Language, Many, Name, Proposed, Text, Username, YesNo
from tests.stage.answers import WORDS, read

INDIFFERENT = (
    *("je ne sais pas", "Je sais pas trop…", "comme tu veux", "Comme vous voulez !", "bof", "peu importe", "jsp"),
    *("comme d’habitude", "comme d'hab", "euh, comme tu veux", "ok", "d'accord", "OK merci", "tu choisis"),
    *("aucune idée", "I don't know", "as you like", "no preference", "passer", "par défaut"),
)
QUESTIONS = ("c'est quoi ?", "ça sert à quoi ?", "pourquoi", "je ne comprends pas", "attends", "peut-être", "bonjour")
GROUP = Proposed(Text(STATED), "la.rosee", without="")
CHARTER = Proposed(Text(STATED, lines=True), "", without="")
ROOM = Proposed(Choice([("make", "un nouveau salon"), ("1", "Place"), ("2", "Atelier")]), "make")
PROPOSED: tuple[tuple[Answer[object], object], ...] = (
    (GROUP, "la.rosee"),
    (CHARTER, ""),
    (ROOM, "make"),
    (Proposed(YesNo(), True), True),
    (Proposed(Language(), "fr"), "fr"),
    (Proposed(Many([("1", "Place"), ("2", "Atelier")]), ("2",)), ("2",)),
)


@pytest.mark.parametrize("said", INDIFFERENT)
@pytest.mark.parametrize(("kind", "proposal"), PROPOSED)
async def test_who_has_no_wish_takes_it(kind: Answer[object], proposal: object, said: str) -> None:
    assert await read(kind, said) == proposal


@pytest.mark.parametrize("said", QUESTIONS)
@pytest.mark.parametrize(("kind", "proposal"), PROPOSED)
async def test_a_question_or_a_doubt_takes_nothing(kind: Answer[object], proposal: object, said: str) -> None:
    assert await read(kind, said) in ("asking", "unsaid", "choice-unknown", "choice-near", "yes-no")


@pytest.mark.parametrize("said", ["oui", "OUI !!", "👍", "volontiers"])
async def test_a_yes_agrees_to_something_and_promises_what_is_missing(said: str) -> None:
    assert await read(GROUP, said) == "la.rosee"
    assert await read(ROOM, said) == "make"
    assert await read(CHARTER, said) == "promised"


@pytest.mark.parametrize("said", ["non", "Non merci", "aucun", "Rien.", "sans", "❌"])
async def test_a_no_leaves_out_what_can_be(said: str) -> None:
    assert await read(GROUP, said) == ""
    assert await read(CHARTER, said) == ""


ASKED = {GROUP: "Comment s’appelle le groupe des membres ?", CHARTER: "Avez-vous une charte ? Colle-la ici."}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        *(
            (CHARTER, said)
            for said in ("pas de charte", "Aucune charte.", "sans charte", "on n'en a pas", "y en a pas")
        ),
        *((CHARTER, said) for said in ("pas encore", "Pas pour l'instant, merci", "néant", "none")),
        *((GROUP, said) for said in ("pas de groupe", "sans groupe", "Pas encore")),
    ],
)
async def test_that_there_is_none_is_no_charter_and_no_group(kind: Answer[object], said: str) -> None:
    assert await read(kind, said, asked=ASKED[kind]) == ""


@pytest.mark.parametrize("kind", [GROUP, CHARTER])
@pytest.mark.parametrize("said", ["oui mais", "oui mais pas trop longue", "non, jardin", "non plutôt jardin", "super"])
async def test_a_yes_or_a_no_that_goes_on_is_no_charter_and_no_group(kind: Answer[object], said: str) -> None:
    assert await read(kind, said, asked=ASKED[kind]) == "unsaid"


@pytest.mark.parametrize("said", ["ok pour la.rosee", "oui la.rosee", "cest bon", "c bon", "oui pourquoi pas"])
async def test_a_yes_with_what_is_proposed_takes_it(said: str) -> None:
    assert await read(GROUP, said, asked=ASKED[GROUP]) == "la.rosee"


async def test_a_no_to_what_cannot_be_left_out_asks_what_instead() -> None:
    assert await read(ROOM, "non") == "which-then"
    assert await read(Proposed(YesNo(), True), "non") is False


@pytest.mark.parametrize("said", ["Atelier", "3", "le troisième"])
async def test_an_answer_is_the_answer(said: str) -> None:
    assert await read(ROOM, said) == "2"


async def test_between_quotation_marks_it_is_the_answer() -> None:
    assert await read(CHARTER, "« Ok »") == "Ok"
    assert await read(GROUP, "« peu importe »") == "peu importe"


@pytest.mark.parametrize("said", ["je ne sais pas", "ok", "comme tu veux"])
async def test_a_name_and_a_username_that_are_proposed_are_taken_alike(said: str) -> None:
    assert await read(Name("Zoé"), said) == "Zoé"
    assert await read(Username("Zoé Martin"), said) == "zoe.martin"


def test_what_can_be_clicked_on_is_what_is_said_below() -> None:
    assert [*GROUP.reactions()] == ["✅", "❌"]
    assert [*CHARTER.reactions()] == ["❌"]
    assert [*ROOM.reactions()] == ["1️⃣", "2️⃣", "3️⃣"]
    assert GROUP.proposed(WORDS, "fr") == ("or-without", {"proposal": "la.rosee"})
    assert CHARTER.proposed(WORDS, "fr")[0] == "without"
    assert ROOM.proposed(WORDS, "fr") == ("choice", {"proposal": "un nouveau salon"})
