"""An answer that the bot proposes itself: « ok », « je ne sais pas », « comme tu veux » take it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.talk.answers.agreement import agreed, is_made_of, yes_or_no
from bot.talk.answers.answer import NO, YES, Answer, Doubted, Heard, NotUnderstood, Option
from bot.talk.answers.no_answer import SHOWN, goes_on
from bot.words import Words, after, cut, fold

MOST_AROUND = 6  # words before « on n’a pas de charte »
T = TypeVar("T")


def agrees(heard: Heard, words: Words) -> bool:
    """Whether somebody takes what is proposed: they say yes to it, or have no wish of their own."""
    return agreed(heard, words) is True or is_indifferent(heard.reaction or heard.text or "", words)


def is_indifferent(text: str, words: Words) -> bool:
    """« je ne sais pas », « comme tu veux », « bof »: as it would be without this answer."""
    return is_made_of(text, words, "talk.words.indifferent")


def _leaves_out(heard: Heard, words: Words) -> bool:
    """« sans », « on n’en a pas », « pas de charte » where a charter is asked for."""
    said, asked = fold(heard.text or ""), fold(heard.asked).split()
    if said in words.means("talk.words.none") or is_made_of(said, words, "talk.words.without"):
        return True
    if (rest := _behind_none(said, asked, words)) is not None:
        if rest and not is_made_of(rest, words, "talk.words.so-far"):
            raise NotUnderstood("unsaid", said=cut(heard.text or "", SHOWN))  # and what else?
        return True
    none = words.means("talk.words.do-without")
    return any(said.removeprefix(phrase).strip() in asked for phrase in none if said.startswith(f"{phrase} "))


def _behind_none(said: str, asked: Collection[str], words: Words) -> str | None:
    """What follows « euh non, on n’a pas encore de charte » where a charter is asked for; None where it begins
    otherwise."""
    tokens = said.split()
    for n in range(min(len(tokens), MOST_AROUND)):
        head, rest = " ".join(tokens[:n]), after(" ".join(tokens[n:]), words.means("talk.words.having-none"))
        if rest and rest.split()[0] in asked and (not head or _is_around(head, words)):
            return rest.partition(" ")[2]
    return None


def _is_around(said: str, words: Words) -> bool:
    return yes_or_no(said, words) is False or any(
        is_made_of(said, words, key) for key in ("talk.words.hesitation", "talk.words.around", "talk.words.greeting")
    )


@dataclass(frozen=True, slots=True)
class Proposed(Answer[T]):
    """What `answer` understands is that; whoever has no wish of their own takes the `proposal`.

    `without`: what « non » says, where it can be left out. Where this is what is proposed, « oui » alone is a promise.
    """

    answer: Answer[T]
    proposal: T
    without: T | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", self.answer.proposing(self.proposal))

    @property
    def kind(self) -> str:
        return self.answer.kind

    @property
    def waits(self) -> bool:
        return self.answer.waits

    @property
    def skips(self) -> bool:
        return True

    @property
    def is_for_people(self) -> bool:
        return self.answer.is_for_people

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return self.answer.hint()

    def options(self) -> Sequence[Option]:
        return self.answer.options()

    def reactions(self) -> Sequence[str]:
        if self.answer.reactions() or self.answer.options():
            return self.answer.reactions()
        return [*([YES] if self._is_something else []), *([NO] if self.without is not None else [])]

    @property
    def _is_something(self) -> bool:
        nothing = not self.proposal if self._is_of_many else self.without is not None and self.proposal == self.without
        return not nothing

    @property
    def _is_of_many(self) -> bool:
        """« oui » takes several that are proposed, and there says nothing of which where none is."""
        return self.kind == "many" and len(self.answer.options()) > 1

    def proposed(self, words: Words, language: str) -> tuple[str, Mapping[str, object]]:
        how = "choice" if self.answer.reactions() or self.answer.options() else "text"
        if self._is_of_many and self._is_something:
            how = "text"  # there ✅ takes what is proposed
        if how == "text" and self.without is not None:
            how = "or-without" if self._is_something else "without"
        return how, {"proposal": self.show(self.proposal, words, language)}

    async def read(self, heard: Heard, words: Words) -> T:
        said = fold(heard.text or "")
        if said in words.means("talk.words.skip") or self._is_said_with_a_yes(said, words):
            return self.proposal
        if self.without is not None and _leaves_out(heard, words):
            return self.without
        if self.kind == "text" and goes_on(heard.text or "", words):
            raise NotUnderstood("unsaid", said=cut(heard.text or "", SHOWN))
        try:
            return await self.answer.read(heard, words)
        except Doubted:  # « jamais » is a period, though not a possible one
            raise
        except NotUnderstood:
            found = self._instead(heard, words)
            if found is None:
                raise
            return found

    def _is_said_with_a_yes(self, said: str, words: Words) -> bool:
        """« ok pour la.rosee »"""
        first, _, rest = said.partition(" ")
        proposed = fold(self.proposal) if isinstance(self.proposal, str) and self.kind == "text" else ""
        return bool(proposed) and f" {rest}".endswith(f" {proposed}") and yes_or_no(first, words) is True

    def _instead(self, heard: Heard, words: Words) -> T | None:
        """What somebody means who says nothing that could be the answer."""
        text = heard.reaction or heard.text or ""
        if is_indifferent(text, words) or (self._is_something and agrees(heard, words)):
            return self.proposal
        yes = agreed(heard, words)
        if self.without is not None and yes is False:
            return self.without
        if yes is not None and not self._is_of_many:
            raise NotUnderstood("promised" if yes else "which-then")
        return None

    def guess(self, text: str, words: Words) -> T | None:
        return self.answer.guess(text, words)

    def dump(self, value: T) -> Any:
        return self.answer.dump(value)

    def load(self, json: Any) -> T:
        return self.answer.load(json)

    def show(self, value: T, words: Words, language: str) -> str:
        if self.without is not None and value == self.without:
            return words.word(language, "talk.words.without")
        return self.answer.show(value, words, language)
