"""What people write where something is asked and they have no answer: a yes, a doubt, thanks, a smile, a question.

Each kind of text says which of these it may not be. Between quotation marks, it is meant as it is.
"""

from __future__ import annotations

import re

from bot.talk.answers.agreement import is_made_of, is_polite, yes_or_no
from bot.talk.answers.answer import NotUnderstood
from bot.talk.answers.pasted import inside
from bot.words import Words, after, cut, fold

UNSAID, ASKING, RESUMING = "unsaid", "asking", "resuming"
STATED = frozenset({UNSAID, ASKING, RESUMING})  # a name, a place, a description
PERHAPS_ASKING = frozenset({UNSAID, RESUMING})  # what may well be a question itself
PERHAPS_UNSAID = frozenset(
    {ASKING, RESUMING}
)  # what « oui » or « jamais » may answer, or its script says why it does not
VERBATIM: frozenset[str] = frozenset()  # a message that is passed on, or words that are looked up

ASKED, SENTENCES = re.compile(r"[?？؟]\W*$"), re.compile(r"[.!?…\n][^\S\n]*\w")
QUESTION_MARK = re.compile(r"[?？]\W*\Z")
SURELY, MAYBE = "surely", "maybe"
NO_WISH = ("hesitation", "indifferent", "yes-with", "none")
LONGEST_QUESTION = 150  # characters
LONGEST_EXCUSE = 60
SHOWN = 40


def meant(text: str, words: Words, never: frozenset[str]) -> str:
    """The text, without the quotation marks that say it is one. Raises `NotUnderstood` for what it may not be."""
    if not never:
        return text
    if inner := inside(text):
        return inner
    why = instead(text, words)
    if why not in never:
        return text
    if why == ASKING:
        raise NotUnderstood("asking")
    raise NotUnderstood("unsaid", said=cut(text, SHOWN))


def instead(text: str, words: Words) -> str | None:
    """What a text is that is none."""
    bare = text.rstrip("?？؟ \u202f\u00a0")
    if is_made_of(bare, words, "talk.words.resume"):
        return RESUMING
    hesitates = any(is_made_of(bare, words, f"talk.words.{key}") for key in NO_WISH)
    if hesitates or yes_or_no(bare, words) is not None or is_polite(bare, words):
        return UNSAID
    if is_question(text, words):
        return ASKING
    if _is_elsewhere(text, words):
        return UNSAID
    return None if any(char.isalnum() for char in text) else UNSAID


def _is_elsewhere(text: str, words: Words) -> bool:
    """« elle est sur le site », « je te l’envoie demain »: of what was asked for, where it is and when it will come."""
    said = f"{fold(text)} "
    opens = any(said.startswith(f"{opening} ") for opening in words.means("talk.words.elsewhere"))
    return opens and len(text) <= LONGEST_EXCUSE and not SENTENCES.search(text.strip())


def goes_on(text: str, words: Words) -> bool:
    """Whether a text is a yes or a no that goes on: « oui mais plus courte », « non, jardin ». What is meant by it must
    be said."""
    tokens, turns = text.split(), words.means("talk.words.however")
    if len(text) > LONGEST_QUESTION or SENTENCES.search(text.strip()):
        return False
    heads = [n for n, token in enumerate(tokens) if n and (tokens[n - 1].endswith(",") or fold(token) in turns)]
    return any(yes_or_no(" ".join(tokens[:n]), words) is not None for n in heads)


def is_question(text: str, words: Words) -> bool:
    """Whether all of it is one question: a longer text may well ask something among other things."""
    if len(text) > LONGEST_QUESTION or SENTENCES.search(text.strip()):
        return False
    said, openings = fold(text), words.means("talk.words.asking")
    opens = any(f"{said} ".startswith(f"{phrase} ") for phrase in openings if " " in phrase)
    return bool(ASKED.search(text)) or opens or said in openings


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
    said = f"{fold(text)} "
    return any(said.startswith(f"{opening} ") for opening in words.means("talk.words.defining"))


def asked_how(text: str, words: Words) -> frozenset[str]:
    """What somebody asks how to do, and nothing else, as it may be called: « comment je supprime quelqu’un ? » is
    « supprimer quelqu’un »."""
    said = fold(text)
    said = after(said, words.means("talk.words.greeting")) or said
    rest = after(said, words.means("talk.words.how-to")) or ""
    for ending in words.means("talk.words.how-to-end"):
        rest = rest.removesuffix(f" {ending}")
    verb, _, what = rest.partition(" ")
    return frozenset({rest, f"{verb}r {what}"}) if what else frozenset()


def wonders_what(text: str, words: Words) -> bool:
    """The same, also at the end: « le journal, c’est quoi », « les absents c’est qui »."""
    if len(text) > LONGEST_QUESTION or SENTENCES.search(text.strip()):
        return False
    phrases = words.means("talk.words.defining") | words.means("talk.words.asking")
    ends = any(f" {fold(text)}".endswith(f" {phrase}") for phrase in phrases if " " in phrase)
    return ends or defines(text, words)
