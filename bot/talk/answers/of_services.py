"""What somebody wants of a lieu's services, in one line: a month to look back at, or a maintenance with all that is
said of it. « novembre », « maintenance nextcloud samedi 8h-10h », « annuler celle de samedi »."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, NamedTuple

from bot.talk.answers.answer import Answer, Heard, Option
from bot.talk.answers.choices import Choice, Offered, as_options
from bot.talk.answers.past_months import past_month
from bot.talk.spelling import resembling
from bot.words import Month, Words, fold

PIECES = re.compile(r"[^\s'’]+['’]?")
CLOSE, SHORTEST_SLIP = 0.8, 5  # how much a word resembles another, and of how many letters
LONGEST = 200  # characters


class Wanted(NamedTuple):
    """`act` is the value of one of the options; `month` its first day (ISO), empty for none in particular; `services`
    those that are named; `rest` what else was said."""

    act: str
    month: str = ""
    services: tuple[str, ...] = ()
    rest: str = ""


@dataclass(frozen=True, slots=True, init=False)
class OfServices(Answer[Wanted]):
    """One of the acts, of which the first is to look back; its `clues` name an act in a line that says more, and so do
    those of `services`. `today` in the lieu's zone."""

    kind: ClassVar[str] = "choice"
    acts: Choice
    services: tuple[Option, ...]
    today: date

    def __init__(
        self,
        offered: Iterable[Offered],
        *,
        hidden: Iterable[Offered] = (),
        services: Iterable[Option] = (),
        today: date,
    ) -> None:
        object.__setattr__(self, "acts", Choice(offered, hidden=hidden))
        object.__setattr__(self, "services", as_options(services))
        object.__setattr__(self, "today", today)

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return self.acts.hint()

    def options(self) -> Sequence[Option]:
        return self.acts.options()

    def reactions(self) -> Sequence[str]:
        return self.acts.reactions()

    async def read(self, heard: Heard, words: Words) -> Wanted:
        text = (heard.text or "").strip()
        if not heard.reaction and len(text) <= LONGEST:
            if month := past_month(text, words, self.today):
                return Wanted(self.acts.offered[0].value, month.isoformat())
            if wanted := self._act(text, words):
                return wanted
        return Wanted(await self.acts.read(heard, words))

    def _act(self, text: str, words: Words) -> Wanted | None:
        pieces = [piece for piece in PIECES.findall(text) if fold(piece)]
        acts = [one for one in (*self.acts.hidden, *self.acts.offered) if one.clues]
        found = next((one for one in acts if _places(pieces, words.means(one.clues))), None)
        found = found or next((one for one in acts if _slip(pieces, words.means(one.clues))), None)
        if found is None:
            return None
        around = words.means("talk.words.around-service")
        for one in acts:
            left = _without(pieces, words.means(one.clues), around)
            pieces = _without_slip(pieces, words.means(one.clues)) if left is None else left
        named: list[str] = []
        for service in self.services:
            names = service.names(words) | words.means(service.clues)
            left = _without(pieces, names, around)
            if left is not None:
                named.append(service.value)
                pieces = left
        tonight = _without(pieces, words.means("talk.words.tonight"), around)
        if tonight is not None:  # of which the hours say whether it is this day or the next
            pieces = [self.today.isoformat(), *tonight]
        return Wanted(found.value, services=tuple(named), rest=_joined(pieces))

    def dump(self, value: Wanted) -> Any:
        return [value.act, value.month, list(value.services), value.rest]

    def load(self, json: Any) -> Wanted:
        if isinstance(json, str):  # as an earlier program wrote it
            return Wanted(json)
        act, month, services, rest = json
        return Wanted(act, month, tuple(services), rest)

    def show(self, value: Wanted, words: Words, language: str) -> str:
        if value.month:
            return str(words.show(language, Month.fromisoformat(value.month)))
        return self.acts.show(value.act, words, language)


def _joined(pieces: Sequence[str]) -> str:
    return " ".join(pieces).replace("’ ", "’").replace("' ", "'")


def _places(pieces: Sequence[str], phrases: Collection[str]) -> list[tuple[int, int]]:
    """From where to where one of these stands, the longest first."""
    folded = [fold(piece) for piece in pieces]
    found = []
    for phrase in sorted((one.split() for one in phrases), key=len, reverse=True):
        for at in range(len(folded) - len(phrase) + 1):
            if folded[at : at + len(phrase)] == phrase:
                found.append((at, at + len(phrase)))
    return found


def _without(pieces: list[str], phrases: Collection[str], around: Collection[str]) -> list[str] | None:
    """What is left, without the small words before them; None where none of them stands there."""
    places = _places(pieces, phrases)
    if not places:
        return None
    begins, ends = places[0]
    while begins and fold(pieces[begins - 1]) in around:
        begins -= 1
    return _without(left := [*pieces[:begins], *pieces[ends:]], phrases, around) or left


def _slip(pieces: Sequence[str], phrases: Collection[str]) -> str | None:
    """The piece that is a mistyped one of these words."""
    near = (one for one in map(fold, pieces) if len(one) >= SHORTEST_SLIP and resembling(one, phrases, 1, CLOSE))
    return next(near, None)


def _without_slip(pieces: list[str], phrases: Collection[str]) -> list[str]:
    slip = _slip(pieces, phrases)
    return [piece for piece in pieces if slip is None or fold(piece) != slip]
