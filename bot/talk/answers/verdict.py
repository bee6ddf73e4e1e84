"""What is decided about something, and by whom: ✅ and ❌ say the plain answers, numbers the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.talk.answers.agreement import agreed
from bot.talk.answers.answer import NO, NUMBERS, YES, Answer, Heard, NotUnderstood, Option, said
from bot.talk.answers.choices import pick
from bot.words import Words


@dataclass(frozen=True, slots=True)
class Decided:
    """`what` is "yes", "no" or the value of an option; `by` the Matrix id of who said so."""

    what: str
    by: str


@dataclass(frozen=True, slots=True)
class Verdict(Answer[Decided]):
    """`yes` and `no` are the keys of the words that say what was decided, `how` of the hint that says how."""

    kind: ClassVar[str] = "verdict"
    offered: tuple[Option, ...] = ()
    yes: str = "talk.words.yes"
    no: str = "talk.words.no"
    how: str = ""

    def options(self) -> Sequence[Option]:
        return self.offered

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return self.how or (self.kind if self.offered else "yes-no"), {}

    def reactions(self) -> Sequence[str]:
        return (YES, NO, *NUMBERS[: len(self.offered)])

    async def read(self, heard: Heard, words: Words) -> Decided:
        text = said(heard)
        yes = agreed(heard, words, yes=words.means(self.yes), no=words.means(self.no))
        if yes is not None:
            return Decided("yes" if yes else "no", heard.by)
        if not self.offered:
            raise NotUnderstood("yes-no")
        return Decided(pick(self.offered, text, words).value, heard.by)

    def dump(self, value: Decided) -> Any:
        return [value.what, value.by]

    def load(self, json: Any) -> Decided:
        return Decided(*json)

    def show(self, value: Decided, words: Words, language: str) -> str:
        plain = {"yes": Option("yes", key=self.yes), "no": Option("no", key=self.no)}
        named = {option.value: option for option in self.offered} | plain
        return named[value.what].shown(words, language)
