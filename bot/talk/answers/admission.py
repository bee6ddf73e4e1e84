"""Whether somebody may come in: yes, no, or a question to them first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from bot.matrix.message import key_of
from bot.talk.answers.agreement import agreed
from bot.talk.answers.answer import NO, YES, Answer, Heard, NotUnderstood, said
from bot.words import Words, fold

ASK = "❓"


class Ruling(NamedTuple):
    """`what` is `yes`, `no` or `ask`; `by` is the Matrix id of who said so."""

    what: str
    by: str


@dataclass(frozen=True, slots=True)
class Admission(Answer[Ruling]):
    """The answer remembers who gave it: they are the one who asks the question."""

    kind: ClassVar[str] = "admission"

    def reactions(self) -> Sequence[str]:
        return (YES, NO, ASK)

    async def read(self, heard: Heard, words: Words) -> Ruling:
        text = said(heard)
        if key_of(text) == ASK or fold(text) in words.means("talk.words.ask"):
            return Ruling("ask", heard.by)
        yes = agreed(heard, words)
        if yes is None:
            raise NotUnderstood("admission")
        return Ruling("yes" if yes else "no", heard.by)

    def load(self, json: Any) -> Ruling:
        return Ruling(*json)

    def show(self, value: Ruling, words: Words, language: str) -> str:
        return words.word(language, f"talk.words.{value.what}")
