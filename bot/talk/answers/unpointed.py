"""What is said among others and points at no question, but by itself can only be an answer to one."""

from __future__ import annotations

import re

from bot.talk.answers.agreement import yes_or_no
from bot.talk.answers.no_answer import is_question
from bot.words import Words, fold

UNPOINTED = "unpointed"  # marks such an answer, as it was heard
LONGEST = 6  # words: longer ones are talk
NUMBER = re.compile(r"\d{1,2}")
DONE, ASK = "talk.words.done", "talk.words.ask"


def is_bare(text: str, words: Words) -> bool:
    """« oui », « non merci », « c’est fait », « question », « 2 »."""
    said = fold(text)
    decides = yes_or_no(text, words, yes=words.means(DONE)) is not None
    return decides or said in words.means(ASK) or bool(NUMBER.fullmatch(said))


def begins_bare(text: str, words: Words) -> bool:
    """« oui, ouvre-lui »: what is behind may be in the words of the question."""
    pieces = text.split()
    if is_bare(text, words):
        return True
    short = 0 < len(pieces) <= LONGEST and not is_question(text, words)
    return short and yes_or_no(pieces[0].rstrip(",;:.!"), words) is not None


def only_agrees(text: str, words: Words) -> bool:
    """« ok », which promises where « c’est fait » would tell."""
    return yes_or_no(text, words) is True and fold(text) not in words.means(DONE)
