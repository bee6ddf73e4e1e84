"""Who leaves, with what of theirs is the lieu's; and the lines of a departure, each one thing in one service."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NotRequired, TypedDict

from bot.arrivals.departures import Departures
from bot.errors import Refused
from bot.services.service import LEFT, WHOLE, Holder
from bot.services.tenancy import AccountHandle
from bot.store.departures import Departure
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse

from ..keys import Keys

DONE, NOT, NONE, OFF, STAYS, STAYS_FOR, KEPT = "done", "not", "none", "off", "stays", "stays-for", "kept"
PARTLY = frozenset({NOT, "until-password", "open", "untold", "suspended", LEFT})


class Outcome(TypedDict):
    """What a line did: `how` it was found, of what `names`, what is `left` to a human, and where one has to look
    because the bot is `unseen` there; how many rooms are `hidden` from it, and the groups in which Nextcloud `held`
    them."""

    how: str
    names: list[str]
    left: list[str]
    unseen: list[str]
    hidden: NotRequired[int]
    held: NotRequired[list[str]]


class Whole(TypedDict):
    row: Departure
    address: str
    cloud: bool
    heir: str


@dataclass(frozen=True, slots=True)
class Leaving:
    """`row` is the departure's; its `login` is empty where the account is not the lieu's: then rooms alone are left.

    `address` is the Matrix account that is ours, and `has_cloud` whether the Nextcloud account is; `heir` is what the
    person is called who looks after what was theirs.
    """

    keys: Keys
    departures: Departures
    row: Departure
    address: str
    has_cloud: bool
    heir: str

    @property
    def id(self) -> int:
        return self.row["id"]

    @property
    def person(self) -> str:
        return self.row["person"]

    @property
    def login(self) -> str:
        return self.row["login"]

    @property
    def synapse(self) -> Synapse | None:
        """Where there is an account of ours on it."""
        return self.keys.synapse if self.address else None

    @property
    def cloud(self) -> Nextcloud | None:
        """Where the account on it is made by the bot, and theirs is."""
        cloud = self.keys.cloud
        return cloud if cloud is not None and cloud.accounts.source == "bot" and self.login and self.has_cloud else None

    @property
    def accounts(self) -> dict[str, AccountHandle]:
        """Theirs in each service that is the lieu's to touch."""
        return self.keys.services.accounts_of(Holder(self.login, self.address, self.has_cloud))

    async def take(self, what: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """Note what is there before it is taken; returns all that was noted of it, also by an earlier try."""
        await self.departures.take(self.id, what, found)
        return (await self.departures.get(self.id))["taken"][what]


async def whole(talk: Talk, keys: Keys, departures: Departures, id: int) -> Leaving:
    found = await talk.look("leaving", _read, keys, departures, id)
    return Leaving(keys, departures, found["row"], found["address"], found["cloud"], found["heir"])


async def _read(keys: Keys, departures: Departures, id: int) -> Whole:
    row = await departures.get(id)
    row["login"] = row["login"] if await is_theirs(keys, row) else ""
    addresses = [row["person"], keys.facts.local(row["login"])] if row["login"] else []
    ours = [one for one in addresses if await keys.owns("matrix", one)]
    cloud = bool(row["login"]) and await keys.owns("nextcloud", row["login"])
    heir = await keys.facts.display_name(row["heir"]) if row["heir"] else ""
    return {"row": row, "address": ours[0] if ours else "", "cloud": cloud, "heir": heir}


async def is_theirs(keys: Keys, row: Departure) -> bool:
    """Whether the account is the one that they had when they left: it may have been closed since, and its name be
    somebody else's."""
    accounts = await keys.ownership.owned(keys.lieu.id, "directory", "account")
    account = accounts.get(row["login"])
    return account is not None and account["at"] == row["account"]


async def tell(talk: Talk, keys: Keys, person: str, step: str, **words: Any) -> None:
    """In private, in kind words."""
    by = await talk.look("by", keys.facts.display_name, talk.person)
    try:
        room = await talk.do("private", keys.rooms.direct, person)
    except Refused:
        await talk.say("not-told")
        return
    await talk.say(step, to=room, lieu=keys.lieu.name, by=by, **words)


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
