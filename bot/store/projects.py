"""What lieux do together: who agreed, who comes, the room and the folder, and the shares by which people reach it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from .database import Tx

PROPOSAL = "[+]*"  # the lines to which a lieu's people answer yes; nobody else can call one so


@dataclass(frozen=True, slots=True)
class Project:
    """As one of our lieux sees it; `folder` as its cloud calls it, `offer` by which another cloud gave it; or empty.

    `room_id` is what the lieu that asked calls its room; only where we `entered` it for that purpose it is one."""

    request: str
    lieu: int
    title: str
    room_id: str
    folder: str
    offer: str
    status: str
    since: int
    entered: bool


# -- as scripts are told of it


class Partner(TypedDict):
    """A lieu with which it is done: its bot, the `servers` where its people live, its `cloud`, whom it sends and
    whether each is a concierge, and whether we have `met`: it knows of the room."""

    lieu: str
    name: str
    bot: str
    servers: list[str]
    cloud: str
    people: dict[str, bool]
    met: bool


class Plan(TypedDict):
    """A project with its request: `wire` is how its lieu calls that, `home` whether we asked; `coming`: who of ours,
    and whether each is a concierge. `room` is empty where what the other lieu calls so is none."""

    request: str
    wire: NotRequired[str]
    number: int
    title: str
    home: bool
    room: str
    folder: str
    offer: str
    open: bool
    since: int
    coming: dict[str, bool]
    partners: list[Partner]


class OtherLieu(TypedDict):
    lieu: str
    name: str


class ClaimedRoom(TypedDict):
    """A room that may be the project's, or empty; `purpose`: what its first event says then."""

    room: str
    purpose: str


class OfferedRoom(ClaimedRoom):
    """The room that the lieu that asked names: `by` whom we are invited, empty where it is ours; whether we should
    `wait` for the invitation."""

    by: str
    wait: bool


# -- who wants it


def proposed_by(tx: Tx, event_id: str) -> str | None:
    """The lieu, as on the wire, that proposes in this message of ours to do it together."""
    row = tx.execute(
        "SELECT origin FROM lines JOIN outbox ON txn_id = txn WHERE event_id = ? AND source IS NULL AND line GLOB ?",
        (event_id, PROPOSAL),
    ).fetchone()
    return row["origin"] if row else None


def volunteer(tx: Tx, request: str, lieu: int, person: str, *, offers: bool, keeps: bool) -> None:
    """Somebody of ours `offers` help, or else wants to be there; both stay."""
    tx.execute(
        "INSERT INTO volunteers (request, lieu, person, offered, comes, keeps) VALUES (?,?,?,?,?,?) ON CONFLICT"
        " DO UPDATE SET offered = max(offered, excluded.offered), comes = max(comes, excluded.comes),"
        " keeps = excluded.keeps",
        (request, lieu, person, int(offers), int(not offers), int(keeps)),
    )


def has_offered(tx: Tx, request: str, lieu: int, person: str) -> bool:
    known = "SELECT 1 FROM volunteers WHERE request = ? AND lieu = ? AND person = ? AND offered"
    return tx.execute(known, (request, lieu, person)).fetchone() is not None


def coming(tx: Tx, request: str, lieu: int) -> dict[str, bool]:
    """Who of ours comes; for each, whether they are a concierge."""
    rows = tx.execute(
        "SELECT person, keeps FROM volunteers WHERE request = ? AND lieu = ? AND comes ORDER BY person", (request, lieu)
    )
    return {row["person"]: bool(row["keeps"]) for row in rows}


def agree(tx: Tx, request: str, lieu: str, other: str, people: Mapping[str, bool]) -> None:
    """A lieu says yes to another one, and who of its people come."""
    tx.execute(
        "INSERT INTO agreements (request, lieu, other, people) VALUES (?,?,?,?)"
        " ON CONFLICT DO UPDATE SET people = excluded.people, met = CASE over WHEN 1 THEN 0 ELSE met END, over = 0",
        (request, lieu, other, json.dumps(dict(people))),
    )


def agreed(tx: Tx, request: str, lieu: str, other: str) -> dict[str, bool] | None:
    """Whom a lieu that says yes to another one sends; None where it does not say so."""
    query = "SELECT people FROM agreements WHERE request = ? AND lieu = ? AND other = ? AND NOT over"
    row = tx.execute(query, (request, lieu, other)).fetchone()
    return json.loads(row["people"]) if row else None


def sent(tx: Tx, request: str, lieu: str, other: str) -> list[str]:
    """Whom a lieu sent, also where that is over."""
    query = "SELECT people FROM agreements WHERE request = ? AND lieu = ? AND other = ?"
    row = tx.execute(query, (request, lieu, other)).fetchone()
    return list(json.loads(row["people"])) if row else []


def meet(tx: Tx, request: str, lieu: str, other: str) -> None:
    """This lieu was told by the other one of the room."""
    tx.execute("UPDATE agreements SET met = 1 WHERE request = ? AND lieu = ? AND other = ?", (request, lieu, other))


def has_met(tx: Tx, request: str, lieu: str, other: str) -> bool:
    query = "SELECT 1 FROM agreements WHERE request = ? AND lieu = ? AND other = ? AND met"
    return tx.execute(query, (request, lieu, other)).fetchone() is not None


def partners(tx: Tx, request: str, lieu: str) -> list[str]:
    """The lieux with which this one is at one: both said yes."""
    rows = tx.execute(
        "SELECT ours.other FROM agreements AS ours JOIN agreements AS theirs ON theirs.request = ours.request"
        " AND theirs.lieu = ours.other AND theirs.other = ours.lieu WHERE NOT ours.over AND NOT theirs.over"
        " AND ours.request = ? AND ours.lieu = ?"
        " ORDER BY ours.other",
        (request, lieu),
    )
    return [row["other"] for row in rows]


def at_one(tx: Tx, network: int, lieu: str) -> set[str]:
    """Every lieu of a network with which this one does something."""
    rows = tx.execute(
        "SELECT DISTINCT request FROM agreements JOIN requests ON id = request WHERE network = ? AND lieu = ?",
        (network, lieu),
    ).fetchall()
    return {other for row in rows for other in partners(tx, row["request"], lieu)}


def part(tx: Tx, request: str, lieu: str, other: str) -> None:
    """This lieu takes its yes back. What the other one says is its own: both may be ours."""
    tx.execute("UPDATE agreements SET over = 1 WHERE request = ? AND lieu = ? AND other = ?", (request, lieu, other))


# -- what they have


def open(tx: Tx, request: str, lieu: int, title: str, room_id: str, now: int, *, entered: bool = False) -> None:
    """`entered`: the room is of our making."""
    tx.execute(
        "INSERT INTO projects (request, lieu, title, room_id, status, since, entered) VALUES (?,?,?,?,'open',?,?)"
        " ON CONFLICT DO UPDATE SET room_id = excluded.room_id, status = 'open', since = excluded.since,"
        " entered = excluded.entered, folder = CASE offer WHEN '' THEN folder ELSE '' END, offer = ''"
        " WHERE status = 'closed'",
        (request, lieu, title, room_id, now, int(entered)),
    )


def enter(tx: Tx, request: str, lieu: int, room_id: str) -> None:
    """We are in the room, and it is what the lieu that asked says."""
    tx.execute(
        "UPDATE projects SET entered = 1 WHERE request = ? AND lieu = ? AND room_id = ?", (request, lieu, room_id)
    )


def get(tx: Tx, request: str, lieu: int) -> Project | None:
    return next(iter(_projects(tx, "request = ? AND lieu = ?", request, lieu)), None)


def of(tx: Tx, lieu: int) -> list[Project]:
    """Those that go on first, then the newest."""
    return _projects(tx, "lieu = ?", lieu)


def in_room(tx: Tx, room_id: str) -> list[Project]:
    """Those that are at home there, whoever else says so of theirs."""
    return _projects(tx, "room_id = ? AND entered", room_id)


def _projects(tx: Tx, where: str, *values: object) -> list[Project]:
    rows = tx.execute(f"SELECT * FROM projects WHERE {where} ORDER BY status DESC, since DESC", values)  # noqa: S608
    return [_project(row) for row in rows]


def _project(row: sqlite3.Row) -> Project:
    return Project(**dict(row) | {"entered": bool(row["entered"])})


def put_in(tx: Tx, request: str, lieu: int, folder: str, offer: str = "") -> None:
    """How the project's folder is called in this lieu's cloud, and by which offer it came there."""
    tx.execute(
        "UPDATE projects SET folder = ?, offer = ? WHERE request = ? AND lieu = ?", (folder, offer, request, lieu)
    )


def name_folder(tx: Tx, request: str, lieu: int, wanted: str) -> str:
    """A folder of its own: as it is called already, else the first such name that no project of ours has."""
    before = get(tx, request, lieu)
    if before is None or before.folder:
        return before.folder if before else wanted
    taken = {row["folder"] for row in tx.execute("SELECT folder FROM projects")}
    names = (wanted, *(f"{wanted} ({n})" for n in range(2, len(taken) + 2)))
    free = next(name for name in names if name not in taken)
    put_in(tx, request, lieu, free)
    return free


def folder_beside(tx: Tx, request: str, lieu: int) -> str:
    """Where another lieu of ours has the folder of the same project in a cloud of its own making; or empty."""
    row = tx.execute(
        "SELECT folder FROM projects WHERE request = ? AND lieu != ? AND folder != '' AND offer = ''", (request, lieu)
    ).fetchone()
    return row["folder"] if row else ""


def came_by(tx: Tx, request: str, offer: str) -> bool:
    """Whether a lieu of ours has the folder of this project by this offer."""
    query = "SELECT 1 FROM projects WHERE request = ? AND offer = ?"
    return tx.execute(query, (request, offer)).fetchone() is not None


def close(tx: Tx, request: str, lieu: int, now: int) -> None:
    tx.execute(
        "UPDATE projects SET status = 'closed', since = ? WHERE request = ? AND lieu = ? AND status = 'open'",
        (now, request, lieu),
    )


# -- who reaches the folder


def share(tx: Tx, request: str, lieu: int, share: str, whose: str) -> None:
    tx.execute(
        "INSERT OR IGNORE INTO project_shares (request, lieu, share, whose) VALUES (?,?,?,?)",
        (request, lieu, share, whose),
    )


def shares(tx: Tx, request: str, lieu: int) -> dict[str, str]:
    """share → whose."""
    rows = tx.execute("SELECT share, whose FROM project_shares WHERE request = ? AND lieu = ?", (request, lieu))
    return {row["share"]: row["whose"] for row in rows}


def unshare(tx: Tx, request: str, lieu: int, share: str) -> None:
    tx.execute("DELETE FROM project_shares WHERE request = ? AND lieu = ? AND share = ?", (request, lieu, share))
