"""« Welcome », « it is done »: one click, by whoever comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from bot.matrix.message import key_of
from bot.talk.answers.agreement import agreed
from bot.talk.answers.answer import YES, Answer, Heard, NotMeant
from bot.words import Words


@dataclass(frozen=True, slots=True)
class Claim(Answer[str]):
    """The value is the Matrix id of who clicked on `emoji`; the click of whom it is `about` is none."""

    emoji: str
    about: str = ""
    kind: ClassVar[str] = "claim"

    def reactions(self) -> Sequence[str]:
        return (self.emoji,)

    async def read(self, heard: Heard, words: Words) -> str:
        if heard.reaction is None or key_of(heard.reaction) != key_of(self.emoji) or heard.by == self.about:
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
        clicked = key_of(heard.reaction) if heard.reaction else YES  # 👍 promises
        if clicked != YES or not agreed(heard, words, yes=words.means("talk.words.done")):
            raise NotMeant("done")
        return heard.by

    def show(self, value: str, words: Words, language: str) -> str:
        return YES
