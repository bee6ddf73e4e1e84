"""The sheet of one person: all that the services say of them now, each line by itself. Nothing of another lieu."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from typing import Any, NotRequired, TypedDict, cast
from zoneinfo import ZoneInfo

from bot.arrivals.full_names import addressed
from bot.arrivals.members import Members
from bot.arrivals.memberships import Memberships, holds
from bot.errors import Refused
from bot.lieux import Lieu
from bot.services import opened_words
from bot.services.directory import is_homeserver, is_nextcloud
from bot.services.folder_tree import root_of
from bot.services.member_contacts import MemberContacts, Standing
from bot.services.opened_accounts import OpenedAccounts, Refs
from bot.services.ownership import Ownership
from bot.services.registry import OPENINGS
from bot.store.arrivals import Arrival
from bot.talk import Size
from bot.talk.outages import Reading, Told, side_by_side
from bot.talk.pagination import Somebody
from bot.talk.ports import Facts
from bot.talk.talk import Talk
from integrations.directory import Directory, finds_accounts
from integrations.domains import email_read
from integrations.errors import NotFound
from integrations.helloasso import HelloAsso
from integrations.nextcloud import Nextcloud
from integrations.nextcloud.accounts import AccountDict
from integrations.synapse import Synapse

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about members are handed."""

    lieu: Lieu
    members: Members
    facts: Facts
    directory: Directory
    cloud: Nextcloud | None
    synapse: Synapse | None
    ownership: Ownership
    contacts: MemberContacts
    opened_accounts: OpenedAccounts
    memberships: Memberships
    helloasso: HelloAsso | None


async def show(talk: Talk, tools: Tools, row: Somebody) -> None:
    """Read everything side by side, then say it in one message."""
    told = await talk.look("sheet-of", _read, tools, row)
    lines = [line for part, answer in told.items() for line in _lines(talk, part, answer)]
    account: OwnAccount | None = told["directory"].get("is")
    known_as = account.get("name") if account and row["name"] == row["login"] else ""
    name = known_as or row["name"]
    person = await addressed(talk, tools.members, tools.lieu, row["person"], name)
    await talk.say("sheet", name=name, person=person, lines=lines)


async def _read(tools: Tools, row: Somebody) -> dict[str, Told]:
    login = row["login"] or tools.facts.own_login(row["person"])
    addresses = [row["person"], *([tools.facts.local(login)] if login else [])]
    return await side_by_side(_readings(tools, row, await tools.opened_accounts.of(*addresses)))


def _readings(tools: Tools, row: Somebody, opened: Refs) -> dict[str, Reading]:
    person, local = row["person"], tools.facts.own_login(row["person"])
    login = row["login"] or local
    readings: dict[str, Reading] = {"directory": partial(_account, tools, login)}
    if tools.cloud is not None:
        readings["nextcloud"] = partial(_cloud, tools, login, tools.cloud)
    if tools.synapse is not None and local:
        readings["synapse"] = partial(_matrix, person, tools.synapse)
    if tools.contacts.odoo is not None:
        readings["odoo"] = partial(_contact, tools, person)
    readings |= {name: account.described for name, account in tools.opened_accounts.handles(opened).items()}
    readings["matrix"] = partial(_rooms, tools.lieu, person, tools.facts)
    if tools.helloasso is not None:
        readings["helloasso"] = partial(_membership, tools, person)
    readings["story"] = partial(_story, tools, person)
    return readings


# -- what is read


class OwnAccount(TypedDict, total=False):
    """`absent` where the directory has no accounts; `account`: its login and e-mail address, empty where they have
    none, and `apart` where that is in no directory; and what else is known of one. `barred`: until when (seconds since
    1970) too many wrong passwords keep them out, 0 until somebody lifts it; not there where they do not."""

    absent: bool
    apart: bool
    account: str
    name: str
    active: bool
    groups: list[str]
    barred: int


class Cloud(TypedDict):
    """`state`: none, unused, sleeping or open; `folder`: the lieu's, where it is shared with them; their `own` ones;
    how many bytes their files take, and may take (None for no limit)."""

    state: str
    folder: str
    own: list[str]
    used: NotRequired[int]
    most: NotRequired[int | None]


class Matrix(TypedDict):
    """`state` as Synapse's `standing`; of an account, `at` is its last visit (ms; 0 for never)."""

    state: str
    at: NotRequired[int]


class Inside(TypedDict):
    """Whether they are in the space; the rooms where they are, and may come; how many are not seen."""

    here: bool
    inside: list[str]
    invited: list[str]
    unseen: int


class Came(TypedDict):
    """Of their arrival: its status, its day (ISO), who invited and who greeted them; empty for what is not known."""

    status: str
    day: str
    by: str
    greeted_by: str


async def _account(tools: Tools, login: str) -> OwnAccount:
    """The e-mail only of an account that this lieu gave; of the groups, only those of the lieu."""
    able = await tools.directory.capabilities()
    if not finds_accounts(able):
        return {"absent": True}
    found = await tools.directory.find(username=login) if login else ()
    if not found:
        return {"account": "", "apart": is_homeserver(tools.directory) or is_nextcloud(tools.directory)}
    ours = await tools.ownership.owns(tools.lieu.id, "directory", "account", login)
    account = " · ".join(part for part in (found[0].login, email_read(found[0].email) if ours else "") if part)
    groups = await tools.members.groups(tools.lieu)
    mine = [group for group in await tools.directory.groups_of(login) if group in groups]
    told: OwnAccount = {"account": account, "name": found[0].name, "active": found[0].active, "groups": mine}
    barred = await tools.directory.barred(login) if "unbar" in able else None
    return told if barred is None else {**told, "barred": barred.until or 0}


async def _cloud(tools: Tools, login: str, cloud: Nextcloud) -> Cloud:
    found = await cloud.accounts.get(login) if login else None
    if found is None:
        return {"state": "none", "folder": "", "own": []}
    state = "sleeping" if not found["enabled"] else "open" if found["seen"] else "unused"
    root = root_of(tools.lieu)
    shared = await _shared(cloud, root, found) if root else False
    own, room = await _own(tools, login, cloud), {"used": found["used"], "most": found["quota"]}
    return cast(Cloud, {"state": state, "folder": root if shared else "", "own": own, **room})


async def _own(tools: Tools, login: str, cloud: Nextcloud) -> list[str]:
    """The folders that this lieu shares with them alone."""
    ours = await tools.ownership.owned(tools.lieu.id, "nextcloud", "share")
    return [share["path"].strip("/") for share in await cloud.shares.with_person(login) if share["id"] in ours]


async def _shared(cloud: Nextcloud, folder: str, account: AccountDict) -> bool:
    """Whether the lieu's folder is shared with them, or with a group that they are in."""
    try:
        shares = await cloud.shares.all(folder)
    except NotFound:
        return False
    to = {("person", account["login"]), *(("group", group) for group in account["groups"])}
    return any((share["kind"], share["to"]) in to for share in shares)


async def _matrix(person: str, synapse: Synapse) -> Matrix:
    state = await synapse.accounts.standing(person)
    return {"state": state} if state == "none" else {"state": state, "at": await synapse.accounts.last_visit(person)}


async def _contact(tools: Tools, person: str) -> Standing | None:
    """Of the contacts of the house, the one that is written down as theirs."""
    held = await tools.contacts.held(person)
    return await tools.contacts.standing(held) if held else None


async def _rooms(lieu: Lieu, person: str, facts: Facts) -> Inside:
    named = {lieu.space: lieu.name} | {room.room_id: room.name for room in await facts.children(lieu.space)}
    told = await facts.memberships(person, list(named))
    inside = [named[id] for id, membership in told.items() if membership == "join" and id != lieu.space]
    return {
        "here": told.get(lieu.space) == "join",
        "inside": inside,
        "invited": [named[id] for id, membership in told.items() if membership == "invite"],
        "unseen": len(named) - len(told) + len(await facts.hidden(lieu.space)),
    }


async def _story(tools: Tools, person: str) -> Came:
    story = await tools.members.story(tools.lieu, person)
    arrival, greeted = story["arrival"], story["greeted_by"]
    by = arrival["invited_by"] if arrival else ""
    return {
        "status": arrival["status"] if arrival else "",
        "day": _day(arrival, tools.lieu.choices.zone) if arrival else "",
        "by": await tools.facts.display_name(by) if by and by != person else "",
        "greeted_by": await tools.facts.display_name(greeted) if greeted else "",
    }


def _day(arrival: Arrival, zone: str) -> str:
    """Of their welcome, else of their invitation."""
    at = arrival["changed_at" if arrival["status"] == "welcomed" else "created_at"]
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone)).date().isoformat()


class Held(TypedDict):
    """Whether there is a membership that is `theirs`, it `holds`, and until which `day` (ISO; empty where none is
    said)."""

    theirs: bool
    holds: bool
    day: str


async def _membership(tools: Tools, person: str) -> Held:
    row = await tools.memberships.of_person(tools.lieu.id, person)
    if row is None:
        return {"theirs": False, "holds": False, "day": ""}
    return {"theirs": True, "holds": holds(row, tools.memberships.today(tools.lieu)), "day": row["last_day"] or ""}


# -- how it is said


def _lines(talk: Talk, part: str, told: Told) -> list[str]:
    if "is" in told and part in OPENINGS:
        return opened_words.in_words(talk, part, told["is"])
    if "is" in told:
        return SAID[part](talk, told["is"])
    if "away" in told:
        return [talk.away(told) or talk.phrase("line-away", service=talk.service(part))]
    why = talk.because(Refused(told["refused"], **told["words"]))
    return [talk.phrase("line-refused", service=talk.service(part), why=why)]


def _say_account(talk: Talk, told: OwnAccount) -> list[str]:
    if "absent" in told:
        return []
    if not told["account"]:
        return [talk.phrase("account-none-anywhere" if told.get("apart") else "account-none")]
    account = talk.phrase("account-open" if told["active"] else "account-paused", account=told["account"])
    groups = talk.phrase("groups", groups=told["groups"]) if told["groups"] else talk.phrase("groups-none")
    return [account, *_barred(talk, told.get("barred")), groups]


def _barred(talk: Talk, until: int | None) -> list[str]:
    if until is None:
        return []
    return [talk.phrase("barred-until", at=datetime.fromtimestamp(until, UTC)) if until else talk.phrase("barred")]


def _say_cloud(talk: Talk, told: Cloud) -> list[str]:
    folder = [talk.phrase("folder", folder=told["folder"])] if told["folder"] else []
    own = [talk.phrase("own-folders", folders=_some(told["own"]))] if told["own"] else []
    return [talk.phrase(f"members.cloud-{told['state']}"), *_room(talk, told), *folder, *own]


def _room(talk: Talk, told: Cloud) -> list[str]:
    used, most = told.get("used", 0), told.get("most")
    if most is not None:
        return [talk.phrase("room-of", used=Size(used), most=Size(most))]
    return [talk.phrase("room", used=Size(used))] if used else []


def _say_matrix(talk: Talk, told: Matrix) -> list[str]:
    if told["state"] != "open":
        return [talk.phrase(f"members.matrix-{told['state']}")]
    at = told["at"]
    return [talk.phrase("seen", at=datetime.fromtimestamp(at / 1000, UTC)) if at else talk.phrase("never-seen")]


def _say_contact(talk: Talk, told: Standing | None) -> list[str]:
    if told is None:
        return [talk.phrase("odoo-none")]
    account = [talk.phrase("odoo-account")] if told["user"] else []
    if told["state"] == "open" and told["tagged"]:
        return [talk.phrase("odoo-member"), *account]
    return [talk.phrase(f"members.odoo-{told['state']}"), *account]


def _say_rooms(talk: Talk, told: Inside) -> list[str]:
    lines = [] if told["here"] else [talk.phrase("not-here")]
    if told["inside"]:
        lines.append(talk.phrase("rooms", rooms=_some(told["inside"])))
    if told["invited"]:
        lines.append(talk.phrase("invited", rooms=_some(told["invited"])))
    return lines + ([talk.phrase("rooms-unseen", n=told["unseen"])] if told["unseen"] else [])


def _say_story(talk: Talk, told: Came) -> list[str]:
    if not told["day"]:
        return [talk.phrase("since-unknown")]
    kind = "since" if told["status"] == "welcomed" else "arriving"
    step = f"{kind}-by" if told["by"] else kind
    line = talk.phrase(f"members.{step}", day=date.fromisoformat(told["day"]), by=told["by"])
    return [line, *([talk.phrase("greeted", by=told["greeted_by"])] if told["greeted_by"] else [])]


def _say_membership(talk: Talk, told: Held) -> list[str]:
    if not told["theirs"]:
        return [talk.phrase("membership-unknown")]
    if not told["day"]:
        return [talk.phrase("membership-endless")]
    step = "membership" if told["holds"] else "membership-over"
    return [talk.phrase(f"members.{step}", day=date.fromisoformat(told["day"]))]


SAID: dict[str, Callable[[Talk, Any], list[str]]] = {
    "directory": _say_account,
    "nextcloud": _say_cloud,
    "synapse": _say_matrix,
    "odoo": _say_contact,
    "matrix": _say_rooms,
    "helloasso": _say_membership,
    "story": _say_story,
}


def _some(names: list[str]) -> list[str]:
    return names if len(names) <= SHOWN else [*names[:SHOWN], "…"]
