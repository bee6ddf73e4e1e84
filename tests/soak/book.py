"""What the bot has to say, written down as people speak; and, afterwards, what was lost and what came twice."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Book:
    """What the bot has to say, by room: `answers` in this order; `once` whenever it comes, by words that it has."""

    answers: dict[str, list[str]] = field(default_factory=dict)
    once: dict[str, Counter[tuple[str, ...]]] = field(default_factory=dict)

    def answer(self, room: str, words: str) -> None:
        self.answers.setdefault(room, []).append(words)

    def expect(self, room: str, *words: str) -> None:
        self.once.setdefault(room, Counter())[words] += 1

    def awaited(self) -> Counter[tuple[str, ...]]:
        return sum(self.once.values(), Counter[tuple[str, ...]]())


@dataclass(slots=True)
class Accounts:
    """Of what the bot said in one room, or in all of them."""

    answered: int = 0
    came: Counter[tuple[str, ...]] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)

    def add(self, other: Accounts) -> None:
        self.answered += other.answered
        self.came += other.came
        self.lost += other.lost
        self.doubled += other.doubled


def settle(told: list[str], answers: list[str], once: Counter[tuple[str, ...]]) -> Accounts:
    """What was `told` beside what had to be: whatever is neither an answer in its turn nor awaited is one too many."""
    accounts, open_ = Accounts(), Counter(once)
    wanted = iter(answers)
    next_ = next(wanted, None)
    for body in told:
        fits = [words for words in once if all(word in body for word in words)]
        if next_ is not None and next_ in body and not any(open_[words] for words in fits):
            accounts.answered += 1
            next_ = next(wanted, None)
        elif due := next((words for words in fits if open_[words]), None):
            open_[due] -= 1
            accounts.came[due] += 1
        else:
            accounts.doubled.append(body)
    accounts.lost += [each for each in (next_, *wanted) if each is not None]
    accounts.lost += [" … ".join(words) for words in open_.elements()]
    return accounts
