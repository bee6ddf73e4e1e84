"""The lines of a departure, each one thing in one service: done one after the other, told in one edited message."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal, NotRequired, TypedDict

from bot.errors import Refused
from bot.services.registry import OPENINGS
from bot.services.service import LEFT, WHOLE, WITH_FILES
from bot.talk.outages import Told, tried
from bot.talk.talk import Talk

from .leaver import Leaving

DONE, NOT, NONE, OFF, STAYS, STAYS_FOR, KEPT = "done", "not", "none", "off", "stays", "stays-for", "kept"
BEFORE, SHARED = "before", "shared"  # it was there before the bot · another lieu has somebody in it
HANDED = "handed"
PARTLY = frozenset({NOT, "until-password", "open", "untold", "suspended", LEFT, WITH_FILES})
REST: tuple[Literal["left", "unseen", "held"], ...] = ("left", "unseen", "held")
IN_ROOMS = ("keys", "rooms")
SOON = timedelta(minutes=1)


class Outcome(TypedDict):
    """What a line did: `how` it was found, of what `names`, what is `left` to a human, and where one has to look
    because the bot is `unseen` there; how many rooms are `hidden` from it, the groups in which Nextcloud `held` them,
    and the `command` with which whoever administers it does what is left, `unfinished` where a username is missing."""

    how: str
    names: list[str]
    left: list[str]
    unseen: list[str]
    hidden: NotRequired[int]
    held: NotRequired[list[str]]
    command: NotRequired[str]
    unfinished: NotRequired[bool]


@dataclass(frozen=True, slots=True)
class Line:
    """`act` makes it so, and reads it back from its service."""

    name: str
    act: Callable[[], Awaitable[Outcome]]


def made(how: str, names: Iterable[str] = (), left: Iterable[str] = ()) -> Outcome:
    return {"how": how, "names": list(names), "left": list(left), "unseen": []}


def as_seen(told: str) -> Outcome:
    """Of one door of an account, what its service was seen to do."""
    return made(told if told not in WHOLE else NONE if told == NONE else DONE)


def as_wanted(it_is: bool) -> Outcome:
    return made(DONE if it_is else NOT)


def in_parts(names: Iterable[str], left: Iterable[str]) -> Outcome:
    """Of several things, those that are done and those that are left."""
    left = list(left)
    finished = [name for name in names if name not in left]
    return made(DONE if finished else NONE, finished, left)


def while_it_is(leaving: Leaving, status: str, lines: Iterable[Line]) -> list[Line]:
    """The same lines, each left alone once the departure has gone elsewhere: late is not against somebody's will."""
    return [Line(line.name, partial(_unless_changed, leaving, status, line)) for line in lines]


async def _unless_changed(leaving: Leaving, status: str, line: Line) -> Outcome:
    now = (await leaving.departures.get(leaving.id))["status"]
    return await line.act() if now == status else made(OFF)


async def where_allowed(act: Awaitable[object]) -> None:
    """What is refused in one room or folder stops nothing: it is read back, and told."""
    try:
        await act
    except Refused:
        return


# -- one after the other; what is away is finished once it is back


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
    causes: set[str] = set()
    said = [sentence for line in lines for sentence in _lines(talk, verb, line.name, told.get(line.name), causes)]
    what = talk.phrase(f"departure.{verb}.{how}", who=who)
    await talk.show(f"departure.{verb}", what=what, lines=[*said, *left])


def _is_done(told: Told) -> bool:
    return "is" in told and told["is"]["how"] not in PARTLY and not told["is"]["left"]


def _lines(talk: Talk, verb: str, name: str, told: Told | None, causes: set[str]) -> list[str]:
    """A service that is away has several lines: which of the `causes` it is was said in the first of them."""
    what = talk.service(name) if name in OPENINGS else talk.phrase(f"departure.name.{name}")
    if told is None:
        return [talk.phrase("departure.line-waits", what=what)]
    if "away" in told:
        if why := talk.away(told):
            how = "likewise" if why in causes else "because"
            causes.add(why)
            return [talk.phrase(f"departure.line-away-{how}", what=what, why=why)]
        return [talk.phrase("departure.line-away", what=what)]
    if "refused" in told:
        why = talk.because(Refused(told["refused"], **told["words"]))
        return [talk.phrase("departure.line-refused", what=what, why=why)]
    return _found(talk, verb, name, what, told["is"])


def _found(talk: Talk, verb: str, name: str, what: str, told: Outcome) -> list[str]:
    if hidden := told.get("hidden"):
        told = {**told, "unseen": [*told["unseen"], talk.phrase("departure.hidden", n=hidden)]}
    rest = [talk.phrase(_line(name, part), what=what, names=told[part]) for part in REST if told.get(part)]
    if told["how"] == DONE:
        return [talk.phrase(f"departure.{verb}.{_family(name)}", what=what, names=told["names"]), *rest]
    if told["how"] == NONE and (told["left"] or told.get("held")):
        return rest
    if command := told.get("command"):
        kind = "unfinished" if told.get("unfinished") else "command"
        rest.append(talk.phrase(f"departure.line-{kind}", command=command))
    how = "held-back" if name in OPENINGS and told["how"] == WITH_FILES else told["how"]
    return [talk.phrase(f"departure.line-{how}", what=what, names=told["names"]), *rest]


def _line(name: str, part: str) -> str:
    """What is left in rooms wants for a right that somebody gives there."""
    return "departure.line-left-there" if part == "left" and name in IN_ROOMS else f"departure.line-{part}"


def _family(name: str) -> str:
    """What is said of all services where accounts are opened is said in the same words."""
    return "opened" if name in OPENINGS else name
