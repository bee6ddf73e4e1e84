"""Free texts, and yes or no."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from bot.talk.answers.agreement import agreed, is_made_of
from bot.talk.answers.answer import NO, YES, Answer, Heard, NotUnderstood, said, written
from bot.talk.answers.no_answer import STATED, meant
from bot.talk.answers.pasted import inside, unpasted
from bot.words import Words, fold

LONGEST_HEAD = 60  # characters
BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}\s*[.)])\s+")


@dataclass(frozen=True, slots=True)
class Text(Answer[str]):
    """A text of `min` to `max` characters, on one line unless `lines`. `never`: what it is not, of what
    `bot.talk.answers.no_answer` tells; `pointed`: where something is mentioned, its address counts and not its name."""

    kind: ClassVar[str] = "text"
    never: frozenset[str]
    max: int = 500
    min: int = 1
    lines: bool = False
    pointed: bool = False

    @property
    def is_for_people(self) -> bool:
        return self.lines

    async def read(self, heard: Heard, words: Words) -> str:
        told = replace(heard, text=heard.named) if self.pointed and heard.named else heard
        text = written(told, lines=True)
        text = _presented(unpasted(text), words) if self.never else text
        text = text if self.lines else " ".join(text.split())
        if len(text) > self.max:
            raise NotUnderstood("too-long", max=self.max, n=len(text))
        if len(text) < self.min:
            raise NotUnderstood("too-short", min=self.min)
        return meant(text, words, self.never)


def _presented(text: str, words: Words) -> str:
    """What stands behind « voici notre charte : »."""
    head, colon, text_behind = (inside(text) or text).partition(":")
    presenting = words.means("talk.words.presenting")
    is_one = len(head) <= LONGEST_HEAD and not presenting.isdisjoint(fold(head).split())
    return text_behind.strip() if colon and is_one and fold(text_behind) else text


@dataclass(frozen=True, slots=True)
class Listed(Answer[tuple[str, ...]]):
    """From `least` to `most` short texts, one a line, or on one line between semicolons or commas."""

    kind: ClassVar[str] = "listed"
    least: int = 1
    most: int = 20
    longest: int = 60

    async def read(self, heard: Heard, words: Words) -> tuple[str, ...]:
        texts = _listed(meant(unpasted(written(heard, lines=True)), words, STATED))
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
    return [inside(line) or line for line in lines if fold(line)]


@dataclass(frozen=True, slots=True)
class YesNo(Answer[bool]):
    """`agreeing`: it is asked whether all is right, so that « c’est bon merci » is no « non merci ». `how`: another
    hint that says how."""

    kind: ClassVar[str] = "yes-no"
    agreeing: bool = False
    how: str = ""

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return self.how or self.kind, {}

    def reactions(self) -> Sequence[str]:
        return (YES, NO)

    async def read(self, heard: Heard, words: Words) -> bool:
        said(heard)  # a photo is neither
        answer = agreed(heard, words)
        either = not self.agreeing and is_made_of(heard.text or "", words, "talk.words.enough")
        if answer is None or either:
            raise NotUnderstood("yes-no")
        return answer

    def show(self, value: bool, words: Words, language: str) -> str:
        return words.word(language, "talk.words.yes" if value else "talk.words.no")
