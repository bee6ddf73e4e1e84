"""Free texts, and yes or no."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.talk.answers.kind import NO, YES, Answer, Heard, NotUnderstood, said, written
from bot.words import Words, fold

BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}\s*[.)])\s+")


@dataclass(frozen=True, slots=True)
class Text(Answer[str]):
    """A text of `min` to `max` characters, on one line unless `lines`."""

    kind: ClassVar[str] = "text"
    max: int = 500
    min: int = 1
    lines: bool = False

    @property
    def is_for_people(self) -> bool:
        return self.lines

    async def read(self, heard: Heard, words: Words) -> str:
        text = written(heard, lines=self.lines)
        if len(text) > self.max:
            raise NotUnderstood("too-long", max=self.max, n=len(text))
        if len(text) < self.min:
            raise NotUnderstood("too-short", min=self.min)
        return text


@dataclass(frozen=True, slots=True)
class Listed(Answer[tuple[str, ...]]):
    """From `least` to `most` short texts, one a line, or on one line between semicolons or commas."""

    kind: ClassVar[str] = "listed"
    least: int = 1
    most: int = 20
    longest: int = 60

    async def read(self, heard: Heard, words: Words) -> tuple[str, ...]:
        texts = _listed(written(heard, lines=True))
        if len(texts) < self.least:
            raise NotUnderstood("listed-few", least=self.least)
        if len(texts) > self.most:
            raise NotUnderstood("listed-many", most=self.most, n=len(texts))
        if long := next((text for text in texts if len(text) > self.longest), None):
            raise NotUnderstood("listed-long", text=long[: self.longest] + "…", max=self.longest)
        if twice := next((text for n, text in enumerate(texts) if fold(text) in map(fold, texts[:n])), None):
            raise NotUnderstood("listed-twice", text=twice)
        return tuple(texts)

    def load(self, json: Any) -> tuple[str, ...]:
        return tuple(json)

    def show(self, value: tuple[str, ...], words: Words, language: str) -> str:
        return str(words.listed(language, list(value)))


def _listed(text: str) -> list[str]:
    by = next((sign for sign in ("\n", ";", ",") if sign in text), "\n")
    lines = (" ".join(BULLET.sub("", line).split()) for line in text.split(by))
    return [line for line in lines if fold(line)]


@dataclass(frozen=True, slots=True)
class YesNo(Answer[bool]):
    kind: ClassVar[str] = "yes-no"

    def reactions(self) -> Sequence[str]:
        return (YES, NO)

    async def read(self, heard: Heard, words: Words) -> bool:
        answer = yes_or_no(said(heard), words)
        if answer is None:
            raise NotUnderstood("yes-no")
        return answer

    def show(self, value: bool, words: Words, language: str) -> str:
        return words.word(language, "talk.words.yes" if value else "talk.words.no")


def yes_or_no(text: str, words: Words) -> bool | None:
    """ "Ouiii, merci !" is yes; "oui mais plus tard" is neither, a person must say."""
    yes, no = words.means("talk.words.yes"), words.means("talk.words.no")
    polite = {token for phrase in words.means("talk.words.polite") for token in phrase.split()}
    for phrase in (fold(text), re.sub(r"(.)\1+", r"\1", fold(text))):
        said = set(_phrases(phrase.split(), yes | no | polite)) - polite
        if said and (said <= yes or said <= no):
            return said <= yes
    return None


def _phrases(tokens: Sequence[str], known: Collection[str]) -> Iterator[str]:
    """The longest of these that a text is made of, word after word; what is none of them as it is."""
    longest = max(len(phrase.split()) for phrase in known)
    start = 0
    while start < len(tokens):
        pieces = (" ".join(tokens[start : start + n]) for n in range(longest, 0, -1))
        found = next((piece for piece in pieces if piece in known), tokens[start])
        yield found
        start += len(found.split())
