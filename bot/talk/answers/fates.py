"""What becomes of each of several people: « 1 oui, 2 non, les autres plus tard »."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from bot.matrix.identifiers import with_ids
from bot.talk.answers.agreement import agreed
from bot.talk.answers.answer import NO, Answer, Heard, NotUnderstood, Option, written
from bot.talk.answers.choices import several
from bot.words import Words, fold

PARTS = re.compile(r"[,;\n/]|\.(?:\s|$)")
WORD = re.compile(r"[^\s:=→]+")


@dataclass(frozen=True, slots=True)
class Fated:
    """What was said of each of the rows (value → one of `Fates.fates`), and by whom (a Matrix id)."""

    fates: Mapping[str, str]
    by: str


@dataclass(frozen=True, slots=True)
class Fates(Answer[Fated]):
    """`fates` are named by the keys of their words. The first is said of each; the last one is what becomes of whoever
    is not named, the one before it is what ❌ says of all."""

    kind: ClassVar[str] = "fates"
    rows: Sequence[Option]
    fates: Sequence[Option]

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return self.kind, {}

    def reactions(self) -> Sequence[str]:
        return (NO,)

    async def read(self, heard: Heard, words: Words) -> Fated:
        """Raises `NotUnderstood`."""
        named = replace(heard, text=with_ids(heard.named)) if heard.named else heard  # as `said`, with its lines
        text = heard.reaction or written(named, lines=True)
        if text.startswith(NO) or agreed(heard, words) is False:
            return Fated({row.value: self.fates[-2].value for row in self.rows}, heard.by)
        found, others, waiting, last = dict[str, str](), "", list[str](), ""
        for part in PARTS.split(text):
            fate, leads, rest = self._fate(part, words)
            everybody = fold(rest) in words.means("talk.words.the-others") | words.means("talk.words.all")
            rows = [] if everybody else [row.value for row in self._rows(rest, words)]
            if not fate and last:  # « oui : 1, 3 »
                found |= dict.fromkeys(rows, last)
            elif not fate:  # « 1, 3 oui »
                waiting += rows
            elif rows or waiting:
                found |= dict.fromkeys([*waiting, *rows], fate)
                waiting, last = [], fate if leads else ""
            elif fate == self.fates[0].value and len(self.rows) > 1 and not everybody:  # « oui », and of whom?
                raise NotUnderstood("fates")
            else:
                others = fate
        if waiting or not (found or others):
            raise NotUnderstood("fates")
        return Fated({row.value: found.get(row.value, others or self.fates[-1].value) for row in self.rows}, heard.by)

    def _fate(self, part: str, words: Words) -> tuple[str, bool, str]:
        """The longest words that say what becomes of them, whether they come first, and the rest."""
        tokens = WORD.findall(part)
        folded, best = [fold(token) for token in tokens], (0, 0, "")
        for option in self.fates:
            for phrase in (each.split() for each in option.names(words)):
                places = (at for at in range(len(folded)) if folded[at : at + len(phrase)] == phrase)
                best = max([best, *((len(phrase), -at, option.value) for at in places)])
        length, at, fate = best[0], -best[1], best[2]
        return fate, bool(fate) and at == 0, " ".join(tokens[:at] + tokens[at + length :])

    def _rows(self, rest: str, words: Words) -> list[Option]:
        filler = words.means("talk.words.filler") | words.means("talk.words.for")
        bare = " ".join(word for word in rest.split() if fold(word) not in filler)
        return several(self.rows, bare, words) if fold(bare) else []

    def dump(self, value: Fated) -> object:
        return [{**value.fates}, value.by]

    def load(self, json: Sequence[object]) -> Fated:
        fates, by = json
        return Fated(fates, by)  # type: ignore[arg-type]

    def show(self, value: Fated, words: Words, language: str) -> str:
        """« faire partir : Léa ; garder : Marc »"""
        parts = []
        for fate in self.fates:
            if names := [row.name or row.label for row in self.rows if value.fates.get(row.value) == fate.value]:
                parts.append(f"{fate.shown(words, language)} : {', '.join(names)}")
        return " ; ".join(parts)
