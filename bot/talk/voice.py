"""The voice of the bot in one conversation: which sentence, in whose language, as which Matrix event.

Everything is said under a transaction id that a crash does not change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.errors import Refused
from bot.lieux import Lieu, rooms_of
from bot.matrix.message import forwarded, text
from bot.store.conversations import Step
from bot.store.outbox import REDACTION
from bot.talk.run import Run
from bot.words import HOLE, Words, holes_of

MESSAGE, REACTION = "m.room.message", "m.reaction"
KNOWN_AS = "known-as"
Sentence = tuple[str, dict[str, Any]]


def below(one: Sentence, other: Sentence, mark: str, between: str = "\n\n") -> Sentence:
    """Two sentences as one; the holes of the second are marked, for both may have a « who »."""
    template = HOLE.sub(rf"{{{mark}_\1}}", other[0])
    return f"{one[0]}{between}{template}", one[1] | {f"{mark}_{name}": value for name, value in other[1].items()}


class Voice:
    """`family`: the family of words of the script; `own`: the language of its person.

    The rooms of the lieu speak the lieu's language, everywhere else it is the person's.
    """

    def __init__(self, run: Run, family: str, words: Words, lieu: Lieu | None, own: str) -> None:
        self._run, self._family, self._own = run, family, own
        self.words, self.lieu = words, lieu

    # -- sentences

    def sentence(self, room_id: str, key: str, holes: dict[str, Any]) -> Sentence:
        overlay = self.lieu.words if self.lieu else {}
        zone = self.lieu.choices.zone if self.lieu else "Europe/Paris"
        return self.words.sentence(self.language(room_id), key, holes, overlay=overlay, zone=zone)

    def language(self, room_id: str) -> str:
        return self.lieu.tongue if self.lieu and room_id in rooms_of(self.lieu) else self._own

    def name(self, step: str) -> str:
        """What the sentence of this step is called in the catalogues."""
        return step if "." in step else f"{self._family}.{step}"

    def phrase(self, step: str, /, *, to: str | None = None, **words: Any) -> str:
        """A sentence without its markup, to be part of another one."""
        return self._plain(to or self._run.room, self.name(step), words)

    def filled(self, key: str, words: Mapping[str, Any]) -> str:
        """The same, with `words` as a service calls them."""
        return self._plain(self._run.room, key, words)

    def _plain(self, room_id: str, key: str, words: Mapping[str, Any]) -> str:
        """`words` as a service calls them: one of them may be `to`."""
        template, holes = self.sentence(room_id, key, {**words})
        return template.replace("**", "").replace("`", "").format_map(holes)

    def reason(self, no: Refused) -> tuple[str, dict[str, Any]]:
        """The sentence that says why, and its holes: that of the cause where the same befalls other services, a general
        one where a service says something new."""
        service, _, cause = no.code.partition("-")
        holes = {"service": self.service(service), **no.words}
        names = (f"errors.{no.code}", f"talk.cause.{cause}")
        return next(((name, holes) for name in names if self._can_say(name, holes)), ("errors.refused", {**no.words}))

    def _can_say(self, name: str, holes: Mapping[str, Any]) -> bool:
        if not self.words.has(name):
            return False
        template, filled = self.words.sentence(self.language(self._run.room), name, holes)
        return holes_of(template) <= filled.keys()

    def because(self, no: Refused) -> str:
        """What a service refused and what can be done about it, to be part of a sentence."""
        name, holes = self.reason(no)
        return self._plain(self._run.room, name, holes)

    def why(self, key: str, *, sums_up: bool = False) -> str:
        """The sentence that says what a question is for."""
        return why_of(self.words, self._family, key, sums_up=sums_up)

    def word(self, key: str) -> str:
        """The word to show, where the catalogue has several that are understood."""
        return self.words.word(self.language(self._run.room), key)

    def service(self, code: str) -> str:
        """What people call a service."""
        key = f"talk.service.{code}"
        return self.word(key) if self.words.has(key) else code

    def cause(self, service: str, cause: str, words: Mapping[str, str]) -> str:
        """Why a service lets nobody in, what mends it and who can; empty where that is not known."""
        names = (f"talk.cause.{service}-{cause}", f"talk.cause.{cause}") if cause else ()
        holes = {**words, "service": self.service(service)}
        name = next((name for name in names if self._can_say(name, holes)), "")
        return self._plain(self._run.room, name, holes) if name else ""

    def speak(self, sentences: Mapping[str, str]) -> None:
        """Say the lieu's own sentences as they were when this conversation began."""
        if self.lieu:
            self.lieu = replace(self.lieu, words=sentences)

    @property
    def who(self) -> str:
        """What concierges call this person: the name of `known_as`, else the one that Matrix showed last."""
        rows = [row.raw for row in self._run.rows.values() if row.by == self._run.person and row.raw]
        names = [str(raw["name"]) for raw in rows if raw.get("name")]
        known = self._run.rows.get(KNOWN_AS)
        names += [str(known.value)] if known and known.status == "done" else []
        return names[-1] if names else self._run.person[1:].partition(":")[0]

    @property
    def office(self) -> str | None:
        return self.lieu.office if self.lieu else None

    # -- events

    def tell(
        self,
        key: str,
        name: str,
        room_id: str,
        *,
        part: str = "",
        notice: bool = False,
        mentions: Sequence[str] = (),
        words: dict[str, Any] | None = None,
        below: str = "",
        attachment: Mapping[str, Any] | None = None,
    ) -> None:
        """Post the sentence called `name` at the step `key`; the same key and part are one message. `below`: in the
        thread of what was said at that step; `attachment`: under this picture or file."""
        content = self.content(room_id, name, words or {}, notice=notice, mentions=mentions, below=below)
        content |= forwarded(attachment, content["body"]) if attachment else {}
        self._run.post(room_id, key, MESSAGE, content, part)

    def content(
        self,
        room_id: str,
        name: str,
        words: dict[str, Any],
        *,
        notice: bool = False,
        mentions: Sequence[str] = (),
        below: str = "",
    ) -> dict[str, Any]:
        """The message that a sentence is in this room."""
        sentence = self.sentence(room_id, name, words)
        if below:
            thread = {"$event": self._run.conversation.txn(below)}
            return text(*sentence, notice=notice, mentions=mentions, thread=thread)
        return self.message(room_id, sentence, notice=notice, mentions=mentions)

    def message(
        self, room_id: str, sentence: Sentence, *, notice: bool = False, mentions: Sequence[str] = ()
    ) -> dict[str, Any]:
        """In the thread of the conversation, where it has one."""
        thread = self._run.conversation.thread if room_id == self._run.room else None
        return text(*sentence, notice=notice, mentions=mentions, thread=thread)

    def withdraw(self, row: Step) -> None:
        """Take the bot's own reactions back: this message is no longer to be clicked on."""
        for txn in (row.value or {}).get("reactions", ()):
            content = {"redacts": {"$event": txn}}
            self._run.post(row.room_id or self._run.room, row.key, REDACTION, content, f"not {txn}", later=True)

    def delete(self, row: Step) -> None:
        """Take the question itself back, in each message that asks it."""
        asked = row.value or {}
        for txn in dict.fromkeys(asked[name] for name in ("since", "txn") if asked.get(name)):
            content = {"redacts": {"$event": txn}}
            self._run.post(row.room_id or self._run.room, row.key, REDACTION, content, f"gone {txn}", later=True)


def why_of(words: Words, family: str, key: str, *, sums_up: bool) -> str:
    """The sentence that says what a question is for, by the key of its step. What sums up has no need of its own."""
    step = key.partition("#")[0].partition("[")[0]
    name = f"{step if '.' in step else f'{family}.{step}'}.why"
    return name if words.has(name) else "talk.confirm.why" if sums_up else "talk.why"
