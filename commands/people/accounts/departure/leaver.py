"""Who leaves, with what of theirs is the lieu's; and the days of their departure, in the lieu's own zone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NotRequired, TypedDict, cast
from zoneinfo import ZoneInfo

from bot.arrivals.departures import Departures
from bot.arrivals.members import search
from bot.errors import Refused
from bot.lieux import Lieu
from bot.services.member_contacts import Held
from bot.services.nextcloud import makes_accounts
from bot.services.opened_accounts import OpenedAccount, Refs
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


async def who_leaves(
    talk: Talk, tools: Tools, departures: Departures, says_when: Callable[[str], bool]
) -> tuple[Somebody | None, bool, str]:
    """Also whoever is leaving already; whether « annuler » was said before the name, and what `says_when` behind it."""
    said, when = await talk.ask("who", Whom(verbs=("departure.words.take-back",), more=True)), ""
    first, _, rest = said.partition(" ")
    taking_back = talk.means("departure.words.take-back", first)
    if not taking_back:
        said, when = await talk.look("apart", _apart, tools, departures, said, says_when)
    rows = partial(_leaving, tools, departures, rest) if taking_back else partial(_anybody, tools, departures, said)
    try:
        which = "which-back" if taking_back else "which"
        row = await pick_person(talk, which, rows, partial(label, tools), alone=True, said=said)
    except Nobody:
        await talk.say("nobody-leaves" if taking_back else "nobody", said=said)
        return None, taking_back, when
    return row, taking_back, when


async def _leaving(tools: Tools, departures: Departures, said: str) -> list[Somebody]:
    rows: list[Somebody] = [*await departures.in_progress(tools.lieu.id)]
    return search(rows, said) if said else rows


async def _apart(tools: Tools, departures: Departures, said: str, says_when: Callable[[str], bool]) -> list[str]:
    """« Zoé Martin vendredi » is « Zoé Martin », « vendredi », unless somebody is called all of that: « Zoé Avril »."""
    everybody, words = await _everybody(tools, departures), said.split()
    for n in range(1, 0 if search(everybody, said) else len(words)):
        who, when = " ".join(words[:n]), " ".join(words[n:])
        if says_when(when) and search(everybody, who):
            return [who, when]
    return [said, ""]


async def _anybody(tools: Tools, departures: Departures, said: str) -> list[Somebody]:
    return search(await _everybody(tools, departures), said)


async def _everybody(tools: Tools, departures: Departures) -> list[Somebody]:
    known, me = await tools.members.known(tools.lieu), tools.facts.me
    present = {row["person"] for row in known} | {me}
    begun: list[Somebody] = [*await departures.in_progress(tools.lieu.id), *await _arriving(tools)]
    others = {row["person"]: row for row in begun if row["person"] not in present}
    bot: Somebody = {"person": me, "name": await tools.facts.display_name(me), "login": ""}
    return [*known, *others.values(), bot]


async def _arriving(tools: Tools) -> list[Somebody]:
    rows = await tools.arrivals.in_progress(tools.lieu.id)
    return [{"person": row["person"], "name": row["name"] or row["person"], "login": ""} for row in rows]


class Whole(TypedDict):
    row: Departure
    address: str
    cloud: bool
    heir: str
    contact: NotRequired[Held | None]
    opened: NotRequired[Refs]
    inherits: NotRequired[Refs]


@dataclass(frozen=True, slots=True)
class Leaving:
    """`row` is the departure's; its `login` is empty where the account is not the lieu's: then rooms are left, and what
    was `opened` besides.

    `address` is the Matrix account that is ours, and `has_cloud` whether the Nextcloud account is; `heir` is what the
    person is called who looks after what was theirs, and `inherits` their accounts where something was opened;
    `contact` is theirs in Odoo.
    """

    tools: Tools
    departures: Departures
    row: Departure
    address: str
    has_cloud: bool
    heir: str
    opened: Refs
    inherits: Refs
    contact: Held | None

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
        made = makes_accounts(cloud, self.tools.directory)
        return cloud if made and self.login and self.has_cloud else None

    @property
    def accounts(self) -> dict[str, AccountHandle | OpenedAccount]:
        """Theirs in each service that is the lieu's to touch."""
        own = self.tools.services.accounts_of(Holder(self.login, self.address, self.has_cloud))
        return {**own, **self.tools.opened_accounts.handles(self.opened)}

    async def take(self, what: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """Note what is there before it is taken; returns all that was noted of it, also by an earlier try."""
        await self.departures.take(self.id, what, found)
        return (await self.departures.get(self.id))["taken"][what]


async def whole(
    talk: Talk, tools: Tools, departures: Departures, id: int, *, step: str = "leaving", item: str = ""
) -> Leaving:
    found = await talk.look(step, _read, tools, departures, id, item=item)
    opened, inherits, contact = found.get("opened", {}), found.get("inherits", {}), found.get("contact")
    row, address, cloud, heir = found["row"], found["address"], found["cloud"], found["heir"]
    return Leaving(tools, departures, row, address, cloud, heir, opened, inherits, contact)


async def _read(tools: Tools, departures: Departures, id: int) -> Whole:
    row = await departures.get(id)
    row["login"] = row["login"] if await is_theirs(tools, row) else ""
    addresses = [row["person"], tools.facts.local(row["login"])] if row["login"] else []
    ours = [one for one in addresses if await tools.owns("matrix", one)]
    cloud = bool(row["login"]) and await tools.owns("nextcloud", row["login"])
    heir = await tools.facts.display_name(row["heir"]) if row["heir"] else ""
    opened = await tools.opened_accounts.of(*tools.addresses(row["person"], row["login"]))
    return {
        "row": row,
        "address": ours[0] if ours else "",
        "cloud": cloud,
        "heir": heir,
        "opened": opened,
        "inherits": await tools.opened_accounts.of(row["heir"]) if row["heir"] else {},
        "contact": await tools.contacts.held(row["person"]) if tools.contacts.odoo else None,
    }


async def is_theirs(tools: Tools, row: Departure) -> bool:
    """Whether the account is the one that they had when they left: it may have been closed since, and its name be
    somebody else's."""
    accounts = await tools.ownership.owned(tools.lieu.id, "directory", "account")
    account = accounts.get(row["login"])
    return account is not None and account["at"] == row["account"]


async def is_anything_theirs(tools: Tools, row: Departure) -> bool:
    """Whether there is an account to close: that of the lieu, or one that was opened besides."""
    if row["login"] and await is_theirs(tools, row):
        return True
    return bool(await tools.opened_accounts.of(*tools.addresses(row["person"], "")))


class Word(TypedDict):
    """What somebody was told in private: in which `room`, and the `letter` that it is."""

    room: str
    letter: str


async def tell(talk: Talk, tools: Tools, person: str, step: str, **words: Any) -> Word | None:
    """In private, in kind words; None where that is not possible, which is said."""
    by = await talk.look("by", tools.facts.display_name, talk.person)
    try:
        room = await talk.do("private", tools.rooms.direct, person)
    except Refused:
        await talk.say("not-told")
        return None
    await talk.say(step, to=room, lieu=tools.lieu.name, by=by, **words)
    return {"room": room, "letter": talk.letter(step)}


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
