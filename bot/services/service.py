"""What the bot knows of a service beside the service itself: one description each, in the file of its name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypedDict, TypeVar
from urllib.parse import urlsplit

from bot.services.environment import Sources
from integrations.findings import Finding
from integrations.outbound import Outside

S = TypeVar("S")  # its settings
P = TypeVar("P")  # the service, or what stands in its place for a lieu without it

Sentence = tuple[str, str, str]
"""What was looked at, said when it is well, said when it is not."""

DONE, OUT, NONE = "done", "done-and-out", "none"
WHOLE = frozenset({DONE, OUT, NONE})  # every other answer leaves something to a human
LEFT, STILL, WITH_FILES = "elsewhere", "still", "with-files"


@dataclass(frozen=True, slots=True)
class Question:
    """One setting. With `options`, one of them; `unless` is another setting that makes this one needless. `again`: an
    earlier section has asked it already, and it is asked here only where it is still missing. `when`: only where that
    setting begins so."""

    name: str
    words: str
    default: str = ""
    options: Sequence[str] = ()
    unless: str = ""
    again: bool = False
    when: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Section:
    """Questions of `setup` that are looked at together. `invitation` is asked first; `needs` is an earlier answer, and
    `unless` one with which they make no sense; `more` are settings that belong here and are not asked. Unless
    `is_checked`, a later one looks at its service."""

    title: str
    questions: Sequence[Question]
    invitation: str = ""
    needs: tuple[str, str] | None = None
    unless: tuple[str, str] | None = None
    more: Sequence[str] = ()
    is_checked: bool = True

    @property
    def names(self) -> set[str]:
        return {question.name for question in self.questions} | set(self.more)

    @property
    def own(self) -> set[str]:
        """Those that no earlier section has asked."""
        return self.names - {question.name for question in self.questions if question.again}


def host_of(url: str) -> str:
    """The name of the machine in an address of ours."""
    return urlsplit(url).hostname or ""


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
    into others are the first. `last_seen` is when somebody was there last, whoever made their account (ms; 0 where
    nobody knows, which is no absence); None where the service does not say. `tells`: whether it says so of whoever
    stayed away for long too, as it is set up; None where it always does.
    """

    turn: int
    ref: Callable[[P, Holder], str]
    set_open: Callable[[P, str, bool], Awaitable[str]]
    state: Callable[[P, str], Awaitable[str]]
    close: Callable[[P, str], Awaitable[str]] | None = None
    last_seen: Callable[[P, Holder], Awaitable[int]] | None = None
    tells: Callable[[P], Awaitable[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody to whom an account is opened: `login` is what they are called in the lieu's other services, empty where
    they have no account there."""

    name: str
    login: str
    email: str


class Seen(TypedDict):
    """An account that was opened, as it is now. `ref` is what the service knows it by; `choice` what its holder may do
    there, empty while it is shut; `more`: a human gave them more than any choice of ours, and it is not ours to touch;
    `login` what they sign in with, `link` where they choose their password."""

    ref: str
    choice: str
    more: bool
    login: str
    link: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Openings(Generic[P]):
    """What an answer of an arrival, or a concierge, may open to somebody there: an account with one of `choices`, the
    least first. Every act makes it so, and returns once it was seen. A `ref` is one that is written down as the lieu's.

    `free` raises Refused where somebody has such an account already, which is then nobody's to touch. `make` opens it,
    after `free` saw none; told that it is done again, it goes on with what an earlier try has made, and else raises
    Refused where there is one by now. `look` is None where there is none any more; `is_whose` says whether it is this
    guest's, for two people may be called alike one after the other. `change` gives another choice, or none (""): then
    it is shut. `holds` is how much of theirs others read there, by `kinds`. `close` is for good, and what it holds goes
    to the account `heir`; empty for nobody: then what holds something stays, shut (`WITH_FILES`).
    """

    choices: Sequence[str]
    free: Callable[[P, Guest], Awaitable[None]]
    make: Callable[[P, Guest, str, bool], Awaitable[Seen]]
    look: Callable[[P, str], Awaitable[Seen | None]]
    is_whose: Callable[[P, str, Guest], Awaitable[bool]]
    change: Callable[[P, str, str], Awaitable[None]]
    holds: Callable[[P, str], Awaitable[Mapping[str, int]]]
    close: Callable[[P, str, str], Awaitable[str]]
    kinds: Collection[str] = ()

    def larger(self, one: str, other: str) -> str:
        """Of two choices, that which gives more; the other where one of them is none."""
        return max((one, other), key=lambda choice: self.choices.index(choice) if choice in self.choices else -1)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Trial(Generic[P]):
    """What only a person can see work: `words` ask for what `act` needs (nothing: it is not done), `seen` whether they
    saw it. `offered`: whether there is anything to try with these settings."""

    words: str
    act: Callable[[P, str], Awaitable[Finding]]
    seen: str
    offered: Callable[[Any], bool] = lambda _: True


async def _nothing(_: Any) -> Iterable[Finding]:
    return ()


async def _check(part: Any) -> Iterable[Finding]:
    found: Iterable[Finding] = await part.check()
    return found


async def answers(part: Any) -> None:
    """One light reading of a service that is there."""
    await part.answers()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Service(Generic[S, P]):
    """`name` is that of its words (`talk.service.NAME`) and of what is recorded as made there.

    Settings: `names` are all of them, `secrets` those that may be in a file of their own, `starts` how they begin: one
    of them set for a lieu, and the whole service is that lieu's own; so it is where the one that it is `part_of` is: a
    lieu with an SSO of its own has nothing of the common one. `read` is None where it is not set up; `addresses` are
    those that passwords go to in clear unless they begin with https://, by their settings.

    The service: `build` makes it from its settings (asking nothing yet; raises ImportError where a library is
    missing), `absent` is what a lieu without it has, `handed` what scripts may ask for, by type. `refused` says why it
    does not let the bot in, `look_again` whether it does by now.

    What `is_one_lieus` is nobody's in common: of several lieux, none has what was not given to it alone.

    People: `accounts` is what is done to theirs, None where they have none there; `openings` what may be opened to them
    besides, which has accounts of its own.

    `host` is the name of the machine that has what it keeps, for whoever answers for the data; empty where it is the
    homeserver, or none to be told. `answers` is one light reading, which the bot makes every few minutes: it raises
    Unavailable where nobody gets in. None where another service says how this one is.

    The operator: `check` are its findings, `tries` those that leave a trace (in `doctor` and `setup` alone). They are
    said by `sentences` (those of `hints` are neither well nor ill); `where` are the settings that say where it is,
    `sections` what `setup` asks, `trial` what it has them see for themselves.
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
    where: str
    hints: Sequence[str] = ()
    sections: Sequence[Section] = ()
    addresses: Callable[[S], Mapping[str, str]] = lambda _: {}
    check: Callable[[P], Awaitable[Iterable[Finding]]] = _check
    tries: Callable[[P], Awaitable[Iterable[Finding]]] = _nothing
    answers: Callable[[P], Awaitable[None]] | None = None
    refused: Callable[[P], str | None] = lambda _: None
    look_again: Callable[[P], Awaitable[None]] | None = None
    accounts: Accounts[Any] | None = None
    openings: Openings[Any] | None = None
    trial: Trial[P] | None = None
    part_of: Service[Any, Any] | None = None
    is_one_lieus: bool = False
    host: Callable[[P], str] = lambda _: ""

    async def examine(self, chosen: S | None) -> list[Finding]:
        """What `doctor` shows of it. Raises Unavailable."""
        if chosen is None:
            return [Finding(f"{self.name}-none", True)]
        try:
            part: Any = self.build(chosen, None)
        except ImportError:
            return [Finding(f"{self.name}-missing", False)]
        try:
            return [*await self.check(part), *await self.tries(part)]
        finally:
            await part.close()

    async def try_out(self, trial: Trial[P], chosen: S, answer: str) -> Finding:
        part: Any = self.build(chosen, None)
        try:
            return await trial.act(part, answer)
        finally:
            await part.close()
