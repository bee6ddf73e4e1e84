"""What somebody looks for, by a need or by a name: « visio », « un nextcloud pour l’asso », « odo »; and which
of those that were found is wanted, if any."""

from __future__ import annotations

from bot.talk.answers.agreement import agreed
from bot.talk.answers.answer import Heard, NotUnderstood, said
from bot.talk.answers.choices import Choice, clue_in, pick
from bot.talk.answers.no_answer import UNSAID
from bot.talk.spelling import resembling
from bot.words import Words, cut, fold

SHOWN = 40  # characters of what is not known
MOST_WORDS, SHORTEST = 12, 4
SHORTEST_NAME = 3  # in a sentence: something may be called « un »
PROPOSED, ALIKE = 3, 0.7


class Sought(Choice):
    """A choice that stands anywhere in a sentence; of a slip, the nearest are proposed, and « oui » takes the first."""

    def hint(self) -> tuple[str, dict[str, object]]:
        return "sought", {}

    async def read(self, heard: Heard, words: Words) -> str:
        meant = heard.offered.get("meant")
        if meant and agreed(heard, words):
            return meant
        text = said(heard)
        try:
            return pick(self.offered, text, words, self.hidden).value
        except NotUnderstood as why:
            found = self._within(text, words)
            if found:
                return found
            if why.code in ("choice-several", "choice-number"):
                raise
        raise self._unknown(text, words)

    def _within(self, text: str, words: Words) -> str | None:
        """What is named first in a sentence, the longest name where several begin there."""
        phrase = f" {fold(text)} "
        places = {
            (at, -len(name)): one.value
            for one in (*self.offered, *self.hidden)
            for name in one.names(words)
            if len(name) >= SHORTEST_NAME and (at := clue_in(phrase, [name])) is not None
        }
        return places[min(places)] if places else None

    def _unknown(self, text: str, words: Words) -> NotUnderstood:
        """With what resembles all of it, or one of its words."""
        named = {name: one for one in (*self.hidden, *self.offered) for name in one.names(words)}
        tokens = [token for token in fold(text).split()[:MOST_WORDS] if len(token) >= SHORTEST]
        close = [name for token in (fold(text), *tokens) for name in resembling(token, named, PROPOSED, ALIKE)]
        found = list(dict.fromkeys(named[name] for name in close))[:PROPOSED]
        if not found:
            return NotUnderstood("sought-unknown", said=cut(text, SHOWN))
        near = [one.label or next(name for name in close if named[name] is one) for one in found]
        return NotUnderstood("sought-near", offered={"meant": found[0].value}, said=cut(text, SHOWN), near=near)


class Found(Choice):
    """One of what was found, or none: « non » wants nothing, and « oui » the only one."""

    async def read(self, heard: Heard, words: Words) -> str:
        wanted = agreed(heard, words)
        if wanted is False:
            raise NotUnderstood(UNSAID, said=cut(heard.text or "", SHOWN))
        only = wanted and len(self.offered) == 1
        return self.offered[0].value if only else await super().read(heard, words)
