"""« I take care of it », « it is done »: one click, by whoever comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bot.matrix.message import key_of
from bot.talk.answers.kind import YES, Answer, Heard, NotMeant
from bot.words import Words, fold


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


@dataclass(frozen=True, slots=True)
class Done(Answer[str]):
    """« It is done »: the value is the Matrix id of who said so first, by a click on ✅ or in words."""

    kind: ClassVar[str] = "done"

    def reactions(self) -> Sequence[str]:
        return (YES,)

    async def read(self, heard: Heard, words: Words) -> str:
        clicked, said = key_of(heard.reaction or "") == YES, fold(heard.text or "")
        if not clicked and said not in words.means("talk.words.done") | words.means("talk.words.yes"):
            raise NotMeant("done")
        return heard.by

    def show(self, value: str, words: Words, language: str) -> str:
        return YES
