"""Somebody whom the lieu knows, by their name, their Matrix address or a mention; near names are proposed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.likeness import alike
from bot.talk.answers.kind import Answer, Heard, NotUnderstood, written
from bot.talk.answers.references import is_user_id, mentioned
from bot.words import Words, fold

NEAR, LONGEST_NAME = 5, 100
CLOSE = 0.7
Names = Mapping[str, str]


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
        id = found[0] if found else _named(fold(text), names)
        return Known(id, names.get(id, id))

    def dump(self, value: Known) -> Any:
        return [value.id, value.name]

    def load(self, json: Any) -> Known:
        return Known(*json)

    def show(self, value: Known, words: Words, language: str) -> str:
        return value.name


def _named(said: str, names: Names) -> str:
    """The person of exactly this name, or the only one of whose names it is a whole word. Raises `NotUnderstood`."""
    if len(said) > LONGEST_NAME:
        raise NotUnderstood("member-unknown")
    folded = {id: fold(name) for id, name in names.items()}
    same = [id for id, name in folded.items() if said and name == said]
    found = same or [id for id, name in folded.items() if said and f" {said} " in f" {name} "]
    if len(found) == 1:
        return found[0]
    shown = [f"{names[id]} · {id}" for id in (found or _near(said, folded))[:NEAR]]
    if found:
        raise NotUnderstood("member-several", near=shown)
    if shown:
        raise NotUnderstood("member-near", near=shown)
    raise NotUnderstood("member-unknown")


def _near(said: str, folded: Names) -> list[str]:
    """A slip of the finger away from the whole name, or from one word of it."""
    spelt = [(word, id) for id, name in folded.items() for word in {name, *name.split()}]
    close = alike(said, sorted({word for word, _ in spelt}), NEAR, CLOSE)
    return list(dict.fromkeys(id for near in close for word, id in spelt if word == near))
