"""« I take care of it »: one click, by whoever comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bot.matrix.message import key_of
from bot.talk.answers.kind import Answer, Heard, NotMeant
from bot.words import Words


@dataclass(frozen=True, slots=True)
class Claim(Answer[str]):
    """The value is the Matrix id of who claimed it, by clicking on `emoji`."""

    emoji: str
    kind: ClassVar[str] = "claim"

    def reactions(self) -> Sequence[str]:
        return (self.emoji,)

    async def read(self, heard: Heard, words: Words) -> str:
        if heard.reaction is None or key_of(heard.reaction) != key_of(self.emoji):
            raise NotMeant("claim")
        return heard.by

    def show(self, value: str, words: Words, language: str) -> str:
        return self.emoji
