"""What a script says: each sentence once, under a transaction id that a crash does not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.errors import Refused
from bot.matrix.message import edit, text
from bot.store import audit
from bot.talk.languages import Voice
from bot.talk.question import digest
from bot.talk.run import Run
from bot.talk.script import Script
from bot.words import HOLE, fold, holes_of

MESSAGE = "m.room.message"
KNOWN_AS = "known-as"
Sentence = tuple[str, dict[str, Any]]


def below(one: Sentence, other: Sentence, mark: str) -> Sentence:
    """Two sentences as one; the holes of the second are marked, for both may have a « who »."""
    template = HOLE.sub(rf"{{{mark}_\1}}", other[0])
    return f"{one[0]}\n\n{template}", one[1] | {f"{mark}_{name}": value for name, value in other[1].items()}


class Saying:
    """Options of the calls: `to` a room, `item` the name of a step in a loop; other keywords fill holes."""

    def __init__(self, run: Run, script: Script, voice: Voice) -> None:
        self._run = run
        self._script = script
        self._voice = voice

    @property
    def person(self) -> str:
        return self._run.conversation.person

    @property
    def room(self) -> str:
        return self._run.conversation.room_id

    @property
    def id(self) -> int:
        return self._run.conversation.id

    @property
    def who(self) -> str:
        """What concierges call this person: the name of `known_as`, else the one that Matrix showed last."""
        rows = [row.raw for row in self._run.rows.values() if row.by == self.person and row.raw]
        names = [str(raw["name"]) for raw in rows if raw.get("name")]
        known = self._run.rows.get(KNOWN_AS)
        names += [str(known.value)] if known and known.status == "done" else []
        return names[-1] if names else self.person[1:].partition(":")[0]

    @property
    def lieu_name(self) -> str:
        return self._voice.lieu.name if self._voice.lieu else ""

    @property
    def language(self) -> str:
        return self._voice.language(self.room)

    def means(self, key: str, said: str) -> bool:
        """Whether somebody said one of the words of this key, in any language."""
        return fold(said) in self._voice.words.means(key)

    def knows(self, key: str) -> bool:
        """Whether there is a sentence of this name."""
        return self._voice.words.has(key)

    def was_given(self, step: str) -> bool:
        """Whether the command's own line answers this question."""
        return bool((self._run.conversation.args or {}).get("given", {}).get(step))

    async def say(
        self,
        step: str,
        /,
        *,
        to: str | None = None,
        notice: bool = False,
        mentions: Sequence[str] = (),
        item: str = "",
        below: str = "",
        **words: Any,
    ) -> None:
        """Say a sentence, once; `below` what was said at that step, in its thread."""
        key = self._run.key(step, item)
        if self._run.at(key, "say") is None:
            self._run.keep(key, "say", "done")
            self.tell(
                key, self._name(step), to or self.room, notice=notice, mentions=mentions, words=words, below=below
            )

    async def refused(self, no: Refused, /, *, item: str = "", to: str | None = None) -> None:
        """Tell what a service refused, and what can be done about it."""
        words: dict[str, Any] = dict(no.words)
        await self.say(self.reason(no), to=to, item=item, **words)

    def because(self, no: Refused) -> str:
        """What a service refused and what can be done about it, to be part of a sentence."""
        return self.phrase(self.reason(no), **no.words)

    def reason(self, no: Refused) -> str:
        """The sentence that says why; a general one where a service says something new."""
        name = f"errors.{no.code}"
        words = self._voice.words
        known = words.has(name) and holes_of(words.sentence(self.language, name, no.words)[0]) <= no.words.keys()
        return name if known else "errors.refused"

    async def show(self, step: str, /, **words: Any) -> None:
        """Say a sentence at the first call, and edit that message at the following ones."""
        key = self._run.key(step)
        if self._run.at(key, "say") is not None:
            return
        content = self.content(self.room, self._name(step), words)
        first = self._run.rows.get(step)
        if first is not None:
            content = edit({"$event": first.value["txn"]}, content)
        txn = self._run.post(self.room, key, MESSAGE, content)
        self._run.keep(key, "say", "done", value={"txn": txn})

    async def picture(self, step: str, content: dict[str, Any], /, *, to: str | None = None) -> None:
        """Send an image or another file, once; another one where it was changed."""
        key = self._run.key(step)
        row, mark = self._run.at(key, "say"), digest(content)
        if row is None or (row.value and row.value.get("mark") != mark):
            self._run.keep(key, "say", "done", value={"mark": mark})
            self._run.post(to or self.room, key, MESSAGE, content, mark if row else "")

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
    ) -> None:
        """Post the sentence called `name` at the step `key`; the same key and part are one message. `below`: in the
        thread of what was said at that step."""
        content = self.content(room_id, name, words or {}, notice=notice, mentions=mentions, below=below)
        self._run.post(room_id, key, MESSAGE, content, part)

    def note(self, what: str, about: str | None = None, /, *, by: str | None = None, **words: str) -> None:
        """Leave a line in the lieu's journal, with what the current step writes. `by`: who did it, where others did."""
        lieu, at = self._run.conversation.lieu, self._run.now()
        key = self._run.key(f"note:{what}", about or "")
        if self._run.at(key, "say") is None:
            self._run.keep(key, "say", "done")
            self._run.pending.append(lambda tx: audit.note(tx, lieu, at, by or self.person, what, about, words))

    def phrase(self, step: str, /, *, to: str | None = None, **words: Any) -> str:
        """A sentence without its markup, to be part of another one."""
        template, holes = self._voice.sentence(to or self.room, self._name(step), words)
        return template.replace("**", "").replace("`", "").format_map(holes)

    def speak(self, sentences: Mapping[str, str]) -> None:
        """Say the lieu's own sentences as they were when this conversation began."""
        if self._voice.lieu:
            self._voice = replace(self._voice, lieu=replace(self._voice.lieu, words=sentences))

    def word(self, key: str) -> str:
        """The word to show, where the catalogue has several that are understood."""
        return self._voice.words.word(self.language, key)

    def service(self, code: str) -> str:
        """What people call a service."""
        key = f"talk.service.{code}"
        return self._voice.words.word(self.language, key) if self._voice.words.has(key) else code

    def _name(self, step: str) -> str:
        return step if "." in step else f"{self._script.family}.{step}"

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
        template, holes = self._voice.sentence(room_id, name, words)
        if below:
            thread = {"$event": self._run.conversation.txn(below)}
            return text(template, holes, notice=notice, mentions=mentions, thread=thread)
        return self._dressed(room_id, template, holes, notice=notice, mentions=mentions)

    def _dressed(
        self, room_id: str, template: str, holes: dict[str, Any], *, notice: bool = False, mentions: Sequence[str] = ()
    ) -> dict[str, Any]:
        thread = self._run.conversation.thread if room_id == self.room else None
        return text(template, holes, notice=notice, mentions=mentions, thread=thread)
