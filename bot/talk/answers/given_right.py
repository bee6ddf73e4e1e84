"""Whether the bot was given what it lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from bot.talk.answers.agreement import agreed
from bot.talk.answers.answer import YES, Answer, Heard, NotUnderstood, said
from bot.words import Words, fold

ON = "⏭"


@dataclass(frozen=True, slots=True)
class Given(Answer[bool]):
    """That it is done, or to go on without it: « non » is neither."""

    kind: ClassVar[str] = "given"
    seen: bool = True  # the bot sees by itself when it is done

    @property
    def skips(self) -> bool:
        return True

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return "given" if self.seen else "given-unseen", {}

    def reactions(self) -> Sequence[str]:
        return (YES, ON)

    async def read(self, heard: Heard, words: Words) -> bool:
        answer = said(heard)
        without = words.means("talk.given.without") | words.means("talk.words.skip")
        if answer.strip("\ufe0f") == ON or fold(answer) in without:
            return False
        if agreed(heard, words, yes=words.means("talk.given.done")):
            return True
        raise NotUnderstood("given")

    def show(self, value: bool, words: Words, language: str) -> str:
        return words.word(language, "talk.given.done" if value else "talk.given.without")
