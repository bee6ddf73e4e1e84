"""What the bot says: complete in every language, kind in its forms, and as French is printed."""

from __future__ import annotations

import gettext
import re
from math import ceil
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from bot.matrix.message import text
from bot.words import FIRST, holes_of
from tests.stage.answers import WORDS
from tests.words import GUIDE, Reader, Spoken, missing, spoken, tidy, tidy_guide, unused

LOCALES = Path(__file__).parent.parent / "locales"
FINE = "\u202f"

# Lists of words that are typed, and patterns of dates: nobody reads them as sentences.
TYPED = re.compile(r"(talk\.(words|said|ordinal|language)|format)\..*|command\..*\.word|request\.(act|clue|filter)\..*")
# With the verbs of the imperative, at the beginning of what is asked.
FAMILIAR = re.compile(
    r"\b(?:tu|te|toi|ton|ta|tes)\b|\bt’(?!\w*-)"
    r"|(?:^|[.:?!;,]\s|\b(?:puis|ou|et)\s|\*\*)(?:choisis|écris|clique|réponds|vérifie|indique|recommence|essaie|réessaie"
    r"|demande(?=-| (?:à|au|aux)\b)|envoie|renvoie|préviens|prends|ouvre|ferme|rouvre|garde|colle|donne|dis|recopie"
    r"|parles?-en|accepte|viens|va|fais|mets|lis|laisse|invite-l\w|déplace)\b(?!\s*»)",
    re.IGNORECASE,
)


def sentences(language: str) -> list[tuple[str, str]]:
    """(key, sentence) pairs to be read by people, each plural form by itself."""
    messages = WORDS.catalogues[language].messages
    return [(key, form) for key, forms in messages.items() if not TYPED.fullmatch(key) for form in forms]


def prose(sentence: str) -> str:
    """A sentence without what is not language: code, holes, addresses, bullets."""
    return re.sub(r"`[^`]*`|\{\w+\}|https?://\S+", "x", sentence)


def french() -> list[tuple[str, str, str]]:
    return [
        (language, key, sentence)
        for language in WORDS.languages
        if language.startswith("fr")
        for key, sentence in sentences(language)
    ]


# -- the catalogues and the code


@pytest.mark.parametrize("language", WORDS.languages)
def test_they_are_read_as_babel_reads_them(language: str) -> None:
    with (LOCALES / f"{language}.po").open("rb") as stream:
        catalogue = read_po(stream, locale=language.partition("@")[0], abort_invalid=True)
    read = WORDS.catalogues[language]
    told = {message.id: message.string for message in catalogue if message.id}
    singular = {key: (text,) for key, text in told.items() if isinstance(key, str)}
    plural = {key[0]: tuple(forms) for key, forms in told.items() if not isinstance(key, str)}
    assert dict(read.messages) == {key: forms for key, forms in (singular | plural).items() if all(forms)}
    expected = gettext.c2py(catalogue.plural_expr)
    assert [read.plural(n) for n in range(200)] == [expected(n) for n in range(200)]


@pytest.fixture(scope="module")
def of_the_code() -> Spoken:
    return spoken()


def test_every_language_has_what_the_code_says(of_the_code: Spoken) -> None:
    assert missing(WORDS, of_the_code) == []


def test_no_sentence_is_forgotten(of_the_code: Spoken) -> None:
    assert unused(WORDS, of_the_code) == []


def test_languages_are_the_three_that_exist() -> None:
    assert WORDS.languages == ("fr", "en", "fr@vous")


@pytest.mark.parametrize("language", [name for name in WORDS.languages if name != FIRST])
def test_translations_have_the_same_holes(language: str) -> None:
    ours, first = WORDS.catalogues[language].messages, WORDS.catalogues[FIRST].messages
    assert [key for key in ours if key not in first or holes_of(ours[key][-1]) != holes_of(first[key][-1])] == []
    assert [key for key in ours if len(ours[key]) != len(first[key])] == []


def test_plural_forms_have_no_hole_of_their_own() -> None:
    for catalogue in WORDS.catalogues.values():
        for key, forms in catalogue.messages.items():
            assert all(holes_of(form) <= holes_of(forms[-1]) for form in forms), key


def test_the_code_fills_every_hole(of_the_code: Spoken) -> None:
    first = WORDS.catalogues[FIRST].messages
    empty = [
        f"{use.key} ({use.where}): {sorted(holes_of(form) - use.holes)}"
        for use in of_the_code.uses
        if use.holes is not None and use.key in first and not use.key.startswith("format.")
        for form in first[use.key]
        if not holes_of(form) <= use.holes
    ]
    assert empty == []


@pytest.mark.parametrize("file", sorted(LOCALES.glob("*.po")), ids=lambda file: file.name)
def test_keys_are_sorted_and_written_once(file: Path) -> None:
    keys = re.findall(r'^msgid "(.+)"$', file.read_text("utf-8"), re.MULTILINE)
    assert keys == sorted(set(keys))


@pytest.mark.parametrize("file", sorted(LOCALES.glob("*.po")), ids=lambda file: file.name)
def test_make_words_leaves_the_file_as_it_is(file: Path) -> None:
    """Else a transcript that was just written would no longer be what is said."""
    written = file.read_text("utf-8")
    assert tidy(written, french=file.stem.startswith("fr")) == written


def test_the_guide_has_the_spaces_of_the_catalogues() -> None:
    """`make words` puts them there; code is as it is typed."""
    written = GUIDE.read_text("utf-8")
    assert tidy_guide(written) == written
    prose = re.sub(r"(?ms)^ *```.*?^ *```|`[^`\n]*`|\]\([^)\n]*\)", "x", written)
    assert re.findall(rf"[^{FINE}?!x][?!](?=\s|$)|[^\S{FINE}][;:?!»](?=\W)|«[^{FINE}]", prose) == []
    assert tidy_guide("« Oui » ? `a : b` : [x](y ; z) ; w") == "«_Oui_»_? `a : b`_: [x](y ; z)_; w".replace("_", FINE)


@pytest.mark.parametrize("language", WORDS.languages)
def test_every_sentence_can_be_shown(language: str) -> None:
    for key, sentence in sentences(language):
        content = text(sentence, dict.fromkeys(holes_of(sentence), "<x>"))
        assert not re.search(r"[*_`]", content["body"].replace("_", "")), key
        assert "<x>" not in content["formatted_body"], key


def test_sentences_are_short() -> None:
    for language in WORDS.languages:
        for key, sentence in sentences(language):
            lines = sum(ceil(len(line) / 100) for line in sentence.splitlines() if line)
            assert lines <= (8 if key.endswith((".long", ".summary")) else 6), (language, key)


# -- French


def test_french_keeps_its_typography() -> None:
    wrong = [
        (language, key, found[0])
        for language, key, sentence in french()
        if (found := re.search(rf"['\"]|\.\.\.|[^{FINE}?!x][?!]|[^{FINE}][;:»]|«[^{FINE}]", prose(sentence)))
    ]
    assert wrong == []


def test_nobody_is_asked_for_their_gender() -> None:
    wrong = [
        key
        for _, key, sentence in french()
        if re.search(r"\w\(e?s?\)|\w\.(?:e|es|s)\b|\w/e\b|\w-e-s?\b", prose(sentence))
    ]
    assert wrong == []


def test_the_conciergerie_speaks_of_itself_in_no_gender() -> None:
    alone = r"\bje \w+ toute? seule?\b"
    been = r"\bje (?:me |m’y |m’en )?(?:suis|serai|étais) (?!ici\b|la Conciergerie\b)(?:\w+[ -])?\w+(?:é|i|is|u)e?\b"
    taken = r"\bm’(?:en |y )?(?:a|as|ont|avez|avait)(?: \w+)? (?:arrêté|exclu|interrompu|invité|remis|retiré)e?\b"
    gendered = re.compile(f"{alone}|{been}|{taken}", re.IGNORECASE)
    assert [(language, key) for language, key, sentence in french() if gendered.search(prose(sentence))] == []


# Told among others, below the gesture; or what is still asked for, with it.
ELSEWHERE = {
    *("exclusions.refused", "exclusions.refused-in", "exclusions.sure.why"),
    *("follow.state.asks", "report.seen"),
}


def test_a_right_that_is_missing_in_a_room_is_named_with_the_gesture_that_gives_it() -> None:
    missing = re.compile(r"(?i)\bmanqu\w+ [^.:]*\bdroits?\b|\bdroits?\b [^.:]*\bmanqu|faute de droits")
    named = [(key, sentence) for language, key, sentence in french() if language == "fr" and missing.search(sentence)]
    assert len(named) > 15
    gestures = ("« Rang »".replace(" ", FINE), "/op {me} 100", "`!état`")
    silent = {key for key, sentence in named if not any(gesture in sentence for gesture in gestures)}
    assert {key for key in silent if not key.startswith(("errors.", "talk.words"))} - ELSEWHERE == set()


def test_french_knows_nothing_of_what_is_inside() -> None:
    inside = r"(?i)\b(?:utilisateurs?|utilisatrices?|users?|tokens?|rooms?|uuid|http|sso|serveur d’identité)\b"
    assert [key for _, key, sentence in french() if re.search(inside, prose(sentence))] == []


def test_how_to_answer_is_said_to_whoever_is_called_tu() -> None:
    """Hints stand below every question of a lieu, whoever it is asked."""
    below = ("talk.hint.", "talk.again.")
    hints = [(key, text) for language, key, text in french() if language == "fr" and key.startswith(below)]
    assert len(hints) > 50
    assert [key for key, text in hints if re.search(r"(?i)\b(?:vous|vos|votre|\w+ez)\b", prose(text))] == []


def test_vous_never_says_tu() -> None:
    assert [key for key, sentence in sentences("fr@vous") if FAMILIAR.search(prose(sentence))] == []


def test_every_tu_has_its_vous() -> None:
    formal = WORDS.catalogues["fr@vous"].messages
    assert {key for key, sentence in sentences("fr") if FAMILIAR.search(prose(sentence))} - formal.keys() == set()


def test_vous_holds_only_what_differs() -> None:
    first = WORDS.catalogues["fr"].messages
    assert [key for key, forms in WORDS.catalogues["fr@vous"].messages.items() if forms == first.get(key)] == []


# -- reading the code


CODE = """
@command("invite", action="invite")
async def invite(talk):
    await talk.say("hello", lieu=talk.phrase("here"))
    await talk.ask("name", Text(), optional=True)
    await talk.ask("approve", YesNo(), of="approve")
    await talk.do("account", act)
    verdict = "up" if talk else "down"
    await talk.say(verdict)
    await talk.say(f"state-{verdict}")
    await talk.say("talk.later", **words)
    raise Conflict("email", who=1)
"""


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    file = tmp_path / "commands" / "sample.py"
    file.parent.mkdir()
    file.write_text(CODE)
    return Reader(file, tmp_path, {"talk", "errors", "sample"})


def test_keys_are_found_in_the_code(read: Reader) -> None:
    assert {use.key for use in read.uses} == {
        *(f"command.invite.{part}" for part in ("word", "short", "long", "clue")),
        *(
            "sample.hello",
            "sample.here",
            "sample.name",
            "sample.name.why",
            "sample.name.label",
            "sample.approve",
            "sample.approve.why",
        ),
        *("sample.up", "sample.down", "talk.later", "errors.email-taken"),
    }


def test_the_holes_that_the_code_fills_are_found(read: Reader) -> None:
    holes = {use.key: use.holes for use in reversed(read.uses)}
    assert holes["sample.hello"] == {"lieu"}
    assert holes["talk.later"] is None
    assert holes["errors.email-taken"] == {"who"}


def test_what_is_put_together_may_use_keys(read: Reader) -> None:
    may = [pattern.pattern for pattern in read.patterns if pattern.fullmatch("sample.state-up")]
    assert may
    assert not any(pattern.fullmatch("sample.forgotten") for pattern in read.patterns)


def test_files_are_tidied() -> None:
    written = 'head\n\n# why\nmsgid "b"\nmsgstr "« Oui » : non ?\\n"\n\nmsgid "a"\nmsgid_plural "a"\nmsgstr[0] "x !"\n'
    tidied = 'head\n\nmsgid "a"\nmsgid_plural "a"\nmsgstr[0] "x_!"\n\n# why\nmsgid "b"\nmsgstr "«_Oui_»_: non_?\\n"\n'
    assert tidy(written, french=True) == tidied.replace("_", FINE).replace(f"msgid{FINE}", "msgid_")
    assert tidy(tidy(written, french=True), french=True) == tidy(written, french=True)
