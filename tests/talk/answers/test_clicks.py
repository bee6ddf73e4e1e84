"""✅ and « oui » say the same, and so do ❌ and « non », under every question that offers them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.talk.answers import Answer, Email, Fates, Given, Heard, Many, Option, Proposed, Text
from bot.talk.answers.claim import Done
from bot.talk.answers.no_answer import STATED
from bot.talk.answers.picks import Picks
from bot.talk.answers.spans import Hours
from tests.stage.answers import KINDS, ROOMS, WORDS, read

OPTIONS = tuple(Option(name, name) for name in ROOMS)
FATES = [Option(fate, key=f"asleep.{fate}") for fate in ("leave", "stay", "later")]
MORE = (
    Given(),
    Picks(OPTIONS),
    Fates(OPTIONS, FATES),
    Proposed(Text(STATED), "", without=""),
    Proposed(Many(ROOMS), ROOMS[1:3]),
    Proposed(Many(ROOMS), ()),
    Proposed(Many(ROOMS[:1]), ()),
)
SAID = {"✅": ("oui", "ok", "D’accord !"), "❌": ("non", "non merci")}
CASES = [
    (kind, click, word)
    for kind in (*KINDS, *MORE)
    for click in SAID
    if click in kind.reactions()
    for word in SAID[click]
]


@pytest.mark.parametrize(("kind", "click", "word"), CASES)
async def test_a_click_says_what_the_word_says(kind: Answer[Any], click: str, word: str) -> None:
    assert await read(kind, None, click) == await read(kind, word)


@pytest.mark.parametrize(("kind", "offered"), [(Email(), {"meant": "zoe@exemple.fr"}), (Hours(), {"meant": "480-600"})])
async def test_what_the_bot_reads_into_an_answer_is_taken_by_a_click_too(
    kind: Answer[Any], offered: dict[str, str]
) -> None:
    said = await kind.read(Heard("oui", offered=offered), WORDS)
    assert await kind.read(Heard(None, "✅", offered=offered), WORDS) == said


async def test_a_thumb_promises_and_is_not_the_thing_done() -> None:
    assert await read(Done(), None, "👍") == "done"
    assert await read(Done(), None, "✅") == "@zoe:lieu.fr"
