"""What may be answered to a question, told where only its answer is shown."""

from __future__ import annotations

from typing import Any

from bot.talk.answers import Answer
from bot.talk.answers.proposal import Proposed
from bot.words import Words

MOST = 8


def possible(answer: Answer[Any], words: Words, language: str) -> str:
    """Each as it can be typed; empty where nothing can be said of them."""
    options = [option.shown(words, language) for option in answer.options()]
    found = [one if "«" in one else f"« {one} »" for one in options[:MOST]] + (["…"] if len(options) > MOST else [])
    if answer.kind == "many" and len(options) > 1:
        found += [words.word(language, "talk.possible.several")]
    if answer.kind == "yes-no" or (options and answer.kind == "verdict"):
        found += [words.word(language, "talk.possible.yes-no")]
    if answer.kind == "text":
        found += [words.word(language, "talk.possible.own")]
    if isinstance(answer, Proposed) and answer.without is not None:
        found += [words.word(language, "talk.possible.without")]
    return "\u202f; ".join(found)
