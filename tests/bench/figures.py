"""What was measured: rounds, ratios, how far they spread, and whether that is what is wanted."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

OURS = "ours"
Rounds = dict[str, list[float]]  # what was measured, by whom: one value a round
Item = TypeVar("Item")


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.95))]


def turned(items: Sequence[Item], number: int) -> list[Item]:
    """The order of a round: each comes first once before any does twice."""
    at = number % len(items)
    return [*items[at:], *items[:at]]


def again(name: str) -> str:
    """The same thing measured a second time, as if it were another: what lies between the two is noise."""
    return f"{name}, again"


@dataclass(frozen=True, slots=True)
class Spread:
    """Of some rounds: the one in the middle, and the two farthest from it."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        return cls(median(values), min(values), max(values))

    def __str__(self) -> str:
        brackets = f" ({self.least:.2f}–{self.most:.2f})" if self.least < self.most else ""
        return f"{self.middle:.2f} ×{brackets}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """At most so many times the base (at least, where more is better), and at most so much by itself."""

    ratio: float | None = None
    most: float | None = None
    more_is_better: bool = False

    def met(self, ratio: float | None, value: float) -> bool | None:
        """None where nothing is wanted."""
        verdicts = []
        if self.ratio is not None and ratio is not None:
            verdicts.append(ratio >= self.ratio if self.more_is_better else ratio <= self.ratio)
        if self.most is not None:
            verdicts.append(value <= self.most)
        return all(verdicts) if verdicts else None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. `unit` formats a value; `base` is what ratios are to, or empty where a number speaks for
    itself. A ratio is one of a round: both sides had the same minutes of the same machine."""

    name: str
    unit: str
    taken: Rounds
    wanted: Wanted = Wanted()
    base: str = ""

    def value(self, who: str) -> float:
        return median(self.taken[who])

    def ratio(self, who: str) -> Spread | None:
        """To the base."""
        if not self.base or who == self.base or who not in self.taken:
            return None
        return Spread.of([one / base for one, base in zip(self.taken[who], self.taken[self.base], strict=True)])

    @property
    def noise(self) -> Spread | None:
        """The base to itself: it should be 1, and how far it is from it is what this run cannot tell apart."""
        return self.ratio(again(self.base))

    @property
    def met(self) -> bool | None:
        ratio = self.ratio(OURS)
        return self.wanted.met(ratio.middle if ratio else None, self.value(OURS))

    @property
    def wish(self) -> str:
        sign = "≥" if self.wanted.more_is_better else "≤"
        parts = [f"{sign} {self.wanted.ratio:g} ×"] if self.wanted.ratio is not None else []
        parts += [f"≤ {self.show(self.wanted.most)}"] if self.wanted.most is not None else []
        return ", ".join(parts)

    def show(self, value: float) -> str:
        return self.unit.format(value)

    def cell(self, who: str) -> str:
        """What the table says of somebody: the ratio, and below it the value."""
        if who not in self.taken:
            return ""
        ratio = self.ratio(who)
        return f"{ratio}\n{self.show(self.value(who))}" if ratio else self.show(self.value(who))


def gathered(rounds: Iterable[Mapping[str, float]]) -> Rounds:
    """By whom, what each round found."""
    found: Rounds = {}
    for one in rounds:
        for who, value in one.items():
            found.setdefault(who, []).append(value)
    return found


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the sections beside the table: our bot compared with itself, in other circumstances. `met` is None
    where nothing is wanted."""

    name: str
    ours: str = ""
    other: str = ""
    ratio: str = ""
    wanted: str = ""
    met: bool | None = None


def latency(seconds: Sequence[float]) -> str:
    return f"{median(seconds) * 1000:.0f} ms (p95 {p95(seconds) * 1000:.0f})"


def times(value: float) -> str:
    return f"{value:.2f} ×"
