"""Questions of a conversation: how one is put, reminded of, understood, and closed."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from bot.errors import Refused
from bot.matrix.identifiers import ids_in
from bot.matrix.message import edit, reaction
from bot.matrix.passages import Said
from bot.store import budgets
from bot.store.conversations import Conversation, Step
from bot.talk import corrections, restatements
from bot.talk.answers import Answer, Heard, NotMeant, NotUnderstood, Proposed, yes_or_no
from bot.talk.answers.agreement import is_made_of
from bot.talk.answers.answer import Doubted
from bot.talk.answers.attachments import ADDRESS
from bot.talk.answers.dates import NEVER, is_endless
from bot.talk.answers.no_answer import ASKING, SURELY, UNSAID, defines, is_question, wonders_what
from bot.talk.answers.pasted import inside
from bot.talk.answers.proposal import is_indifferent
from bot.talk.answers.unpointed import UNPOINTED, only_agrees
from bot.talk.corrections import Corrections
from bot.talk.possible_answers import possible
from bot.talk.replies import lost_by
from bot.talk.run import Again, Pause, Run
from bot.talk.script import Patience
from bot.talk.voice import MESSAGE, REACTION, Sentence, Voice, below
from bot.words import cut, fold

NOTHING = "—"
FILES = "files"  # in a question that a file answers
PATIENT = 6  # tries at one question, until it is put again
Membership = Callable[[str, str], Awaitable[str]]
OF_WORDS = ("text", "listed", "name")  # kinds of answers that keep nothing of a picture but the words under it
IN_A_LIST = ("picks", "revision")  # kinds of answers of which no sentence is one
SHOWN, GLIMPSE = 120, 60  # characters of an answer in a recapitulation, of what is proposed below a question


class Silence(Exception):
    """Nobody answered in time."""


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
    but: Collection[str] = ()  # questions that it is not about, though their answers can be changed
    patience: Patience = field(default_factory=Patience)
    mentions: Sequence[str] = ()  # who is notified by name, because they must act
    label: str = ""  # its short name in a recapitulation, where the catalogue has none for this step
    among: str = ""  # a text that may hold the answer already
    aside: bool = False  # not asked unless somebody wants to change it

    @property
    def mark(self) -> str:
        """Of what is shown: a yes to it is none to anything else."""
        options = [(option.value, option.label, option.key) for option in self.answer.options()]
        return digest((self.step, sorted(self.words.items()), options))

    @property
    def of_many(self) -> bool:
        """Whoever has a right may answer, among others who talk of other things."""
        return not self.of.startswith("@")


def digest(shown: object) -> str:
    """A mark of what was shown, the same at each replay, and in each process."""
    return hashlib.sha256(repr(_in_order(shown)).encode()).hexdigest()[:32]


def _in_order(shown: object) -> object:
    if isinstance(shown, set | frozenset):
        return sorted(map(repr, shown))
    if isinstance(shown, Mapping):
        return [(name, _in_order(value)) for name, value in shown.items()]
    return [_in_order(each) for each in shown] if isinstance(shown, list | tuple) else shown


def heard_in(raw: dict[str, Any], asked: str = "", offered: Mapping[str, str] | None = None) -> Heard:
    """From a row of the replay log; `asked` are the words of the question, `offered` what was taken for an answer."""
    return Heard(
        raw.get("text"),
        raw.get("reaction"),
        raw.get("msgtype", "m.text"),
        raw.get("event_id", ""),
        raw.get("by", ""),
        tuple(raw.get("pills", ())),
        raw.get("attachment"),
        asked,
        offered or {},
        raw.get("named", ""),
        raw.get("said") or Said(),
        raw.get("at"),
    )


def _pills_of(key: str, args: Mapping[str, Any]) -> list[str]:
    """Whom a command's line names in its answer to this question: not who is named in another one."""
    named: Mapping[str, str] = args.get("named") or {}
    of_others = {id for other, text in named.items() for id in ids_in(text) if other != key and text != named.get(key)}
    return [id for id in args.get("said", {}).get("pills", []) if id not in of_others]


class Questions:
    """Questions, each open until it is answered, skipped, or too old. `patience`: how long those that follow wait;
    `membership` of a room and a person, as Matrix tells it."""

    def __init__(
        self, run: Run, voice: Voice, corrections: Corrections, patience: Patience, membership: Membership
    ) -> None:
        self._run, self._voice, self._corrections = run, voice, corrections
        self.patience, self._membership = patience, membership
        self._shown_here: dict[str, Question] = {}  # those that the script came by, by their keys

    async def answer(self, q: Question) -> Any:
        """What was answered; until then, the script pauses here. Raises Silence."""
        self._shown_here[q.key] = q
        row = self._run.at(q.key, "ask")
        if row is not None and self._has_changed(q, row):
            self._corrections.drop([q.key, *corrections.agreed_after(self._run.rows, self._run.person, [q.key])])
            row = None
        row = row or self._given(q) or self._unasked(q) or self.put(q)
        if corrections.is_unasked(row):
            row = self._unasked(q) or self.put(q)
        if corrections.is_wanted(row):
            row = self.put(q, (row.value or {}).get("lead"))
        if row.status == "heard":
            row = await self.understand(q, row)
        if row.status == "asked" and row.value and row.value.get("stale"):
            row = self._show_again(q, row)
        if row.status != "done":
            await self.wait(q, row)
        if row.value.get("expired"):
            raise Silence(q.step)
        return q.default if row.value.get("skipped") else q.answer.load(row.value["is"])

    def _has_changed(self, q: Question, row: Step) -> bool:
        """Whether a yes, given or awaited, would be to something else than what was shown: other words or values, or
        an answer before it that came after it. What something was done upon stays as it is."""
        bound = row.value.get(corrections.BOUND) if isinstance(row.value, dict) else None
        if bound is None or row.value.get("stale") or corrections.is_spent(self._run.rows, row):
            return False
        return bound != q.mark or self._run.is_overtaken(row)

    def _given(self, q: Question) -> Step | None:
        """What the command's own line said already, as long as nothing was taken back."""
        args = self._run.conversation.args or {}
        replied = (args.get("replied") or {}).get(q.key, "")
        given = args.get("given", {}).get(q.key) or replied
        origin = args.get("said", {})
        attachment = origin.get("attachment") if q.answer.takes_files else None
        if not (given or attachment) or self._run.conversation.epoch:
            return None
        raw = {"text": given, "by": self._run.person, "event_id": self._run.conversation.cause}
        named = (args.get("named") or {}).get(q.key) or replied
        raw |= {
            "named": named,
            "pills": _pills_of(q.key, args),
            "attachment": attachment,
            "said": origin.get("said", {}),
        }
        return self._run.keep(q.key, "ask", "heard", raw=raw, by=self._run.person, of=q.of, room_id=q.room_id)

    def _unasked(self, q: Question) -> Step | None:
        """What need not be asked: it was said already, in another answer, or it can be left as it is."""
        try:
            found = q.answer.guess(q.among, self._voice.words) if q.among else None
        except NotUnderstood as why:  # it says one, but which is in doubt
            return self._ask_again(q, self._unheard(q), f"talk.again.{why.code}", why.words, why.offered)
        if found is None and q.aside and isinstance(q.answer, Proposed):
            found = q.answer.proposal
        if found is None and not q.aside:
            return None
        is_, shown = {"skipped": True}, str(q.default or NOTHING)
        if found is not None:
            is_ = {"is": q.answer.dump(found)}
            shown = cut(q.answer.show(found, self._voice.words, self._voice.language(q.room_id)), SHOWN)
        value = is_ | {"unasked": True, "shown": shown, "label": q.label, "kind": q.answer.kind}
        value |= {corrections.LONG: True} if q.answer.is_for_people else {}
        row = self._run.rows.get(q.key)
        if row is not None and row.value == value:
            return row
        return self._run.keep(q.key, "ask", "done", value=value, by=self._run.person, of=q.of, room_id=q.room_id)

    def _unheard(self, q: Question) -> Step:
        """Before anything was asked or answered."""
        return self._run.keep(q.key, "ask", "asked", value=None, by=self._run.person, of=q.of, room_id=q.room_id)

    # -- putting it

    def put(self, q: Question, lead: str | None = None) -> Step:
        """Ask it, after the sentence called `lead`."""
        before = f"{self._voice.sentence(q.room_id, lead, {})[0]}\n\n" if lead else ""
        return self._run.keep(
            q.key,
            "ask",
            "asked",
            value=self._post(q, before),
            room_id=q.room_id,
            of=q.of,
            at=self._run.now(),
            remind=self.alarms(q.patience),
            deadline=self.after(q.patience.within),
        )

    def _post(self, q: Question, lead: str = "", part: str = "") -> dict[str, Any]:
        """Post the question, and what can be clicked on."""
        template, holes = self._question(q)
        content = self._voice.message(q.room_id, (lead + template, holes), mentions=q.mentions)
        txn = self._run.post(q.room_id, q.key, MESSAGE, content, part)
        reactions = [
            self._run.post(q.room_id, q.key, REACTION, reaction({"$event": txn}, key), f"{part}reaction{n}")
            for n, key in enumerate(q.answer.reactions())
        ]
        shown: dict[str, Any] = {corrections.BOUND: q.mark} if q.changes or q.of != self._run.person else {}
        shown |= {FILES: True} if q.answer.takes_files else {}
        return {"txn": txn, "reactions": reactions, corrections.SINCE: txn, **shown}

    def _show_again(self, q: Question, row: Step) -> Step:
        """Edit the question: what it is about has grown."""
        content = edit({"$event": row.value["txn"]}, self._voice.message(q.room_id, self._question(q)))
        self._run.post(q.room_id, q.key, MESSAGE, content, f"edit{row.value['stale']}")
        value = row.value | {"stale": 0, corrections.BOUND: q.mark}
        return self._run.keep(q.key, "ask", "asked", value=value)

    def _question(self, q: Question) -> Sentence:
        """The question, its numbered options and how it can be answered."""
        template, holes = self._voice.sentence(q.room_id, self._voice.name(q.step), q.words)
        options = q.answer.options()
        if options:
            template += "\n\n" + "\n".join(f"{n}. {{option{n}}}" for n in range(1, len(options) + 1))
            holes |= {
                f"option{n}": option.shown(self._voice.words, self._voice.language(q.room_id))
                for n, option in enumerate(options, 1)
            }
        for n, (key, words) in enumerate(self._hints(q)):
            between = " " if n and key.startswith("talk.proposed.") else "\n\n"
            template, holes = below((template, holes), self._voice.sentence(q.room_id, key, words), f"hint{n}", between)
        return template, holes

    def _hints(self, q: Question) -> list[tuple[str, dict[str, Any]]]:
        kind, words = q.answer.hint()
        how = "talk.confirm-hint" if q.changes and not kind.startswith("revision") else f"talk.hint.{kind}"
        if q.of_many and self._voice.words.has(f"{how}-of-many"):
            how += "-of-many"
        hints: list[tuple[str, dict[str, Any]]] = [(how, dict(words))]
        proposed = q.answer.proposed(self._voice.words, self._voice.language(q.room_id))
        if proposed is not None:
            way, holes = proposed
            hints.append((f"talk.proposed.{way}", {name: cut(str(value), GLIMPSE) for name, value in holes.items()}))
        elif q.optional:
            hints.append(("talk.optional-hint", {}))
        return [(key, holes) for key, holes in hints if self._voice.words.has(key)]

    def after(self, delay: timedelta | None) -> int | None:
        return None if delay is None else self._run.now() + int(delay.total_seconds() * 1000)

    def alarms(self, patience: Patience) -> tuple[tuple[int, str], ...]:
        alarms = ((self.after(patience.remind), "remind"), (self.after(patience.worry), "worry"))
        return tuple((at, what) for at, what in alarms if at is not None)

    # -- understanding what was answered

    async def understand(self, q: Question, row: Step) -> Step:
        asked = self._voice.sentence(q.room_id, self._voice.name(q.step), q.words)[0]
        raw = row.raw or {}
        if q.answer.kind == "date" and raw.get("at"):
            raw = raw | {"at": min(raw["at"], self._run.now())}  # the clocks of others may be fast
        heard = self._unlabelled(q, heard_in(raw, asked, (row.value or {}).get("offered")))
        skipped = bool(heard.text) and fold(heard.text or "") in self._voice.words.means("talk.words.skip")
        if skipped and not q.answer.skips:
            if q.optional:
                return self.close(q, row, {"skipped": True}, str(q.default or NOTHING))
            return self._ask_again(q, row, "talk.cannot-skip", {})
        if (q.changes or q.of_many) and (line := self._corrections.asked_about(heard.text or "")):
            return self._tell_line(q, row, *line)
        if q.changes and (key := self._fitting(heard)):
            self._corrections.reword(key, row.raw, q.key)
            raise Again
        if q.changes and (unknown := self._change(q, heard, row.raw or {})):
            return self._ask_again(q, row, unknown, {"labels": self._corrections.labels()})
        if q.answer.kind == "text" and self._names_itself(q, heard.text or ""):
            return self._misread(q, row, heard, NotUnderstood(UNSAID, said=cut(heard.text or "", SHOWN)))
        if q.answer.waits:
            await self._run.before_waiting()
        return await self._read(q, row, heard)

    async def _read(self, q: Question, row: Step, heard: Heard) -> Step:
        if (
            (row.raw or {}).get(UNPOINTED)
            and q.answer.kind == "done"
            and only_agrees(heard.text or "", self._voice.words)
        ):
            return self._ask_again(q, row, "talk.hint.done", {})
        asks = "" if self._is_about_it(q, heard) else (row.raw or {}).get("asks")
        if asks == SURELY and q.answer.kind == "text" and not q.answer.is_for_people:
            return self._passed_on(q, heard)
        try:
            value = await q.answer.read(heard, self._voice.words)
        except NotUnderstood as why:
            if self._is_another(q, heard, row.raw or {}):
                raise Again from why
            return self._passed_on(q, heard) if asks else self._misread(q, row, heard, why)
        except Refused as no:
            if not q.answer.takes_files:
                raise
            return self._ask_again(q, row, *self._voice.reason(no))  # another file may be readable
        if q.changes and value is False:
            self._retake_the_only_one(q)
            return self._ask_again(q, row, "talk.edit-which", {"labels": self._corrections.labels()})
        shown = q.answer.show(value, self._voice.words, self._voice.language(q.room_id))
        if heard.attachment and q.answer.kind in OF_WORDS and not q.answer.takes_files:
            left = {"name": str(heard.attachment["name"])}
            self._voice.tell(q.key, "talk.file-left", q.room_id, part=f"file/{heard.event_id}", notice=True, words=left)
        return self.close(q, row, {"is": q.answer.dump(value)}, shown)

    def _misread(self, q: Question, row: Step, heard: Heard, why: NotUnderstood) -> Step:
        to_us = (row.raw or {}).get("to_us", True)  # people talk with each other too
        leaves = why.code in (UNSAID, NEVER) and self._leaves_it(q, heard)
        aside = not to_us and not leaves and (q.optional or q.answer.skips) and not isinstance(why, Doubted)
        aside &= q.of_many or not wonders_what(heard.text or "", self._voice.words)
        if isinstance(why, NotMeant) or (q.of_many and heard.reaction) or aside:
            return self._run.keep(q.key, "ask", "asked")
        if not q.of_many and is_made_of(heard.text or "", self._voice.words, "talk.words.resume"):
            self._corrections.retake([q.key])  # « continuer »: it goes on here
            raise Again
        if leaves:
            return self.close(q, row, {"skipped": True}, str(q.default or NOTHING))
        if why.code == ASKING or (not q.of_many and self._wonders(heard)):
            return self._explain(q, row, quotable=why.code == ASKING and q.answer.kind not in IN_A_LIST)
        if q.of_many and why.code == "yes-no":  # a yes that points at nothing is talk among people
            return self._ask_again(q, row, "talk.again.yes-no-of-many", why.words)
        if why.code == UNSAID and q.optional:
            return self._ask_again(q, row, "talk.again.unsaid-optional", {"said": why.words["said"]})
        return self._ask_again(q, row, f"talk.again.{why.code}", why.words, why.offered)

    def _wonders(self, heard: Heard) -> bool:
        """« c’est quoi ? », « je ne comprends pas »"""
        words, said = self._voice.words, heard.text or ""
        return is_question(said, words) or wonders_what(said, words) or is_made_of(said, words, "talk.words.puzzled")

    def _names_itself(self, q: Question, said: str) -> bool:
        """« modifier charte », where the charter is asked."""
        label = self._label(q)
        is_wanted = bool(label) and not inside(said) and restatements.wanted(said, self._voice.words)
        return is_wanted and restatements.named(said, {label: q.key}, self._voice.words) is not None

    def _label(self, q: Question) -> str:
        key = f"{self._voice.name(q.step)}.label"
        return q.label or (self._voice.word(key) if self._voice.words.has(key) else "")

    def _unlabelled(self, q: Question, heard: Heard) -> Heard:
        """« groupe : phare », where the group is asked."""
        own, text, words = self._label(q), heard.text or "", self._voice.words
        if q.changes or q.of_many or heard.named or not own:
            return heard
        labels = self._corrections.changeable() | {own: q.key}
        if q.answer.kind in OF_WORDS:
            name, _, instead = text.partition(":")
            is_own = bool(fold(instead)) and restatements.named(name, labels, words) == q.key
            return replace(heard, text=instead.strip()) if is_own else heard
        said = restatements.restated(text, labels, words, sure=True)
        return replace(heard, text=said[1]) if said and said[0] == q.key else heard

    def _is_another(self, q: Question, heard: Heard, raw: Mapping[str, Any]) -> bool:
        """« charte : non », where something else is asked by now."""
        own = not q.changes and not q.of_many
        return own and self._corrections.change(heard.text or "", raw, q.key, surely=True)

    def _leaves_it(self, q: Question, heard: Heard) -> bool:
        """« ok » to a day that was proposed; « non » or « rien », where nothing is an answer; « comme tu veux »."""
        words, said = self._voice.words, heard.text or ""
        yes = yes_or_no(said, words, asked=heard.asked)
        nothing = yes is False or fold(said) in words.means("talk.words.none")
        nothing |= q.answer.kind == "date" and not q.default and is_endless(said, words)
        return q.optional and (is_indifferent(said, words) or (yes is True if q.default else nothing))

    def _is_about_it(self, q: Question, heard: Heard) -> bool:
        """« C’est quoi, une charte ? », of what is asked here: the bot says it first; asked again, it is passed on."""
        asked = self._run.rows[q.key].value or {} if q.key in self._run.rows else {}
        ours = self._voice.why(q.key) != "talk.why" and asked.get("said") != "talk.again.asking"
        return ours and defines(heard.text or "", self._voice.words)

    def _passed_on(self, q: Question, heard: Heard) -> Step:
        """A question to somebody is no answer to ours: it goes to the concierges, who put ours again below."""
        about = self._run.conversation
        args = {"what": heard.text, "source": heard.event_id}
        cause, at = f"{heard.event_id}/asks", self._run.now()
        self._run.begin(Conversation("call", self._run.person, self._run.room, cause, about.lieu, args, created_at=at))
        return self._run.keep(q.key, "ask", "asked")

    def _fitting(self, heard: Heard) -> str | None:
        """The question beside the others that a file, or an address, sent at the recapitulation answers."""
        address = ADDRESS.fullmatch((heard.text or "").strip())
        kinds = ("attachment", "invitees") if heard.attachment else ("page",) if address else ()
        rows = [(key, self._run.rows[key]) for key in self._corrections.changeable().values()] if kinds else []
        return next((key for key, row in rows if row.value.get("kind") in kinds), None)

    def _retake_the_only_one(self, q: Question) -> None:
        """A no to a recapitulation with one answer that was given: that one is asked again."""
        given = [
            key for key in self._corrections.changeable().values() if not corrections.is_unasked(self._run.rows[key])
        ]
        about = [key for key in given if key.partition("#")[0] not in q.but]
        if len(about) == 1:
            self._corrections.retake([*about, q.key], "talk.edit-this")
            raise Again

    def _change(self, q: Question, heard: Heard, raw: dict[str, Any]) -> str | None:
        """« modifier : e-mail » asks that one again, « groupe : non » answers it anew, and so does a line like one of
        before; the sentence to say where there is no such answer, or where it is to what was shown before."""
        text = heard.text or ""
        plain = yes_or_no(text, self._voice.words, asked=heard.asked) is not None  # « oui » is no « où »
        if q.answer.revises or plain:
            return "talk.changed-since" if raw.get(corrections.OF_BEFORE) else None
        if self._corrections.change(text, raw, q.key):
            raise Again
        if not is_question(text, self._voice.words) and self._corrections.replace(text, raw, q.key):
            raise Again
        if restatements.wanted(text, self._voice.words):
            return "talk.edit-unknown"
        return "talk.changed-since" if raw.get(corrections.OF_BEFORE) else None

    def _ask_again(
        self, q: Question, row: Step, name: str, words: dict[str, Any], offered: Mapping[str, str] | None = None
    ) -> Step:
        """Say what was not understood, in other words than the question's, and than the last time. After some tries it
        is quiet until it understands: it may be talking with a program."""
        asked = row.value or {}
        wrong = int(asked.get("wrong", 0)) + 1
        if asked.get("said") == name or wrong >= PATIENT:
            name, offered = "talk.ways-out", {}  # nobody agrees to what was not shown
        if wrong <= PATIENT:
            self._voice.tell(q.key, name, q.room_id, part=f"again{row.tries}", words=words)
        if not asked:
            row = self.put(q)
        value = (row.value or {}) | {"said": name, "wrong": wrong, "offered": dict(offered or {})}
        return self._run.keep(q.key, "ask", "asked", value=value, tries=row.tries + 1)

    def _explain(self, q: Question, row: Step, *, quotable: bool) -> Step:
        """Something was asked in return: what the question is for, and the question again. Once: the next time, the
        ways out."""
        asked, name = row.value or {}, "talk.again.asking"
        if not asked or asked.get("said") == name or int(asked.get("wrong", 0)) + 1 >= PATIENT:
            return self._ask_again(q, row, name if asked else self._voice.why(q.key, sums_up=q.changes), {})
        self._voice.withdraw(row)
        lead, _ = self._voice.sentence(q.room_id, self._voice.why(q.key, sums_up=q.changes), {})
        if quotable:
            lead += " " + self._voice.sentence(q.room_id, name, {})[0]
        value = self._post(q, f"{lead}\n\n", f"again{row.tries}")
        value |= {corrections.SINCE: corrections.posting(row), "said": name, "wrong": int(asked.get("wrong", 0)) + 1}
        return self._run.keep(q.key, "ask", "asked", value=value, tries=row.tries + 1)

    def _tell_line(self, q: Question, row: Step, label: str, key: str) -> Step:
        """What a line of a recapitulation is, and what else it could say; the recapitulation waits on."""
        about, words = self._shown_here[key], self._voice.words
        why = self._voice.why(about.key)
        answers = possible(about.answer, words, self._voice.language(q.room_id))
        holes = {
            "label": label,
            "asked": self._voice.phrase(about.step, **about.words),
            "why": "" if why == "talk.why" else self._voice.phrase(why),
            "answers": self._voice.phrase("talk.line-answers", answers=answers) if answers else "",
        }
        name = "talk.line-told" if q.changes else "talk.line-told-of-many"
        self._voice.tell(q.key, name, q.room_id, part=f"line{row.tries}", words=holes)
        return self._run.keep(q.key, "ask", "asked", tries=row.tries + 1)

    # -- closing it

    def close(self, q: Question, row: Step, value: dict[str, Any], shown: str) -> Step:
        asked = row.value or {}
        clickable, shown = bool(asked.get("reactions") or asked.get("clickable")), cut(shown, SHOWN)
        if clickable:
            self._freeze(q, asked["txn"], shown, (row.raw or {}).get("name", ""))
            self._voice.withdraw(row)
        if row.by and row.room_id:
            understood = lost_by(row.by, row.room_id)
            self._run.pending.append(lambda tx: budgets.refill(tx, *understood))
        kept = {"txn": asked.get("txn"), "clickable": clickable, "shown": shown, "label": q.label}
        kept |= {"kind": q.answer.kind} if q.aside or q.answer.takes_files else {}
        kept |= {corrections.LONG: True} if q.answer.is_for_people else {}
        kept |= {name: asked[name] for name in (corrections.BOUND, corrections.SINCE) if name in asked}
        return self._run.keep(q.key, "ask", "done", value=value | kept, remind=(), deadline=None)

    def _freeze(self, q: Question, txn: str, shown: str, who: str) -> None:
        """Edit the question to say what was chosen."""
        question = self._voice.sentence(q.room_id, self._voice.name(q.step), q.words)
        by = "talk.chosen-by" if q.of_many and who else "talk.chosen"
        kind = f"{by}.{q.answer.kind}"
        name = kind if self._voice.words.has(kind) else by
        chosen = self._voice.sentence(q.room_id, name, {"answer": shown, "who": who})
        content = self._voice.message(q.room_id, below(question, chosen, "chosen"))
        self._run.post(q.room_id, q.key, MESSAGE, edit({"$event": txn}, content), "frozen", later=True)

    # -- waiting

    async def wait(self, q: Question, row: Step) -> None:
        """Nothing was answered yet: remind, tell the concierges, or give up, and pause."""
        now = self._run.now()
        if row.deadline is not None and now >= row.deadline:
            self._voice.withdraw(row)
            self._run.keep(q.key, row.kind, "done", value={"expired": True}, remind=(), deadline=None)
            raise Silence(q.step)
        due = [alarm for alarm in row.remind if alarm[0] <= now]
        for at, what in due:
            if await self._is_heard(q, what):
                row = self._alarm(q, row, what, str(at))
        if due:
            self._run.keep(q.key, row.kind, "asked", remind=tuple(a for a in row.remind if a not in due))
        raise Pause

    async def _is_heard(self, q: Question, what: str) -> bool:
        """Nobody is reminded in a room where they are not; nor are the concierges told that somebody is silent who has
        left it, which is another matter."""
        if q.of_many:
            return True
        try:
            there = await self._membership(q.room_id, q.of)
        except Refused:
            return False  # the bot is out of it too
        return there == "join" if what == "remind" else there not in ("leave", "ban")

    def _alarm(self, q: Question, row: Step, what: str, part: str) -> Step:
        if what == "remind":
            self._voice.withdraw(row)
            own, usual = f"{self._voice.name(q.step)}.remind", "talk.remind-many" if q.of_many else "talk.remind"
            lead = self._voice.sentence(q.room_id, own if self._voice.words.has(own) else usual, {})[0]
            value = self._post(q, f"{lead}\n\n", part)
            value |= {
                corrections.SINCE: corrections.posting(row) or value["txn"]
            }  # the same words: either may be answered
            return self._run.keep(q.key, "ask", "asked", value=value, room_id=q.room_id)
        if office := self._voice.office:
            name = "talk.unopened" if row.kind == "join" else "talk.silent"
            own = f"{self._voice.name(q.step)}.worry"
            name = own if self._voice.words.has(own) else name
            self._voice.tell(q.key, name, office, part=part, words=q.words | {"who": self._voice.who})
        return row
