"""Requests between lieux: what each is, how our lieux see it, and the lines that were said about it."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import TypedDict, cast

from .database import Tx
from .networks import Wire

OPEN = ("open", "discussed", "agreed")


@dataclass(frozen=True, slots=True)
class Request:
    """`id` is what we call it, `wire` what its lieu does, which another network may use for something else. `home` is
    the lieu that asks, as on the wire; `root` its message in the coordination room, sent by others."""

    id: str
    network: int
    wire: str
    home: str
    rev: int
    state: str
    body: Wire
    root: str | None
    opened_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Card:
    """A request in a room of a lieu of ours, where people call it by its `number`."""

    request: str
    lieu: int
    number: int
    room_id: str
    txn: str
    asker: str | None
    rev: int
    said: int
    taken: bool
    muted: bool
    due: int | None  # not shown yet: milliseconds; 0 where it was only told of
    watcher: int | None


class Line(TypedDict):
    """A line that was said about a request: by whom (`origin`, as on the wire; `by`, of ours), in which message of ours
    (`source`), as which message it left or is shown (`txn`)."""

    request: str
    origin: str
    line: str
    lieu: int
    source: str | None
    by: str | None
    txn: str
    at: int
    name: str
    said: str
    meant: str
    seqs: str


# -- as scripts are told of it


class KnownRequest(TypedDict):
    """A request by its `number`: whether it is `ours`, and who asks it then."""

    id: str
    number: int
    ours: bool
    asker: str | None
    state: str


class ListedRequest(KnownRequest):
    """In a list: its day (ISO), and what the lieu is called that asks."""

    what: str
    until: str | None
    lieu: str


class RequestPage(TypedDict):
    """Some of them, and how many there are."""

    rows: list[ListedRequest]
    total: int


class WholeRequest(KnownRequest):
    """With its `body` and the `card` of its lieu, the `room` of its own card, whether it was only told of (`hidden`)
    and can be opened again (`lately`), its `partners`, and [id, name] of each lieu that `answered`."""

    body: Wire
    room: str
    hidden: bool
    card: Wire | None
    partners: list[str]
    answered: list[list[str]]
    lately: bool


class PublishedRequest(TypedDict):
    """How many `others` see it."""

    id: str
    number: int
    others: int


class WatchedRequest(TypedDict):
    """A request for which help is still looked for: its day (ISO), and since when (milliseconds)."""

    id: str
    what: str
    until: str | None
    opened_at: int


class StoryLine(TypedDict):
    """Who said what and when (milliseconds) about a request; `text` is empty for an offer to help."""

    at: int
    who: str
    text: str


def keep(tx: Tx, network: int, body: Wire, root: str | None, now: int) -> Request:
    """What the lieu that asks says of its request; an earlier state of it changes nothing. It may come with another
    root: the lieu has another bot, which cannot edit what the first one said."""
    id = key(tx, network, body["id"])
    tx.execute(
        "INSERT INTO requests (id, network, wire, home, rev, state, body, root, opened_at, changed_at)"
        " VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET rev = excluded.rev, state = excluded.state,"
        " body = excluded.body, root = coalesce(excluded.root, root), changed_at = excluded.changed_at"
        " WHERE excluded.rev > rev",
        (id, network, body["id"], body["lieu"], body["rev"], body["state"], json.dumps(body), root, now, now),
    )
    if root:
        tx.execute("UPDATE requests SET root = coalesce(root, ?) WHERE id = ?", (root, id))
    found = get(tx, id)
    assert found is not None  # noqa: S101 - just written
    return found


def key(tx: Tx, network: int, wire: str) -> str:
    """What we call the request that has this name in this network, known or not; no name on the wire has a slash."""
    row = tx.execute("SELECT id FROM requests WHERE network = ? AND wire = ?", (network, wire)).fetchone()
    return row["id"] if row else f"{network}/{wire}"


def get(tx: Tx, id: str) -> Request | None:
    return next(iter(_requests(tx, "id = ?", id)), None)


def of_root(tx: Tx, network: int, event_id: str) -> Request | None:
    """The request that this message of the coordination room is, whoever sent it."""
    row = tx.execute("SELECT txn_id FROM outbox WHERE event_id = ?", (event_id,)).fetchone()
    ours = row["txn_id"] if row else ""
    found = _requests(tx, "network = ? AND (root = ? OR id = ?)", network, event_id, ours.removeprefix("request/"))
    return next(iter(found), None)


def open_of(tx: Tx, network: int, home: str) -> list[Request]:
    """What this lieu asks there."""
    found = _requests(tx, "network = ? AND home = ?", network, home)
    return [request for request in found if request.state in OPEN]


def count_open(tx: Tx, lieu: int, asker: str) -> int:
    """How many of this person's requests go on."""
    states = ", ".join("?" for _ in OPEN)
    query = (
        "SELECT count(*) AS n FROM cards c JOIN requests r ON r.id = c.request"  # noqa: S608
        f" WHERE c.lieu = ? AND c.asker = ? AND r.state IN ({states})"
    )
    return int(tx.execute(query, (lieu, asker, *OPEN)).fetchone()["n"])


def _requests(tx: Tx, where: str, *values: object) -> list[Request]:
    return [_request(r) for r in tx.execute(f"SELECT * FROM requests WHERE {where}", values)]  # noqa: S608


def _request(r: sqlite3.Row) -> Request:
    body = json.loads(r["body"])
    times = r["opened_at"], r["changed_at"]
    return Request(r["id"], r["network"], r["wire"], r["home"], r["rev"], r["state"], body, r["root"], *times)


# -- how our lieux see them


def pin(tx: Tx, request: Request, lieu: int, room_id: str, asker: str | None = None) -> Card:
    """The card of this lieu, with the next of its numbers; the first time counts."""
    next_number = "(SELECT coalesce(max(number), 0) + 1 FROM cards WHERE lieu = ?)"
    txn = f"card/{request.id}/{lieu}"
    tx.execute(
        "INSERT OR IGNORE INTO cards (request, lieu, number, room_id, txn, asker, rev)"  # noqa: S608
        f" VALUES (?,?,{next_number},?,?,?,?)",
        (request.id, lieu, lieu, room_id, txn, asker, request.rev),
    )
    found = card_of(tx, request.id, lieu)
    assert found is not None  # noqa: S101 - just written
    return found


def card_of(tx: Tx, request: str, lieu: int) -> Card | None:
    return next(iter(_cards(tx, "request = ? AND lieu = ?", request, lieu)), None)


def cards(tx: Tx, request: str) -> list[Card]:
    return _cards(tx, "request = ?", request)


def listening(tx: Tx, request: str) -> list[Card]:
    """The card of the lieu that asked, if it is ours, and of those that take part."""
    return _cards(tx, "request = ? AND (asker IS NOT NULL OR taken = 1)", request)


def card_at(tx: Tx, event_id: str) -> Card | None:
    """The card that this message of ours is, or below which it shows a line."""
    row = tx.execute("SELECT txn_id FROM outbox WHERE event_id = ?", (event_id,)).fetchone()
    line = "SELECT card.txn FROM cards AS card JOIN lines USING (request, lieu) WHERE lines.txn = ?"
    return next(iter(_cards(tx, f"txn = ? OR txn IN ({line})", row["txn_id"], row["txn_id"])), None) if row else None


def numbered(tx: Tx, lieu: int, number: int) -> Card | None:
    return next(iter(_cards(tx, "lieu = ? AND number = ?", lieu, number)), None)


def due_cards(tx: Tx, lieu: int, room_id: str, now: int) -> list[Card]:
    return _cards(tx, "lieu = ? AND room_id = ? AND due > 0 AND due <= ?", lieu, room_id, now)


def shown_in(tx: Tx, room_id: str) -> list[Card]:
    return _cards(tx, "room_id = ? AND due IS NULL", room_id)


def unpin(tx: Tx, card: Card) -> None:
    """It was never shown, and will not be."""
    tx.execute("DELETE FROM cards WHERE request = ? AND lieu = ?", (card.request, card.lieu))


def _cards(tx: Tx, where: str, *values: object) -> list[Card]:
    rows = tx.execute(f"SELECT * FROM cards WHERE {where} ORDER BY lieu, number", values)  # noqa: S608
    return [Card(**{**dict(r), "taken": bool(r["taken"]), "muted": bool(r["muted"])}) for r in rows]


def mark(tx: Tx, card: Card, **changes: int | None) -> None:
    """Change `rev`, `taken`, `muted` or `due` of a card."""
    names = ", ".join(f"{name} = ?" for name in changes)
    tx.execute(
        f"UPDATE cards SET {names} WHERE request = ? AND lieu = ?",  # noqa: S608
        (*changes.values(), card.request, card.lieu),
    )


def next_said(tx: Tx, card: Card) -> int:
    """The number of the next envelope that this lieu sends about the request; it takes part from then on."""
    tx.execute("UPDATE cards SET said = said + 1, taken = 1 WHERE request = ? AND lieu = ?", (card.request, card.lieu))
    row = tx.execute("SELECT said FROM cards WHERE request = ? AND lieu = ?", (card.request, card.lieu)).fetchone()
    return int(row["said"])


# -- lines


def line(
    tx: Tx, request: str, origin: str, id: str, lieu: int, txn: str, source: str | None = None, by: str | None = None
) -> bool:
    """A line is shown at this lieu, or was said there, in the message `source`. False where it was known."""
    before = tx.total_changes
    tx.execute(
        "INSERT OR IGNORE INTO lines (request, origin, line, lieu, source, by, txn) VALUES (?,?,?,?,?,?,?)",
        (request, origin, id, lieu, source, by, txn),
    )
    return tx.total_changes > before


def said_in(tx: Tx, room_id: str, event_id: str) -> Line | None:
    """The line that somebody of ours said in this message of this room, where its card is."""
    row = tx.execute(
        "SELECT lines.* FROM lines JOIN cards USING (request, lieu) WHERE source = ? AND room_id = ?",
        (event_id, room_id),
    ).fetchone()
    return cast(Line, dict(row)) if row else None


def of_bystander(tx: Tx, network: int, id: str, person: str | None) -> Request | None:
    """The request of this network about which somebody without a bot said this line; `person`, where it must be
    theirs."""
    row = tx.execute(
        "SELECT request FROM lines JOIN requests ON id = request WHERE line = ? AND origin = coalesce(?, origin)"
        " AND origin LIKE '@%' AND network = ?",
        (id, person, network),
    ).fetchone()
    return get(tx, row["request"]) if row else None


def author_of(tx: Tx, event_id: str) -> str | None:
    """Who said the line that this message of ours shows: a lieu, as on the wire."""
    row = tx.execute(
        "SELECT origin FROM lines JOIN outbox ON txn_id = txn WHERE event_id = ? AND source IS NULL", (event_id,)
    ).fetchone()
    return row["origin"] if row else None


# -- each lieu's envelopes, in their order


def in_turn(tx: Tx, request: str, lieu: str, seq: int) -> str:
    """`now`, `later` where an earlier one is missing, or `known`."""
    last = taken(tx, request, lieu)
    return "known" if seq <= last else "now" if seq == last + 1 else "later"


def taken(tx: Tx, request: str, lieu: str) -> int:
    """How many envelopes of this lieu about the request were taken."""
    row = tx.execute("SELECT last FROM streams WHERE request = ? AND lieu = ?", (request, lieu)).fetchone()
    return int(row["last"]) if row else 0


def first_held(tx: Tx, request: str, lieu: str) -> int | None:
    """The number of the first one that waits for its turn."""
    query = "SELECT min(seq) AS first FROM held WHERE request = ? AND lieu = ?"
    found: int | None = tx.execute(query, (request, lieu)).fetchone()["first"]
    return found


def drop_held(tx: Tx, request: str) -> None:
    tx.execute("DELETE FROM held WHERE request = ?", (request,))


def advance(tx: Tx, request: str, lieu: str, seq: int) -> None:
    tx.execute("INSERT OR REPLACE INTO streams (request, lieu, last) VALUES (?,?,?)", (request, lieu, seq))


def hold(tx: Tx, network: int, request: str, kind: str, body: Wire, now: int) -> None:
    tx.execute(
        "INSERT OR IGNORE INTO held (request, lieu, seq, network, kind, body, at) VALUES (?,?,?,?,?,?,?)",
        (request, body["lieu"], body["seq"], network, kind, json.dumps(body), now),
    )


def release(tx: Tx, request: str) -> list[tuple[str, Wire]]:
    """Those whose turn has come, one for each lieu: kind and body."""
    rows = tx.execute(
        "SELECT held.* FROM held LEFT JOIN streams USING (request, lieu)"
        " WHERE request = ? AND seq = coalesce(last, 0) + 1",
        (request,),
    ).fetchall()
    for r in rows:
        tx.execute("DELETE FROM held WHERE request = ? AND lieu = ? AND seq = ?", (r["request"], r["lieu"], r["seq"]))
    return [(r["kind"], json.loads(r["body"])) for r in rows]
