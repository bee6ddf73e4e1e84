"""« ok », « je ne sais pas », « c’est quoi une charte ? » never silently become a name, a charter, a group…"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.talk.answers import PERHAPS_ASKING, PERHAPS_UNSAID, STATED, VERBATIM, Listed, Name, Proposed, Text, Username
from bot.talk.answers.names import likely_name
from bot.talk.answers.no_answer import defines, wonders_what
from tests.stage.answers import WORDS, read
from tests.stage.stage import words

ROOT = Path(__file__).parents[3]

# Every question that is answered by a text, and what kind of text it is. A new one must decide.
TEXTS = {
    "STATED": {  # a name, a place, a description: neither a yes, nor a doubt, nor a question
        *("request_form.where", "request_form.whom", "request_form.how", "lieu_folders.name", "lieu_folders.new-name"),
        *("lieu_shares.label", "share.label", "room_acts.new-name", "room_acts.new-topic", "room_acts.name"),
        *("room_acts.topic", "lieu_team_folders.name", "lieu_team_folders.group", "preferences.town"),
        *("participation.name", "participation.town", "setup_questions.charter", "setup_questions.sign-in"),
        *("setup_questions.step", "own_question.label", "own_question.task"),
        *("own_question.group", "welcome.wish", "address_link.login", "trial.wish", "hours.hours"),
        *("hours.note", "chatons.contact"),
    },
    "PERHAPS_ASKING": {  # a reason, a need, a sentence of the lieu may well be a question
        *("request.what", "erase.reason", "moderation.reason", "exclude.reason", "exclusions.reason", "silence.reason"),
        *("path.sentence", "own_question.text", "erasure.reason"),
    },
    "PERHAPS_UNSAID": {  # « non » may answer what a lieu asks; of the others their script says what is wrong
        *("arrival_path.answer", "lieu_team_folders.size", "preferences.quiet", "preferences.place", "preferences.web"),
        *("participation.address", "lists.address"),
    },
    "VERBATIM": {  # passed on in somebody's own words, or looked up
        *("neighbours.about", "publication.why-not", "outcomes.thanks", "request.which", "report.why"),
        *("lieu_folders.path", "knock.answer", "keyholders.because", "help.about"),
        *("member.read", "names.read", "hours.hours", "outside_identity.identity", "register.what"),
        "my_data.who",
    },
}


def asked() -> Iterator[tuple[str, str]]:
    """(kind, file.question) for every `Text(…)` of the product; where no question is near, the function says it."""
    for file in [*(ROOT / "commands").rglob("*.py"), *(ROOT / "bot").rglob("*.py")]:
        for function in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(function, ast.AsyncFunctionDef | ast.FunctionDef):
                yield from _asked_in(function, file.parent.name if file.stem == "__init__" else file.stem)


def _asked_in(function: ast.AsyncFunctionDef | ast.FunctionDef, name: str) -> Iterator[tuple[str, str]]:
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    texts = {id(call): call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Text"}
    for call in calls:
        inner = [arg for arg in call.args if id(arg) in texts and not _proposes(call)]
        steps = [each for arg in call.args for each in _names(arg)]
        for text in inner:
            del texts[id(text)]
            yield from ((_kind(text), f"{name}.{step.rpartition('.')[2]}") for step in steps)
    for text in texts.values():  # kept under a name: the questions of this function
        steps = [each for call in calls if _asks(call) for arg in call.args[:1] for each in _names(arg)]
        yield from ((_kind(text), f"{name}.{step}") for step in steps or [function.name])


def _proposes(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "Proposed"


def _asks(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr == "ask"


def _names(arg: ast.expr) -> list[str]:
    match arg:
        case ast.Constant(value=str(name)):
            return [name]
        case ast.IfExp(body=body, orelse=orelse):
            return _names(body) + _names(orelse)
        case ast.Name(id="step"):
            return ["step"]
    return []


def _kind(text: ast.AST) -> str:
    assert isinstance(text, ast.Call), text
    never = text.args[0] if text.args else None
    assert isinstance(never, ast.Name), "what a text may not be stands first, by its name"
    return never.id


def test_every_question_that_a_text_answers_has_decided() -> None:
    found: dict[str, set[str]] = {}
    for kind, question in asked():
        found.setdefault(kind, set()).add(question)
    assert found == TEXTS


NO_TEXT = (
    *("ok", "OK !", "oui", "oui oui", "non", "d'accord", "merci", "bonjour", "👍", "😊", "…", ":)", "!!!"),
    *("je ne sais pas", "je sais pas trop", "euh", "euh je sais pas", "aucune idée", "bof", "hmm", "peut-être", "rien"),
    *("pas sûre", "je comprends pas", "I don't know", "maybe", "yes of course"),
)
QUESTIONS = (
    *("c'est quoi une charte ?", "c’est quoi", "pourquoi ?", "c'est quoi un groupe", "?", "ça sert à quoi ?", "quoi"),
    *("what is a charter?", "tu peux répéter ?", "je dois mettre quoi ?", "qu'est-ce que c'est"),
)


@pytest.mark.parametrize("said", NO_TEXT)
async def test_what_says_nothing_is_no_name_and_no_description(said: str) -> None:
    assert await read(Text(STATED), said) == "unsaid"
    assert await read(Text(PERHAPS_ASKING), said) == "unsaid"
    assert await read(Listed(), said) == "unsaid"
    assert await read(Name(), said) in ("unsaid", "greeting")
    assert await read(Text(VERBATIM), said) == said
    assert await read(Text(PERHAPS_UNSAID), said) == said


@pytest.mark.parametrize("said", ["continuer", "je veux continuer", "Reprendre !"])
async def test_to_go_on_is_no_answer_but_in_a_message(said: str) -> None:
    for kind in (Text(STATED), Text(PERHAPS_ASKING), Text(PERHAPS_UNSAID), Name(), Listed()):
        assert await read(kind, said) == "unsaid"
    assert await read(Text(VERBATIM), said) == said


@pytest.mark.parametrize("said", QUESTIONS)
async def test_a_question_is_no_name_and_no_description(said: str) -> None:
    assert await read(Text(STATED), said) == "asking"
    assert await read(Text(PERHAPS_UNSAID), said) == "asking"
    assert await read(Listed(), said) == "asking"
    assert await read(Name(), said) == "asking"
    assert await read(Text(VERBATIM), said) == said
    assert await read(Text(PERHAPS_ASKING), said) == said


@pytest.mark.parametrize(
    "said",
    [
        "Le matin ou le soir, comme on veut",
        "Ici on range ses outils. Un doute ? On demande.",
        "Qui casse répare ?\nQui salit nettoie.",
        "Oui-Oui et ses amis",
        "Atelier vélo 🚲",
        "Comment ça pousse",
        "Quand il pleut, on bricole",
        "Je ne sais pas encore souder, je viens apprendre",
        "3",
        "42 bis",
        "C’est sur rendez-vous. On se dit bonjour.",
        "Elle est surtout là pour que chacun·e sache à quoi s’en tenir dans nos ateliers partagés",
    ],
)
async def test_what_only_resembles_it_is_a_text(said: str) -> None:
    assert await read(Text(STATED, lines=True), said) == said


@pytest.mark.parametrize(
    "said",
    [
        "elle est sur le site",
        "je te l’envoie demain",
        "Je vous l'envoie ce soir.",
        "celui d’avant",
        "le même",
        "tu l'as déjà",
    ],
)
async def test_where_a_text_is_to_be_found_is_not_the_text(said: str) -> None:
    assert await read(Text(STATED, lines=True), said) == "unsaid"


@pytest.mark.parametrize("said", ["on en a pas encore", "On n’en a pas", "pas encore", "il n'y en a pas"])
async def test_none_yet_is_no_charter(said: str) -> None:
    assert await read(Proposed(Text(STATED, lines=True), "", without=""), said) == ""


@pytest.mark.parametrize("said", ["« Ok »", '"Ok"', "“Ok”", "«Ok»"])
async def test_between_quotation_marks_it_is_meant_as_it_is(said: str) -> None:
    assert await read(Text(STATED), said) == "Ok"
    assert await read(Name(), said) == "Ok"


@pytest.mark.parametrize("said", ["je ne sais pas", "bof", "rien", "peut-être", "c'est quoi ?", "quoi"])
async def test_a_doubt_is_no_username(said: str) -> None:
    assert await read(Username(), said) == "username-wanted"


@pytest.mark.parametrize("said", ["rien", "peut-être", "c'est quoi ?", "quoi", "attends", "je ne comprends pas"])
async def test_a_doubt_takes_no_username_that_was_proposed(said: str) -> None:
    assert await read(Username("Zoé Martin"), said) == "username-wanted"


# -- names


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("Zoé", "Zoé"),
        ("zoé", "zoé"),
        ("moi c’est Zoé !", "Zoé"),
        ("Moi c'est zoé", "Zoé"),
        ("je m’appelle Zoé Martin", "Zoé Martin"),
        ("Je m'appelle jean-pierre", "Jean-Pierre"),
        ("Zoé :)", "Zoé"),
        ("Zoé ;-)", "Zoé"),
        ("Zoé 😊", "Zoé"),
        ("Zoé !", "Zoé"),
        ("Zoé.", "Zoé"),
        ("c’est zoé", "Zoé"),
        ("cest zoé", "Zoé"),
        ("salut c’est zoé de la compta", "Zoé"),
        ("Jean de La Fontaine", "Jean de La Fontaine"),
        ("je m’appelle Jean de La Fontaine", "Jean de La Fontaine"),
        ("je m’appelle Zoé Martin mais on dit Zozo", "Zozo"),
        ("Zoé mais tout le monde m'appelle zozo", "Zozo"),
        ("Zoé, mais pas le dimanche", "Zoé"),
        ("Cest zoé", "Zoé"),
        ("c'est moi, Zoé", "Zoé"),
        ("Bonjour, moi c'est Zoé :)", "Zoé"),
        ("Bonjour ! Je suis Zoé, merci", "Zoé"),
        ("Salut, Zoé", "Zoé"),
        ("appelle-moi Zouzou", "Zouzou"),
        ("on m'appelle Zouzou", "Zouzou"),
        ("Mon prénom est Zoé", "Zoé"),
        ("moi Zoé", "Zoé"),
        ("my name is Zoe", "Zoe"),
        ("I'm Zoe!", "Zoe"),
        ("Moïse", "Moïse"),
        ("Moi Martin", "Moi Martin"),
        ("Cest", "Cest"),
        ("Cest Martin", "Cest Martin"),
        ("Céleste", "Céleste"),
        ("Prénom Dubois", "Prénom Dubois"),
        ("Ben", "Ben"),
        ("Zoé M.", "Zoé M."),
        ("Jean-Noël d’Arc", "Jean-Noël d’Arc"),
        ("Zoé (elle)", "Zoé (elle)"),
        ("王芳", "王芳"),
        ("je m'appelle ok", "unsaid"),
        ("c'est oui", "unsaid"),
        ("c'est quoi", "asking"),
    ],
)
async def test_a_name_is_what_somebody_is_called(said: str, name: str) -> None:
    assert await read(Name(), said) == name


@pytest.mark.parametrize(
    "said",
    [
        *(
            "06 12 34 56 78",
            "Zoé, 06 12 34 56 78",
            "zoe@exemple.fr",
            "https://zoe.fr",
            "12 rue des Lilas",
            "37000 Tours",
        ),
        *("3", "le 3", "3 ok", "ok 3", "oui mais", "oui mais pas celui-là", "non, Zouzou"),
    ],
)
async def test_neither_a_number_nor_an_address_nor_half_a_yes_is_a_name(said: str) -> None:
    assert await read(Name(), said) == "name-wanted"
    assert await read(Name("Zoé"), said) == "name-wanted"


async def test_a_figure_within_a_name_is_a_part_of_it() -> None:
    assert await read(Name(), "R2D2") == "R2D2"


@pytest.mark.parametrize("said", ["aucun", "super", "cest bon", "pas encore", "je reviens", "on verra plus tard"])
async def test_what_people_say_meanwhile_is_no_name(said: str) -> None:
    assert await read(Name(), said) == "unsaid"


async def test_a_yes_takes_the_name_that_was_proposed() -> None:
    assert await read(Name("Zoé"), "oui c'est ça") == "Zoé"
    assert await read(Name("Zoé"), None, "✅") == "Zoé"
    assert await read(Name("Zoé"), "Zouzou") == "Zouzou"
    assert await read(Name("Zoé"), "non") == "name-wanted"


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("Zoé", "Zoé"),
        ("Zoé Martin", "Zoé Martin"),
        ("🌱 Zoé 🌱", "Zoé"),
        ("王芳", "王芳"),
        ("zoe", ""),
        ("Zoe75", ""),
        ("zoe.martin", ""),
        ("ZOE_M", ""),
        ("@zoe:lieu.fr", ""),
        ("zoe@lieu.fr", ""),
        ("https://zoe.fr", ""),
        ("", ""),
        (" \u200b", ""),
        ("😊", ""),
        ("Le compte de toute la famille Martin", ""),
        ("Z" * 60, ""),
    ],
)
def test_a_profile_proposes_what_is_no_login(shown: str, name: str) -> None:
    assert likely_name(shown, "@zoe:lieu.fr") == name


def test_a_login_with_a_capital_is_one() -> None:
    assert likely_name("Zoe", "@Zoe:lieu.fr") == ""


@pytest.mark.parametrize("said", ["c'est-à-dire ?", "C’est à dire ?", "what do you mean?"])
def test_that_a_question_is_not_understood_is_no_question_to_somebody(said: str) -> None:
    assert defines(said, words())


def test_how_it_is_to_come_is_one() -> None:
    assert not defines("comment ça se passe pour venir ?", words())


@pytest.mark.parametrize("said", ["c quoi le groupe", "les absents c’est qui", "quelle question ?", "le journal c koi"])
def test_what_something_is_can_be_asked_at_both_ends(said: str) -> None:
    assert wonders_what(said, WORDS)
