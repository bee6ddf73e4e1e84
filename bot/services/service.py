"""What the bot knows of a service beside the service itself: one description each, in the file of its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.services.environment import Sources
from integrations.findings import Finding
from integrations.outbound import Outside

S = TypeVar("S")  # its settings
P = TypeVar("P")  # the service, or what stands in its place for a lieu without it

Sentence = tuple[str, str, str]
"""What was looked at, said when it is well, said when it is not."""

DONE, OUT, NONE = "done", "done-and-out", "none"
WHOLE = frozenset({DONE, OUT, NONE})  # every other answer leaves something to a human
LEFT, STILL = "elsewhere", "still"


@dataclass(frozen=True, slots=True)
class Question:
    """One setting. With `options`, one of them; `unless` is another setting that makes this one needless. `again`: an
    earlier section has asked it already, and it is asked here only where it is still missing."""

    name: str
    words: str
    default: str = ""
    options: Sequence[str] = ()
    unless: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Questions of `setup` that are looked at together. `invitation` is asked first; `needs` is an earlier answer;
    `more` are settings that belong here and are not asked. Unless `is_checked`, a later one looks at its service."""

    title: str
    questions: Sequence[Question]
    invitation: str = ""
    needs: tuple[str, str] | None = None
    more: Sequence[str] = ()
    is_checked: bool = True

    @property
    def names(self) -> set[str]:
        return {question.name for question in self.questions} | set(self.more)

    @property
    def own(self) -> set[str]:
        """Those that no earlier section has asked."""
        return self.names - {question.name for question in self.questions if question.again}


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody, by the accounts that a lieu made for them: `login` in its directory, `address` on its homeserver, both
    empty where there is none, and whether there is one in its `cloud`."""

    login: str
    address: str
    cloud: bool


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Accounts(Generic[P]):
    """What is done to an account of somebody: every act makes it so, and says what it was seen to do (`WHOLE`, or what
    is left to a human).

    `ref` is what it is called there, empty where none is the lieu's to touch. `state` is "open", "none", or anything
    else that is shut; `close` is for good, None where that is nobody's but the service's own. `turn`: accounts that let
    into others are the first.
    """

    turn: int
    ref: Callable[[P, Holder], str]
    set_open: Callable[[P, str, bool], Awaitable[str]]
    state: Callable[[P, str], Awaitable[str]]
    close: Callable[[P, str], Awaitable[str]] | None = None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trial(Generic[P]):
    """What only a person can see work: `words` ask for what `act` needs (nothing: it is not done), `seen` whether they
    saw it."""

    words: str
    act: Callable[[P, str], Awaitable[Finding]]
    seen: str


async def _check(part: Any) -> Iterable[Finding]:
    found: Iterable[Finding] = await part.check()
    return found


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Service(Generic[S, P]):
    """`name` is that of its words (`talk.service.NAME`) and of what is recorded as made there.

    Settings: `names` are all of them, `secrets` those that may be in a file of their own, `starts` how they begin: one
    of them set for a lieu, and the whole service is that lieu's own. `read` is None where it is not set up; `addresses`
    are those that passwords go to in clear unless they begin with https://, by their settings.

    The service: `build` makes it from its settings (asking nothing yet; raises ImportError where a library is
    missing), `absent` is what a lieu without it has, `handed` what scripts may ask for, by type. `refused` says why it
    does not let the bot in, `look_again` whether it does by now.

    People: `accounts` is what is done to theirs, None where they have none there.

    The operator: `check` are its findings, said by `sentences` (those of `hints` are neither well nor ill), `sections`
    what `setup` asks, `trial` what it has them see for themselves.
    """

    name: str
    names: Sequence[str]
    secrets: Sequence[str]
    starts: Sequence[str]
    read: Callable[[Sources], S | None]
    build: Callable[[S, Outside | None], P]
    absent: P
    handed: Callable[[P], Mapping[type, object]]
    sentences: Mapping[str, Sentence]
    hints: Sequence[str] = ()
    sections: Sequence[Section] = ()
    addresses: Callable[[S], Mapping[str, str]] = lambda _: {}
    check: Callable[[P], Awaitable[Iterable[Finding]]] = _check
    refused: Callable[[P], str | None] = lambda _: None
    look_again: Callable[[P], Awaitable[None]] | None = None
    accounts: Accounts[Any] | None = None
    trial: Trial[P] | None = None

    async def examine(self, chosen: S | None) -> list[Finding]:
        """What `doctor` shows of it. Raises Unavailable."""
        if chosen is None:
            return [Finding(f"{self.name}-none", True)]
        try:
            part: Any = self.build(chosen, None)
        except ImportError:
            return [Finding(f"{self.name}-missing", False)]
        try:
            return [*await self.check(part)]
        finally:
            await part.close()

    async def try_out(self, trial: Trial[P], chosen: S, answer: str) -> Finding:
        part: Any = self.build(chosen, None)
        try:
            return await trial.act(part, answer)
        finally:
            await part.close()
