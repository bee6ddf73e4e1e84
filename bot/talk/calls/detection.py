"""Whether somebody wants a human: they say so, or they ask something that is no answer and no command."""

from __future__ import annotations

import re

from bot.talk.answers.agreement import yes_or_no
from bot.words import Words, fold

QUESTION_MARK = re.compile(r"[?？]\W*\Z")
SURELY, MAYBE = "surely", "maybe"


def wanted(text: str, words: Words) -> str | None:
    """What is to be said to them: « je voudrais parler à quelqu’un » says nothing yet (""), « … pour la clé de
    l’atelier » does. None where nobody asks for a human."""
    said = f" {fold(text)} "
    phrases = [phrase for phrase in words.means("talk.words.somebody") if f" {phrase} " in said]
    if not phrases:
        return None
    rest = said.replace(f" {max(phrases, key=len)} ", " ").split()
    return text.strip() if set(rest) - _padding(words) else ""


def asking(text: str, words: Words) -> str:
    """`surely` where this is a question to somebody (« je peux venir demain ? »), `maybe` where it may be one;
    « l’atelier ? » and « oui ? » are answers that hesitate."""
    tokens = fold(text).split()
    if len(tokens) < 2 or yes_or_no(text, words) is not None:
        return ""
    if QUESTION_MARK.search(text) and {*tokens} & words.means("talk.words.asking-somebody"):
        return SURELY
    said = f"{' '.join(tokens)} "
    opens = any(said.startswith(f"{opening} ") for opening in words.means("talk.words.asking-first"))
    return MAYBE if opens and len(tokens) > 2 else ""


def defines(text: str, words: Words) -> bool:
    """Whether it is asked what something is, or is for."""
    return any(f"{fold(text)} ".startswith(f"{opening} ") for opening in words.means("talk.words.defining"))


def tells(text: str, words: Words) -> bool:
    """Whether there is more in it than courtesy: « merci beaucoup » needs no answer."""
    tokens = fold(text).split()
    return len(tokens) > 1 and yes_or_no(text, words) is None and bool({*tokens} - _padding(words))


def is_settled(text: str, words: Words) -> bool:
    """« c’est réglé, merci »."""
    said = fold(text)
    meant = words.means("speak.words.settled")
    return said in meant or " ".join(each for each in said.split() if each not in _polite(words)) in meant


def _padding(words: Words) -> set[str]:
    return _polite(words) | {token for phrase in words.means("talk.words.wishing") for token in phrase.split()}


def _polite(words: Words) -> set[str]:
    return {token for phrase in words.means("talk.words.polite") for token in phrase.split()}
