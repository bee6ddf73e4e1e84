"""What the bot knows of its rooms, of the rooms it made, and of its direct rooms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from . import networks
from .database import Tx
from .networks import Network


@dataclass(frozen=True, slots=True)
class KnownRoom:
    room_id: str
    encrypted: bool
    joined_at: int | None
    invited_by: str | None


class Kind(Enum):
    """What a room is, as far as that decides who hears what happens there; one that claims to be several is the first
    of them."""

    UPGRADED = "one of which another takes the place, where the bot is"
    MOVED = "of a lieu that has another bot now"
    NETWORK = "the space or the coordination room of a network"
    SPACE = "the space of a lieu"
    DIRECT = "a direct conversation"
    PROJECT = "entered for a project that goes on"
    HERE = "any other in which the bot is: the office or a room of a lieu, a ban list, one where it is a guest"
    UNKNOWN = "one in which it is not, or not yet"


@dataclass(frozen=True, slots=True)
class Room:
    """`shows_requests`: the card of a request stands there, or stood; `heir` is the other bot of a room that moved,
    `network` whose room it is."""

    kind: Kind
    encrypted: bool = False
    shows_requests: bool = False
    heir: str = ""
    network: Network | None = None


ROOM = """
SELECT EXISTS (SELECT 1 FROM successions WHERE old = :room AND status = 'done') AS upgraded,
       (SELECT heir FROM moved_rooms WHERE room_id = :room) AS heir,
       (SELECT id FROM networks WHERE room_id = :room OR space = :room) AS network,
       EXISTS (SELECT 1 FROM lieux WHERE space = :room) AS space,
       EXISTS (SELECT 1 FROM people WHERE direct = :room) AS direct,
       EXISTS (SELECT 1 FROM projects WHERE room_id = :room AND status = 'open' AND entered) AS project,
       EXISTS (SELECT 1 FROM cards WHERE room_id = :room) AS requests,
       (SELECT encrypted FROM rooms WHERE room_id = :room) AS encrypted,
       (SELECT joined_at FROM rooms WHERE room_id = :room) AS joined_at
"""


def classify(tx: Tx, room_id: str) -> Room:
    """What is looked at once for every event."""
    r = tx.execute(ROOM, {"room": room_id}).fetchone()
    kinds = (
        (Kind.UPGRADED, r["upgraded"]),
        (Kind.MOVED, r["heir"] is not None),
        (Kind.NETWORK, r["network"] is not None),
        (Kind.SPACE, r["space"]),
        (Kind.DIRECT, r["direct"]),
        (Kind.PROJECT, r["project"]),
        (Kind.HERE, r["joined_at"] is not None),
    )
    kind = next((kind for kind, so in kinds if so), Kind.UNKNOWN)
    network = networks.get(tx, r["network"]) if kind is Kind.NETWORK else None
    return Room(kind, bool(r["encrypted"]), bool(r["requests"]), r["heir"] or "", network)


def known(tx: Tx, room_id: str) -> KnownRoom | None:
    r = tx.execute("SELECT * FROM rooms WHERE room_id = ?", (room_id,)).fetchone()
    return KnownRoom(r["room_id"], bool(r["encrypted"]), r["joined_at"], r["invited_by"]) if r else None


def joined(tx: Tx, room_id: str, at: int) -> None:
    """The bot is in this room since `at`; joining again keeps the later instant."""
    tx.execute(
        "INSERT INTO rooms (room_id, joined_at) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET joined_at = coalesce(joined_at, excluded.joined_at)",
        (room_id, at),
    )


def invited(tx: Tx, room_id: str, by: str) -> None:
    tx.execute(
        "INSERT INTO rooms (room_id, invited_by) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET invited_by = excluded.invited_by",
        (room_id, by),
    )


def waiting(tx: Tx) -> list[KnownRoom]:
    """Where the bot was invited and is not, the newest first."""
    rows = tx.execute("SELECT * FROM rooms WHERE invited_by IS NOT NULL AND joined_at IS NULL ORDER BY rowid DESC")
    return [KnownRoom(r["room_id"], bool(r["encrypted"]), None, r["invited_by"]) for r in rows]


def answered(tx: Tx, room_id: str) -> None:
    """The invitation is no longer open."""
    tx.execute("UPDATE rooms SET invited_by = NULL WHERE room_id = ? AND joined_at IS NULL", (room_id,))


def encrypted(tx: Tx, room_id: str) -> None:
    """Encryption is never taken back."""
    tx.execute(
        "INSERT INTO rooms (room_id, encrypted) VALUES (?, 1) ON CONFLICT DO UPDATE SET encrypted = 1", (room_id,)
    )


def left(tx: Tx, room_id: str) -> None:
    tx.execute("UPDATE rooms SET joined_at = NULL, looked_at = NULL WHERE room_id = ?", (room_id,))
    tx.execute("UPDATE people SET direct = NULL WHERE direct = ?", (room_id,))


def looked_at(tx: Tx, room_ids: Iterable[str], now: int) -> None:
    """What became of these rooms unheard has been seen."""
    tx.executemany("UPDATE rooms SET looked_at = ? WHERE room_id = ?", [(now, room_id) for room_id in room_ids])


def seen_since(tx: Tx, at: int) -> set[str]:
    """The rooms that were looked at since this instant."""
    return {r["room_id"] for r in tx.execute("SELECT room_id FROM rooms WHERE looked_at >= ?", (at,))}


def here(tx: Tx) -> list[KnownRoom]:
    rows = tx.execute("SELECT * FROM rooms WHERE joined_at IS NOT NULL")
    return [KnownRoom(r["room_id"], bool(r["encrypted"]), r["joined_at"], r["invited_by"]) for r in rows]


def intend(tx: Tx, key: str, now: int) -> tuple[bool, str | None]:
    """Note that a room is about to be made. Returns (was already intended, its id if it was made)."""
    row = tx.execute("SELECT room_id FROM made_rooms WHERE key = ?", (key,)).fetchone()
    if row:
        return True, row["room_id"]
    tx.execute("INSERT INTO made_rooms (key, created_at) VALUES (?, ?)", (key, now))
    return False, None


def made(tx: Tx, key: str, room_id: str) -> None:
    tx.execute("UPDATE made_rooms SET room_id = ? WHERE key = ?", (room_id, key))


def made_for(tx: Tx, key: str) -> str | None:
    """The room that the bot made for this."""
    row = tx.execute("SELECT room_id FROM made_rooms WHERE key = ?", (key,)).fetchone()
    return row["room_id"] if row else None


def purpose_of(tx: Tx, room_id: str) -> str | None:
    """What the bot made this room for: its key."""
    row = tx.execute("SELECT key FROM made_rooms WHERE room_id = ?", (room_id,)).fetchone()
    return row["key"] if row else None


def forget_made(tx: Tx, key: str) -> None:
    tx.execute("DELETE FROM made_rooms WHERE key = ?", (key,))


def accounted_for(tx: Tx) -> set[str]:
    """Rooms whose origin is known: the bot was invited there, or remembers that it made them."""
    rows = tx.execute(
        "SELECT room_id FROM made_rooms WHERE room_id IS NOT NULL"
        " UNION SELECT room_id FROM rooms WHERE invited_by IS NOT NULL"
    )
    return {r["room_id"] for r in rows}


def direct(tx: Tx, person: str) -> str | None:
    row = tx.execute("SELECT direct FROM people WHERE person = ?", (person,)).fetchone()
    return row["direct"] if row else None


def set_direct(tx: Tx, person: str, room_id: str | None) -> None:
    tx.execute(
        "INSERT INTO people (person, direct) VALUES (?, ?) ON CONFLICT DO UPDATE SET direct = excluded.direct",
        (person, room_id),
    )


def person_of_direct(tx: Tx, room_id: str) -> str | None:
    row = tx.execute("SELECT person FROM people WHERE direct = ?", (room_id,)).fetchone()
    return row["person"] if row else None
