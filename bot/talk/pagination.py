"""Long lists, eight lines at a time: one thing is chosen from them, or they are only read; « la suite » goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

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
