"""What a script is: an ordinary function, its name, and the right that it needs. The decorators only describe."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints, is_typeddict

from bot.people import APART, EVERYWHERE, Place, Right, Role

Function = Callable[..., Awaitable[None]]
FAREWELL, EXPIRED = ("talk.cancelled",), "talk.expired"
UNSAID = Right(Role.OPERATOR, frozenset())  # by whoever it may be, nowhere
PLAIN = (str, int, float, bool, dict, list)


def days(n: float) -> timedelta:
    return timedelta(days=n)


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


@dataclass(frozen=True, slots=True)
class Patience:
    """After how long a question is asked again, the concierges are told, and the bot stops waiting."""

    remind: timedelta | None = None
    worry: timedelta | None = None
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """`takes` are the questions that a command's own line answers, in order: the last one takes the rest of it.
    Of `"one|other"`, either takes it, whichever is asked.

    `person`: the question that the author of the message answers to which the line replies.
    `farewell`: what is said when its person cancels it, and after it, if anything, what the concierges are told.
    `standing`: one of these always goes on for each lieu; the bot itself is its person, the conciergerie its room.
    `lasting`: the lieu wants it, whoever it began with: it goes on although they have left, or have no such right.
    `mends`: begun by the bot to ask for what it lacks, which its other conversations with itself go without.
    `discreet`: where it moves to a private conversation, the room is not told.
    `asks_from`: after how many answers « annuler » asks first whether to stop for good, and what was stopped can be
    taken up; never where it is None.
    `section`: where the help shows it.
    `patience`: how long the questions to its person wait; then their next words in the room are no answer any more.
    `silence`: what is said in the end where nobody answered; nothing by default, where a script says how long its
    questions wait. A refusal that it does not catch is told, and ends it too.
    `right`: what its action needs. One of the scripts that share an action says it, and the engine tells the others.
    """

    name: str
    function: Function
    action: str
    is_command: bool = False
    takes: tuple[str, ...] = ()
    person: str = ""
    wants: Mapping[str, type] = field(default_factory=dict)
    farewell: tuple[str, ...] = FAREWELL
    standing: bool = False
    lasting: bool = False
    mends: bool = False
    discreet: bool = False
    asks_from: int | None = None
    section: str = ""
    patience: Patience = field(default_factory=Patience)
    silence: str = EXPIRED
    right: Right = UNSAID

    @property
    def family(self) -> str:
        """The family of words: the name of the file that holds the script."""
        return self.function.__module__.rpartition(".")[2]

    @property
    def numbered(self) -> frozenset[str]:
        """The parameters that are not capabilities: they come from `args`."""
        return _parameters(self.function) - self.wants.keys() - {"talk"}


@cache
def _parameters(function: Function) -> frozenset[str]:
    return frozenset(inspect.signature(function).parameters)


def dialogue(
    name: str,
    *,
    action: str,
    role: Role | None = None,
    places: Collection[Place] = EVERYWHERE,
    farewell: tuple[str, ...] = FAREWELL,
    standing: bool = False,
    lasting: bool = False,
    mends: bool = False,
    asks_from: int | None = None,
    remind: timedelta | None = None,
    worry: timedelta | None = None,
    within: timedelta | None = None,
    silence: str | None = None,
) -> Callable[[Function], Script]:
    """A conversation that the bot begins; `action` is what its person must be allowed to do. The least `role` that may
    do it, and the `places` where it is said, stand beside one of the scripts that share an action."""
    more: Any = {
        "right": _right(role, places),
        "farewell": farewell,
        "standing": standing,
        "lasting": lasting,
        "mends": mends,
        "asks_from": asks_from,
        "patience": Patience(remind, worry, within),
        "silence": _said_after(within, silence),
    }
    return lambda function: Script(name, function, action, wants=wanted(function), **more)


def command(
    name: str,
    *,
    action: str,
    role: Role | None = None,
    places: Collection[Place] = EVERYWHERE,
    takes: tuple[str, ...] = (),
    person: str = "",
    discreet: bool = False,
    asks_from: int | None = None,
    within: timedelta | None = None,
    silence: str | None = None,
) -> Callable[[Function], Script]:
    """A conversation that a person begins with `!word`; `command.<name>.word` of the catalogue holds the words."""
    more: Any = {
        "right": _right(role, places),
        "discreet": discreet,
        "person": person,
        "asks_from": asks_from,
        "patience": Patience(within=within),
        "silence": _said_after(within, silence),
    }
    return lambda function: Script(name, function, action, True, takes, wants=wanted(function), **more)


def _said_after(within: timedelta | None, silence: str | None) -> str:
    return silence if silence is not None else "" if within else EXPIRED


def _right(role: Role | None, places: Collection[Place]) -> Right:
    return UNSAID if role is None else Right(role, frozenset(places))


def rights_of(scripts: Iterable[Script]) -> dict[str, Right]:
    """Every action that a person can ask of the bot, with its right. Raises ValueError where it is said twice, or not
    at all."""
    rights, scripts = dict(APART), list(scripts)
    for script in scripts:
        if script.right is not UNSAID:
            if script.action in rights:
                raise ValueError(f"the right to {script.action} is said twice: in {script.name} too")
            rights[script.action] = script.right
    if unsaid := {script.action for script in scripts} - rights.keys():
        raise ValueError(f"nobody says who has the right to {', '.join(sorted(unsaid))}")
    return rights


def wanted(by: Any) -> dict[str, type]:
    """The parameters that are capabilities, by the type that they are annotated with (`X | None` counts as X)."""
    kinds = {name: _kind(hint) for name, hint in get_type_hints(by).items() if name not in ("talk", "return")}
    return {
        name: kind for name, kind in kinds.items() if (get_origin(kind) or kind) not in PLAIN and not is_typeddict(kind)
    }


def _kind(hint: Any) -> Any:
    others = [kind for kind in get_args(hint) if kind is not type(None)]
    return others[0] if isinstance(hint, UnionType) else hint
