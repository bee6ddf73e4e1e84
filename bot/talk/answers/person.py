"""Whom a name means, among people who can call themselves as they like: never one of two who look the same."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bot.talk.answers.answer import NotUnderstood, Option
from bot.talk.answers.choices import fitting, nearest
from bot.words import Words, fold
from integrations.lookalikes import mistakable

SHOWN = 5
LONGEST = 100  # of a name that somebody types
Names = Mapping[str, str]


def person_named(said: str, names: Names, words: Words) -> str:
    """The Matrix id of the one person whom a name, or that of an account, can mean. Raises `NotUnderstood`."""
    typed = fold(said)
    if not typed or len(said) > LONGEST:
        raise NotUnderstood("member-unknown")
    found = [id for id, name in names.items() if typed in (fold(name), fold(id[1:].partition(":")[0]))]
    found = found or [one.value for one in fitting([Option(*each) for each in names.items()], typed, words)]
    return only(found, said, names)


def only(found: Collection[str], said: str, names: Names) -> str:
    """The only one of those who were found, where nobody else looks like them or like what was said. Raises
    `NotUnderstood`."""
    taken = {said, *(names[id] for id in found)}
    others = (id for id in names if id not in found)
    every = [*found, *(id for id in others if any(mistakable(names[id], one) for one in taken))]
    if len(every) == 1:
        return every[0]
    if every:
        raise NotUnderstood("member-several", near=[f"{names[id]} · {id}" for id in every[:SHOWN]])
    near = nearest(said, names.values())
    if near:
        raise NotUnderstood("choice-near", said=said, near=near)
    raise NotUnderstood("choice-unknown", said=said)


def is_another(typed: str, name: str) -> bool:
    """Whether a name that somebody typed may be another person's than this one: « Luc » and « Martin Luc » are Luc
    Martin, « Paule Durand » is not."""
    one, other = set(fold(typed).split()), set(fold(name).split())
    return bool(one and other) and not (one <= other or other <= one or mistakable(typed, name))
