"""A message as the bot takes it: what was typed, where, and whether the bot was spoken to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, TypedDict
from urllib.parse import unquote

from bot.lieux import Lieu
from bot.matrix.message import is_for, plain_text
from bot.people import Place
from bot.store.inbox import Event

TO, END = 'href="https://matrix.to/#/', re.compile(r"[\"?&<>\s]")
LONGEST, MOST = 40_000, 50  # characters, people


class Origin(TypedDict):
    """What a command may want to know of the message that it came in: where it was said, to which message it replies on
    purpose, the root of its thread, and whom it mentions."""

    room_id: str
    event_id: str
    replies_to: str | None
    thread: str | None
    pills: list[str]


@dataclass(frozen=True, slots=True)
class Spoken:
    """`text`: what was typed, None for a photo. `command`: the line without prefix or mention, where it may be one;
    `explicit`: it has one of these, and can be nothing else."""

    event: Event
    text: str | None
    place: Place
    lieu: Lieu | None
    addressed: bool
    explicit: bool
    command: str | None
    prefixed: bool
    pills: tuple[str, ...] = ()

    @property
    def thread(self) -> str | None:
        """The event at the root of the thread in which this was said."""
        root = self.event.relation.get("event_id") if self.event.relation.get("rel_type") == "m.thread" else None
        return root if isinstance(root, str) else None

    @property
    def replies_to(self) -> str | None:
        """The message that this one replies to, on purpose or because a thread always does."""
        reply = self.event.relation.get("m.in_reply_to")
        target = reply.get("event_id") if isinstance(reply, dict) else None
        return target if isinstance(target, str) else None

    @property
    def origin(self) -> Origin:
        """What a command may want to know of the message that it came in."""
        replies_to = self.replies_to if self.on_purpose else None
        return {
            "room_id": self.event.room_id,
            "event_id": self.event.event_id,
            "replies_to": replies_to,
            "thread": self.thread,
            "pills": list(self.pills),
        }

    @property
    def on_purpose(self) -> bool:
        return self.event.relation.get("is_falling_back") is not True


def spoken(event: Event, me: str, name: str, prefix: str, place: Place, lieu: Lieu | None) -> Spoken:
    """`me` and `name` are the bot's: how a mention of it begins a message."""
    typed = plain_text(event.content, me, name)
    called = is_for(event.content, me, name)
    prefixed = typed is not None and typed.lstrip().startswith(prefix)
    command = typed.strip() if typed is not None and (called or place is Place.DIRECT) else None
    if typed is not None and prefixed:
        command = typed.lstrip()[len(prefix) :]
    explicit = called or prefixed
    addressed, named = explicit or place is Place.DIRECT, tuple(pills(event.content, me))
    return Spoken(event, typed, place, lieu, addressed, explicit, command, prefixed, named)


def pills(content: dict[str, Any], me: str) -> list[str]:
    """Who is named, besides the bot: by a link to them, whatever the text of it says, or by a mention.

    Clients mention whoever is replied to, and those whom that message mentioned: nobody is named by that alone.
    """
    new, relation = content.get("m.new_content"), content.get("m.relates_to")
    said = new if isinstance(new, dict) else content
    linked, mentions = [each for each in _linked(said) if each != me], said.get("m.mentions")
    named = mentions.get("user_ids") if isinstance(mentions, dict) else None
    replies = isinstance(relation, dict) and "m.in_reply_to" in relation and relation.get("is_falling_back") is not True
    told = [] if replies or not isinstance(named, list) else [each for each in named if isinstance(each, str)]
    return list(dict.fromkeys([*linked, *(each for each in told if each != me)]))


def _linked(content: dict[str, Any]) -> list[str]:
    """The people to whom the formatted text of a message links; what it quotes is somebody else's."""
    html = content.get("formatted_body")
    if not isinstance(html, str):
        return []
    own = html[:LONGEST].rpartition("</mx-reply>")[2]
    targets = (END.split(piece, maxsplit=1)[0] for piece in own.split(TO)[1 : MOST + 1])
    return [person for person in map(unquote, targets) if person.startswith("@") and ":" in person]
