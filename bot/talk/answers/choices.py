"""One of several, several of several, a room, a language; and which one is meant: "2", "le deuxième", "jardim"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from bot.matrix.identifiers import with_ids
from bot.talk.answers.agreement import agreed
from bot.talk.answers.answer import NO, NUMBERS, YES, Answer, Heard, NotUnderstood, Option, said
from bot.talk.answers.references import mentioned
from bot.talk.spelling import resembling
from bot.words import Words, after, cut, fold

Offered = Option | tuple[str, str] | str
"""An option, or its value and label, or a label that is its own value."""
RANGE = re.compile(r"(\d{1,4})\s*[-–]\s*(\d{1,4})")
BETWEEN = re.compile(r"[,;\n/&+]")
LONGEST_LIST = 3_000  # characters
LONGEST_NAME = 250  # of a file
SHOWN = 40  # characters of what was not understood
ORDINALS = 8
CLOSE = 0.8  # one wrong letter in six; in shorter words a wrong letter makes another word
NEAR = 0.6  # not close enough to be taken for it, close enough to be proposed
DIGITS = re.compile(r"\d{1,4}")
NUMBER = re.compile(r"\d+")  # « 2 jours » is no slip of « 7 jours »


def as_options(offered: Iterable[Offered]) -> tuple[Option, ...]:
    return tuple(_option(one) for one in offered)


def _option(one: Offered) -> Option:
    match one:
        case Option():
            return one
        case str():
            return Option(one, one)
        case value, label:
            return Option(value, label)


@dataclass(frozen=True, slots=True, init=False)
class Choice(Answer[str]):
    """The value of one of the options. `hidden` ones are not shown, and understood by their names."""

    kind: ClassVar[str] = "choice"
    offered: tuple[Option, ...]
    hidden: tuple[Option, ...]

    def __init__(self, offered: Iterable[Offered], *, hidden: Iterable[Offered] = ()) -> None:
        object.__setattr__(self, "offered", as_options(offered))
        object.__setattr__(self, "hidden", as_options(hidden))

    def options(self) -> Sequence[Option]:
        return self.offered

    def hint(self) -> tuple[str, Mapping[str, object]]:
        return (self.kind if self.reactions() else "choice-long"), {}

    def reactions(self) -> Sequence[str]:
        return NUMBERS[: len(self.offered)] if len(self.offered) <= len(NUMBERS) else ()

    async def read(self, heard: Heard, words: Words) -> str:
        pointed = {*mentioned(heard, "@#!")}
        every = (*self.offered, *self.hidden)
        named = [one.value for one in every if pointed & {one.value, one.address}]
        return named[0] if len(named) == 1 else pick(self.offered, said(heard), words, self.hidden).value

    def guess(self, text: str, words: Words) -> str | None:
        """The option with the clue that comes first in the text: what is asked for comes before what it is for."""
        phrase = f" {fold(text)} "
        places = {one.value: clue_in(phrase, words.means(one.clues)) for one in self.offered if one.clues}
        found = {value: at for value, at in places.items() if at is not None}
        return min(found, key=lambda value: found[value], default=None)

    def show(self, value: str, words: Words, language: str) -> str:
        return _shown((*self.offered, *self.hidden), value, words, language)


class ChoiceOrPath(Choice):
    """Also a path as it was typed, without the bars around it: no option's value may look like one."""

    async def read(self, heard: Heard, words: Words) -> str:
        text = said(heard)
        return text.strip("/ ") if "/" in text else await super().read(heard, words)

    def show(self, value: str, words: Words, language: str) -> str:
        known = any(one.value == value for one in (*self.offered, *self.hidden))
        return super().show(value, words, language) if known else value


@dataclass(frozen=True, slots=True, init=False)
class Many(Answer[tuple[str, ...]]):
    """The values of some options, in their order; at least `least`.

    One click cannot say several things, nor can « oui »: both are all, or what is proposed (`yes`); ❌ and « non » are
    none. Where nothing is proposed, a yes says nothing, and no ✅ is offered.
    """

    kind: ClassVar[str] = "many"
    offered: tuple[Option, ...]
    least: int
    yes: tuple[str, ...] | None

    def __init__(self, offered: Iterable[Offered], *, least: int = 0, yes: tuple[str, ...] | None = None) -> None:
        object.__setattr__(self, "offered", as_options(offered))
        object.__setattr__(self, "least", least)
        object.__setattr__(self, "yes", yes)

    def options(self) -> Sequence[Option]:
        return self.offered

    def proposing(self, value: tuple[str, ...]) -> Many:
        return Many(self.offered, least=self.least, yes=value)

    def hint(self) -> tuple[str, Mapping[str, object]]:
        if len(self.offered) == 1:
            return ("many-one" if self.least else "yes-no"), {}
        if self.yes is not None:
            return "many-proposed", {}
        return (self.kind if self.least else "many-or-none"), {}

    def reactions(self) -> Sequence[str]:
        return (*((YES,) if self._agreed else ()), *((NO,) if not self.least else ()))

    @property
    def _agreed(self) -> Sequence[Option]:
        """What a yes takes."""
        if self.yes is None or len(self.offered) == 1:
            return self.offered
        return [option for option in self.offered if option.value in self.yes]

    async def read(self, heard: Heard, words: Words) -> tuple[str, ...]:
        chosen = self._chosen(heard, words)
        values = tuple(option.value for option in self.offered if option in chosen)
        if len(values) < self.least:
            raise NotUnderstood("many-one" if len(self.offered) == 1 else "many-few", n=self.least)
        return values

    def _chosen(self, heard: Heard, words: Words) -> Sequence[Option]:
        whole = fold(said(heard) if heard.reaction else heard.text or "")
        if whole in words.means("talk.words.all"):
            return self.offered
        if whole in words.means("talk.words.none"):
            return ()
        wanted = agreed(heard, words)
        if wanted is None and heard.reaction:
            raise NotUnderstood("yes-no" if len(self.offered) == 1 else "many-reaction")
        if wanted is None or any(whole in one.names(words) for one in self.offered):
            return self._named(heard, words)
        if wanted and not self._agreed:
            raise NotUnderstood("many-which")
        return self._agreed if wanted else ()

    def _named(self, heard: Heard, words: Words) -> list[Option]:
        said(heard)
        text = with_ids(heard.named) or heard.text or ""
        first, *rest = text.strip().split(None, 2)
        if (
            len(rest) == 2
            and fold(first) in words.means("talk.words.all")
            and fold(rest[0]) in words.means("talk.words.except")
        ):
            left_out = several(self.offered, rest[1], words)
            return [option for option in self.offered if option not in left_out]
        return several(self.offered, text, words)

    def guess(self, text: str, words: Words) -> tuple[str, ...] | None:
        """Those that are named in the text."""
        phrase = f" {fold(text)} "
        named = [one.value for one in self.offered if clue_in(phrase, one.names(words)) is not None]
        return tuple(named) or None

    def dump(self, value: tuple[str, ...]) -> Any:
        return list(value)

    def load(self, json: Any) -> tuple[str, ...]:
        return tuple(json)

    def show(self, value: tuple[str, ...], words: Words, language: str) -> str:
        if not value:
            return words.word(language, "talk.words.none")
        return str(words.listed(language, [_shown(self.offered, one, words, language) for one in value]))


def several(options: Sequence[Option], text: str, words: Words) -> list[Option]:
    """All that a text names, by numbers, ranges and names. Raises `NotUnderstood` for the first piece that is not an
    option."""
    if len(text) > LONGEST_LIST:
        raise NotUnderstood("choice-unknown", said=cut(text, SHOWN))
    exact = [option for option in options if fold(text) in option.names(words)]
    number = number_in(fold(text), words, last=len(options))
    if number is not None and not is_a_name(options, fold(text), words, number, len(options)):
        exact = []
    if len(exact) == 1:
        return exact
    pieces = pieces_of(text, words)
    if not pieces:
        raise NotUnderstood("choice-unknown", said=cut(text, SHOWN))
    return [option for piece in pieces for option in _piece(options, piece, words)]


def pieces_of(text: str, words: Words) -> list[str]:
    """What stands between commas, « et », line breaks."""
    joints = "|".join(re.escape(word) for word in words.means("talk.words.and"))
    found = (piece for part in BETWEEN.split(text) for piece in re.split(rf"(?i)\b(?:{joints})\b", part))
    return [piece.strip() for piece in found if fold(piece)]


def _piece(options: Sequence[Option], piece: str, words: Words) -> list[Option]:
    span = RANGE.fullmatch(piece)
    if span:
        ends = [numbered(options, int(end)) for end in span.groups()]
        first, last = (options.index(end) for end in ends)
        return list(options[first : last + 1]) or ends
    tokens = fold(piece).split()
    if all(DIGITS.fullmatch(token) for token in tokens):
        return [numbered(options, int(token)) for token in tokens]
    return [pick(options, piece, words)]


@dataclass(frozen=True, slots=True)
class Room(Answer[str]):
    """One of the `rooms`, as (room id, name) pairs; `aliases`: an alias → its room id."""

    kind: ClassVar[str] = "room"
    rooms: Sequence[tuple[str, str]]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def options(self) -> Sequence[Option]:
        return as_options(self.rooms)

    def reactions(self) -> Sequence[str]:
        return NUMBERS[: len(self.rooms)] if len(self.rooms) <= len(NUMBERS) else ()

    async def read(self, heard: Heard, words: Words) -> str:
        text = said(heard)
        named = [self.aliases.get(id, id) for id in mentioned(heard, "#!")]
        if named and named[0] not in dict(self.rooms):
            raise NotUnderstood("room-other")
        return named[0] if named else pick(self.options(), text, words).value

    def show(self, value: str, words: Words, language: str) -> str:
        return _shown(self.options(), value, words, language)


@dataclass(frozen=True, slots=True)
class Language(Answer[str]):
    """The name of a catalogue, as `Words.languages` has them."""

    kind: ClassVar[str] = "language"
    languages: tuple[str, ...] = ("fr", "fr@vous", "en")

    def options(self) -> Sequence[Option]:
        return [Option(language, key="talk.language." + language.replace("@", "-")) for language in self.languages]

    def reactions(self) -> Sequence[str]:
        return NUMBERS[: len(self.languages)]

    async def read(self, heard: Heard, words: Words) -> str:
        return pick(self.options(), said(heard), words).value

    def show(self, value: str, words: Words, language: str) -> str:
        return _shown(self.options(), value, words, language)


def _shown(options: Sequence[Option], value: str, words: Words, language: str) -> str:
    """An option that has gone since is said to be: its value may be an id that means nothing to anybody."""
    found = [option.shown(words, language) for option in options if option.value == value]
    return found[0] if found else words.word(language, "talk.words.gone")


# -- which one is meant


def pick(options: Sequence[Option], said: str, words: Words, hidden: Sequence[Option] = ()) -> Option:
    """The one option that was meant; `hidden` ones have no number. Raises `NotUnderstood`."""
    text = fold(said)
    if len(text) > LONGEST_NAME:
        raise NotUnderstood("choice-unknown", said=cut(said, SHOWN))
    number = number_in(text, words, last=len(options))
    every = (*options, *hidden)
    if number is not None and not is_a_name(every, text, words, number, len(options)):
        return numbered(options, number)
    found = fitting(every, text, words) or fitting(every, _bare(text, words), words)
    if len(found) != 1:
        near = [] if found else nearest(said, [option.name or option.label for option in every])
        if near:
            raise NotUnderstood("choice-near", said=said, near=near)
        raise NotUnderstood("choice-several" if found else "choice-unknown", said=said)
    return found[0]


def _bare(text: str, words: Words) -> str:
    """Without « c’est à », « plutôt » before a name, folded like it, and « la », « stp » behind it."""
    around = words.means("talk.words.choosing") | words.means("talk.words.filler") | words.means("talk.words.polite")
    tokens = text.split()
    kept = [n for n, token in enumerate(tokens) if token not in around]
    return " ".join(tokens[kept[0] : kept[-1] + 1]) if kept else text


def is_a_name(options: Iterable[Option], text: str, words: Words, number: int, last: int) -> bool:
    """Whether what could be a number is what an option is called. Not where it is the number of one of them, and others
    chose the name: people, rooms and lieux may be called « 1 »."""
    there = 1 <= number <= last
    return any(text in one.names(words) for one in options if not there or one.key or one.value == one.label)


def fitting(options: Sequence[Option], text: str, words: Words) -> list[Option]:
    """Those of which a folded text is a name; else those that it resembles."""
    return [option for option in options if text in option.names(words)] or _resembling(options, text, words)


def numbered(options: Sequence[Option], number: int) -> Option:
    """Counted from 1. Raises `NotUnderstood`."""
    if not 1 <= number <= len(options):
        raise NotUnderstood("choice-number", count=len(options))
    return options[number - 1]


def number_in(text: str, words: Words, last: int = 0) -> int | None:
    """The number that a folded text is, in digits or in words ("2", "le 2", "deuxieme"), and nothing else."""
    around = {
        token
        for key in ("talk.words.filler", "talk.words.polite")
        for phrase in words.means(key)
        for token in phrase.split()
    }
    tokens = [token for token in text.split() if token not in around] or text.split()
    if len(tokens) != 1:
        return None
    if DIGITS.fullmatch(tokens[0]):
        return int(tokens[0])
    if last and tokens[0] in words.means("talk.words.last"):
        return last
    return next((n for n in range(1, ORDINALS + 1) if tokens[0] in words.means(f"talk.ordinal.{n}")), None)


def clue_in(phrase: str, clues: Iterable[str]) -> int | None:
    """Where one of these words begins, alone or in the plural, in a folded text between spaces."""
    places = [phrase.find(f" {clue}{end}") for clue in clues for end in (" ", "s ", "x ")]
    return min((at for at in places if at >= 0), default=None)


def nearest(said: str, names: Iterable[str]) -> list[str]:
    """Those of the names that a mistyped one may have meant, the likeliest first: three at most."""
    folded = {fold(name): name for name in names if name}
    return [folded[each] for each in resembling(fold(said), folded, 3, NEAR)]


def _resembling(options: Sequence[Option], text: str, words: Words) -> list[Option]:
    """Those of which a word begins like that; else those that are one slip of the finger away: « pas maintenant » is
    none of « maintenant »."""
    names = {option: option.names(words) for option in options}
    begun = [option for option in options if any(f" {text}" in f" {name}" for name in names[option])]
    if begun and len(text) >= 3:
        return begun
    close = {name for own in names.values() for name in own if NUMBER.findall(name) == NUMBER.findall(text)}
    if after(text, words.means("talk.words.untick")):
        close = {name for name in close if name.split()[:1] == text.split()[:1]}
    close &= set(resembling(text, close, 3, CLOSE))
    return [option for option in options if names[option] & close]
