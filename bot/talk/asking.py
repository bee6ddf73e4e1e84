"""What a script asks: how a question is put, understood, reminded of and closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.matrix.message import edit, reaction
from bot.store.journal import Step
from bot.talk import changes
from bot.talk.answers import Answer, Heard, NotUnderstood
from bot.talk.run import Again, Pause, Run
from bot.talk.saying import MESSAGE, Saying
from bot.talk.script import Script
from bot.talk.voice import Voice
from bot.words import fold

REACTION, REDACTION = "m.reaction", "m.room.redaction"


class Silence(Exception):
    """Nobody answered in time."""


@dataclass(frozen=True, slots=True)
class Patience:
    """After how long a question is asked again, the concierges are told, and the bot stops waiting."""

    remind: timedelta | None = None
    worry: timedelta | None = None
    within: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question as a script puts it."""

    step: str
    key: str
    answer: Answer[Any]
    room_id: str
    of: str
    words: dict[str, Any]
    optional: bool = False
    default: Any = None
    changes: bool = False  # a recapitulation: answers can be changed from here
    patience: Patience = field(default_factory=Patience)


class Asking(Saying):
    """Questions, each open until it is answered, skipped, or too old."""

    def __init__(self, run: Run, script: Script, voice: Voice) -> None:
        super().__init__(run, script, voice)
        self._patience = Patience()

    async def _answered(self, q: Question) -> Any:
        row = self._run.at(q.key, "ask")
        if row is None:
            row = self._given(q) or self._pose(q)
        if row.status == "heard":
            row = await self._understand(q, row)
        if row.status != "done":
            self._wait(q, row)
        if row.value.get("expired"):
            raise Silence(q.step)
        return q.default if row.value.get("skipped") else q.answer.load(row.value["is"])

    def _given(self, q: Question) -> Step | None:
        """What the command's own line said already."""
        given = (self._run.conversation.args or {}).get("given", {}).get(q.key)
        if not given:
            return None
        raw = {"text": given, "by": self.person, "event_id": self._run.conversation.cause}
        return self._run.keep(q.key, "ask", "heard", raw=raw, of=q.of, room_id=q.room_id)

    def _pose(self, q: Question) -> Step:
        template, holes = self._question(q)
        txn = self._run.post(q.room_id, q.key, MESSAGE, self._dressed(q.room_id, template, holes))
        reactions = [
            self._run.post(q.room_id, q.key, REACTION, reaction({"$event": txn}, key), f"reaction{n}")
            for n, key in enumerate(q.answer.reactions())
        ]
        return self._run.keep(
            q.key,
            "ask",
            "asked",
            value={"txn": txn, "reactions": reactions},
            room_id=q.room_id,
            of=q.of,
            at=self._run.now(),
            remind=self._alarms(q.patience),
            deadline=self._after(q.patience.within),
        )

    def _question(self, q: Question) -> tuple[str, dict[str, Any]]:
        """The question, its numbered options and how it can be answered."""
        template, holes = self._voice.sentence(q.room_id, self._name(q.step), q.words)
        options = q.answer.options()
        if options:
            template += "\n\n" + "\n".join(f"{n}. {{option{n}}}" for n in range(1, len(options) + 1))
            holes |= {
                f"option{n}": option.shown(self._voice.words, self._voice.language(q.room_id))
                for n, option in enumerate(options, 1)
            }
        hint = "talk.confirm-hint" if q.changes else f"talk.hint.{q.answer.kind}"
        for key in (hint, *(["talk.optional-hint"] if q.optional else [])):
            if self._voice.words.has(key):
                template += "\n\n" + self._voice.sentence(q.room_id, key, {})[0]
        return template, holes

    def _after(self, delay: timedelta | None) -> int | None:
        return None if delay is None else self._run.now() + int(delay.total_seconds() * 1000)

    def _alarms(self, patience: Patience) -> tuple[tuple[int, str], ...]:
        alarms = ((self._after(patience.remind), "remind"), (self._after(patience.worry), "worry"))
        return tuple((at, what) for at, what in alarms if at is not None)

    async def _understand(self, q: Question, row: Step) -> Step:
        raw = row.raw or {}
        heard = Heard(
            raw.get("text"),
            raw.get("reaction"),
            raw.get("msgtype", "m.text"),
            raw.get("event_id", ""),
            raw.get("by", ""),
            tuple(raw.get("pills", ())),
        )
        if q.optional and heard.text and fold(heard.text) in self._voice.words.means("talk.words.skip"):
            return self._settle(q, row, {"skipped": True}, "—")
        if q.changes:
            self._maybe_change(q, heard)
        if getattr(q.answer, "waits", False):
            await self._run.before_waiting()
        try:
            value = await q.answer.read(heard, self._voice.words)
        except NotUnderstood as why:
            return self._ask_again(q, row, f"talk.again.{why.code}", why.words)
        if q.changes and value is False:
            return self._ask_again(q, row, "talk.edit-which", {"labels": self._labels()})
        shown = q.answer.show(value, self._voice.words, self._voice.language(q.room_id))
        return self._settle(q, row, {"is": q.answer.dump(value)}, shown)

    def _maybe_change(self, q: Question, heard: Heard) -> None:
        step = changes.named(heard.text or "", self.changeable(), self._voice.words)
        if step is not None:
            self._run.forget([step, q.key])
            raise Again

    def changeable(self) -> dict[str, str]:
        """label → key of each answer that this person gave."""
        labels = {}
        for key in changes.own_answers(self._run.rows, self.person):
            name = f"{self._name(key.partition('#')[0].partition('[')[0])}.label"
            if self._voice.words.has(name):
                labels[self._voice.sentence(self.room, name, {})[0]] = key
        return labels

    def _labels(self) -> list[str]:
        return list(self.changeable())

    def _ask_again(self, q: Question, row: Step, name: str, words: dict[str, Any]) -> Step:
        """Say what was not understood, in other words than the question's."""
        self.tell(q.key, name, q.room_id, part=f"again{row.tries}", words=words)
        if not row.value:
            row = self._pose(q)
        elif row.tries:
            self.tell(q.key, "talk.ways-out", q.room_id, part=f"ways{row.tries}", notice=True)
        return self._run.keep(q.key, "ask", "asked", raw=None, by=None, tries=row.tries + 1)

    def _settle(self, q: Question, row: Step, value: dict[str, Any], shown: str) -> Step:
        asked = row.value or {}
        if asked.get("reactions"):
            self._freeze(q, asked, shown, (row.raw or {}).get("name", ""))
        return self._run.keep(q.key, "ask", "done", value=value, remind=(), deadline=None)

    def _freeze(self, q: Question, asked: dict[str, Any], shown: str, who: str) -> None:
        """Edit the question to say what was chosen, and take the bot's own reactions back."""
        question, holes = self._voice.sentence(q.room_id, self._name(q.step), q.words)
        by = "talk.chosen-by" if q.of != self.person and who else "talk.chosen"
        chosen, more = self._voice.sentence(q.room_id, by, {"answer": shown, "who": who})
        content = self._dressed(q.room_id, f"{question}\n\n{chosen}", holes | more)
        self._run.post(q.room_id, q.key, MESSAGE, edit({"$event": asked["txn"]}, content), "frozen")
        for n, txn in enumerate(asked["reactions"]):
            self._run.post(q.room_id, q.key, REDACTION, {"redacts": {"$event": txn}}, f"unreact{n}")

    def _wait(self, q: Question, row: Step) -> None:
        """Nothing was answered yet: remind, tell the concierges, or give up, and pause."""
        now = self._run.now()
        if row.deadline is not None and now >= row.deadline:
            self._run.keep(q.key, row.kind, "done", value={"expired": True}, remind=(), deadline=None)
            raise Silence(q.step)
        due = [alarm for alarm in row.remind if alarm[0] <= now]
        for at, what in due:
            self._alarm(q, what, str(at))
        if due:
            self._run.keep(q.key, row.kind, "asked", remind=tuple(a for a in row.remind if a not in due))
        raise Pause

    def _alarm(self, q: Question, what: str, part: str) -> None:
        if what == "remind":
            gentle, _ = self._voice.sentence(q.room_id, "talk.remind", {})
            question, holes = self._question(q)
            content = self._dressed(q.room_id, f"{gentle}\n\n{question}", holes)
            self._run.post(q.room_id, q.key, MESSAGE, content, part)
        elif self._voice.lieu and self._voice.lieu.office:
            self.tell(q.key, "talk.silent", self._voice.lieu.office, part=part, words={"who": self.person})
