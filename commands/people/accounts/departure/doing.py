"""One line after the other, in one message that is edited as it goes; what is away is finished once it is back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

from bot.errors import Refused
from bot.talk.outages import Told, tried
from bot.talk.talk import Talk

from .leaving import DONE, NONE, PARTLY, Line, Outcome

REST: tuple[Literal["left", "unseen", "held"], ...] = ("left", "unseen", "held")
SOON = timedelta(minutes=1)


async def do_all(talk: Talk, verb: str, who: str, lines: Sequence[Line], left: Sequence[str] = ()) -> None:
    """`left` are further sentences about what the bot cannot do."""
    told: dict[str, Told] = {}
    for line in lines:
        await _show(talk, verb, who, lines, told, ())
        told[line.name] = await talk.do(verb, tried, line.act, item=line.name)
    await _show(talk, verb, who, lines, told, left)
    away = [line for line in lines if "away" in told[line.name]]
    if not away:
        return
    await talk.rest("a-moment", SOON)
    for line in away:
        told[line.name] = await _finished(talk, line)
    await _show(talk, verb, who, lines, told, left)
    await talk.say("departure.caught-up", who=who)


async def _finished(talk: Talk, line: Line) -> Told:
    """Tried until the service is back."""
    try:
        return {"is": await talk.do("later", line.act, item=line.name)}
    except Refused as no:
        return {"refused": no.code, "words": no.words}


async def _show(
    talk: Talk, verb: str, who: str, lines: Sequence[Line], told: dict[str, Told], left: Sequence[str]
) -> None:
    finished = len(told) == len(lines)
    how = "doing" if not finished else "done" if all(_is_done(one) for one in told.values()) else "partly"
    said = [sentence for line in lines for sentence in _lines(talk, verb, line.name, told.get(line.name))]
    what = talk.phrase(f"departure.{verb}.{how}", who=who)
    await talk.show(f"departure.{verb}", what=what, lines=[*said, *left])


def _is_done(told: Told) -> bool:
    return "is" in told and told["is"]["how"] not in PARTLY and not told["is"]["left"]


def _lines(talk: Talk, verb: str, name: str, told: Told | None) -> list[str]:
    what = talk.phrase(f"departure.name.{name}")
    if told is None:
        return [talk.phrase("departure.line-waits", what=what)]
    if "away" in told:
        return [talk.phrase("departure.line-away", what=what)]
    if "refused" in told:
        why = talk.because(Refused(told["refused"], **told["words"]))
        return [talk.phrase("departure.line-refused", what=what, why=why)]
    return _found(talk, verb, name, what, told["is"])


def _found(talk: Talk, verb: str, name: str, what: str, told: Outcome) -> list[str]:
    if hidden := told.get("hidden"):
        told = {**told, "unseen": [*told["unseen"], talk.phrase("departure.hidden", n=hidden)]}
    rest = [talk.phrase(f"departure.line-{part}", what=what, names=told[part]) for part in REST if told.get(part)]
    if told["how"] == DONE:
        return [talk.phrase(f"departure.{verb}.{name}", what=what, names=told["names"]), *rest]
    if told["how"] == NONE and (told["left"] or told.get("held")):
        return rest
    return [talk.phrase(f"departure.line-{told['how']}", what=what, names=told["names"]), *rest]
