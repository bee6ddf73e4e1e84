"""What a lieu may bring along from another bot: its file was written by others, and is read as a stranger's.

First whether it is a lieu at all (`sound`), then whether it takes another's place (`foreign`), then which of the things
that it calls its own are shown as such by the services here (`Inspection`). The rest stays outside, and is told.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from bot.arrivals.arrival_path import ArrivalPath
from bot.lieux import ACTS_FOR_TWO, KEPT, LONGEST_HOURS, MOST_ROOM, Choices, Lieu, rooms_of
from bot.lieux import every as every_lieu
from bot.matrix.markup import clean, one_line
from bot.network import envelope
from bot.network.outgoing import wire_id
from bot.operator import opened_checks
from bot.services.directory import DIRECTORY
from bot.services.member_contacts import CONTACT
from bot.services.nextcloud import NEXTCLOUD
from bot.services.opened_accounts import BEGUN
from bot.services.registry import SERVICES
from bot.services.settings import setting_name
from bot.services.tenancy import NOTHING, Services
from bot.settings import LANGUAGES, USER_ID
from bot.store.database import Tx
from bot.store.erasures import Erasure
from bot.store.lieu_rows import Row, Rows
from bot.store.ownership import ACCOUNT, ADOPTED, PASSWORD
from integrations.directory import Directory
from integrations.errors import NotFound, Refused
from integrations.lookalikes import alike
from integrations.nextcloud import Nextcloud, holds, overlap
from integrations.reserved_names import administers, is_reserved

ROOM = re.compile(r"![^\s\x00]{1,254}")
OBJECTS = {
    "lieux": ("choices", "words"),
    "acts": ("words",),
    "network_lieux": ("choices",),
    "requests": ("body",),
    "held": ("body",),
    "agreements": ("people",),
    "departures": ("taken",),
    "paths": ("content",),
}
NEEDED = ("lieux", "arrivals", "owned", "acts", "cards", "networks", "network_lieux", "requests")
TOLD_ABOUT = frozenset({"acts", "lines", "requests", "networks", "held"})  # they may name what is others'
LONGEST_EMAIL = 254
LATEST = 4_102_444_800_000  # the year 2100, in milliseconds
LARGEST = 2**53
INSTANTS = ("at", "since", "until", "due")
# Kinds that say more of an account, or a contact, which is told; and what had only begun.
UNTOLD = (ADOPTED, PASSWORD, BEGUN, *(kind for kind in opened_checks.CONTACT_KINDS if kind != CONTACT))


class Unsound(ValueError):
    """Not a lieu that was exported; the place in the file where that shows."""


# -- is it a lieu


def sound(rows: object) -> Rows:
    """The rows of a file, each value of the kind that the tables and those who read them want. Raises Unsound."""
    if not isinstance(rows, dict) or any(name not in rows for name in NEEDED):
        raise Unsound("rows")
    for table, found in rows.items():
        if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
            raise Unsound(table)
        for row in found:
            _sound_row(table, row)
    if len(rows["lieux"]) != 1:
        raise Unsound("lieux")
    _sound_lieu(rows["lieux"][0])
    rows["requests"] = [row for row in rows["requests"] if _is_request(row)]
    rows["held"] = [row for row in rows.get("held", ()) if _is_envelope(row.get("kind"), row.get("body"))]
    for row in rows.get("paths", ()):
        row["content"] = json.dumps(ArrivalPath.load(json.loads(row["content"])).dump())
    return rows


def erased(told: object, space: str) -> tuple[Erasure, ...] | None:
    """What a file tells of erasures in its lieu; None where it tells nothing of them. Raises Unsound."""
    if told is None:
        return None
    found = [Erasure.read(one) for one in told] if isinstance(told, list) else [None]
    if any(one is None or not one.means(space) or not 0 <= one.at <= LATEST for one in found):
        raise Unsound("erasures")
    return tuple(one for one in found if one)


def _sound_row(table: str, row: Row) -> None:
    for name, value in row.items():
        instant = name in INSTANTS or name.endswith("_at")
        if isinstance(value, bool) or not isinstance(value, str | int | None):
            raise Unsound(f"{table}.{name}")
        if isinstance(value, int) and not (0 <= value <= LATEST if instant else abs(value) <= LARGEST):
            raise Unsound(f"{table}.{name}")
        if isinstance(value, str) and any(unicodedata.category(c) == "Cs" or c == "\x00" for c in value):
            raise Unsound(f"{table}.{name}")
    for name in OBJECTS.get(table, ()):
        if not isinstance(_parsed(row.get(name)), dict):
            raise Unsound(f"{table}.{name}")
    if table == "memberships" and not _is_membership(row):
        raise Unsound("memberships")
    if table == "silences" and not isinstance(_parsed(row.get("before")), int | None):
        raise Unsound("silences.before")


def _is_membership(row: Row) -> bool:
    """As our own reading of it would have it: its name is said by the bot, its days are counted."""
    texts = [row.get(name) for name in ("name", "email")]
    days = [row.get("since_day"), row.get("last_day") or row.get("since_day")]
    person = row.get("person")
    return (
        all(isinstance(one, str) and len(one) <= LONGEST_EMAIL and one == one_line(one) for one in texts)
        and all(map(_is_day, days))
        and (person is None or (isinstance(person, str) and USER_ID.fullmatch(person) is not None))
    )


def _is_day(told: object) -> bool:
    try:
        return isinstance(told, str) and date.fromisoformat(told).isoformat() == told
    except ValueError:
        return False


def _parsed(text: object) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else MISSING
    except (ValueError, RecursionError):
        return MISSING


def _is_envelope(kind: object, text: object) -> bool:
    try:
        envelope.check(str(kind) if kind in envelope.KINDS else "", _parsed(text))
    except (envelope.BadEnvelope, OSError, ValueError, KeyError, TypeError):
        return False
    return True


def _wire(row: Mapping[str, Any]) -> str:
    """What its own lieu calls a request."""
    return str(row.get("wire") or row.get("id"))


def _is_request(row: Row) -> bool:
    body = _parsed(row.get("body"))
    same = isinstance(body, dict) and (body.get("id"), body.get("lieu")) == (_wire(row), row.get("home"))
    return same and _is_envelope("request", row.get("body"))


def _sound_lieu(row: Row) -> None:
    if not isinstance(row.get("space"), str) or not ROOM.fullmatch(row["space"]):
        raise Unsound("lieux.space")
    if not isinstance(row.get("name"), str) or not row["name"].strip() or not row["name"].isprintable():
        raise Unsound("lieux.name")
    told, choices = json.loads(row["choices"]), {}
    for one in fields(Choices):
        if one.name in told:
            if not _is_choice(one.name, one.default, told[one.name]):
                raise Unsound(f"lieux.choices.{one.name}")
            choices[one.name] = told[one.name]
    row["choices"] = json.dumps(choices)
    row["words"] = json.dumps(dict(ArrivalPath.load({"texts": json.loads(row["words"])}).texts))


def _is_choice(name: str, default: object, value: object) -> bool:
    if name in ("zone", "language"):
        return _is_zone(value) if name == "zone" else value in LANGUAGES
    if name in ("office", "hall"):
        return value is None or (isinstance(value, str) and ROOM.fullmatch(value) is not None)
    if name in ("hours", "hours_note"):
        return isinstance(value, str) and len(value) <= LONGEST_HOURS and value == clean(value)
    if isinstance(default, tuple):
        return isinstance(value, list) and len(value) <= LARGEST and all(_is_part(name, one) for one in value)
    if type(default) is int:
        bounds = KEPT.get(name.removeprefix("keep_"))
        least, most = (bounds.least, bounds.most) if bounds else (0, MOST_ROOM)
        return type(value) is int and least <= value <= most
    return isinstance(value, type(default)) if default is not None else isinstance(value, str | None)


def _is_part(name: str, value: object) -> bool:
    if name == "sign_in":
        pair = isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)
        return pair and str(value[1]).startswith(("https://", "http://"))  # type: ignore[index]
    if name == "two":
        return value in ACTS_FOR_TWO
    return isinstance(value, str) and (not name.endswith("rooms") or ROOM.fullmatch(value) is not None)


def _is_zone(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(ZoneInfo(value))
    except (ValueError, OSError, KeyError):
        return False


# -- does it take another's place


@dataclass(frozen=True, slots=True)
class Others:
    """What the other lieux of this bot have, those that sleep too."""

    lieux: tuple[Lieu, ...]
    rooms: frozenset[str]
    joined: frozenset[str]  # wherever the bot is, whosever that is
    moved: frozenset[tuple[str, str]]  # rooms of which the bot itself said that they are another bot's now; their space
    candidates: frozenset[str]
    owned: frozenset[tuple[str, str, str]]
    folders: tuple[str, ...]
    projects: frozenset[tuple[str, str, str]]  # a network's space, a request's name there, the room
    networks: frozenset[str]
    requests: Mapping[tuple[str, str], str]  # a network's space and a name there: what is asked
    agreed: frozenset[tuple[str, str, str]]  # space, name, and a lieu to which the one that asks said yes

    @classmethod
    def read(cls, tx: Tx) -> Others:
        lieux = tuple(every_lieu(tx))
        owned = frozenset(tuple(row) for row in tx.execute("SELECT service, kind, ref FROM owned"))
        projects = [tuple(row) for row in tx.execute("SELECT request, room_id, folder FROM projects")]
        rooms = {room for lieu in lieux for room in rooms_of(lieu)}
        rooms |= {ref for service, kind, ref in owned if (service, kind) == ("matrix", "room")}
        rooms |= {row["direct"] for row in tx.execute("SELECT direct FROM people WHERE direct IS NOT NULL")}
        rooms |= {row["room_id"] for row in tx.execute("SELECT room_id FROM networks WHERE room_id IS NOT NULL")}
        rooms |= {room for _, room, _ in projects}
        folders = [lieu.choices.folder for lieu in lieux] + [folder for *_, folder in projects]
        folders += [ref for service, kind, ref in owned if (service, kind) == ("nextcloud", "folder")]
        known = "SELECT networks.space, requests.* FROM requests JOIN networks ON networks.id = network"
        asked = [dict(row) for row in tx.execute(known)]
        spaces = {row["id"]: (row["space"], _wire(row), row["home"]) for row in asked}
        yes = [tuple(row) for row in tx.execute("SELECT request, lieu, other FROM agreements WHERE NOT over")]
        here = "SELECT room_id FROM rooms WHERE joined_at IS NOT NULL UNION SELECT room_id FROM made_rooms"
        kept = "SELECT space FROM networks WHERE id IN (SELECT network FROM network_lieux)"
        return cls(
            lieux,
            frozenset(rooms),
            frozenset(row["room_id"] for row in tx.execute(here) if row["room_id"]),
            frozenset((row["room_id"], row["space"]) for row in tx.execute("SELECT room_id, space FROM moved_rooms")),
            frozenset(row["space"] for row in tx.execute("SELECT space FROM candidates")),
            owned,
            tuple(folder for folder in folders if folder),
            frozenset((*spaces[request][:2], room) for request, room, _ in projects),
            frozenset(row["space"] for row in tx.execute(kept)),
            {(row["space"], _wire(row)): json.loads(row["body"]).get("what", "") for row in asked},
            frozenset(
                (*spaces[request][:2], other)
                for request, lieu, other in yes
                if request in spaces and lieu == spaces[request][2]
            ),
        )

    def groups(self) -> Iterator[str]:
        yield from (lieu.choices.group for lieu in self.lieux if lieu.choices.group)
        yield from (ref for _, kind, ref in self.owned if kind == "group")


def foreign(rows: Rows, others: Others) -> str:
    """Why this lieu cannot be taken in beside the others; empty where it can."""
    (lieu,) = rows["lieux"]
    if any(setting_name(one.name) == setting_name(lieu["name"]) for one in others.lieux if one.space != lieu["space"]):
        return "another lieu of this bot is called so: whose services and settings are whose would not be known"
    spaces = {row.get("space") for row in rows["networks"]}
    own = {room for room, space in others.moved if space == lieu["space"]} | {lieu["space"]}
    taken = others.rooms | others.networks | (others.joined - {room for room, _ in others.moved} - others.candidates)
    if lieu["space"] in taken or spaces & {*others.rooms, lieu["space"]}:
        return "its space, or that of a network, is another's here"
    called = {row["id"]: row.get("space") for row in rows["networks"]}
    names = {row["id"]: (str(called.get(row["network"])), _wire(row)) for row in rows["requests"]}
    together = {
        (row.get("request"), row.get("room_id"))
        for row in rows.get("projects", ())
        if (*names.get(row.get("request"), ("", "")), row.get("room_id")) in others.projects
    }
    theirs = (others.rooms | (others.joined - own)) - {room for _, room in together}
    for table, found in rows.items():
        for row in [] if table in TOLD_ABOUT else found:
            if theirs.intersection(_strings(row)):
                return f"it names rooms of other lieux of this bot ({table})"
    return ""


def _strings(row: Mapping[str, Any]) -> Iterator[str]:
    """Every text of a row, in its JSON too."""
    waiting: list[Any] = list(row.values())
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
            inside = _parsed(one) if one[:1] in ("{", "[") else None
            waiting += [inside] if isinstance(inside, dict | list) else []
        elif isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, list):
            waiting += one


def requests_of(rows: Rows, others: Others, *, word: bool = False) -> Rows:
    """Without the requests that only their own lieu may tell of here, and all that hangs on them.

    Beside other lieux, what the file says in the name of a lieu that is not its own holds until that one speaks: it
    comes before whatever it says, and keeps nothing of it away.
    """
    ours = {wire_id(lieu) for lieu in others.lieux}
    spaces = {row["id"]: row.get("space") for row in rows["networks"]}
    home = wire_id(Lieu(0, rows["lieux"][0]["space"], ""))
    kept: dict[Any, Row] = {}
    own, known, together = set(), set(), set()
    for row in rows["requests"]:
        id, name = row["id"], (str(spaces.get(row["network"])), _wire(row))
        if id in kept or not _wire(row).startswith(f"{row['home']}."):
            continue  # an id stands for one request
        here = name in others.requests
        if row["home"] == home:
            own.add(id)
        elif here and json.loads(row["body"]).get("what") != others.requests[name]:
            continue  # whoever was asked knows what was asked
        elif not here and (row["home"] in ours or name[0] in others.networks):
            continue
        kept[id] = row if id in own or word or not ours else row | {"rev": 0}
        known |= {id} if here else set()
        together |= {id} if (*name, home) in others.agreed else set()
    mine = own | (kept.keys() - known) | together
    fresh = {"cards": {*kept}, "projects": mine, "volunteers": mine, "project_shares": mine}
    fresh["lines"] = (kept.keys() - known) | own
    found = rows | {"requests": [*kept.values()]}
    for table, some in rows.items():
        if any("request" in row for row in some):
            wanted = fresh.get(table, kept.keys() - known)
            found[table] = [row for row in some if row.get("request") in wanted]
    return found | _unspoken(found, home, ours, word=word)


def _unspoken(rows: Rows, home: str, ours: Set[str], *, word: bool) -> Rows:
    """What lieux said to each other: of those that are here, the bot knows it itself."""
    said = {table: rows.get(table, []) for table in ("streams", "held", "agreements")}
    said["agreements"] = [row for row in said["agreements"] if ours.isdisjoint((row.get("lieu"), row.get("other")))]
    if ours and not word:
        said = {table: [row for row in some if row.get("lieu") == home] for table, some in said.items()}
    return said


# -- what is its own


@dataclass
class Inspection:
    """`word`: the operator vouches for the file. `left` are sentences about what was not taken over."""

    rows: Rows
    others: Others
    services: Services
    word: bool
    left: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)

    async def settle(self) -> Rows:
        """The rows, with what is shown as the lieu's. Raises Unavailable: what a service does not say is not known."""
        (row,) = self.rows["lieux"]
        choices = json.loads(row["choices"])
        found = await self._group(choices.get("group", ""))
        choices["group"], members = found or "", await self._members(found)
        accounts = {ref for ref in self._refs("directory", "account") if await self._account(ref, members)}
        pauses = {ref for ref in self._refs("conciergerie", "pause") if ref in accounts}
        chosen = {ref for ref in self._refs("conciergerie", PASSWORD) if ref in accounts}
        addresses = {ref for ref in self._refs("matrix", "account") if self._address(ref, accounts)}
        groups = {ref for ref in self._refs("directory", "group") if await self._below(ref, found)}
        choices["folder"] = choices.get("folder", "") if await self._folder(choices.get("folder", "")) else ""
        folders = {ref for ref in self._refs("nextcloud", "folder") if await self._folder(ref)}
        places = [place for place in (choices["folder"], *folders) if place]
        shares = await self._shares(places)
        opened = await self._opened()
        pauses |= self._paused(opened)
        kept = {
            ("directory", "account"): accounts, ("directory", "group"): groups, ("conciergerie", "pause"): pauses,
            ("conciergerie", PASSWORD): chosen,
            ("matrix", "account"): addresses, ("matrix", "room"): set(self._refs("matrix", "room")),
            ("nextcloud", "folder"): folders, ("nextcloud", "share"): shares,
            ("nextcloud", "account"): await self._cloud_accounts(found),
            ("nextcloud", "team-folder"): await self._team_folders(found),
            **opened,
        }  # fmt: skip
        kept |= {(service, ADOPTED): kept[service, ACCOUNT] for service in ("directory", "matrix", "nextcloud")}
        row["choices"] = json.dumps(choices)
        self._sort(kept, accounts, shares)
        await self._projects(places)
        self._cards(choices)
        return self.rows

    def _sort(self, kept: dict[tuple[str, str], set[str]], accounts: set[str], shares: set[str]) -> None:
        owned = []
        for row in self.rows["owned"]:
            kind, ref = (row["service"], row["kind"]), row["ref"]
            told, name = kind != ("matrix", "room") and row["kind"] not in UNTOLD, f"{_called(*kind)} {_shown(ref)}"
            if ref in kept.get(kind, ()):
                owned.append(row)
                if told:
                    self.taken.append(name)
            elif told and not any(line.startswith(f"{name}:") for line in self.left):
                self.left.append(f"{name}: nothing here shows that it is this lieu's")
        self.rows["owned"] = owned
        for row in self.rows["arrivals"]:
            if row.get("login") and row["login"] not in accounts:
                row["login"] = None
        for row in self.rows.get("departures", ()):
            if row["status"] in ("announced", "locked"):
                row["status"] = "undone" if row["status"] == "announced" else "closed"
                who = readable(row.get("name") or row["person"])
                self.left.append(f"the departure of {who}: look at their accounts, and see them out again")
            row["taken"] = "{}"
            if row.get("login") not in accounts:
                row["login"] = ""
        self.rows["project_shares"] = [row for row in self.rows.get("project_shares", ()) if row["share"] in shares]

    async def _projects(self, places: list[str]) -> None:
        """A folder that another cloud gave is let go with its project: it must be the one that came by that offer."""
        projects = self.rows.get("projects", ())
        given: set[tuple[str, str]] = set()
        if self._cloud is not None and any(row.get("offer") for row in projects):
            with suppress(Refused):
                given = {(one["id"], one["folder"]) for one in await self._cloud.federated.offers() if one["accepted"]}
        for row in projects:
            folder, offer = row.get("folder"), row.get("offer")
            if folder and not _is_in(folder, places):
                self.left.append(f"the folder of a project {readable(folder)}: see above")
                row["folder"] = row["offer"] = ""
            elif offer and (offer, folder) not in given:
                self.left.append(f"the folder of a project {readable(folder or offer)}: it did not come by that offer")
                row["folder"] = row["offer"] = ""

    def _cards(self, choices: Mapping[str, Any]) -> None:
        """They are shown in a room that the lieu chose for them, else in its office: here the bot is told which is
        whose by nothing else."""
        (row,) = self.rows["lieux"]
        chosen = rooms_of(Lieu(0, row["space"], "", Choices.load(choices)))
        chosen |= {room for stay in self.rows["network_lieux"] if (room := json.loads(stay["choices"]).get("room"))}
        for card in self.rows["cards"]:
            if card.get("room_id") not in chosen and choices.get("office"):
                card["room_id"] = choices["office"]

    async def _opened(self) -> opened_checks.Kept:
        """Accounts on the site and contacts in Odoo, of people whose addresses the file knows: none where another lieu
        has the same, unless the operator says so, and never what another one has."""
        emails: dict[str, set[str]] = {}
        for row in self.rows["arrivals"]:
            if isinstance(row.get("email"), str) and "@" in row["email"][1:LONGEST_EMAIL]:
                emails.setdefault(row["person"], set()).add(row["email"])
        found = await opened_checks.shown(self.rows["owned"], emails, self._own)
        for service in opened_checks.concerned():
            part = self._own[service] if self._own.has(service) else None
            if part is not None and not self._alone(part):
                found = {kind: refs for kind, refs in found.items() if kind[0] != service.name}
            taken = {(name, kind, ref) for name, kind, ref in self.others.owned if self._is_shared(part)}
            found = {kind: {ref for ref in refs if (*kind, ref) not in taken} for kind, refs in found.items()}
        return found

    def _paused(self, opened: opened_checks.Kept) -> set[str]:
        """Of whoever has nothing but what was opened to them besides, a pause has their Matrix address."""
        mine = {(*kind, ref) for kind, refs in opened.items() if kind[1] == ACCOUNT for ref in refs}
        people = {row["person"] for row in self.rows["owned"] if (row["service"], row["kind"], row["ref"]) in mine}
        return set(self._refs("conciergerie", "pause")) & people

    def _refs(self, service: str, kind: str) -> list[str]:
        return [row["ref"] for row in self.rows["owned"] if (row["service"], row["kind"]) == (service, kind)]

    def _no(self, what: str, ref: str, why: str) -> bool:
        self.left.append(f"{what} {_shown(ref)}: {why}")
        return False

    def _alone(self, *parts: object) -> bool:
        """Whether no other lieu has one of these services, or the operator said that the file's word is good there."""
        return self.word or not any(map(self._is_shared, parts))

    def _is_shared(self, part: object) -> bool:
        """By another lieu of this bot."""
        return part is not None and any(one[each] is part for one in self._of_others() for each in SERVICES)

    def _of_others(self) -> Iterator[Services]:
        common = self.services
        return (common.of(lieu, self.others.lieux) for lieu in self.others.lieux)

    @property
    def _own(self) -> Services:
        """By the id of its space alone: its name is what the file says."""
        (row,) = self.rows["lieux"]
        if row["space"] in self.services.own or not self.services.own:
            return self.services.own.get(row["space"], self.services)
        named = self.services.own.get(setting_name(row["name"]))
        return NOTHING if named else self.services

    @property
    def _directory(self) -> Directory:
        return self._own.within(Choices())[DIRECTORY]  # of a Nextcloud alone, for nothing but to look

    @property
    def _cloud(self) -> Nextcloud | None:
        return self._own[NEXTCLOUD]

    async def _group(self, name: str) -> str:
        """The lieu's own group, or empty."""
        if not name:
            return ""
        if administers(name):
            why = "it administers, and is no lieu's"
        elif any(alike(name, one) or _is_below(name, one) or _is_below(one, name) for one in self.others.groups()):
            why = "it is another lieu's here"
        elif not self._alone(self._directory, self._cloud) and await self._has_people(name):
            why = "there are people in it, and other lieux have the same services (--trust takes the file's word)"
        else:
            self.taken.append(f"the group {readable(name)}")
            return name
        self._no("the group", name, why)
        return ""

    async def _has_people(self, group: str) -> bool:
        if await self._directory.members_of(group):
            return True
        try:
            return self._cloud is not None and bool(await self._cloud.groups.members(group))
        except NotFound:
            return False
        except Refused:
            return True  # it is there, and not ours to look into

    async def _members(self, group: str) -> set[str]:
        if not group or not self._refs("directory", "account"):
            return set()
        return {login.casefold() for login in await self._directory.members_of(group)}

    async def _account(self, login: str, members: set[str]) -> bool:
        what = _called("directory", "account")
        if is_reserved(login):
            return self._no(what, login, "its name says something about who has it, and is no lieu's")
        if any(kind == "account" and alike(ref, login) for _, kind, ref in self.others.owned):
            return self._no(what, login, "it is another lieu's here")
        if login.casefold() not in members:
            return self._no(what, login, "it is not in a group here that is this lieu's")
        theirs = [one for one in await self._directory.groups_of(login) if administers(one) or self._is_theirs(one)]
        return not theirs or self._no(what, login, "it is in groups that are not this lieu's")

    def _is_theirs(self, group: str) -> bool:
        return any(alike(group, other) for other in self.others.groups())

    def _address(self, address: str, accounts: set[str]) -> bool:
        return address[1:].partition(":")[0] in accounts and ("matrix", "account", address) not in self.others.owned

    async def _below(self, ref: str, group: str) -> bool:
        """The lieu's own group, or one below it; nobody else's."""
        below = bool(group) and (ref == group or ref.startswith(f"{group}."))
        return below and not administers(ref) and not self._is_theirs(ref)

    async def _folder(self, path: str) -> bool:
        what = "the folder"
        names = [name for name in path.split("/") if name]
        if not path:
            return False
        if not names or any(not name.strip(" .") or not name.isprintable() for name in names):
            return self._no(what, path, "it is everything, or leads elsewhere")
        if any(overlap(path, other) or not other.strip("/ .") for other in self.others.folders):
            return self._no(what, path, "it is another lieu's here, holds it or is in it")
        if self._cloud is None:
            return self._no(what, path, "there is no Nextcloud here")
        if not self._alone(self._cloud) and await self._cloud.files.entry("/".join(names)) is not None:
            return self._no(
                what, path, "it exists, and other lieux have the same cloud (--trust takes the file's word)"
            )
        return True

    async def _shares(self, places: list[str]) -> set[str]:
        wanted = set(self._refs("nextcloud", "share"))
        if not wanted or self._cloud is None or not places:
            return set()
        return {
            share["id"]
            for share in await self._cloud.shares.all()
            if share["id"] in wanted and _is_in(share["path"], places)
        }

    async def _cloud_accounts(self, group: str) -> set[str]:
        wanted = set(self._refs("nextcloud", "account"))
        if not wanted or self._cloud is None or not group:
            return set()
        try:
            members = {login.casefold() for login in await self._cloud.groups.members(group)}
        except (NotFound, Refused):
            return set()
        theirs = {ref for _, kind, ref in self.others.owned if kind == "account"}
        return {ref for ref in wanted if ref.casefold() in members and not is_reserved(ref)} - theirs

    async def _team_folders(self, group: str) -> set[str]:
        wanted = set(self._refs("nextcloud", "team-folder"))
        if not wanted or self._cloud is None or not group:
            return set()
        try:
            found = await self._cloud.team_folders.all()
        except Refused:
            return set()
        return {
            one["id"]
            for one in found
            if one["id"] in wanted and {group} == {name.partition(".")[0] for name in one["groups"]} | {group}
        } - {ref for _, kind, ref in self.others.owned if kind == "team-folder"}


def _called(service: str, kind: str) -> str:
    return f"the {kind.replace('-', ' ')}" if service in ("directory", "conciergerie") else f"the {service} {kind}"


def _shown(ref: str) -> str:
    """An e-mail address is nobody's to read in a terminal, or in the file of what was left."""
    return "(an e-mail address)" if "@" in ref[1:] else readable(ref)


def readable(text: str) -> str:
    """What somebody else wrote, as it may stand in a terminal."""
    return "".join(c if c.isprintable() else "?" for c in str(text))[:100]


# -- names, as services take them for one another


def _is_below(name: str, group: str) -> bool:
    return name.casefold().startswith(f"{group.casefold()}.")


def _is_in(path: str, places: Iterable[str]) -> bool:
    return ".." not in path.split("/") and any(holds(place, path) for place in places)


def sentences(lines: Iterable[str]) -> str:
    return "".join(f"\n  · {line}" for line in lines)
