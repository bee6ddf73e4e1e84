"""Rooms that were upgraded: what is kept of an old one comes to be kept of the one that takes its place."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .database import Tx

MARGIN = 60_000  # milliseconds by which clocks may differ
CARD = ("called", "card")  # the dialogue and the step of a card below which people speak
ABOUT = ("room-followed", "room-shut", "room-refused")  # dialogues about an upgrade: they name the old room on purpose


@dataclass(frozen=True, slots=True)
class Succession:
    """`status`: shut, refused (`why`), moving or done. `rest`: what the bot could not put right around it."""

    old: str
    new: str
    by: str
    name: str
    status: str
    why: str
    rest: list[str]
    at: int


# Every column that names a room, and whose row goes where the room goes.
NAMING = (
    ("made_rooms", "room_id"),
    ("people", "direct"),
    ("arrivals", "room_id"),
    ("silences", "room_id"),
    ("ban_lists", "room_id"),
    ("networks", "space"),
    ("networks", "room_id"),
    ("cards", "room_id"),
    ("projects", "room_id"),
    ("candidates", "space"),
    ("lieux", "space"),
    ("maintenance_rooms", "room_id"),
)
# What is of the old room itself, or of nobody's any more: where the bot is, what was heard and said there, whom another
# bot follows there. Talks, letters and what is owned have ways of their own below.
STAYING = (
    ("rooms", "room_id"),
    ("inbox", "room_id"),
    ("moved_rooms", "room_id"),
    ("moved_rooms", "space"),
    ("conversations", "room_id"),
    ("steps", "room_id"),
    ("outbox", "room_id"),
)
# Objects in which rooms are named, each with the columns by which a row is known. Acts are never rewritten.
HOLDING = (
    ("lieux", "choices", ("id",)),
    ("paths", "content", ("lieu", "number")),
    ("departures", "taken", ("id",)),
    ("network_lieux", "choices", ("network", "lieu")),
)


def get(tx: Tx, old: str) -> Succession | None:
    row = tx.execute("SELECT * FROM successions WHERE old = ?", (old,)).fetchone()
    return _succession(row) if row else None


def before(tx: Tx, new: str) -> str | None:
    """The room whose place this one has taken."""
    row = tx.execute("SELECT old FROM successions WHERE new = ? AND status IN ('moving', 'done')", (new,)).fetchone()
    return row["old"] if row else None


def line(tx: Tx, new: str) -> list[str]:
    """The rooms whose place this one has taken, one after the other, the latest first."""
    found: list[str] = []
    while (old := before(tx, found[-1] if found else new)) and old not in (new, *found):
        found.append(old)
    return found


def awaited(tx: Tx, new: str) -> list[str]:
    """The rooms that point at this one, which did not let the bot in."""
    return [row["old"] for row in tx.execute("SELECT old FROM successions WHERE new = ? AND status = 'shut'", (new,))]


def unfinished(tx: Tx) -> list[Succession]:
    rows = tx.execute("SELECT * FROM successions WHERE status != 'done' OR rest != '[]' ORDER BY at")
    return [_succession(row) for row in rows]


def latest(tx: Tx, room_id: str) -> str:
    """The last room of the line that begins with this one."""
    return onward(tx, room_id)[-1]


def onward(tx: Tx, room_id: str) -> list[str]:
    """This room, and those that took its place, one after the other."""
    seen = [room_id]
    while (found := get(tx, seen[-1])) and found.status in ("moving", "done") and found.new not in seen:
        seen.append(found.new)
    return seen


def _succession(r: sqlite3.Row) -> Succession:
    return Succession(r["old"], r["new"], r["by"], r["name"], r["status"], r["why"], json.loads(r["rest"]), r["at"])


def note(tx: Tx, old: str, new: str, by: str, name: str, status: str, now: int, why: str = "") -> bool:
    """Where one stands that is not followed yet; False where that was known."""
    known = get(tx, old)
    if known and (known.status in ("moving", "done") or (known.new, known.status, known.why) == (new, status, why)):
        return False
    tx.execute(
        "INSERT OR REPLACE INTO successions (old, new, by, name, status, why, at) VALUES (?,?,?,?,?,?,?)",
        (old, new, by, name, status, why, now),
    )
    return True


def leave(tx: Tx, old: str, rest: list[str]) -> None:
    """What the bot could not put right; nothing once it could."""
    tx.execute("UPDATE successions SET rest = ? WHERE old = ?", (json.dumps(rest), old))


def named(tx: Tx) -> list[str]:
    """Every room that is kept for something: where an upgrade has to be seen."""
    found = dict.fromkeys(
        row["room"]
        for table, column in NAMING
        for row in tx.execute(f"SELECT {column} AS room FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
    )
    for table, column, _ in HOLDING:
        for row in tx.execute(f"SELECT {column} AS held FROM {table}"):  # noqa: S608
            found |= dict.fromkeys(_rooms_in(json.loads(row["held"])))
    for row in tx.execute("SELECT ref FROM owned WHERE service = 'matrix' AND kind = 'room'"):
        found[row["ref"]] = None
    return list(found)


def _rooms_in(value: Any) -> Iterator[str]:
    match value:
        case str() if value.startswith("!"):
            yield value
        case list():
            for each in value:
                yield from _rooms_in(each)
        case dict():
            for name, each in value.items():
                yield from _rooms_in(name)
                yield from _rooms_in(each)


def is_taken(tx: Tx, old: str, new: str) -> bool:
    """Whether the new room is somebody's already, who is not whose the old one is: no upgrade takes it from them."""
    for table, column in (
        ("lieux", "space"),
        ("networks", "space"),
        ("networks", "room_id"),
        ("made_rooms", "room_id"),
        ("projects", "room_id"),
        ("moved_rooms", "room_id"),
        ("successions", "old"),
    ):
        if tx.execute(f"SELECT 1 FROM {table} WHERE {column} = ?", (new,)).fetchone():  # noqa: S608
            return True
    if tx.execute(
        "SELECT 1 FROM successions WHERE new = ? AND old != ? AND status != 'refused'", (new, old)
    ).fetchone():
        return True
    return bool(_owners(tx, new) - _owners(tx, old))


def _owners(tx: Tx, room_id: str) -> set[tuple[str, object]]:
    """The lieux that chose a room or read it as a ban list, and who talks with the bot there in private."""
    found = {("person", row["person"]) for row in tx.execute("SELECT person FROM people WHERE direct = ?", (room_id,))}
    for row in tx.execute("SELECT id, space, choices FROM lieux"):
        if row["space"] == room_id or room_id in _rooms_in(json.loads(row["choices"])):
            found.add(("lieu", row["id"]))
    found |= {("lieu", row["lieu"]) for row in tx.execute("SELECT lieu FROM ban_lists WHERE room_id = ?", (room_id,))}
    return found


# -- what moves


def is_of_network(tx: Tx, room_id: str) -> bool:
    query = "SELECT 1 FROM networks WHERE space = :room OR room_id = :room"
    return tx.execute(query, {"room": room_id}).fetchone() is not None


def move(tx: Tx, old: str, new: str, by: str, name: str, since: int, now: int) -> None:
    """What was kept of the old room is kept of the new one; talks that go on follow one by one (`follow`). `since` when
    (ms) the old one takes no words any more."""
    note(tx, old, new, by, name, "moving", now)
    tx.execute("UPDATE lieux SET origin = space WHERE space = ? AND origin = ''", (old,))
    for table, column in NAMING:  # what the new room was taken for meanwhile gives way, but no lieu does (`is_taken`)
        tx.execute(f"UPDATE OR REPLACE {table} SET {column} = ? WHERE {column} = ?", (new, old))  # noqa: S608
    tx.execute("UPDATE OR REPLACE owned SET ref = ? WHERE service = 'matrix' AND kind = 'room' AND ref = ?", (new, old))
    for table, column, keys in HOLDING:
        _rewrite(tx, table, column, keys, old, new)
    _send_on(tx, old, new, since - MARGIN)


def _rewrite(tx: Tx, table: str, column: str, keys: tuple[str, ...], old: str, new: str) -> None:
    where = " AND ".join(f"{key} = ?" for key in keys)
    for row in tx.execute(f"SELECT * FROM {table} WHERE instr({column}, ?)", (old,)).fetchall():  # noqa: S608
        told = json.dumps(renamed(json.loads(row[column]), old, new))
        tx.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (told, *(row[key] for key in keys)))  # noqa: S608


def renamed(value: Any, old: str, new: str) -> Any:
    """An object in which the new room stands wherever the old one did."""
    if isinstance(value, dict):
        return {renamed(name, old, new): renamed(each, old, new) for name, each in value.items()}
    if isinstance(value, list):
        told = [renamed(each, old, new) for each in value]
        return [each for n, each in enumerate(told) if each != new or new not in told[:n]]
    return new if value == old else value


def _send_on(tx: Tx, old: str, new: str, since: int) -> None:
    """What waits to be said is said in the new room, and what the old one refused since it was upgraded. What corrects,
    or points at, something that was said in the old one stays there with it."""
    waiting = tx.execute(
        "SELECT * FROM outbox WHERE room_id = ? AND (status = 'waiting' OR status = 'refused' AND error = 'M_FORBIDDEN'"
        " AND created_at >= ?) ORDER BY seq",
        (old, since),
    )
    moved: set[str] = set()
    for row in waiting.fetchall():
        content = json.loads(row["content"])
        relation = content.get("m.relates_to") if isinstance(content, dict) else None
        target = relation.get("event_id") if isinstance(relation, dict) else None
        target = target.get("$event") if isinstance(target, dict) else target
        said = row["type"] == "m.room.message" and (relation or {}).get("rel_type") != "m.replace"
        if not said and target not in moved:
            continue
        if said and relation and target not in moved:
            del content["m.relates_to"]  # the thread stays in the old room
        moved.add(row["txn_id"])
        sets = "UPDATE outbox SET room_id = ?, content = ?, status = 'waiting', error = NULL WHERE seq = ?"
        tx.execute(sets, (new, json.dumps(content), row["seq"]))


def talks(tx: Tx, old: str) -> list[int]:
    """The conversations that go on there, or are about it; what somebody stopped they may take up."""
    rows = tx.execute(
        "SELECT id FROM conversations c WHERE status IN ('open', 'cancelled') AND (room_id = :old OR instr(args, :old)"
        " OR EXISTS (SELECT 1 FROM steps s WHERE s.conversation = c.id AND (s.room_id = :old OR instr(s.key, :old)"
        " OR instr(coalesce(s.value, ''), :old) OR instr(coalesce(s.raw, ''), :old)))) ORDER BY created_at",
        {"old": old},
    )
    return [row["id"] for row in rows]


def follow(tx: Tx, id: int, old: str, new: str, anew: Any) -> None:
    """A conversation goes on in the new room, where what it asks is put once more (`anew`: the value of a step that is
    to be asked again)."""
    talk = tx.execute("SELECT * FROM conversations WHERE id = ? AND status IN ('open', 'cancelled')", (id,)).fetchone()
    if talk is None:
        return
    args = talk["args"] if talk["dialogue"] in ABOUT else json.dumps(renamed(json.loads(talk["args"]), old, new))
    here = talk["room_id"] == old
    tx.execute(
        "UPDATE conversations SET room_id = ?, thread = ?, args = ?, wake_at = 0 WHERE id = ?",
        (new if here else talk["room_id"], None if here else talk["thread"], args, id),
    )
    if here and talk["status"] == "open":
        _say_again(tx, talk)
    for step in tx.execute("SELECT * FROM steps WHERE conversation = ?", (id,)).fetchall():
        _follow_step(tx, id, step, old, new, anew)


def _follow_step(tx: Tx, id: int, step: sqlite3.Row, old: str, new: str, anew: Any) -> None:
    goes_on = step["status"] in ("asked", "heard", "started")  # what was said there before stays there
    key = step["key"].replace(f"[{old}]", f"[{new}]")
    raw, value = (
        None if step[name] is None else renamed(json.loads(step[name]), old, new) for name in ("raw", "value")
    )
    status, there = step["status"], step["room_id"] == old
    touched = there or (raw, value) != tuple(None if step[n] is None else json.loads(step[n]) for n in ("raw", "value"))
    if step["kind"] == "ask" and status == "asked" and there:
        value = anew
        _put_away(tx, id, step["key"])
    elif step["kind"] == "join" and status == "asked" and there:
        status = "started"  # they may be in the new room already
    elif step["kind"] in ("do", "look") and status == "asked" and touched:
        status = "heard"  # what was lacking may be there
    tx.execute(
        "UPDATE steps SET key = ?, raw = ?, value = ?, room_id = ?, status = ? WHERE conversation = ? AND key = ?",
        (
            key,
            None if raw is None else json.dumps(raw),
            None if value is None else json.dumps(value),
            new if there and goes_on else step["room_id"],
            status,
            id,
            step["key"],
        ),
    )


def _say_again(tx: Tx, talk: sqlite3.Row) -> None:
    """What is said later is said below the card of a call, or corrects what shows how far something is: these stand in
    the new room too, as the script says them when it is replayed."""
    for step in tx.execute("SELECT * FROM steps WHERE conversation = ? AND kind = 'say'", (talk["id"],)).fetchall():
        value = json.loads(step["value"] or "null")
        shows = isinstance(value, dict) and "txn" in value and "#" not in step["key"]
        if shows or (talk["dialogue"], step["key"]) == CARD:
            _put_away(tx, talk["id"], step["key"])
            tx.execute("DELETE FROM steps WHERE conversation = ? AND key = ?", (talk["id"], step["key"]))


def _put_away(tx: Tx, id: int, step: str) -> None:
    """Under its own transaction id, what was said at a step would pass for said already."""
    of_it = "conversation = ? AND step = ? AND status"
    tx.execute(f"UPDATE outbox SET txn_id = txn_id || '/' || seq WHERE {of_it} != 'waiting'", (id, step))  # noqa: S608
    tx.execute(f"DELETE FROM outbox WHERE {of_it} = 'waiting'", (id, step))  # noqa: S608


def done(tx: Tx, old: str) -> None:
    tx.execute("UPDATE successions SET status = 'done' WHERE old = ?", (old,))
