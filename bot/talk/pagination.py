"""Long lists, eight lines at a time: one thing or one person is chosen from them, or they are only read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypedDict, TypeVar, cast

from bot.talk.answers import Choice, Option
from bot.talk.talk import Talk

PAGE, MORE = 8, "more"
GO_ON = Option(MORE, key="talk.words.more")


async def pick(
    talk: Talk,
    step: str,
    options: Sequence[Option],
    /,
    *,
    also: Sequence[Option] = (),
    kind: type[Choice] = Choice,
    **question: Any,
) -> str | None:
    """The value of one of the options, which must not be « more »; a name is understood from any page.

    `also` stands on every page; the rest is as for `talk.ask`. None where nothing was chosen.
    """
    for first in range(0, len(options) or 1, PAGE):
        shown, later = options[first : first + PAGE], options[first + PAGE :]
        offered = [*shown, *also, *([GO_ON] if later else [])]
        others = [*options[:first], *later]
        chosen: str | None = await talk.ask(step, kind(offered, hidden=others), **question)
        if chosen != MORE:
            return chosen
    return None


async def read_out(talk: Talk, step: str, lines: Sequence[str], /, **words: Any) -> None:
    """Say the sentence `step` with its hole `lines`, and go on as long as somebody asks for more."""
    for first in range(0, len(lines), PAGE):
        await talk.say(step, lines=lines[first : first + PAGE], **words)
        if not lines[first + PAGE :] or await talk.ask("talk.more", Choice([GO_ON]), optional=True) is None:
            return


class Somebody(TypedDict):
    """Who can be chosen: `person` is a Matrix id, `login` that of their account as far as it is written down, else
    empty. Who has `double` looks like somebody else."""

    person: str
    name: str
    login: str


T = TypeVar("T", bound=Somebody)
Rows = Callable[[], Awaitable[list[T]]]
Label = Callable[[T], str]


class Page(TypedDict, Generic[T]):
    rows: list[T]
    total: int


class Nobody(Exception):
    """There is nobody to choose."""


async def pick_person(
    talk: Talk, step: str, rows: Rows[T], label: Label[T], /, *, alone: bool = False, **words: Any
) -> T | None:
    """The one that was chosen; None where the person passes. Raises `Nobody`. `n` of the sentence is how many.

    `alone`: the only one is taken without asking.
    """
    first = 0
    while True:
        page = await talk.look("page", _page, rows, first)
        found, total = page["rows"], page["total"]
        if not found:
            raise Nobody
        if alone and total == 1:
            return cast(T, found[0])
        options = [Option(row["person"], _shown(talk, row, label)) for row in found]
        first += PAGE
        if first < total:
            options.append(GO_ON)
        which = await talk.ask(step, Choice(options), optional=True, n=total, **words)
        if which != MORE:
            return next((row for row in found if row["person"] == which), None)


def _shown(talk: Talk, row: T, label: Label[T]) -> str:
    """Who looks like somebody else is told apart by what nobody else can have."""
    if not row.get("double"):
        return label(row)
    return talk.phrase("talk.double-ours" if row.get("login") else "talk.double", who=row["name"], person=row["person"])


async def _page(rows: Rows[T], first: int) -> Page[T]:
    found = await rows()
    return {"rows": found[first : first + PAGE], "total": len(found)}
