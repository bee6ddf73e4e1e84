"""What somebody who leaves has here, read from every service side by side: the checklist before anything is done."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import partial
from typing import Any, TypedDict

from bot.errors import Refused
from bot.lieux import rooms_of
from bot.services import opened_words
from bot.services.directory import is_homeserver
from bot.services.member_contacts import Standing
from bot.services.registry import OPENINGS
from bot.store.arrivals import OpenArrival
from bot.talk import Size
from bot.talk.outages import Reading, Told, side_by_side
from bot.talk.talk import Talk
from integrations.nextcloud import Nextcloud
from integrations.synapse import Synapse

from ..account_groups import of_lieu, of_person
from ..lookup import Tools
from .leaver import Leaver, Leaving
from .lines import KEPT, NONE, STAYS, STAYS_FOR, Line, Outcome, made

SHOWN = 12


async def look_around(tools: Tools, row: Leaver) -> dict[str, Told]:
    """What is not the lieu's is not looked at."""
    readings: dict[str, Reading] = {}
    if row["ours"] and not (is_homeserver(tools.directory) and tools.synapse is not None and row["address"]):
        readings["directory"] = partial(_account, tools, row["login"])
    if tools.synapse is not None and row["address"]:
        readings["synapse"] = partial(_matrix, tools.synapse, row["address"])
    if tools.cloud is not None and row["ours"]:
        readings["nextcloud"] = partial(_cloud, tools, tools.cloud, row["login"])
    if tools.contacts.odoo is not None and (held := await tools.contacts.held(row["person"])) is not None:
        readings["odoo"] = partial(tools.contacts.standing, held)
    readings |= {
        name: account.described for name, account in tools.opened_accounts.handles(row.get("accounts", {})).items()
    }
    readings["matrix"] = partial(_rooms, tools, row["person"])
    readings["story"] = partial(_invitations, tools, row["person"])
    return await side_by_side(readings)


def checklist(talk: Talk, told: dict[str, Told]) -> list[str]:
    return [line for part, answer in told.items() for line in _lines(talk, part, answer)]


def only_theirs(told: dict[str, Told]) -> list[str]:
    """The rooms where nobody else has the keys."""
    rooms: Rooms | None = told["matrix"].get("is")
    return rooms["alone"] if rooms is not None else []


# -- what is read


class OwnAccount(TypedDict):
    login: str
    active: bool
    groups: list[str]


class Matrix(TypedDict):
    """`state` as Synapse's `standing`; how many sessions are open."""

    state: str
    devices: int


class Cloud(TypedDict):
    """`state`: none, open or sleeping; the bytes of their own files; what was given to them, and what they give."""

    state: str
    size: int
    shares: list[str]
    gives: list[str]


class Rooms(TypedDict):
    """Names of rooms: where they are, where they have keys, and where they alone do; how many are not seen."""

    inside: list[str]
    powerful: list[str]
    alone: list[str]
    unseen: int


class Invitations(TypedDict):
    sent: list[str]


async def _account(tools: Tools, login: str) -> OwnAccount:
    found = await tools.directory.find(username=login)
    groups = await of_person(tools, login, await of_lieu(tools))
    return {"login": login, "active": bool(found) and found[0].active, "groups": groups}


async def _matrix(synapse: Synapse, address: str) -> Matrix:
    state = await synapse.accounts.standing(address)
    return {"state": state, "devices": 0 if state == "none" else len(await synapse.accounts.devices(address))}


async def _cloud(tools: Tools, cloud: Nextcloud, login: str) -> Cloud:
    found = await cloud.accounts.get(login)
    state = "none" if found is None else "open" if found["enabled"] else "sleeping"
    return {
        "state": state,
        "size": found["used"] if found else 0,
        "shares": [share["path"].strip("/") for share in (await given(tools, cloud, login)).values()],
        "gives": await cloud.shares.given_by(login),
    }


async def _rooms(tools: Tools, person: str) -> Rooms:
    named = await rooms_named(tools)
    told = await tools.facts.memberships(person, [*named])
    inside = [room for room, membership in told.items() if membership == "join"]
    powerful = {room: await tools.facts.powerful(room) for room in inside}
    return {
        "inside": [named[room] for room in inside],
        "powerful": [named[room] for room in inside if person in powerful[room]],
        "alone": [named[room] for room in inside if powerful[room] == [person]],
        "unseen": len(named) - len(told) + len(await tools.facts.hidden(tools.lieu.space)),
    }


async def _invitations(tools: Tools, person: str) -> Invitations:
    return {"sent": [row["name"] or row["person"] for row in await sent(tools, person)]}


# -- how it is said


def _lines(talk: Talk, part: str, told: Told) -> list[str]:
    if "is" in told and part in OPENINGS:
        return opened_words.in_words(talk, part, told["is"])
    if "is" in told:
        return SAID[part](talk, told["is"])
    if "away" in told:
        return [talk.away(told) or talk.phrase("found-away", service=talk.service(part))]
    why = talk.because(Refused(told["refused"], **told["words"]))
    return [talk.phrase("line-refused", what=talk.service(part), why=why)]


def _say_account(talk: Talk, told: OwnAccount) -> list[str]:
    account = talk.phrase("found-account" if told["active"] else "found-account-paused", login=told["login"])
    return [account, *_named(talk, "groups", told["groups"])]


def _say_matrix(talk: Talk, told: Matrix) -> list[str]:
    return [talk.phrase(f"departure.found-matrix-{told['state']}", n=told["devices"])]


def _say_cloud(talk: Talk, told: Cloud) -> list[str]:
    size = [talk.phrase("found-size", size=Size(told["size"]))] if told["size"] else []
    shares = [line for name in ("shares", "gives") for line in _named(talk, name, told[name])]
    return [talk.phrase(f"departure.found-cloud-{told['state']}"), *size, *shares]


def _say_contact(talk: Talk, told: Standing) -> list[str]:
    account = [talk.phrase("found-odoo-account")] if told["user"] else []
    return [talk.phrase(f"departure.found-odoo-{told['state']}"), *account]


def _say_rooms(talk: Talk, told: Rooms) -> list[str]:
    lines = [line for name in ("inside", "powerful", "alone") for line in _named(talk, name, told[name])]
    return lines + ([talk.phrase("found-unseen", n=told["unseen"])] if told["unseen"] else [])


def _say_invitations(talk: Talk, told: Invitations) -> list[str]:
    return _named(talk, "sent", told["sent"])


SAID: dict[str, Callable[[Talk, Any], list[str]]] = {
    "directory": _say_account,
    "synapse": _say_matrix,
    "nextcloud": _say_cloud,
    "odoo": _say_contact,
    "matrix": _say_rooms,
    "story": _say_invitations,
}


def _named(talk: Talk, what: str, names: list[str]) -> list[str]:
    shown = names if len(names) <= SHOWN else [*names[:SHOWN], "…"]
    return [talk.phrase(f"departure.found-{what}", names=shown)] if names else []


# -- what was given to them, and what they began, as far as it is written down as the lieu's


class Given(TypedDict):
    """A share, as it can be made again."""

    path: str
    permissions: int
    expires: str


async def given(tools: Tools, cloud: Nextcloud, login: str) -> dict[str, Given]:
    """By its id, each share of this lieu with this person."""
    ours = await tools.ownership.owned(tools.lieu.id, "nextcloud", "share")
    return {
        share["id"]: {"path": share["path"], "permissions": share["permissions"], "expires": share["expires"]}
        for share in await cloud.shares.with_person(login)
        if share["id"] in ours
    }


async def sent(tools: Tools, person: str) -> list[OpenArrival]:
    """The open arrivals that this person began."""
    return [row for row in await tools.arrivals.in_progress(tools.lieu.id) if row["invited_by"] == person]


async def rooms_named(tools: Tools) -> dict[str, str]:
    """Every room of the lieu that the bot knows of, its space first."""
    named = {tools.lieu.space: tools.lieu.name}
    named |= {room.room_id: room.name for room in await tools.facts.children(tools.lieu.space)}
    for room in sorted(rooms_of(tools.lieu) - named.keys()):
        try:
            named[room] = await tools.facts.name(room)
        except Refused:
            continue  # the bot is not there any more, and cannot even name it
    return named


# -- what is theirs in Nextcloud, which the bot can neither read, end nor hand over, not as an administrator either:
# whoever has its server is given the command


def staying(leaving: Leaving, cloud: Nextcloud) -> list[Line]:
    """Asked before their account is closed: of a closed one, Nextcloud may tell less."""
    return [Line("files", partial(files, leaving, cloud)), Line("given", partial(_gives, leaving, cloud))]


async def files(leaving: Leaving, cloud: Nextcloud) -> Outcome:
    found = await cloud.accounts.get(leaving.login)
    if found is None or not found["used"]:
        return made(NONE)
    told = made(STAYS_FOR, [leaving.heir]) if leaving.heir else made(STAYS)
    heir = await _login_in(leaving.tools, cloud, leaving.row["heir"]) if leaving.row["heir"] else ""
    return {**told, "command": handing_over(found["login"], heir), "unfinished": not heir}


def handing_over(login: str, *heir: str) -> str:
    """For a shell on Nextcloud's server, whatever is in the logins."""
    return shlex.join(["occ", "files:transfer-ownership", "--", login, *filter(None, heir)])


async def _login_in(tools: Tools, cloud: Nextcloud, person: str) -> str:
    """The account that a person of the lieu has there; empty for none."""
    accounts = await tools.ownership.owned(tools.lieu.id, "directory", "account")
    login = next((login for login, row in accounts.items() if row["person"] == person), tools.facts.own_login(person))
    found = await cloud.accounts.get(login) if login else None
    return found["login"] if found else ""


async def _gives(leaving: Leaving, cloud: Nextcloud) -> Outcome:
    gives = await cloud.shares.given_by(leaving.login)
    return made(KEPT, gives) if gives else made(NONE)
