"""What a kind of answer is: how it is offered, read, kept and said again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from bot.matrix.identifiers import with_ids
from bot.matrix.markup import clean
from bot.matrix.passages import Said
from bot.words import Words, fold

T = TypeVar("T")

NUMBERS = ("1️⃣", "2️⃣", "3️⃣", "4️⃣", "5️⃣")
YES, NO = "✅", "❌"


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as an answer: a text, or a reaction's key, or neither (a photo).

    `pills` are the Matrix ids (people, rooms) behind the names that the message mentions, in their order; `named` is
    the text with these in place of the names, empty where it says the same; `asked` the question, in whose own words
    people answer; `offered` what the answer before was taken for (`NotUnderstood`); `said` what the message says beside
    its mere text: its form, a place; `at` when it was written (milliseconds), where that is known.
    """

    text: str | None
    reaction: str | None = None
    msgtype: str = "m.text"
    event_id: str = ""
    by: str = ""
    pills: tuple[str, ...] = ()
    attachment: Mapping[str, Any] | None = None
    asked: str = ""
    offered: Mapping[str, str] = field(default_factory=dict)
    named: str = ""
    said: Said = field(default_factory=Said)
    at: int | None = None


class NotUnderstood(Exception):
    """The question is asked again, differently: `talk.again.<code>` says why, `words` fill its holes. `offered` is kept
    for the next answer, which may be « oui » to it."""

    def __init__(self, code: str, *, offered: Mapping[str, str] | None = None, **words: object) -> None:
        self.code = code
        self.words = words
        self.offered = offered or {}
        super().__init__(code)


class Doubted(NotUnderstood):
    """It is an answer, and to nothing else: but not a possible one, or not beyond doubt. This is said among others too,
    whose talk is overheard."""


class NotMeant(NotUnderstood):
    """What was heard is no answer (a ❤️ on an introduction): the question stays as it is, and nothing is said."""


@dataclass(frozen=True, slots=True)
class Option:
    """One possible answer. `key` names its words in the catalogue, where they are not data; the first is shown.

    `name`: what it is called, where the label says more about it.
    """

    value: str
    label: str = ""
    key: str = ""
    name: str = ""
    clues: str = ""  # names words which tell that this one is meant, in a text about something else
    address: str = ""  # on Matrix, of whom or of the room that it is about, where the value is another

    def shown(self, words: Words, language: str) -> str:
        return words.word(language, self.key) if self.key else self.label

    def names(self, words: Words) -> frozenset[str]:
        """Folded, in every language."""
        addresses = (one for one in (self.value, self.address) if one[:1] in tuple("@#!"))
        named = frozenset(map(fold, (self.label, self.name, *addresses))) - {""}
        return words.means(self.key) if self.key else named


class Answer(Protocol[T]):
    """A kind of answer. Kinds are pure, but for the asynchronous checks that they are given."""

    @property
    def kind(self) -> str: ...

    @property
    def waits(self) -> bool:
        """Whether reading asks a service."""
        return False

    @property
    def skips(self) -> bool:
        """Whether « passer » is one of its answers, though something is wanted."""
        return False

    @property
    def takes_files(self) -> bool:
        """Whether a file that is sent with the command answers it."""
        return False

    @property
    def revises(self) -> bool:
        """Whether it changes what is shown in its question by itself."""
        return False

    @property
    def is_for_people(self) -> bool:
        """Whether people read what is answered, so that it may be a question to them."""
        return False

    def hint(self) -> tuple[str, Mapping[str, object]]:
        """How it can be answered: `talk.hint.<first>`, where the catalogue has it, and its holes."""
        return self.kind, {}

    def proposed(self, words: Words, language: str) -> tuple[str, Mapping[str, object]] | None:
        """How what is proposed can be taken: `talk.proposed.<first>` and its holes; None where nothing is."""
        return None

    def proposing(self, value: T) -> Answer[T]:
        """The same where this is proposed, if what a yes says depends on it."""
        return self

    def options(self) -> Sequence[Option]:
        """What can be chosen, in the order of the numbers under the question."""
        return ()

    def reactions(self) -> Sequence[str]:
        """What the bot offers to click on: five at most."""
        return ()

    async def read(self, heard: Heard, words: Words) -> T:
        """Raises `NotUnderstood`, and whatever its check raises (`Unavailable`).

        A check may change its mind: what was read once is kept, not read again.
        """
        ...

    def guess(self, text: str, words: Words) -> T | None:
        """The answer, where a text about something else holds it without doubt."""
        return None

    def dump(self, value: T) -> Any:
        """As JSON keeps it."""
        return value

    def load(self, json: Any) -> T:
        """What `dump` was given."""
        return json  # type: ignore[no-any-return]

    def show(self, value: T, words: Words, language: str) -> str:
        """The answer, restated in a summary or under a closed question: text, never markup."""
        return str(value)


def written(heard: Heard, *, lines: bool = False) -> str:
    """The text of an answer that must be typed. Raises `NotUnderstood`."""
    text = clean(heard.text or "").strip()
    if not text:
        raise NotUnderstood("text-wanted")
    return text if lines else " ".join(text.split())


def said(heard: Heard) -> str:
    """The text or the reaction of an answer, whichever it is; whoever is mentioned is there by their address, for what
    they call themselves may be another one's name. Raises `NotUnderstood`."""
    if heard.reaction:
        return clean(heard.reaction).strip()
    return written(replace(heard, text=with_ids(heard.named)) if heard.named else heard)
