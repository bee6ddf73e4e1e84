"""The lines of a call: how each is kept, how it reads on the other side, and what ends or corrects it.

A call is an open conversation « called »: its card is its first step, each line that was passed on another one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.matrix.message import attached, edit, forwarded, plain_text
from bot.store import conversations
from bot.store.conversations import Conversation, Step
from bot.store.inbox import Event
from bot.talk.run import Run
from bot.talk.talk import Talk
from bot.talk.voice import MESSAGE

CALLED, CARD, LINE = "called", "card", "line["
LONGEST = 4000
Json = dict[str, Any]


def key_of(event_id: str) -> str:
    return f"{LINE}{event_id}]"


def who_calls(call: Conversation) -> str:
    return str((call.args or {}).get("who"))


def is_answer(row: Step, person: str) -> bool:
    return row.key.startswith(LINE) and row.by != person


def line_in(event: Event) -> Json | None:
    """`text` or `attachment`; None for what cannot be passed on."""
    new = event.content.get("m.new_content")
    said = new if isinstance(new, dict) else event.content
    typed = plain_text(said)
    if typed:
        return {"text": typed[:LONGEST]}
    found = attached(said)
    return {"attachment": found} if found else None


def content(talk: Talk, room_id: str, kind: str, name: str, line: Json) -> Json:
    """A line as the other side reads it: below the card, or in private."""
    words = {"who": name, "said": words_of(line), "lieu": talk.voice.lieu.name if talk.voice.lieu else ""}
    told = talk.voice.content(room_id, f"speak.{kind}", words, below=CARD if kind == "line" else "")
    return with_file(told, line)


def words_of(line: Json) -> str:
    return str(line["attachment"]["name"] if "attachment" in line else line.get("text", ""))


def with_file(told: Json, line: Json) -> Json:
    return told | forwarded(line["attachment"], told["body"]) if "attachment" in line else told


def settle(run: Run, talk: Talk, event: Event, name: str) -> None:
    """Both sides are told, and the call ends."""
    key, room_id = key_of(event.event_id), str((run.conversation.args or {}).get("room"))
    run.keep(key, "say", "done", by=event.sender, room_id=event.room_id)
    side = "person" if event.sender == talk.person else "house"
    words = {"who": who_calls(run.conversation), "by": name}
    talk.voice.tell(key, f"speak.settled-by-{side}", room_id, part="private", notice=True, words=words)
    talk.voice.tell(key, f"speak.settled-office-{side}", talk.room, part="office", notice=True, words=words, below=CARD)
    talk.note("call-settled", talk.person, by=event.sender)
    id, at = run.conversation.id, run.now()
    run.pending.append(lambda tx: conversations.end(tx, id, "done", at))


def reword(run: Run, talk: Talk, event: Event, line: Json) -> None:
    """What the card says was edited or taken back."""
    args = run.conversation.args or {}
    what = talk.phrase("speak.taken-back") if line.get("deleted") else line.get("text", "")
    args = args | {"what": what}
    run.conversation = replace(run.conversation, args=args)
    run.pending.append(lambda tx: conversations.set_args(tx, run.conversation.id, args))
    words = {"who": who_calls(run.conversation), "person": args["address"], "what": what}
    card = talk.voice.content(talk.room, f"speak.{CARD}", words)
    first = {"$event": run.conversation.txn(CARD)}
    run.post(talk.room, CARD, MESSAGE, edit(first, card), event.event_id)
