"""Which option a person means: "2", "2)", "le deuxième", "jardin", "jardim"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bot.talk.answers.answer import NotUnderstood, Option
from bot.talk.spelling import resembling
from bot.words import Words, fold

LONGEST_NAME = 250  # of a file
ORDINALS = 8
CLOSE = 0.8  # one wrong letter in six; in shorter words a wrong letter makes another word
NEAR = 0.6  # not close enough to be taken for it, close enough to be proposed
DIGITS = re.compile(r"\d{1,4}")


def pick(options: Sequence[Option], said: str, words: Words, hidden: Sequence[Option] = ()) -> Option:
    """The one option that was meant; `hidden` ones have no number. Raises `NotUnderstood`."""
    text = fold(said)
    if len(text) > LONGEST_NAME:
        raise NotUnderstood("choice-unknown", said=said[:40] + "…")
    number = number_in(text, words, last=len(options))
    every = (*options, *hidden)
    if number is not None and not is_a_name(every, text, words, number, len(options)):
        return numbered(options, number)
    found = fitting(every, text, words)
    if len(found) != 1:
        near = [] if found else nearest(said, [option.name or option.label for option in every])
        if near:
            raise NotUnderstood("choice-near", said=said, near=near)
        raise NotUnderstood("choice-several" if found else "choice-unknown", said=said)
    return found[0]


def is_a_name(options: Iterable[Option], text: str, words: Words, number: int, last: int) -> bool:
    """Whether what could be a number is what an option is called. Not where it is the number of one of them, and others
    chose the name: people, rooms and lieux may be called « 1 »."""
    there = 1 <= number <= last
    return any(text in one.names(words) for one in options if not there or one.key or one.value == one.label)


def fitting(options: Sequence[Option], text: str, words: Words) -> list[Option]:
    """Those of which a folded text is a name; else those that it resembles."""
    return [option for option in options if text in option.names(words)] or _resembling(options, text, words)


def numbered(options: Sequence[Option], number: int) -> Option:
    """Counted from 1. Raises `NotUnderstood`."""
    if not 1 <= number <= len(options):
        raise NotUnderstood("choice-number", count=len(options))
    return options[number - 1]


def number_in(text: str, words: Words, last: int = 0) -> int | None:
    """The number that a folded text is, in digits or in words ("2", "le 2", "deuxieme"), and nothing else."""
    around = {
        token
        for key in ("talk.words.filler", "talk.words.polite")
        for phrase in words.means(key)
        for token in phrase.split()
    }
    tokens = [token for token in text.split() if token not in around] or text.split()
    if len(tokens) != 1:
        return None
    if DIGITS.fullmatch(tokens[0]):
        return int(tokens[0])
    if last and tokens[0] in words.means("talk.words.last"):
        return last
    return next((n for n in range(1, ORDINALS + 1) if tokens[0] in words.means(f"talk.ordinal.{n}")), None)


def clue_in(phrase: str, clues: Iterable[str]) -> int | None:
    """Where one of these words begins, alone or in the plural, in a folded text between spaces."""
    places = [phrase.find(f" {clue}{end}") for clue in clues for end in (" ", "s ", "x ")]
    return min((at for at in places if at >= 0), default=None)


def nearest(said: str, names: Iterable[str]) -> list[str]:
    """Those of the names that a mistyped one may have meant, the likeliest first: three at most."""
    folded = {fold(name): name for name in names if name}
    return [folded[each] for each in resembling(fold(said), folded, 3, NEAR)]


def _resembling(options: Sequence[Option], text: str, words: Words) -> list[Option]:
    """Those of which a word begins like that; else those that are one slip of the finger away."""
    names = {option: option.names(words) for option in options}
    begun = [option for option in options if any(f" {text}" in f" {name}" for name in names[option])]
    if begun and len(text) >= 3:
        return begun
    close = {name for own in names.values() for name in own}
    close &= set(resembling(text, close, 3, CLOSE))
    return [option for option in options if names[option] & close]
