"""Which conversation an event belongs to: open questions, those who are awaited, and what was answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from .conversations import Conversation, Step, conversation_of, step_of
from .database import Tx
from .inbox import Event

Pair = tuple[Conversation, Step]
LETTER = "coalesce(json_extract(s.value, '$.since'), json_extract(s.value, '$.txn'))"
ASKED = f"coalesce((SELECT q.seq FROM outbox q WHERE q.txn_id = {LETTER}), 0)"  # noqa: S608 - when, among all letters
SKEW = 60_000  # milliseconds
STOPPING = "talk.stopping"  # asks whoever says « stop » in the middle of a long conversation; done where they meant it


def open_questions(tx: Tx, room_id: str) -> list[Pair]:
    """What is asked in this room now, in the order in which it was."""
    rows = tx.execute(
        "SELECT s.conversation, s.key FROM steps s JOIN conversations c ON c.id = s.conversation"  # noqa: S608
        " WHERE s.room_id = ? AND s.kind = 'ask' AND s.status = 'asked' AND c.status = 'open'"
        f" ORDER BY {ASKED}, s.seq",
        (room_id,),
    ).fetchall()
    return _pairs(tx, rows)


LAST_SAID = """
WITH card AS (SELECT max(seq) AS seq, max(heard) AS heard, max(created_at) AS at FROM outbox
               WHERE conversation = :conversation AND step = :step AND room_id = :room AND type = 'm.room.message')
SELECT card.seq IS NOT NULL AND :said_at > card.at - :skew
   AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.room_id = :room AND i.sender != :by AND i.state_key IS NULL
                   AND i.seq < :before AND (i.seq > card.heard OR i.arrived_at > card.at - :pause))
   AND NOT EXISTS (SELECT 1 FROM outbox o LEFT JOIN conversations c ON c.id = o.conversation
                   WHERE o.room_id = :room AND o.type = 'm.room.message' AND o.conversation IS NOT :conversation
                   AND (o.seq > card.seq OR (c.dialogue = 'called' AND o.created_at > card.at - :pause))) AS last
  FROM card
"""


def is_last_said(tx: Tx, conversation: int, step: str, answer: Event, pause: int) -> bool:
    """Whether this question was the last thing that its room heard before the answer: since then, and for a `pause` (in
    milliseconds) before it, nobody but who answers said or clicked anything, nor was anything of somebody's passed on;
    and since then the bot said nothing else. What is older, as the server of whoever answers says, came late and
    is about something else; servers' clocks differ a little (`SKEW`)."""
    found = {"conversation": conversation, "step": step, "room": answer.room_id, "pause": pause, "skew": SKEW}
    row = tx.execute(LAST_SAID, found | {"by": answer.sender, "before": answer.seq, "said_at": answer.ts}).fetchone()
    return bool(row["last"])


LEFT_BEHIND = """
WITH said AS (SELECT o.conversation, o.step, o.seq FROM outbox o WHERE o.room_id = :room AND o.type = 'm.room.message')
SELECT EXISTS (SELECT 1 FROM said JOIN conversations c ON c.id = said.conversation
                WHERE c.id != :conversation AND (c.person IN (:person, :me) OR c.room_id != :room)
                AND (:but = '' OR c.dialogue NOT IN (:but, 'call', 'called'))
                AND (:thread IS NULL OR c.thread = :thread)
                AND said.seq > (SELECT max(seq) FROM said WHERE conversation = :conversation AND step = :step)) AS left
"""


def is_left_behind(tx: Tx, conversation: int, step: str, answer: Event, thread: str | None, but: str, me: str) -> bool:
    """Whether another conversation, `but` one dialogue and calls, has spoken in this room, or in this `thread` of it,
    since this was asked, or asked again, there. What goes on there with somebody else is theirs; what the bot (`me`)
    tells by itself, or of whoever is elsewhere, is told to all."""
    found = {"conversation": conversation, "step": step, "room": answer.room_id, "thread": thread, "but": but}
    return bool(tx.execute(LEFT_BEHIND, found | {"person": answer.sender, "me": me}).fetchone()["left"])


# What is settled keeps nothing of its content but the thread, or the message, that it belongs to.
TALKED = """
WITH asked AS (SELECT max(heard) AS heard, max(created_at) AS at FROM outbox
                WHERE conversation = :conversation AND step = :step AND room_id = :room AND type = 'm.room.message')
SELECT asked.at FROM asked
 WHERE EXISTS (SELECT 1 FROM inbox i WHERE i.seq > asked.heard AND i.seq < :before AND i.room_id = :room
               AND i.sender != :by AND i.type = 'm.room.message' AND i.content = '{}'
               AND NOT EXISTS (SELECT 1 FROM steps s WHERE s.kind = 'ask' AND s.status = 'done'
                               AND json_extract(s.raw, '$.event_id') = i.event_id)
               AND NOT EXISTS (SELECT 1 FROM conversations c
                               LEFT JOIN outbox o ON o.conversation = c.id AND o.step = i.event_id
                               WHERE c.person = i.sender AND (c.cause = i.event_id OR o.seq IS NOT NULL)))
"""


def talked_below(tx: Tx, conversation: int, step: str, answer: Event) -> int | None:
    """When this was asked, or asked again, where others than who answers have talked in its room since, in no thread;
    None where they have not. What began something, was an answer or steered was said to the bot."""
    found = {"conversation": conversation, "step": step, "room": answer.room_id}
    row = tx.execute(TALKED, found | {"by": answer.sender, "before": answer.seq}).fetchone()
    return row["at"] if row else None


def awaited(tx: Tx, room_id: str, person: str) -> list[Pair]:
    """Conversations that wait for this person to enter this room."""
    rows = tx.execute(
        "SELECT conversation, key FROM steps s JOIN conversations c ON c.id = s.conversation WHERE s.room_id = ?"
        " AND s.kind = 'join' AND s.status IN ('started', 'asked') AND c.status = 'open' AND s.of = ?",
        (room_id, person),
    ).fetchall()
    return _pairs(tx, rows)


def lacking(tx: Tx, room_id: str) -> list[Pair]:
    """Conversations that wait for a right, or an invitation, in this room, with the act that it is for."""
    rows = tx.execute(
        "SELECT conversation, key FROM steps s JOIN conversations c ON c.id = s.conversation WHERE s.status = 'asked'"
        " AND s.kind IN ('do', 'look') AND c.status = 'open' AND EXISTS"
        " (SELECT 1 FROM json_each(s.value, '$.rooms') r WHERE r.key = ?)",
        (room_id,),
    ).fetchall()
    return _pairs(tx, rows)


def pointed(tx: Tx, event_id: str) -> tuple[Conversation, Step, bool] | None:
    """The question that a message of ours belongs to, and whether that message still asks it: after « modifier »,
    the recapitulation of before must not be agreed to. A reminder says the same as what it reminds of."""
    row = tx.execute(
        f"SELECT o.conversation, s.key, o.seq >= {ASKED} AS current"  # noqa: S608
        " FROM outbox o JOIN steps s ON s.conversation = o.conversation AND s.key = o.step"
        " WHERE o.event_id = ? AND s.kind = 'ask'",
        (event_id,),
    ).fetchone()
    found = pair(tx, row["conversation"], row["key"]) if row else None
    return (*found, bool(row["current"])) if found else None


def pair(tx: Tx, id: int, key: str) -> Pair | None:
    """A conversation and one of its steps, where both are still there."""
    row = tx.execute("SELECT * FROM conversations WHERE id = ?", (id,)).fetchone()
    step = tx.execute("SELECT * FROM steps WHERE conversation = ? AND key = ?", (id, key)).fetchone()
    return (conversation_of(row), step_of(step)) if row and step else None


def _pairs(tx: Tx, keys: Iterable[sqlite3.Row]) -> list[Pair]:
    found = [pair(tx, r["conversation"], r["key"]) for r in keys]
    return [each for each in found if each is not None]


def answered_by(tx: Tx, event_id: str, person: str | None = None) -> Pair | None:
    """The question of an open conversation that this message, or click, answered; of this `person`, or of anybody. A
    command's own line is none."""
    row = tx.execute(
        "SELECT s.conversation, s.key FROM steps s JOIN conversations c ON c.id = s.conversation"
        " WHERE c.status = 'open' AND c.cause != ? AND s.kind = 'ask' AND json_extract(s.raw, '$.event_id') = ?"
        " AND s.by = coalesce(?, s.by)",
        (event_id, event_id, person),
    ).fetchone()
    return pair(tx, row["conversation"], row["key"]) if row else None


def used_by(tx: Tx, event_id: str, person: str) -> Step | None:
    """The question that this message of theirs answered, of a conversation that has come to its end."""
    row = tx.execute(
        "SELECT s.* FROM steps s JOIN conversations c ON c.id = s.conversation WHERE c.status = 'done'"
        " AND s.kind = 'ask' AND s.status = 'done' AND s.by = ? AND json_extract(s.raw, '$.event_id') = ?",
        (person, event_id),
    ).fetchone()
    return step_of(row) if row else None


def begun_by(tx: Tx, event_id: str, person: str) -> tuple[Conversation, Conversation] | None:
    """The conversation with this person that goes on since this line of theirs, as it was or as they edited it: the
    command's own, or one that it began; and the command's own."""
    row = tx.execute(
        "WITH RECURSIVE since(id, line) AS (SELECT id, id FROM conversations WHERE person = :person"
        " AND (cause = :line OR cause > :line || '/' AND cause < :line || '0')"
        " UNION SELECT c.id, s.line FROM conversations c"
        " JOIN since s ON c.cause > s.id || '/' AND c.cause < s.id || '0')"
        " SELECT c.*, s.line FROM conversations c JOIN since s ON s.id = c.id WHERE c.status = 'open'"
        " AND c.person = :person"
        " AND EXISTS (SELECT 1 FROM steps q WHERE q.conversation = c.id AND q.kind = 'ask' AND q.status = 'asked'"
        " AND q.of = c.person) ORDER BY c.created_at",
        {"line": event_id, "person": person},
    ).fetchone()
    if row is None:
        return None
    line = tx.execute("SELECT * FROM conversations WHERE id = ?", (row["line"],)).fetchone()
    return conversation_of(row), conversation_of(line)


FROM_LINE = """
WITH RECURSIVE before(id, cause, n) AS (SELECT id, cause, 0 FROM conversations WHERE id = ?
  UNION ALL SELECT c.id, c.cause, n + 1 FROM before
  JOIN conversations c ON c.id = CAST(substr(before.cause, 1, instr(before.cause, '/') - 1) AS INTEGER))
SELECT c.* FROM before JOIN conversations c ON c.id = before.id ORDER BY n DESC
"""


def first_of(tx: Tx, id: int) -> Conversation | None:
    """The conversation of which this one comes: it begins where one began that was begun by nothing of ours."""
    row = tx.execute(FROM_LINE, (id,)).fetchone()
    return conversation_of(row) if row else None


def done_by(tx: Tx, event_id: str, person: str) -> Conversation | None:
    """The conversation that this line of theirs began, as it was or as they edited it, and that has come to its end."""
    row = tx.execute(
        "SELECT * FROM conversations WHERE person = :person AND status = 'done'"
        " AND (cause = :line OR cause > :line || '/' AND cause < :line || '0') ORDER BY created_at DESC",
        {"line": event_id, "person": person},
    ).fetchone()
    return conversation_of(row) if row else None


def open_of(tx: Tx, person: str, room_id: str) -> list[Conversation]:
    """Conversations of a person in a room that wait for somebody's answer, first the one that asked last."""
    rows = tx.execute(
        f"SELECT c.*, max({ASKED}) AS latest FROM conversations c JOIN steps s ON s.conversation = c.id"  # noqa: S608
        " WHERE c.person = ? AND c.room_id = ? AND c.status = 'open' AND s.kind = 'ask' AND s.status = 'asked'"
        " GROUP BY c.id ORDER BY latest DESC",
        (person, room_id),
    )
    return [conversation_of(r) for r in rows]


def stopped_by(tx: Tx, person: str, room_id: str) -> Conversation | None:
    """What this person stopped here last and can take up: nothing was begun in its place since, and somebody who was
    arriving still is."""
    row = tx.execute(
        "SELECT c.* FROM conversations c JOIN steps s ON s.conversation = c.id AND s.key = ? AND s.status = 'done'"
        " WHERE c.person = ? AND c.room_id = ? AND c.status = 'cancelled' AND NOT EXISTS (SELECT 1 FROM conversations n"
        " WHERE n.dialogue = c.dialogue AND n.person = c.person AND n.lieu IS c.lieu AND n.created_at > c.created_at)"
        " AND (json_extract(c.args, '$.arrival') IS NULL OR EXISTS (SELECT 1 FROM arrivals a"
        " WHERE a.id = json_extract(c.args, '$.arrival')"
        " AND a.status NOT IN ('welcomed', 'declined', 'cancelled'))) ORDER BY c.ended_at DESC LIMIT 1",
        (STOPPING, person, room_id),
    ).fetchone()
    return conversation_of(row) if row else None
