"""How a question ends: it says what was chosen, can no longer be clicked on, is taken back, or all of them stop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bot.matrix.message import edit
from bot.people import Role
from bot.store import budgets
from bot.store.conversations import Step
from bot.store.open_questions import STOPPING
from bot.talk import changes
from bot.talk.question import Question
from bot.talk.replies import lost_by
from bot.talk.saying import MESSAGE, Saying, below
from bot.talk.script import FAREWELL

SHOWN = 120  # characters of an answer in a recapitulation
REDACTION = "m.room.redaction"


class Closing(Saying):
    """Questions that are open no more."""

    def _settle(self, q: Question, row: Step, value: dict[str, Any], shown: str) -> Step:
        asked = row.value or {}
        clickable = bool(asked.get("reactions") or asked.get("clickable"))
        if clickable:
            self._freeze(q, asked["txn"], shown, (row.raw or {}).get("name", ""))
            self.withdraw(row)
        if row.by and row.room_id:
            understood = lost_by(row.by, row.room_id)
            self._run.pending.append(lambda tx: budgets.refill(tx, *understood))
        kept = {"txn": asked.get("txn"), "clickable": clickable, "shown": shown[:SHOWN], "label": q.label}
        kept |= {"kind": q.answer.kind} if q.aside else {}
        kept |= {name: asked[name] for name in (changes.BOUND, changes.SINCE) if name in asked}
        return self._run.keep(q.key, "ask", "done", value=value | kept, remind=(), deadline=None)

    def _freeze(self, q: Question, txn: str, shown: str, who: str) -> None:
        """Edit the question to say what was chosen."""
        question = self._voice.sentence(q.room_id, self._name(q.step), q.words)
        by = "talk.chosen-by" if q.of_many and who else "talk.chosen"
        kind = f"{by}.{q.answer.kind}"
        name = kind if self._voice.words.has(kind) else by
        chosen = self._voice.sentence(q.room_id, name, {"answer": shown, "who": who})
        content = self._dressed(q.room_id, *below(question, chosen, "chosen"))
        self._run.post(q.room_id, q.key, MESSAGE, edit({"$event": txn}, content), "frozen", later=True)

    def withdraw(self, row: Step) -> None:
        """Take the bot's own reactions back: this message is no longer to be clicked on."""
        for txn in (row.value or {}).get("reactions", ()):
            content = {"redacts": {"$event": txn}}
            self._run.post(row.room_id or self.room, row.key, REDACTION, content, f"not {txn}", later=True)

    def retake(self, keys: list[str]) -> None:
        """Forget these answers and open questions, so that the script asks them again; and with them what others were
        asked since, and what was confirmed. What was lacking may be there by now: it is tried before it is asked for.
        """
        wanted = [key for key in keys if self._is_answered(key)]
        self.drop([*keys, *changes.agreed_after(self._run.rows, self.person, keys)])
        for key in wanted:
            self._run.keep(key, "ask", "asked", value=changes.WANTED)  # and not found in another answer
        for row in [row for row in self._run.rows.values() if row.kind in ("do", "look") and row.status == "asked"]:
            self._run.keep(row.key, row.kind, "heard")

    def _is_answered(self, key: str) -> bool:
        row = self._run.rows.get(key)
        return row is not None and row.kind == "ask" and row.status == "done"

    def drop(self, keys: Iterable[str], why: str = "talk.asked-anew", **words: Any) -> None:
        """Forget these questions. Where others were asked, the message itself says `why` it does not count any more."""
        keys = list(dict.fromkeys(keys))
        for row in [self._run.rows[key] for key in keys if key in self._run.rows]:
            self.withdraw(row)
            if changes.of_others(row, self.person) and (txn := (row.value or {}).get("txn")):
                room = row.room_id or self.room
                content = edit({"$event": txn}, self.content(room, why, words))
                self._run.post(room, row.key, MESSAGE, content, "anew", later=True)
        self._run.forget(keys)

    def lose(self, event_id: str, *, private: bool) -> None:
        """Say, once and kindly, that this is theirs no more; `private`: they are told where nobody else reads it."""
        if private and not self._rests():
            self.tell(event_id, "talk.lost", self.room)
        office = self._voice.lieu.office if self._voice.lieu else None
        asked = [row for row in self._run.rows.values() if row.kind == "ask" and row.status in ("asked", "heard")]
        for row in asked:
            self.withdraw(row)
        if office and self._matters():
            self.tell(event_id, "talk.lost-office", office, part="office", words={"who": self.who})
        for room in {row.room_id for row in asked} - {None, self.room, office}:
            self.tell(event_id, "talk.withdrawn", str(room), part=f"over {room}", words={"who": self.who})

    def _matters(self) -> bool:
        """Whether the concierges want to know that it stops in the middle."""
        begun = any(row.kind == "do" or changes.of_others(row, self.person) for row in self._run.rows.values())
        return begun or self._script.right.role is Role.CONCIERGE

    def stop(self, event_id: str, name: str | None = None) -> None:
        """Say that it ends here: the script's own farewell, or the sentence of whoever else stopped it."""
        own, *told = self._script.farewell
        own = "talk.cancelled-kept" if own in FAREWELL and STOPPING in self._run.rows else own
        if not self._rests():
            self.tell(event_id, name or own, self.room, words={"who": self.who})
        office = self._voice.lieu.office if self._voice.lieu else None
        if told and office and name is None:
            self.tell(event_id, told[0], office, part="office", words={"who": self.who})
        self._withdraw_all()

    def _rests(self) -> bool:
        """It only waits for a day to come: people may not know of it, or know of many like it."""
        waiting = [row for row in self._run.rows.values() if row.status == "asked"]
        return bool(waiting) and all(row.room_id is None for row in waiting)

    def _withdraw_all(self) -> None:
        """Nobody needs to answer any more; whoever was asked in another room is told."""
        for row in [row for row in self._run.rows.values() if row.kind == "ask" and row.status == "asked"]:
            self.withdraw(row)
            if row.room_id != self.room:
                self.tell(row.key, "talk.withdrawn", row.room_id or self.room, part="over", words={"who": self.who})
