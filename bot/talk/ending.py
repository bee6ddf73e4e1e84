"""How a conversation ends before its last line: « stop » (all of it, or later?), a right that is lost, and what its
person stopped, taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.matrix.message import edit
from bot.people import Role
from bot.store.conversations import Step
from bot.store.open_questions import STOPPING
from bot.talk import corrections
from bot.talk.answers import Choice, Heard, NotUnderstood, Option
from bot.talk.answers.agreement import is_made_of
from bot.talk.answers.no_answer import instead
from bot.talk.corrections import Corrections
from bot.talk.questions import Question, Questions, heard_in
from bot.talk.run import Run
from bot.talk.script import FAREWELL, Script
from bot.talk.voice import MESSAGE, Voice
from bot.words import Words

STOP, LATER, GO_ON, PASSED = "stop", "later", "on", "passed"
IN_THEIR_WORDS = {STOP: "talk.words.cancel", LATER: "talk.words.later", GO_ON: "talk.words.resume"}


class Stopping(Choice):
    """One of the three ways; the words that steer a conversation say them too."""

    async def read(self, heard: Heard, words: Words) -> str:
        said = (way for way, key in IN_THEIR_WORDS.items() if is_made_of(heard.text or "", words, key))
        return next(said, None) or await super().read(heard, words)


WAYS = Stopping(
    [
        Option(STOP, key="talk.stopping.stop"),
        Option(LATER, key="talk.stopping.later"),
        Option(GO_ON, key="talk.stopping.on"),
    ]
)


class Ending:
    """Of one conversation."""

    def __init__(self, run: Run, script: Script, voice: Voice, questions: Questions, corrections: Corrections) -> None:
        self._run, self._script, self._voice = run, script, voice
        self._questions, self._corrections = questions, corrections

    # -- whether to stop

    def asks_whether_to_stop(self) -> bool:
        """Ask first whether it is for good, where there is something to lose. False where it stops: « stop » that is
        said twice is meant."""
        q, rows = question(self._run.room, self._run.person), self._run.rows
        if STOPPING in rows:
            shown = q.answer.show(STOP, self._voice.words, self._voice.language(self._run.room))
            self._questions.close(q, rows[STOPPING], {"is": STOP}, shown)
            return False
        given = [row for row in rows.values() if row.kind == "ask" and row.by == self._run.person]
        if self._script.asks_from is None or len(given) < self._script.asks_from:
            return False
        self._questions.put(q)
        return True

    async def way_out(self) -> str | None:
        """What was answered to that, one of its ways, or that something else was said instead. None where it was not
        understood, and is asked again."""
        q, row = question(self._run.room, self._run.person), self._run.rows[STOPPING]
        if row.status != "heard" or await self._speaks_on(q, row):
            return PASSED
        row = await self._questions.understand(q, row)
        return str(row.value["is"]) if row.status == "done" else None

    async def _speaks_on(self, q: Question, row: Step) -> bool:
        """Whether what was heard answers the question of before instead: it does."""
        heard, before = heard_in(row.raw or {}), corrections.open_questions(self._run.rows, self._run.person)
        try:
            await q.answer.read(heard, self._voice.words)
        except NotUnderstood as why:
            if not before or not is_about_something_else(why, heard, self._voice.words):
                return False
            self._run.keep(before[-1], "ask", "heard", raw=row.raw, by=row.by)
            return True
        return False

    def goes_on(self, way: str) -> bool:
        """It does not stop. True where the script has to run: for what was said instead, or to repeat its question."""
        self._corrections.drop([STOPPING])
        if way == PASSED:
            return True
        open_now = corrections.open_questions(self._run.rows, self._run.person)
        if way == LATER or not open_now:
            self._voice.tell(STOPPING, "talk.later" if open_now else "talk.waiting", self._run.room)
            return False
        self._corrections.retake(open_now)
        return True

    def take_up(self, event_id: str) -> None:
        """Ask anew what was open when its person stopped it, and what others had agreed to."""
        self._voice.tell(event_id, "talk.taken-up", self._run.room)
        office = self._voice.office
        if office and len(self._script.farewell) > 1:  # they were told that it had stopped
            self._voice.tell(event_id, "talk.taken-up-office", office, part="office", words={"who": self._voice.who})
        self._corrections.drop([STOPPING])
        rows = self._run.rows
        asked = [row.key for row in rows.values() if row.kind == "ask" and row.status == "asked"]
        self._corrections.retake([*asked, *(row.key for row in corrections.agreed(rows, self._run.person))])

    # -- it stops

    def stop(self, event_id: str, name: str | None = None, left: Mapping[str, Any] | None = None) -> None:
        """Say that it ends here: the script's own farewell, or the sentence of whoever else stopped it, or none where
        its person hears of it with others. What is `left` that asks them something is told below."""
        own, *told = self._script.farewell
        own = "talk.cancelled-kept" if own in FAREWELL and STOPPING in self._run.rows else own
        if name != "" and not self._rests():
            self._voice.tell(event_id, name or own, self._run.room, words={"who": self._voice.who})
        if left:
            words = dict(left)
            self._voice.tell(event_id, "talk.others-wait", self._run.room, part="left", notice=True, words=words)
        office = self._voice.office
        if told and office and not name:
            self._voice.tell(event_id, told[0], office, part="office", words={"who": self._voice.who})
        self._withdraw_all()

    def replace(self) -> None:
        """It begins anew with another line: its own question says so, where it was asked."""
        for row in self._run.rows.values():
            if row.status == "asked" and row.of == self._run.person and (txn := (row.value or {}).get("txn")):
                content = self._voice.content(row.room_id or self._run.room, "talk.begun-anew", {})
                self._run.post(row.room_id or self._run.room, row.key, MESSAGE, edit({"$event": txn}, content), "anew")
        self._withdraw_all()

    def lose(self, event_id: str, *, private: bool) -> None:
        """Say, once and kindly, that this is theirs no more; `private`: they are told where nobody else reads it."""
        if private and not self._rests():
            self._voice.tell(event_id, "talk.lost", self._run.room)
        office = self._voice.office
        asked = [row for row in self._run.rows.values() if row.kind == "ask" and row.status in ("asked", "heard")]
        for row in asked:
            self._voice.withdraw(row)
        if office and self._matters():
            self._voice.tell(event_id, "talk.lost-office", office, part="office", words={"who": self._voice.who})
        for room in {row.room_id for row in asked} - {None, self._run.room, office}:
            self._voice.tell(event_id, "talk.withdrawn", str(room), part=f"over {room}", words={"who": self._voice.who})

    def _matters(self) -> bool:
        """Whether the concierges want to know that it stops in the middle."""
        begun = any(row.kind == "do" or corrections.of_others(row, self._run.person) for row in self._run.rows.values())
        return begun or self._script.right.role is Role.CONCIERGE

    def _rests(self) -> bool:
        """It only waits for a day to come: people may not know of it, or know of many like it."""
        waiting = [row for row in self._run.rows.values() if row.status == "asked"]
        return bool(waiting) and all(row.room_id is None for row in waiting)

    def take_down(self) -> None:
        """Delete every question that is open, with its reminders."""
        for row in [row for row in self._run.rows.values() if row.kind == "ask" and row.status == "asked"]:
            self._voice.withdraw(row)
            self._voice.delete(row)

    def _withdraw_all(self) -> None:
        """Nobody needs to answer any more; whoever was asked in another room is told."""
        for row in [row for row in self._run.rows.values() if row.kind == "ask" and row.status == "asked"]:
            self._voice.withdraw(row)
            if row.room_id != self._run.room:
                self._voice.tell(
                    row.key,
                    "talk.withdrawn",
                    row.room_id or self._run.room,
                    part="over",
                    words={"who": self._voice.who},
                )


def question(room: str, person: str) -> Question:
    return Question(STOPPING, STOPPING, WAYS, room, person, {})


def is_about_something_else(why: NotUnderstood, heard: Heard, words: Words) -> bool:
    """Whether somebody speaks on, as if « stop » had not been said: that is neither a yes nor a doubt."""
    return why.code == "choice-unknown" and bool(heard.text) and instead(heard.text or "", words) is None
