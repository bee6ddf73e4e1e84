"""What was put aside, and is left alone until whoever hosts the bot releases or drops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypedDict

from . import conversations, inbox
from .database import Tx

EVENT, CONVERSATION, PART = "event ", "conversation ", "part "  # and what it is, in `what`
OF_LIEU = " of lieu "  # and its number, where a part is for one
READ = f"{PART}reading "  # and the event that was being decrypted
Why = Literal["died", "failed", "safe"]


@dataclass(frozen=True, slots=True)
class Aside:
    """`why`: the bot `died` of it, `failed` to handle it, or runs in `safe` mode. Of an event or a conversation: the
    room, whose it is, the type of the event or the name of the dialogue, since when (ms), and how long an event is
    (bytes); of what somebody wrote, nothing."""

    id: int
    what: str
    why: Why
    room_id: str = ""
    person: str = ""
    kind: str = ""
    at: int = 0
    size: int = 0

    @property
    def event_id(self) -> str | None:
        return self.what.removeprefix(EVENT) if self.what.startswith(EVENT) else None

    @property
    def conversation(self) -> int | None:
        return int(self.what.removeprefix(CONVERSATION)) if self.what.startswith(CONVERSATION) else None


class Counted(TypedDict):
    """How much of a lieu is put aside, and which parts of the bot itself are."""

    events: int
    conversations: int
    parts: list[str]


def put(tx: Tx, what: str, why: Why) -> bool:
    """False where it is aside already."""
    return tx.execute("INSERT OR IGNORE INTO aside (what, why) VALUES (?, ?)", (what, why)).rowcount > 0


def put_conversation(tx: Tx, id: int, why: Why, lieu: int | None) -> None:
    """Its person and the concierges are told as it is stopped."""
    query = "INSERT OR IGNORE INTO aside (what, why, status, lieu) VALUES (?, ?, 'told', ?)"
    tx.execute(query, (f"{CONVERSATION}{id}", why, lieu))


def failed(tx: Tx, event_id: str, why: Why) -> bool:
    """One more failure of ours on this event; True once it is put aside."""
    return inbox.failed(tx, event_id) and put(tx, f"{EVENT}{event_id}", why)


def wait(tx: Tx, event_id: str) -> None:
    """It is handled when the bot does not run in safe mode any more."""
    if inbox.set_aside(tx, event_id):
        put(tx, f"{EVENT}{event_id}", "safe")


def end_safe_mode(tx: Tx) -> None:
    """What waited for the end of safe mode is heard, each at its place."""
    for one in _found(tx, "why = 'safe'"):
        forget(tx, one)
        inbox.take_back(tx, str(one.event_id))


def all_of_them(tx: Tx) -> list[Aside]:
    return _found(tx, "status != 'released'")


def untold(tx: Tx) -> list[Aside]:
    """What nobody was told of yet; what waits for the end of safe mode is told of once, for all."""
    return _found(tx, "status = 'new' AND why != 'safe'")


def released(tx: Tx) -> list[Aside]:
    return _found(tx, "status = 'released'")


def told(tx: Tx, one: Aside, lieu: int | None) -> None:
    tx.execute("UPDATE aside SET status = 'told', lieu = ? WHERE id = ? AND status = 'new'", (lieu, one.id))


def release(tx: Tx, one: Aside) -> None:
    """The bot takes it up as soon as it reads this."""
    tx.execute("UPDATE aside SET status = 'released' WHERE id = ?", (one.id,))


def drop(tx: Tx, one: Aside) -> None:
    """It is never handled."""
    if one.event_id is not None:
        inbox.drop(tx, one.event_id)
    if one.conversation is not None:
        conversations.forget_values(tx, one.conversation)
    forget(tx, one)


def drop_of(tx: Tx, person: str) -> None:
    """Whatever this person said, or what is about their membership, that is aside, with what is in it."""
    theirs = "(SELECT 'event ' || event_id FROM inbox WHERE status = 'aside' AND ? IN (sender, state_key))"
    for one in _found(tx, f"what IN {theirs}", person):
        drop(tx, one)


class Words(NamedTuple):
    """An event that is aside, and what is in it (JSON)."""

    aside: Aside
    words: str


def with_words(tx: Tx, lieu: int, nobodys: bool) -> list[Words]:
    """The events of a lieu that are aside, and those of which it is not known whose they are (`nobodys`)."""
    found = [one for one in _found(tx, "lieu = ? OR (lieu IS NULL AND ?)", lieu, nobodys) if one.event_id]
    said = {row["event_id"]: row["content"] for row in tx.execute("SELECT * FROM inbox WHERE status = 'aside'")}
    return [Words(one, said[one.event_id]) for one in found if one.event_id in said]


def forget_conversation(tx: Tx, id: int) -> None:
    """It is there no more."""
    tx.execute("DELETE FROM aside WHERE what = ?", (f"{CONVERSATION}{id}",))


def forget(tx: Tx, one: Aside) -> None:
    tx.execute("DELETE FROM aside WHERE id = ?", (one.id,))


def take_up(tx: Tx, one: Aside) -> None:
    """What was released is no more aside: an event waits at its place, a conversation is open where it stood."""
    forget(tx, one)
    if one.event_id is not None:
        inbox.take_back(tx, one.event_id)
    if one.conversation is not None:
        conversations.take_back(tx, one.conversation)
        tx.execute("DELETE FROM deaths WHERE conversation = ?", (one.conversation,))


def tidy(tx: Tx, _before: int) -> None:
    """A conversation that ended long ago is forgotten, and cannot be released any more."""
    tx.execute(
        "DELETE FROM aside WHERE what LIKE 'conversation %' AND NOT EXISTS"
        " (SELECT 1 FROM conversations c WHERE c.id = CAST(substr(what, ?) AS INTEGER))",
        (len(CONVERSATION) + 1,),
    )


def parts(tx: Tx) -> set[str]:
    """Of the bot itself, which it leaves alone."""
    rows = tx.execute("SELECT what FROM aside WHERE what LIKE 'part %' AND status != 'released'")
    return {row["what"].removeprefix(PART) for row in rows}


def counted(tx: Tx, lieu: int) -> Counted:
    """A conversation knows its lieu; of an event it is known once its concierges are told. Parts that are for another
    lieu are none of theirs."""
    found = _found(tx, "lieu = ? AND status != 'released'", lieu)
    others = [part for part in parts(tx) if OF_LIEU in part and not part.endswith(f"{OF_LIEU}{lieu}")]
    return {
        "events": sum(one.event_id is not None for one in found),
        "conversations": sum(one.conversation is not None for one in found),
        "parts": sorted(part for part in parts(tx).difference(others) if not f"{PART}{part}".startswith(READ)),
    }


def _after(kind: str) -> str:
    """The name or number of what is of this kind, of `a`; nothing for another."""
    return f"CASE WHEN substr(a.what, 1, {len(kind)}) = '{kind}' THEN substr(a.what, {len(kind) + 1}) END"


def _found(tx: Tx, where: str, *values: int | str) -> list[Aside]:
    rows = tx.execute(
        "SELECT a.id, a.what, a.why, coalesce(i.room_id, c.room_id, '') AS room_id,"  # noqa: S608
        " coalesce(i.sender, c.person, '') AS person, coalesce(i.type, c.dialogue, '') AS kind,"
        " coalesce(i.arrived_at, c.created_at, 0) AS at, coalesce(length(i.content), 0) AS size"
        " FROM (SELECT * FROM aside WHERE " + where + ") a"
        f" LEFT JOIN inbox i ON i.event_id = {_after(EVENT)}"  # so that SQLite looks it up: there may be thousands
        f" LEFT JOIN conversations c ON c.id = CAST({_after(CONVERSATION)} AS INTEGER) ORDER BY a.id",
        values,
    )
    return [Aside(*row) for row in rows]
