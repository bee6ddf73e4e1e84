"""Events that came in and are not understood yet, with the sync token they came under."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from .database import Tx

SET_ASIDE_AFTER = 3
RELATED = "json_extract(content, '$.\"m.relates_to\".event_id')"
SETTLE = (
    "UPDATE inbox SET status = 'done', content = CASE"  # noqa: S608
    " WHEN typeof(" + RELATED + ") != 'text' THEN '{}'"
    " ELSE CASE json_extract(content, '$.\"m.relates_to\".rel_type')"
    " WHEN 'm.replace' THEN json_object('edits', substr(" + RELATED + ", 1, 255))"
    " WHEN 'm.thread' THEN json_object('thread', substr(" + RELATED + ", 1, 255)) ELSE '{}' END END"
    " WHERE event_id = ? AND status != 'done'"
)
MOST_EDITS = 8  # of edits, where clients point at the first message alone


@dataclass(frozen=True, slots=True)
class Event:
    """A Matrix event, decrypted where it could be (`readable`). `content` is hostile until checked."""

    event_id: str
    room_id: str
    sender: str
    ts: int
    type: str
    content: dict[str, Any]
    state_key: str | None = None
    encrypted: bool = False
    readable: bool = True
    seq: int = 0
    arrived_at: int = 0

    @property
    def relation(self) -> dict[str, Any]:
        """`m.relates_to`, or nothing."""
        relates = self.content.get("m.relates_to")
        return relates if isinstance(relates, dict) else {}

    @property
    def thread(self) -> str | None:
        """The event at the root of the thread that it stands in."""
        root = self.relation.get("event_id") if self.relation.get("rel_type") == "m.thread" else None
        return root if isinstance(root, str) else None


class First(NamedTuple):
    """A message as it was before any edit: the room, who said it, and the root of its thread, as far as is known."""

    event_id: str
    room_id: str | None = None
    sender: str | None = None
    thread: str | None = None


def token(tx: Tx) -> str | None:
    row = tx.execute("SELECT token FROM sync").fetchone()
    return row["token"] if row else None


def receive(tx: Tx, events: Iterable[Event], next_batch: str | None, now: int) -> int:
    """Keep the events that are new, and the token, together. Returns how many were new."""
    before = tx.total_changes
    for event in events:
        tx.execute(
            "INSERT OR IGNORE INTO inbox (event_id, room_id, sender, ts, type, state_key, content, encrypted, status,"
            " arrived_at) VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                event.event_id,
                event.room_id,
                event.sender,
                event.ts,
                event.type,
                event.state_key,
                json.dumps(event.content),
                event.encrypted,
                "waiting" if event.readable else "unread",
                now,
            ),
        )
    new = tx.total_changes - before
    if next_batch is not None:
        tx.execute(
            "INSERT INTO sync (id, token) VALUES (1, ?) ON CONFLICT DO UPDATE SET token = excluded.token", (next_batch,)
        )
    return new


def waiting(tx: Tx, limit: int = 200) -> list[Event]:
    """The oldest events that await an answer, in order."""
    return _events(tx, "status = 'waiting'", limit)


# Said after something by the same person that waits for its key: it does not overtake it.
BEHIND = (
    "EXISTS (SELECT 1 FROM inbox first WHERE first.status = 'unread' AND first.room_id = inbox.room_id"
    " AND first.sender = inbox.sender AND first.seq < inbox.seq)"
)


def turns(tx: Tx, each: int, but: Collection[str] = (), taken: Collection[int] = ()) -> list[Event]:
    """The oldest events that await an answer, so many of `each` room, `but` of those and but what was `taken`; in the
    order of each."""
    room_id, found = "", []
    following = "SELECT min(room_id) AS room_id FROM inbox WHERE status = 'waiting' AND room_id > ?"
    while room_id := tx.execute(following, (room_id,)).fetchone()["room_id"]:
        if room_id not in but:
            where = f"status = 'waiting' AND room_id = ? AND NOT {BEHIND}"
            waiting = _events(tx, where, each + len(taken), room_id)
            found += [event for event in waiting if event.seq not in taken][:each]
    return found


def is_changing(tx: Tx, space: str, person: str) -> bool:
    """Whether we were told, and have not understood yet, that somebody's membership or power there is another one."""
    query = (
        "SELECT 1 FROM inbox WHERE status = 'waiting' AND room_id = ? AND (type = 'm.room.power_levels'"
        " OR (type = 'm.room.member' AND state_key = ?))"
    )
    return tx.execute(query, (space, person)).fetchone() is not None


def suspects(tx: Tx) -> list[Event]:
    """What was tried before and still waits, the oldest of each room."""
    first = "seq IN (SELECT min(seq) FROM inbox WHERE status = 'waiting' GROUP BY room_id)"
    return _events(tx, f"status = 'waiting' AND tries > 0 AND {first}", -1)


def unread(tx: Tx, limit: int = 200) -> list[Event]:
    """Encrypted events whose key has not come."""
    return _events(tx, "status = 'unread'", limit)


def _events(tx: Tx, where: str, limit: int, *values: str) -> list[Event]:
    rows = tx.execute(f"SELECT * FROM inbox WHERE {where} ORDER BY seq LIMIT ?", (*values, limit))  # noqa: S608
    return [
        Event(
            r["event_id"],
            r["room_id"],
            r["sender"],
            r["ts"],
            r["type"],
            json.loads(r["content"]),
            r["state_key"],
            bool(r["encrypted"]),
            r["status"] != "unread",
            r["seq"],
            r["arrived_at"],
        )
        for r in rows
    ]


def decrypted(tx: Tx, event_id: str, type: str, content: dict[str, Any]) -> None:
    """The key came: the event can be understood now."""
    tx.execute(
        "UPDATE inbox SET status = 'waiting', type = ?, content = ? WHERE event_id = ? AND status = 'unread'",
        (type, json.dumps(content), event_id),
    )


def give_up(tx: Tx, event_id: str) -> None:
    """No key came in time: hand the event over as it is, to be answered in clear words."""
    tx.execute("UPDATE inbox SET status = 'waiting' WHERE event_id = ? AND status = 'unread'", (event_id,))


def done(tx: Tx, event_id: str) -> None:
    """Understood and answered: only what prevents a second time is kept, what it edited, and its thread."""
    tx.execute(SETTLE, (event_id,))


def first_of(tx: Tx, event_id: str) -> First:
    """The message that an edit of this one is about, were it an edit itself."""
    for _ in range(MOST_EDITS):
        row = tx.execute(
            "SELECT room_id, sender, json_extract(content, '$.edits') AS edits,"
            " json_extract(content, '$.thread') AS thread FROM inbox WHERE event_id = ?",
            (event_id,),
        ).fetchone()
        if row is None:
            return First(event_id)
        if not isinstance(row["edits"], str):
            thread = row["thread"] if isinstance(row["thread"], str) else None
            return First(event_id, row["room_id"], row["sender"], thread)
        event_id = row["edits"]
    return First(event_id)


def failed(tx: Tx, event_id: str) -> bool:
    """One more failure of ours on this event; True once it is set aside for a human."""
    tx.execute("UPDATE inbox SET tries = tries + 1 WHERE event_id = ? AND status = 'waiting'", (event_id,))
    changed = tx.execute(
        "UPDATE inbox SET status = 'aside' WHERE event_id = ? AND status = 'waiting' AND tries >= ?",
        (event_id, SET_ASIDE_AFTER),
    )
    return changed.rowcount > 0


def set_aside(tx: Tx, event_id: str) -> bool:
    """Leave it alone for now."""
    changed = tx.execute("UPDATE inbox SET status = 'aside' WHERE event_id = ? AND status = 'waiting'", (event_id,))
    return changed.rowcount > 0


def take_back(tx: Tx, event_id: str) -> None:
    """What was set aside is tried anew, at its place."""
    tx.execute("UPDATE inbox SET status = 'waiting', tries = 0 WHERE event_id = ? AND status = 'aside'", (event_id,))


def drop(tx: Tx, event_id: str) -> None:
    """What was set aside is never handled, and its content forgotten."""
    tx.execute("UPDATE inbox SET status = 'done', content = '{}' WHERE event_id = ? AND status = 'aside'", (event_id,))


def last_heard(tx: Tx) -> int:
    """When the newest event came, in milliseconds; 0 where none did yet."""
    row = tx.execute("SELECT arrived_at FROM inbox ORDER BY seq DESC LIMIT 1").fetchone()
    return int(row["arrived_at"]) if row else 0


def heard_before(tx: Tx, event: Event, pause: int) -> bool:
    """Whether anybody else said or clicked something in its room in the `pause` (in milliseconds) before."""
    query = (
        "SELECT EXISTS (SELECT 1 FROM inbox WHERE room_id = ? AND sender != ? AND state_key IS NULL AND seq < ?"
        " AND arrived_at > ?) AS heard"
    )
    row = tx.execute(query, (event.room_id, event.sender, event.seq, event.arrived_at - pause)).fetchone()
    return bool(row["heard"])


def purge(tx: Tx, before: int) -> None:
    """But for the newest event, behind which the next one has its place."""
    old = "status = 'done' AND arrived_at < ? AND seq < (SELECT max(seq) FROM inbox)"
    tx.execute(f"DELETE FROM inbox WHERE {old}", (before,))  # noqa: S608
