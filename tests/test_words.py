"""Sentences, values and typed words, in a person's language."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.message import Link, text
from bot.words import Size, Words, fold
from tests.stage.answers import WORDS

# -- sentences


def said(language: str, key: str, **holes: object) -> str:
    body = text(*WORDS.sentence(language, key, holes))["body"]
    return str(body).replace("\u202f", " ").replace("\u00a0", " ")


def test_what_a_language_lacks_is_said_in_its_parent_then_in_french() -> None:
    assert said("fr@vous", "talk.later").startswith("D’accord, à plus tard. La question vous attend")
    assert said("fr@vous", "talk.back-nothing") == said("fr", "talk.back-nothing") == said("br", "talk.back-nothing")
    assert said("en@vous", "talk.later").startswith("All right")


def test_a_key_that_nobody_wrote_is_an_error() -> None:
    assert not WORDS.has("talk.nonsense")
    with pytest.raises(KeyError, match=r"talk\.nonsense"):
        WORDS.sentence("fr", "talk.nonsense", {})


def test_a_lieu_has_sentences_of_its_own() -> None:
    own = {"talk.later": "À la revoyure, {who} !", "talk.chosen": "{nothing}"}
    template, _ = WORDS.sentence("fr", "talk.later", {"who": "Zoé"}, overlay=own)
    assert template == own["talk.later"]


def test_a_sentence_of_a_lieu_that_cannot_be_filled_is_left_aside() -> None:
    template, _ = WORDS.sentence("fr", "talk.later", {}, overlay={"talk.later": "À bientôt, {who} !"})
    assert template == WORDS.sentence("fr", "talk.later", {})[0]


def test_the_number_chooses_the_form() -> None:
    assert "cette personne" in said("fr", "invite.summary", n=1, people=["Zoé"])
    assert "ces 30 personnes" in said("fr", "invite.summary", n=30, people=["Zoé"])
    assert "this person" in said("en", "invite.summary", n=1, people=["Zoé"])
    assert "these 2 people" in said("en", "invite.summary", n=2, people=["Zoé", "Lou"])


def test_a_list_alone_on_its_line_has_bullets_and_within_a_sentence_an_et() -> None:
    assert said("fr", "talk.edit-which", labels=["nom", "e-mail"]).endswith(":\n• nom\n• e-mail")
    assert "approche : aide, suivi et où." in said("fr", "talk.unknown-command", near=["aide", "suivi", "où"])
    assert WORDS.show("en", ("a", "b")) == "a and b"


def test_what_only_a_message_can_show_stays_as_it_is() -> None:
    link = Link("https://lieu.example")
    assert WORDS.sentence("fr", "welcome.password-link", {"link": link})[1]["link"] is link
    assert WORDS.show("fr", [link, "a"]) == [link, "a"]


@pytest.mark.parametrize(
    ("language", "value", "shown"),
    [
        ("fr", datetime(2027, 3, 11, 13, tzinfo=UTC), "jeudi 11 mars à 14 h"),
        ("fr", datetime(2027, 3, 11, 13, 5, tzinfo=UTC), "jeudi 11 mars à 14 h 05"),
        ("en", datetime(2027, 3, 11, 13, tzinfo=UTC), "Thursday 11 March at 14:00"),
        ("fr", date(2027, 5, 1), "samedi 1er mai"),
        ("fr", date(2028, 5, 2), "mardi 2 mai 2028"),
        ("fr", timedelta(days=2), "2 jours"),
        ("fr", timedelta(days=1), "1 jour"),
        ("fr", timedelta(hours=36), "36 heures"),
        ("fr", timedelta(minutes=90), "90 minutes"),
        ("fr", Size(0), "0 ko"),
        ("fr", Size(1_800_000), "1,7 Mo"),
        ("fr", Size(5 * 2**30), "5 Go"),
        ("fr@vous", Size(23 * 2**40 + 2**39), "24 To"),
        ("en", Size(4 * 2**30 + 2**29), "4.5 GB"),
        ("en", timedelta(seconds=2), "1 minute"),
        ("fr", 12345, "12 345"),
        ("en", 12345, "12,345"),
        ("fr", True, "oui"),
        ("en", False, "no"),
        ("fr", "*a*", "*a*"),
    ],
)
def test_values_are_said_as_people_say_them(language: str, value: object, shown: str) -> None:
    assert str(WORDS.show(language, value)).replace("\u202f", " ").replace("\u00a0", " ") == shown


def test_hours_are_those_of_the_lieu() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert str(WORDS.show("fr", noon, "Indian/Reunion")).replace("\u00a0", " ") == "lundi 23 novembre à 16 h"


# -- words that are typed


def test_words_are_understood_in_every_language() -> None:
    assert {"oui", "ok", "yes", "d accord", "✅"} <= WORDS.means("talk.words.yes")
    assert WORDS.word("en@vous", "talk.words.yes") == "yes"
    assert WORDS.means("talk.nonsense") == frozenset()


def test_yes_and_no_share_no_word() -> None:
    assert WORDS.means("talk.words.yes").isdisjoint(WORDS.means("talk.words.no"))


def test_words_that_steer_share_none() -> None:
    steering = ("why", "skip", "back", "cancel", "later", "edit", "where", "help")
    for n, one in enumerate(steering):
        for other in steering[n + 1 :]:
            assert WORDS.means(f"talk.words.{one}").isdisjoint(WORDS.means(f"talk.words.{other}")), (one, other)


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("D’ACCORD !", "d accord"),
        ("1️⃣", "1"),
        ("1)", "1"),
        ("✅\ufe0f", "✅"),
        ("👍🏽", "👍"),
        ("Œuvre", "oeuvre"),
        ("\x00", ""),
    ],
)
def test_what_is_typed_is_folded(typed: str, folded: str) -> None:
    assert fold(typed) == folded


def test_plain_texts_are_folded_like_the_others() -> None:
    signs = [chr(code) for code in range(128)]
    assert [fold(f"a{sign}B e") for sign in signs] == [fold(f"a{sign}B é") for sign in signs]


@given(st.text())
def test_folding_twice_changes_nothing(typed: str) -> None:
    assert fold(fold(typed)) == fold(typed)


# -- files


def test_a_file_that_is_not_well_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "fr.po").write_text('msgid "a"\nmsgstr "b"\nnonsense\n')
    with pytest.raises(ValueError, match=r"fr\.po: nonsense"):
        Words.load(tmp_path)


@pytest.mark.parametrize("empty", ['msgstr ""', 'msgid_plural "a"\nmsgstr[0] "hello"\nmsgstr[1] ""'])
def test_an_empty_translation_is_none(tmp_path: Path, empty: str) -> None:
    (tmp_path / "fr.po").write_text('msgid "a"\nmsgstr "bonjour"\n')
    (tmp_path / "en.po").write_text(f'msgid "a"\n{empty}\n')
    assert Words.load(tmp_path).sentence("en", "a", {"n": 2})[0] == "bonjour"
