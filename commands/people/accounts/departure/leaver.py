"""Who leaves, with what of theirs is the lieu's; and the days of their departure, in the lieu's own zone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, TypedDict, cast
from zoneinfo import ZoneInfo

from bot.arrivals.departures import Departures
from bot.arrivals.members import search
from bot.errors import Refused
from bot.lieux import Lieu
from bot.services.service import Holder
from bot.services.tenancy import AccountHandle
from bot.store.departures import Departure
from bot.talk import Whom
from bot.talk.pagination import Nobody, Somebody, pick_person
from bot.talk.ports import Clock
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse

from ..lookup import LookedAt, Tools, label

MORNING = 9  # o'clock: when somebody who was told goes


class Leaver(LookedAt):
    """`ours`: their account is this lieu's."""

    ours: bool


async def who_leaves(talk: Talk, tools: Tools, departures: Departures) -> tuple[Somebody | None, bool]:
    """Also whoever is leaving already; and whether « annuler » was said before the name."""
    said = await talk.ask("who", Whom(verb="departure.words.take-back"))
    first, _, rest = said.partition(" ")
    taking_back = talk.means("departure.words.take-back", first)
    rows = partial(_leaving, tools, departures, rest) if taking_back else partial(_anybody, tools, departures, said)
    try:
        which = "which-back" if taking_back else "which"
        row = await pick_person(talk, which, rows, partial(label, tools), alone=True, said=said)
    except Nobody:
        await talk.say("nobody-leaves" if taking_back else "nobody", said=said)
        return None, taking_back
    return row, taking_back


async def _leaving(tools: Tools, departures: Departures, said: str) -> list[Somebody]:
    rows: list[Somebody] = [*await departures.in_progress(tools.lieu.id)]
    return search(rows, said) if said else rows


async def _anybody(tools: Tools, departures: Departures, said: str) -> list[Somebody]:
    known, me = await tools.members.known(tools.lieu), tools.facts.me
    present = {row["person"] for row in known} | {me}
    begun: list[Somebody] = [*await departures.in_progress(tools.lieu.id), *await _arriving(tools)]
    others = {row["person"]: row for row in begun if row["person"] not in present}
    bot: Somebody = {"person": me, "name": await tools.facts.display_name(me), "login": ""}
    return search([*known, *others.values(), bot], said)


async def _arriving(tools: Tools) -> list[Somebody]:
    rows = await tools.arrivals.in_progress(tools.lieu.id)
    return [{"person": row["person"], "name": row["name"] or row["person"], "login": ""} for row in rows]


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

    tools: Tools
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
        return self.tools.synapse if self.address else None

    @property
    def cloud(self) -> Nextcloud | None:
        """Where the account on it is made by the bot, and theirs is."""
        cloud = self.tools.cloud
        return cloud if cloud is not None and cloud.accounts.source == "bot" and self.login and self.has_cloud else None

    @property
    def accounts(self) -> dict[str, AccountHandle]:
        """Theirs in each service that is the lieu's to touch."""
        return self.tools.services.accounts_of(Holder(self.login, self.address, self.has_cloud))

    async def take(self, what: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """Note what is there before it is taken; returns all that was noted of it, also by an earlier try."""
        await self.departures.take(self.id, what, found)
        return (await self.departures.get(self.id))["taken"][what]


async def whole(talk: Talk, tools: Tools, departures: Departures, id: int) -> Leaving:
    found = await talk.look("leaving", _read, tools, departures, id)
    return Leaving(tools, departures, found["row"], found["address"], found["cloud"], found["heir"])


async def _read(tools: Tools, departures: Departures, id: int) -> Whole:
    row = await departures.get(id)
    row["login"] = row["login"] if await is_theirs(tools, row) else ""
    addresses = [row["person"], tools.facts.local(row["login"])] if row["login"] else []
    ours = [one for one in addresses if await tools.owns("matrix", one)]
    cloud = bool(row["login"]) and await tools.owns("nextcloud", row["login"])
    heir = await tools.facts.display_name(row["heir"]) if row["heir"] else ""
    return {"row": row, "address": ours[0] if ours else "", "cloud": cloud, "heir": heir}


async def is_theirs(tools: Tools, row: Departure) -> bool:
    """Whether the account is the one that they had when they left: it may have been closed since, and its name be
    somebody else's."""
    accounts = await tools.ownership.owned(tools.lieu.id, "directory", "account")
    account = accounts.get(row["login"])
    return account is not None and account["at"] == row["account"]


async def tell(talk: Talk, tools: Tools, person: str, step: str, **words: Any) -> None:
    """In private, in kind words."""
    by = await talk.look("by", tools.facts.display_name, talk.person)
    try:
        room = await talk.do("private", tools.rooms.direct, person)
    except Refused:
        await talk.say("not-told")
        return
    await talk.say(step, to=room, lieu=tools.lieu.name, by=by, **words)


# -- the days


def today(lieu: Lieu, clock: Clock) -> date:
    return day_of(lieu, clock.now())


def day_of(lieu: Lieu, at: int) -> date:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(lieu.choices.zone)).date()


def end_of(row: Departure) -> int:
    """The instant when it closes (ms), of one that is locked."""
    return cast(int, row["closes_at"])


def morning(lieu: Lieu, day: date) -> int:
    return int(datetime(day.year, day.month, day.day, MORNING, tzinfo=ZoneInfo(lieu.choices.zone)).timestamp() * 1000)


def until(clock: Clock, at: int) -> timedelta:
    return timedelta(milliseconds=max(0, at - clock.now()))


def ms(length: timedelta) -> int:
    return int(length.total_seconds() * 1000)
