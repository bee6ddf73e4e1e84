"""Texts, yes or no, and what is true of every kind of answer."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matrix.markup import clean
from bot.matrix.message import text
from bot.talk.answers import VERBATIM, Answer, Attachment, Date, Email, Heard, NotUnderstood, Person, Text, YesNo
from bot.talk.answers.answer import NO
from bot.talk.answers.claim import Claim, Done
from tests.stage.answers import KINDS, TODAY, WORDS, read


async def test_a_text_is_one_line_unless_lines_are_wanted() -> None:
    assert await read(Text(VERBATIM), "  Camille \n  Martin ") == "Camille Martin"
    assert await read(Text(VERBATIM, lines=True), "Un.\nDeux.") == "Un.\nDeux."


async def test_a_text_has_its_length() -> None:
    assert await read(Text(VERBATIM, max=3), "abcd") == "too-long"
    assert await read(Text(VERBATIM, min=3), "ab") == "too-short"


async def test_a_text_hides_nothing() -> None:
    assert await read(Text(VERBATIM), "Cam\u202eelli\x00m\u200b") == "Camellim"


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if not isinstance(kind, Claim | Done | Attachment)], ids=lambda kind: kind.kind
)
@pytest.mark.parametrize("nothing", [None, "", " \n", "\u200b"])
async def test_a_photo_is_not_an_answer(kind: Answer[Any], nothing: str | None) -> None:
    assert await read(kind, nothing) == "text-wanted"


@pytest.mark.parametrize("kind", [Text(VERBATIM), Email(), Person(), Date(lambda: TODAY)], ids=lambda kind: kind.kind)
async def test_what_must_be_typed_is_not_clicked(kind: Answer[Any]) -> None:
    assert await read(kind, None, "✅") == "text-wanted"


@pytest.mark.parametrize(
    "said",
    [
        "oui",
        "O",
        "Ouiiii !",
        "oui merci",
        "ouii c’est bon",
        "ok ça me va",
        "ok",
        "d'accord",
        "D’accord.",
        "yes please",
        "✅",
        "👍🏽",
    ],
)
async def test_yes(said: str) -> None:
    assert await read(YesNo(), said) is True


@pytest.mark.parametrize("said", ["non", "n", "Nooon", "non merci", "pas d'accord", "no, thanks", "❌", "👎"])
async def test_no(said: str) -> None:
    assert await read(YesNo(), said) is False


@pytest.mark.parametrize(
    "said", ["oui et non", "peut-être", "oui mais pas demain", "merci", "1", "pas", "c’est bon, non"]
)
async def test_neither_yes_nor_no(said: str) -> None:
    assert await read(YesNo(), said) == "yes-no"


async def test_yes_is_clicked_whatever_the_client_adds_to_the_emoji() -> None:
    assert await read(YesNo(), None, "✅\ufe0f") is True
    assert await read(YesNo(), None, "❌\ufe0f") is False
    assert await read(YesNo(), None, "🐈") == "yes-no"


anything = st.one_of(
    st.text(), st.text(alphabet="1234567890 ,;@:.<>-/\n\toui«é#!"), st.sampled_from(["9" * 5000, "a@" * 3000, "²", "١"])
)
identifiers = st.one_of(st.text(max_size=20), st.sampled_from(["@a:b.fr", "!a:b.fr", "#a:b.fr", "@", ""]))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.kind}-{KINDS.index(kind)}")
@given(
    said=st.none() | anything,
    reaction=st.none() | st.text(max_size=5) | st.sampled_from(["✅", "❌", "1️⃣"]),
    pills=st.lists(identifiers, max_size=2),
)
async def test_whatever_is_said_is_understood_or_not(
    kind: Answer[Any], said: str | None, reaction: str | None, pills: list[str]
) -> None:
    await read(kind, said, reaction, pills)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.kind}-{KINDS.index(kind)}")
@given(said=anything)
async def test_no_answer_becomes_markup(kind: Answer[Any], said: str) -> None:
    try:
        value = await kind.read(Heard(said), WORDS)
    except NotUnderstood:
        return
    shown = kind.show(value, WORDS, "fr")
    assert shown == clean(shown)
    assert "<" not in text("{answer}", {"answer": shown})["formatted_body"].replace("<br>", "")


@pytest.mark.parametrize(
    "piece", ["https://", "https://#/@", "@a:b.", "a@", "1,", "1-", "et ", "a@b.fr\n", "matrix:u/", "#a", "o"]
)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.kind}-{KINDS.index(kind)}")
async def test_the_longest_message_is_read_at_once(kind: Answer[Any], piece: str) -> None:
    begun = process_time()
    await read(kind, piece * (60_000 // len(piece)))
    assert process_time() - begun < 2


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.kind}-{KINDS.index(kind)}")
async def test_every_reaction_on_offer_is_an_answer(kind: Answer[Any]) -> None:
    assert len(kind.reactions()) <= 5
    for key in kind.reactions():
        heard = Heard(None, key, by="@zoe:lieu.fr")
        if kind.revises and key == NO:  # to a list: which line?
            with pytest.raises(NotUnderstood) as which:
                await kind.read(heard, WORDS)
            assert which.value.code == "revision-which"
        else:
            assert kind.show(await kind.read(heard, WORDS), WORDS, "en")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.kind}-{KINDS.index(kind)}")
async def test_every_option_is_an_answer_by_its_number_and_by_its_name(kind: Answer[Any]) -> None:
    for n, option in enumerate(kind.options(), 1):
        by_number, by_name = await read(kind, str(n)), await read(kind, option.shown(WORDS, "fr"))
        assert by_number == by_name
        assert option.shown(WORDS, "fr") == kind.show(by_name, WORDS, "fr")
