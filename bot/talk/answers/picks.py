"""What to do with a long list of which some lines are ticked: take those, tick others, leave some out, correct one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypedDict

from bot.talk.answers.agreement import agreed
from bot.talk.answers.answer import NO, YES, Answer, Heard, NotUnderstood, Option, said
from bot.talk.answers.choices import fitting, number_in, numbered, several
from bot.talk.answers.no_answer import instead
from bot.words import Words, after, fold

TAKE, EVERYTHING, NOTHING, MORE = "take", "everything", "nothing", "more"
TICK, LEAVE, CORRECT, WHO = "tick", "leave", "correct", "who"
CORRECTION = re.compile(
    r"^\W*(\D{0,10}\d{1,4})\s*(?:[:=]|→|[-–]+>|\b(?:c[’']\s?est|cest|is|avec|with)\b)\s*(\S.*)$", re.I
)


class Picked(TypedDict):
    """`what` is to be done with which `rows` (their values). take: those that are ticked, and nothing else is asked ·
    everything: those that need no look, `rows` left out · tick, leave: these · correct, who: `said` tells."""

    what: str
    rows: list[str]
    said: str


@dataclass(frozen=True, slots=True)
class Picks(Answer[Picked]):
    """`rows` are all the lines, numbered from 1, whichever are shown; a name is understood as well."""

    kind: ClassVar[str] = "picks"
    rows: Sequence[Option]

    def reactions(self) -> Sequence[str]:
        return (YES, NO)

    async def read(self, heard: Heard, words: Words) -> Picked:
        """Raises `NotUnderstood`."""
        text = said(heard)
        whole, (agrees, rest) = fold(text), _cut(text, words.means("talk.words.yes"))
        if whole in words.means("talk.words.none"):
            return _picked(NOTHING)
        if whole in words.means("talk.words.more"):
            return _picked(MORE)
        if fold(rest) in words.means("talk.words.all"):  # « tout », « oui tout »
            return _picked(EVERYTHING)
        takes = agreed(heard, words)
        if takes is not None:
            return _picked(TAKE if takes else NOTHING)
        if (about := after(whole, words.means("talk.words.who"))) is not None:
            return _picked(WHO, self._meant(about, words), about)
        if instead(text, words):  # « je sais pas », « bof »: what this is for, once more
            raise NotUnderstood("asking")
        return self._corrected(text, words) or self._named(agrees, rest, words)

    def _corrected(self, text: str, words: Words) -> Picked | None:
        """« 3 = camille.d »."""
        found = CORRECTION.match(text)
        number = number_in(fold(found[1]), words) if found else None
        if found is None or number is None:
            return None
        return _picked(CORRECT, [numbered(self.rows, number)], found[2].strip(" `«»\"'."))

    def _named(self, agrees: bool, text: str, words: Words) -> Picked:
        """« tous sauf 3 », « oui mais pas le 3 », « pas camille », « 3 5-7 »."""
        for around in ("talk.words.no", "talk.words.but"):
            _, text = _cut(text, words.means(around))
        everything, others = _cut(text, words.means("talk.words.all"))
        without = words.means("talk.words.untick")
        leaving, left = _cut(others, without)
        if leaving:
            left = " ".join("," if fold(word) in without else word for word in left.split())  # « ni », « et pas »
            what = EVERYTHING if everything else TAKE if agrees else LEAVE
            return _picked(what, several(self.rows, left, words))
        return _picked(TICK, several(self.rows, text, words))

    def _meant(self, text: str, words: Words) -> list[Option]:
        try:
            return several(self.rows, text, words)
        except NotUnderstood:
            return fitting(self.rows, text, words)

    def show(self, value: Picked, words: Words, language: str) -> str:
        if value["what"] in (TAKE, NOTHING) and not value["rows"]:
            return words.word(language, "talk.words.yes" if value["what"] == TAKE else "talk.words.no")
        if value["what"] == MORE:
            return words.word(language, "talk.words.more")
        if value["what"] in (CORRECT, WHO):
            return value["said"]
        named = [option.label for option in self.rows if option.value in value["rows"]]
        if not named:
            return words.word(language, "talk.words.all")
        what = words.word(language, f"talk.picked.{value['what']}")
        return f"{what} {words.listed(language, named)}"


def _picked(what: str, rows: Sequence[Option] = (), words: str = "") -> Picked:
    return {"what": what, "rows": [option.value for option in rows], "said": words}


def _cut(text: str, phrases: Collection[str]) -> tuple[bool, str]:
    """Whether a text begins with one of these phrases, the longest that fits; and what stands behind it, as typed."""
    pieces = text.split()
    for n in sorted(_lengths(phrases), reverse=True):
        if 0 < n <= len(pieces) and fold(" ".join(pieces[:n])) in phrases:
            return True, " ".join(pieces[n:])
    return False, text


def _lengths(phrases: Collection[str]) -> Iterator[int]:
    yield from {len(phrase.split()) for phrase in phrases}
