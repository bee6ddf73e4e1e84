"""Somebody whom the lieu knows, by their name, their Matrix address or a mention; near names are proposed."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.matrix.identifiers import is_user_id, without_ids
from bot.talk.answers.answer import Answer, Heard, NotUnderstood, written
from bot.talk.answers.choices import pieces_of
from bot.talk.answers.no_answer import VERBATIM
from bot.talk.answers.person import LONGEST, Names, only
from bot.talk.answers.references import mentioned
from bot.talk.answers.text import Text
from bot.talk.spelling import resembling
from bot.words import Words, fold
from integrations.lookalikes import mistakable

NEAR, CLOSE = 5, 0.7
SAYS = re.compile(r"\w")
TOKEN = re.compile(r"\b[dl][’'](?=\w)|\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Known:
    """A person: their Matrix id, and the name under which they are known."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Member(Answer[Known]):
    """`known` tells each person's name by their Matrix id; others can be named by their address alone, which `server`
    completes (« @camille »)."""

    kind: ClassVar[str] = "member"
    known: Callable[[], Awaitable[Names]]
    server: str = ""

    @property
    def waits(self) -> bool:
        return True

    async def read(self, heard: Heard, words: Words) -> Known:
        text, names = written(heard), await self.known()
        found = [id for id in mentioned(heard, "@") if is_user_id(id)]
        if len(found) > 1:
            raise NotUnderstood("person-several")
        id = found[0] if found else self.named(text, names)
        return Known(id, names.get(id, id))

    def named(self, text: str, names: Names) -> str:
        """« @zoe » is an address of ours where somebody has it, else what somebody is called."""
        short = f"{text.lower()}:{self.server}"
        if not is_user_id(short) or short in names:
            return short if short in names else _named(text, names)
        try:
            return _named(text, names)
        except NotUnderstood as no:
            if no.code == "member-several":
                raise
            return short

    def dump(self, value: Known) -> Any:
        return [value.id, value.name]

    def load(self, json: Any) -> Known:
        return Known(*json)

    def show(self, value: Known, words: Words, language: str) -> str:
        return value.name


@dataclass(frozen=True, slots=True)
class Members(Answer[tuple[Known, ...]]):
    """Several of those, from one to `most`: mentioned, pasted as addresses, or by their names, in any order."""

    kind: ClassVar[str] = "members"
    known: Callable[[], Awaitable[Names]]
    server: str = ""
    most: int = 50

    @property
    def waits(self) -> bool:
        return True

    async def read(self, heard: Heard, words: Words) -> tuple[Known, ...]:
        names, one = await self.known(), Member(self.known, self.server)
        text = heard.named or written(heard, lines=True)
        found = [id for id in mentioned(heard, "@") if is_user_id(id)]
        pieces = [] if _are_labels(heard) else pieces_of(without_ids(text), words)
        if (n := len({*found, *pieces})) > self.most:
            raise NotUnderstood("members-many", most=self.most, n=n)
        ids = dict.fromkeys((*found, *(one.named(piece, names) for piece in pieces)))
        if not ids:
            raise NotUnderstood("member-unknown")
        return tuple(Known(id, names.get(id, id)) for id in ids)

    def dump(self, value: tuple[Known, ...]) -> Any:
        return [[each.id, each.name] for each in value]

    def load(self, json: Any) -> tuple[Known, ...]:
        return tuple(Known(*each) for each in json)

    def show(self, value: tuple[Known, ...], words: Words, language: str) -> str:
        return str(words.listed(language, [each.name for each in value]))


def _are_labels(heard: Heard) -> bool:
    """Where mentions came without their places: what is typed is what those people call themselves."""
    return bool(heard.pills) and not heard.named and "@" not in (heard.text or "")


@dataclass(frozen=True, slots=True)
class Whom(Answer[str]):
    """The words by which somebody is looked for, or the address of whoever is mentioned: the text of a mention is only
    what they call themselves. `verbs` name words that may stand before; `more` may stand behind. « de Zoé » and « le
    compte de Zoé » are Zoé."""

    kind: ClassVar[str] = "text"
    max: int = 80
    verbs: tuple[str, ...] = ()
    more: bool = False

    async def read(self, heard: Heard, words: Words) -> str:
        text = await Text(VERBATIM, max=self.max).read(heard, words)
        found = [id for id in mentioned(heard, "@") if is_user_id(id)]
        if len(found) > 1:
            raise NotUnderstood("person-several")
        first = text.partition(" ")[0]
        begins = any(fold(first) in words.means(verb) for verb in self.verbs)
        if not found:
            return f"{first} {_bare(text[len(first) :].lstrip(), words)}".strip() if begins else _bare(text, words)
        behind = (heard.named or text).partition(found[0])[2] if self.more else ""
        return " ".join([*([first] if begins else []), found[0], *filter(SAYS.search, without_ids(behind).split())])


def _bare(text: str, words: Words) -> str:
    """Whoever is called « De La Tour » is found by « La Tour » as well; a « Le Goff » keeps his article."""
    small, articles, nouns = (words.means(f"talk.words.{one}") for one in ("of-whom", "articles", "of-theirs"))
    tokens = [*TOKEN.finditer(text)]
    said = [fold(token.group()) for token in tokens]
    at, last = 0, len(tokens) - 1
    while at < last:
        if said[at] in small or (at and said[at] in nouns):
            at += 1
        elif said[at] in articles and said[at + 1] in nouns and at + 1 < last:
            at += 2
        else:
            break
    return text[tokens[at].start() :] if at else text


def _named(text: str, names: Names) -> str:
    """The person of exactly this name, or the only one of whose names it is a whole word. Raises `NotUnderstood`."""
    said = fold(text)
    if len(text) > LONGEST:
        raise NotUnderstood("member-unknown")
    folded = {id: fold(name) for id, name in names.items()}
    same = [id for id, name in folded.items() if said and name == said]
    found = same or [id for id, name in folded.items() if said and f" {said} " in f" {name} "]
    if found or any(mistakable(name, text) for name in names.values()):
        return only(found, text, names)
    shown = [f"{names[id]} · {id}" for id in _near(said, folded)[:NEAR]]
    if shown:
        raise NotUnderstood("member-near", near=shown)
    raise NotUnderstood("member-unknown")


def _near(said: str, folded: Names) -> list[str]:
    """A slip of the finger away from the whole name, or from one word of it."""
    spelt = [(word, id) for id, name in folded.items() for word in {name, *name.split()}]
    close = resembling(said, sorted({word for word, _ in spelt}), NEAR, CLOSE)
    return list(dict.fromkeys(id for near in close for word, id in spelt if word == near))
