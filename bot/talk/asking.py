"""What a script asks: how a question is put, understood and reminded of."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from bot.matrix.message import edit, reaction
from bot.store.conversations import Conversation, Step
from bot.store.open_questions import STOPPING
from bot.talk import changes, stopping
from bot.talk.answers import Heard, NotMeant, NotUnderstood, yes_or_no
from bot.talk.answers.agreement import is_made_of
from bot.talk.answers.attachments import ADDRESS
from bot.talk.answers.no_answer import ASKING, UNSAID, is_question
from bot.talk.calls.detection import SURELY, defines
from bot.talk.closing import Closing
from bot.talk.question import Patience, Question, Silence, heard_in, why_of
from bot.talk.run import Again, Pause
from bot.talk.saying import MESSAGE, below
from bot.words import fold

NOTHING = "—"
REACTION = "m.reaction"
PATIENT = 6  # tries at one question, until it is put again


class Asking(Closing):
    """Questions, each open until it is answered, skipped, or too old."""

    _patience = Patience()

    async def _answered(self, q: Question) -> Any:
        row = self._run.at(q.key, "ask")
        if row is not None and self._has_changed(q, row):
            self.drop([q.key, *changes.agreed_after(self._run.rows, self.person, [q.key])])
            row = None
        row = row or self._given(q) or self._unasked(q) or self._pose(q)
        if changes.is_unasked(row):
            row = self._unasked(q) or self._pose(q)
        if changes.is_wanted(row):
            row = self._pose(q)
        if row.status == "heard":
            row = await self._understand(q, row)
        if row.status == "asked" and row.value and row.value.get("stale"):
            row = self._show_again(q, row)
        if row.status != "done":
            self._wait(q, row)
        if row.value.get("expired"):
            raise Silence(q.step)
        return q.default if row.value.get("skipped") else q.answer.load(row.value["is"])

    def _has_changed(self, q: Question, row: Step) -> bool:
        """Whether a yes, given or awaited, would be to something else than what was shown: other words or values, or
        an answer before it that came after it. What something was done upon stays as it is."""
        bound = row.value.get(changes.BOUND) if isinstance(row.value, dict) else None
        if bound is None or row.value.get("stale") or changes.is_spent(self._run.rows, row):
            return False
        return bound != q.mark or self._run.is_overtaken(row)

    def _given(self, q: Question) -> Step | None:
        """What the command's own line said already, as long as nothing was taken back."""
        args = self._run.conversation.args or {}
        given = args.get("given", {}).get(q.key)
        if not given or self._run.conversation.epoch:
            return None
        pills = args.get("said", {}).get("pills", [])
        raw = {"text": given, "by": self.person, "event_id": self._run.conversation.cause, "pills": pills}
        return self._run.keep(q.key, "ask", "heard", raw=raw, by=self.person, of=q.of, room_id=q.room_id)

    def _unasked(self, q: Question) -> Step | None:
        """What need not be asked: it was said already, in another answer, or it can be left as it is."""
        found = q.answer.guess(q.among, self._voice.words) if q.among else None
        if found is None and not q.aside:
            return None
        is_, shown = {"skipped": True}, str(q.default or NOTHING)
        if found is not None:
            is_ = {"is": q.answer.dump(found)}
            shown = q.answer.show(found, self._voice.words, self._voice.language(q.room_id))
        value = is_ | {"unasked": True, "shown": shown, "label": q.label, "kind": q.answer.kind}
        row = self._run.rows.get(q.key)
        if row is not None and row.value == value:
            return row
        return self._run.keep(q.key, "ask", "done", value=value, by=self.person, of=q.of, room_id=q.room_id)

    # -- putting it

    def _pose(self, q: Question) -> Step:
        return self._run.keep(
            q.key,
            "ask",
            "asked",
            value=self._put(q),
            room_id=q.room_id,
            of=q.of,
            at=self._run.now(),
            remind=self._alarms(q.patience),
            deadline=self._after(q.patience.within),
        )

    def _put(self, q: Question, lead: str = "", part: str = "") -> dict[str, Any]:
        """Post the question, and what can be clicked on."""
        template, holes = self._question(q)
        content = self._dressed(q.room_id, lead + template, holes, mentions=q.mentions)
        txn = self._run.post(q.room_id, q.key, MESSAGE, content, part)
        reactions = [
            self._run.post(q.room_id, q.key, REACTION, reaction({"$event": txn}, key), f"{part}reaction{n}")
            for n, key in enumerate(q.answer.reactions())
        ]
        shown = {changes.BOUND: q.mark} if q.changes or q.of != self.person else {}
        return {"txn": txn, "reactions": reactions, changes.SINCE: txn, **shown}

    def _show_again(self, q: Question, row: Step) -> Step:
        """Edit the question: what it is about has grown."""
        content = edit({"$event": row.value["txn"]}, self._dressed(q.room_id, *self._question(q)))
        self._run.post(q.room_id, q.key, MESSAGE, content, f"edit{row.value['stale']}")
        value = row.value | {"stale": 0, changes.BOUND: q.mark}
        return self._run.keep(q.key, "ask", "asked", value=value)

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
        for n, (key, words) in enumerate(self._hints(q)):
            template, holes = below((template, holes), self._voice.sentence(q.room_id, key, words), f"hint{n}")
        return template, holes

    def _hints(self, q: Question) -> list[tuple[str, dict[str, Any]]]:
        kind, words = q.answer.hint()
        how = "talk.confirm-hint" if q.changes else f"talk.hint.{kind}"
        if q.of_many and self._voice.words.has(f"{how}-of-many"):
            how += "-of-many"
        hints = [(how, dict(words)), *([("talk.optional-hint", {})] if q.optional else [])]
        return [(key, holes) for key, holes in hints if self._voice.words.has(key)]

    def _after(self, delay: timedelta | None) -> int | None:
        return None if delay is None else self._run.now() + int(delay.total_seconds() * 1000)

    def _alarms(self, patience: Patience) -> tuple[tuple[int, str], ...]:
        alarms = ((self._after(patience.remind), "remind"), (self._after(patience.worry), "worry"))
        return tuple((at, what) for at, what in alarms if at is not None)

    # -- understanding what was answered

    async def _understand(self, q: Question, row: Step) -> Step:
        heard = heard_in(row.raw or {}, self._voice.sentence(q.room_id, self._name(q.step), q.words)[0])
        skipped = bool(heard.text) and fold(heard.text or "") in self._voice.words.means("talk.words.skip")
        if skipped and not q.answer.skips:
            if q.optional:
                return self._settle(q, row, {"skipped": True}, str(q.default or NOTHING))
            return self._ask_again(q, row, "talk.cannot-skip", {})
        if q.changes and (key := self._fitting(heard)):
            self.retake([key, q.key])
            there = {"by": self.person, "of": self.person, "room_id": q.room_id}
            self._run.keep(key, "ask", "heard", raw=row.raw, value=None, **there)
            raise Again
        plain = yes_or_no(heard.text or "", self._voice.words, asked=heard.asked) is not None  # « oui » is no « où »
        if q.changes and not plain and (unknown := self._change(q, heard)):
            return self._ask_again(q, row, unknown, {"labels": list(self.changeable())})
        if q.answer.waits:
            await self._run.before_waiting()
        return await self._read(q, row, heard)

    async def _read(self, q: Question, row: Step, heard: Heard) -> Step:
        asks = "" if self._is_about_it(q, heard) else (row.raw or {}).get("asks")
        if asks == SURELY and q.answer.kind == "text" and not q.answer.is_for_people:
            return self._passed_on(q, heard)
        try:
            value = await q.answer.read(heard, self._voice.words)
        except NotUnderstood as why:
            return self._passed_on(q, heard) if asks else self._misread(q, row, heard, why)
        if q.changes and value is False:
            return self._ask_again(q, row, "talk.edit-which", {"labels": list(self.changeable())})
        shown = q.answer.show(value, self._voice.words, self._voice.language(q.room_id))
        return self._settle(q, row, {"is": q.answer.dump(value)}, shown)

    def _misread(self, q: Question, row: Step, heard: Heard, why: NotUnderstood) -> Step:
        to_us = (row.raw or {}).get("to_us", True)  # people talk with each other too
        aside = not to_us and (q.optional or q.answer.skips)
        if isinstance(why, NotMeant) or (q.of_many and heard.reaction) or aside:
            return self._run.keep(q.key, "ask", "asked")
        if not q.of_many and is_made_of(heard.text or "", self._voice.words, "talk.words.resume"):
            self.retake([q.key])  # « continuer »: it goes on here
            raise Again
        if why.code == UNSAID and self._leaves_it(q, heard):
            return self._settle(q, row, {"skipped": True}, str(q.default or NOTHING))
        if why.code == ASKING or (not q.of_many and is_question(heard.text or "", self._voice.words)):
            return self._explain(q, row, quotable=why.code == ASKING)
        if q.of_many and why.code == "yes-no":  # a yes that points at nothing is talk among people
            return self._ask_again(q, row, "talk.again.yes-no-of-many", why.words)
        if why.code == UNSAID and q.optional:
            return self._ask_again(q, row, "talk.again.unsaid-optional", {"said": why.words["said"]})
        return self._ask_again(q, row, f"talk.again.{why.code}", why.words)

    def _leaves_it(self, q: Question, heard: Heard) -> bool:
        """« ok » to a name that was proposed; « non » or « rien », where nothing is an answer."""
        words, said = self._voice.words, heard.text or ""
        yes = yes_or_no(said, words, asked=heard.asked)
        nothing = yes is False or fold(said) in words.means("talk.words.none")
        return q.optional and (yes is True if q.default else nothing)

    def _is_about_it(self, q: Question, heard: Heard) -> bool:
        """« C’est quoi, une charte ? », of what is asked here: the bot says it first; asked again, it is passed on."""
        asked = self._run.rows[q.key].value or {} if q.key in self._run.rows else {}
        ours = self._why(q.step) != "talk.why" and asked.get("said") != "talk.again.asking"
        return ours and defines(heard.text or "", self._voice.words)

    def _passed_on(self, q: Question, heard: Heard) -> Step:
        """A question to somebody is no answer to ours: it goes to the concierges, who put ours again below."""
        about = self._run.conversation
        args = {"what": heard.text, "source": heard.event_id}
        cause, at = f"{heard.event_id}/asks", self._run.now()
        self._run.begin(Conversation("call", self.person, self.room, cause, about.lieu, args, created_at=at))
        return self._run.keep(q.key, "ask", "asked")

    def _fitting(self, heard: Heard) -> str | None:
        """The question beside the others that a picture, or an address, sent at the recapitulation answers."""
        address = ADDRESS.fullmatch((heard.text or "").strip())
        kind = "attachment" if heard.attachment else "page" if address else None
        rows = [(key, self._run.rows[key]) for key in self.changeable().values()] if kind else []
        return next((key for key, row in rows if row.value.get("kind") == kind), None)

    def _change(self, q: Question, heard: Heard) -> str | None:
        """« modifier : e-mail » asks that one again; the sentence to say where there is no such answer."""
        text = heard.text or ""
        if (step := changes.named(text, self.changeable(), self._voice.words)) is not None:
            self.retake([step, q.key])
            raise Again
        return "talk.edit-unknown" if changes.wanted(text, self._voice.words) else None

    def changeable(self) -> dict[str, str]:
        """label → key of each answer that this person gave."""
        labels: dict[str, str] = {}
        rows, keys = self._run.rows, changes.own_answers(self._run.rows, self.person)
        for key in sorted(keys, key=lambda key: (self._run.came_by(key), key if rows[key].value.get("label") else "")):
            labels[self._label(key, labels)] = key
        return {label: key for label, key in labels.items() if label}

    def _label(self, key: str, taken: Collection[str]) -> str:
        """The catalogue's, the same for each occurrence; or the question's own, which may resemble another's."""
        if own := str(self._run.rows[key].value.get("label", "")):
            return next(name for name in (own, *(f"{own} {n}" for n in range(2, 99))) if name not in taken)
        name = f"{self._name(key.partition('#')[0].partition('[')[0])}.label"
        return self._voice.sentence(self.room, name, {})[0] if self._voice.words.has(name) else ""

    def said_in(self, step: str) -> str:
        """The message that answered this question; empty where another one held the answer."""
        row = self._run.rows.get(step)
        return str((row.raw or {}).get("event_id", "")) if row else ""

    def labels(self) -> list[str]:
        """What can still be changed, in the order of the conversation."""
        found = self.changeable()
        return sorted(found, key=lambda label: self._run.order(found[label]))

    def answers(self, but: Collection[str] = ()) -> list[str]:
        """« label : answer » for each answer that counts, for the script came by its question, `but` to some steps."""
        kept = [(label, key) for label, key in self.changeable().items() if key.partition("#")[0] not in but]
        found = sorted((one for one in kept if self._run.came_by(one[1])), key=lambda one: self._run.order(one[1]))
        shown = {label: self._run.rows[key].value.get("shown", "") for label, key in found}
        return [self.phrase("talk.answer", label=label, answer=answer) for label, answer in shown.items()]

    def given(self, step: str) -> list[str]:
        """« label : answer » for each answer to the questions of this step that bring their own label."""
        return [self.phrase("talk.answer", **each) for each in changes.labelled(self._run.rows, step, self._run.order)]

    def _ask_again(self, q: Question, row: Step, name: str, words: dict[str, Any]) -> Step:
        """Say what was not understood, in other words than the question's, and than the last time. After some tries it
        is quiet until it understands: it may be talking with a program."""
        asked = row.value or {}
        wrong = int(asked.get("wrong", 0)) + 1
        name = "talk.ways-out" if asked.get("said") == name or wrong == PATIENT else name
        if wrong <= PATIENT:
            self.tell(q.key, name, q.room_id, part=f"again{row.tries}", words=words)
        if not asked:
            row = self._pose(q)
        value = (row.value or {}) | {"said": name, "wrong": wrong}
        return self._run.keep(q.key, "ask", "asked", value=value, tries=row.tries + 1)

    def _explain(self, q: Question, row: Step, *, quotable: bool) -> Step:
        """Something was asked in return: what the question is for, and the question again. Once: the next time, the
        ways out."""
        asked, name = row.value or {}, "talk.again.asking"
        if not asked or asked.get("said") == name or int(asked.get("wrong", 0)) + 1 >= PATIENT:
            return self._ask_again(q, row, name if asked else self._why(q.step), {})
        self.withdraw(row)
        lead, _ = self._voice.sentence(q.room_id, self._why(q.step), {})
        if quotable:
            lead += " " + self._voice.sentence(q.room_id, name, {})[0]
        value = self._put(q, f"{lead}\n\n", f"again{row.tries}")
        value |= {changes.SINCE: changes.posting(row), "said": name, "wrong": int(asked.get("wrong", 0)) + 1}
        return self._run.keep(q.key, "ask", "asked", value=value, tries=row.tries + 1)

    def _why(self, step: str) -> str:
        return why_of(self._voice.words, self._script.family, step)

    # -- stopping

    def asks_whether_to_stop(self) -> bool:
        """Ask first whether it is for good, where there is something to lose. False where it stops: « stop » that is
        said twice is meant."""
        q, rows = stopping.question(self.room, self.person), self._run.rows
        if STOPPING in rows:
            shown = q.answer.show(stopping.STOP, self._voice.words, self._voice.language(self.room))
            self._settle(q, rows[STOPPING], {"is": stopping.STOP}, shown)
            return False
        given = [row for row in rows.values() if row.kind == "ask" and row.by == self.person]
        if self._script.asks_from is None or len(given) < self._script.asks_from:
            return False
        self._pose(q)
        return True

    async def way_out(self) -> str | None:
        """What was answered to that, one of its ways, or that something else was said instead. None where it was not
        understood, and is asked again."""
        q, row = stopping.question(self.room, self.person), self._run.rows[STOPPING]
        if row.status != "heard" or await self._speaks_on(q, row):
            return stopping.PASSED
        row = await self._understand(q, row)
        return str(row.value["is"]) if row.status == "done" else None

    async def _speaks_on(self, q: Question, row: Step) -> bool:
        """Whether what was heard answers the question of before instead: it does."""
        heard, before = heard_in(row.raw or {}), changes.open_questions(self._run.rows, self.person)
        try:
            await q.answer.read(heard, self._voice.words)
        except NotUnderstood as why:
            if not before or not stopping.is_about_something_else(why, heard, self._voice.words):
                return False
            self._run.keep(before[-1], "ask", "heard", raw=row.raw, by=row.by)
            return True
        return False

    def goes_on(self, way: str) -> bool:
        """It does not stop. True where the script has to run: for what was said instead, or to repeat its question."""
        self.drop([STOPPING])
        if way == stopping.PASSED:
            return True
        open_now = changes.open_questions(self._run.rows, self.person)
        if way == stopping.LATER or not open_now:
            self.tell(STOPPING, "talk.later" if open_now else "talk.waiting", self.room)
            return False
        self.retake(open_now)
        return True

    def take_up(self, event_id: str) -> None:
        """Ask anew what was open when its person stopped it, and what others had agreed to."""
        self.tell(event_id, "talk.taken-up", self.room)
        office = self._voice.lieu.office if self._voice.lieu else None
        if office and len(self._script.farewell) > 1:  # they were told that it had stopped
            self.tell(event_id, "talk.taken-up-office", office, part="office", words={"who": self.who})
        self.drop([STOPPING])
        rows = self._run.rows
        asked = [row.key for row in rows.values() if row.kind == "ask" and row.status == "asked"]
        self.retake([*asked, *(row.key for row in changes.agreed(rows, self.person))])

    # -- waiting

    def _wait(self, q: Question, row: Step) -> None:
        """Nothing was answered yet: remind, tell the concierges, or give up, and pause."""
        now = self._run.now()
        if row.deadline is not None and now >= row.deadline:
            self.withdraw(row)
            self._run.keep(q.key, row.kind, "done", value={"expired": True}, remind=(), deadline=None)
            raise Silence(q.step)
        due = [alarm for alarm in row.remind if alarm[0] <= now]
        for at, what in due:
            row = self._alarm(q, row, what, str(at))
        if due:
            self._run.keep(q.key, row.kind, "asked", remind=tuple(a for a in row.remind if a not in due))
        raise Pause

    def _alarm(self, q: Question, row: Step, what: str, part: str) -> Step:
        if what == "remind":
            self.withdraw(row)
            own, usual = f"{self._name(q.step)}.remind", "talk.remind-many" if q.of_many else "talk.remind"
            lead = self._voice.sentence(q.room_id, own if self._voice.words.has(own) else usual, {})[0]
            value = self._put(q, f"{lead}\n\n", part)
            value |= {changes.SINCE: changes.posting(row) or value["txn"]}  # the same words: either may be answered
            return self._run.keep(q.key, "ask", "asked", value=value, room_id=q.room_id)
        if self._voice.lieu and self._voice.lieu.office:
            name = "talk.unopened" if row.kind == "join" else "talk.silent"
            own = f"{self._name(q.step)}.worry"
            name = own if self._voice.words.has(own) else name
            self.tell(q.key, name, self._voice.lieu.office, part=part, words=q.words | {"who": self.who})
        return row
