"""Somebody whom the lieu knows, by their name, their Matrix address or a mention; near names are proposed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.talk.answers.answer import Answer, Heard, NotUnderstood, written
from bot.talk.answers.no_answer import VERBATIM
from bot.talk.answers.person import LONGEST, Names, only
from bot.talk.answers.references import is_user_id, mentioned
from bot.talk.answers.text import Text
from bot.talk.spelling import resembling
from bot.words import Words, fold
from integrations.lookalikes import mistakable

NEAR, CLOSE = 5, 0.7


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
        if not found and is_user_id(short := f"{text.lower()}:{self.server}"):
            found = [short]
        id = found[0] if found else _named(text, names)
        return Known(id, names.get(id, id))

    def dump(self, value: Known) -> Any:
        return [value.id, value.name]

    def load(self, json: Any) -> Known:
        return Known(*json)

    def show(self, value: Known, words: Words, language: str) -> str:
        return value.name


@dataclass(frozen=True, slots=True)
class Whom(Answer[str]):
    """The words by which somebody is looked for, or the address of whoever is mentioned: the text of a mention is only
    what they call themselves. `verb` names words that may stand before."""

    kind: ClassVar[str] = "text"
    max: int = 80
    verb: str = ""

    async def read(self, heard: Heard, words: Words) -> str:
        text = await Text(VERBATIM, max=self.max).read(heard, words)
        found = [id for id in mentioned(heard, "@") if is_user_id(id)]
        if len(found) > 1:
            raise NotUnderstood("person-several")
        first = text.partition(" ")[0]
        begins = bool(self.verb) and fold(first) in words.means(self.verb)
        return " ".join([*([first] if begins else []), found[0]]) if found else text


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
