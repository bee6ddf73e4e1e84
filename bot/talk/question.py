"""A question as a script puts it, how long it waits, and an answer as it was heard."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.talk.answers import Answer, Heard
from bot.words import Words


class Silence(Exception):
    """Nobody answered in time."""


@dataclass(frozen=True, slots=True)
class Patience:
    """After how long a question is asked again, the concierges are told, and the bot stops waiting."""

    remind: timedelta | None = None
    worry: timedelta | None = None
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question as a script puts it."""

    step: str
    key: str
    answer: Answer[Any]
    room_id: str
    of: str
    words: dict[str, Any]
    optional: bool = False
    default: Any = None
    changes: bool = False  # a recapitulation: answers can be changed from here
    patience: Patience = field(default_factory=Patience)
    mentions: Sequence[str] = ()  # who is notified by name, because they must act
    label: str = ""  # its short name in a recapitulation, where the catalogue has none for this step
    among: str = ""  # a text that may hold the answer already
    aside: bool = False  # not asked unless somebody wants to change it

    @property
    def mark(self) -> str:
        """Of what is shown: a yes to it is none to anything else."""
        options = [(option.value, option.label, option.key) for option in self.answer.options()]
        return digest((self.step, sorted(self.words.items()), options))

    @property
    def of_many(self) -> bool:
        """Whoever has a right may answer, among others who talk of other things."""
        return not self.of.startswith("@")


def why_of(words: Words, family: str, key: str) -> str:
    """The sentence that says what a question is for, by the key of its step."""
    step = key.partition("#")[0].partition("[")[0]
    name = f"{step if '.' in step else f'{family}.{step}'}.why"
    return name if words.has(name) else "talk.why"


def digest(shown: object) -> str:
    """A mark of what was shown, the same at each replay, and in each process."""
    return hashlib.sha256(repr(_in_order(shown)).encode()).hexdigest()[:32]


def _in_order(shown: object) -> object:
    if isinstance(shown, set | frozenset):
        return sorted(map(repr, shown))
    if isinstance(shown, Mapping):
        return [(name, _in_order(value)) for name, value in shown.items()]
    return [_in_order(each) for each in shown] if isinstance(shown, list | tuple) else shown


def heard_in(raw: dict[str, Any], asked: str = "") -> Heard:
    """From the row of the journal; `asked` are the words of the question."""
    return Heard(
        raw.get("text"),
        raw.get("reaction"),
        raw.get("msgtype", "m.text"),
        raw.get("event_id", ""),
        raw.get("by", ""),
        tuple(raw.get("pills", ())),
        raw.get("attachment"),
        asked,
    )
