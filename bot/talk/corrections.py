"""What was answered, and how it is taken back: which answers « retour » and « modifier » reach."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from bot.matrix.message import edit
from bot.store.conversations import Step
from bot.talk.restatements import restated, restatements, wondered_at
from bot.talk.run import Run
from bot.talk.spelling import corrected
from bot.talk.voice import MESSAGE, Voice
from bot.words import fold

WANTED = "wanted"
BOUND = "bound"  # in a question of which the answer counts for the words that were shown and no others: their mark
RESTATED = "restated"  # in an answer: beside its label, maybe with others in one message
OF_BEFORE = "of-before"  # in the same: it is to what a question showed before it changed
LONG = "long"  # in an answered question: the answer may have several lines
SINCE = "since"  # in the same: the letter in which they were shown first


def is_unasked(row: Step) -> bool:
    """Whether nobody was asked: an answer found in another one, or left as it is."""
    return row.status == "done" and bool((row.value or {}).get("unasked"))


def is_wanted(row: Step) -> bool:
    """Whether somebody wants to be asked after all."""
    return row.status == "asked" and isinstance(row.value, dict) and WANTED in row.value


def posting(row: Step | None) -> str | None:
    """The letter since which this is asked in these words."""
    value = row.value if row is not None and isinstance(row.value, dict) else {}
    return value.get(SINCE) or value.get("txn")


def sums_up(row: Step, person: str) -> bool:
    """Whether this is a recapitulation: bound to what it shows, like a question to others, but asked of its person."""
    return row.of == person and isinstance(row.value, dict) and BOUND in row.value


def of_others(row: Step, person: str) -> bool:
    return row.kind == "ask" and row.of not in (None, person) and not is_unasked(row)


def is_spent(rows: Mapping[str, Step], row: Step, but: str = "") -> bool:
    """Whether something was begun since: an act is not taken back, nor what led to it. `but` what is about to be."""
    return any(done.kind == "do" and done.seq > row.seq for key, done in rows.items() if key != but)


def agreed(rows: Mapping[str, Step], person: str, but: str = "") -> list[Step]:
    """What others answered and nothing was done upon, `but` for what is about to be."""
    given = [row for row in rows.values() if of_others(row, person) and row.status == "done" and row.by]
    return [row for row in given if not is_spent(rows, row, but)]


def agreed_after(rows: Mapping[str, Step], person: str, keys: Iterable[str]) -> list[str]:
    """What others are asked or answered, and what was confirmed, after the first of these answers: all of it was about
    what they are no more."""
    first = min((rows[key].seq for key in keys if key in rows), default=None)
    if first is None:
        return []
    binding = [row for row in rows.values() if of_others(row, person) or _binds(row)]
    return [row.key for row in binding if row.seq > first and not is_spent(rows, row)]


def _binds(row: Step) -> bool:
    return row.kind == "ask" and isinstance(row.value, dict) and BOUND in row.value


def own_answers(rows: Mapping[str, Step], person: str) -> list[str]:
    """The questions that this person answered, oldest first, after the last act: an act is not taken back."""
    last_act = max((row.seq for row in rows.values() if row.kind == "do"), default=0)
    return [
        key
        for key, row in sorted(rows.items(), key=lambda kv: kv[1].seq)
        if row.kind == "ask" and row.status == "done" and row.by == person and row.seq > last_act
    ]


def labelled(rows: Mapping[str, Step], step: str, order: Callable[[str], int]) -> list[dict[str, str]]:
    """`label` and `answer` of each question of this step that brought its own label."""
    found = [rows[key] for key in sorted(rows, key=order) if key.startswith(f"{step}[")]
    told = [row.value for row in found if row.value and row.value.get("label")]
    return [{"label": value["label"], "answer": value["shown"]} for value in told]


def open_questions(rows: Mapping[str, Step], person: str) -> list[str]:
    return [key for key, row in rows.items() if row.kind == "ask" and row.status == "asked" and row.of == person]


def back(rows: Mapping[str, Step], person: str) -> list[str]:
    """The steps to forget so that the last answered question is asked again; empty where there is none."""
    answered = [key for key in own_answers(rows, person) if not is_unasked(rows[key])]
    return [answered[-1], *open_questions(rows, person)] if answered else []


def blocked(rows: Mapping[str, Step], person: str) -> bool:
    """Whether an act stands between this person and the answers that they gave."""
    return any(row.kind == "ask" and row.status == "done" and row.by == person for row in rows.values())


class Corrections:
    """The answers of one conversation."""

    def __init__(self, run: Run, voice: Voice) -> None:
        self._run, self._voice = run, voice

    # -- what can be changed

    def changeable(self) -> dict[str, str]:
        """label → key of each answer that this person gave, and that nothing was done upon."""
        return self._labelled(own_answers(self._run.rows, self._run.person))

    def _all(self) -> list[str]:
        rows, person = self._run.rows, self._run.person
        done = [row for row in rows.values() if row.kind == "ask" and row.status == "done" and row.by == person]
        return [row.key for row in sorted(done, key=lambda row: row.seq)]

    def _labelled(self, keys: Iterable[str]) -> dict[str, str]:
        labels = dict[str, str]()
        for key in sorted(keys, key=lambda key: (self._run.came_by(key), key if self._own_label(key) else "")):
            labels[self._label(key, labels)] = key
        return {label: key for label, key in labels.items() if label}

    def _label(self, key: str, taken: Collection[str]) -> str:
        """The catalogue's, the same for each occurrence; or the question's own, which may resemble another's."""
        if own := self._own_label(key):
            return next(name for name in (own, *(f"{own} {n}" for n in range(2, 99))) if name not in taken)
        name = self._name_of(key)
        return self._voice.word(name) if self._voice.words.has(name) else ""

    def _own_label(self, key: str) -> str:
        return str((self._run.rows[key].value or {}).get("label") or "")

    def _name_of(self, key: str) -> str:
        """What the label of this question is called in the catalogues."""
        return f"{self._voice.name(key.partition('#')[0].partition('[')[0])}.label"

    def labels(self) -> list[str]:
        """What can still be changed, in the order of the conversation."""
        found = self.changeable()
        reached = [label for label, key in found.items() if self._run.came_by(key)] or found
        return sorted(reached, key=lambda label: self._run.order(found[label]))

    def said_in(self, step: str) -> str:
        """The message that answered this question; empty where another one held the answer."""
        row = self._run.rows.get(step)
        return str((row.raw or {}).get("event_id", "")) if row else ""

    def answers(self, but: Collection[str] = ()) -> list[str]:
        """« label : answer » for each answer that counts, for the script came by its question, `but` to some steps."""
        kept = [(label, key) for label, key in self._labelled(self._all()).items() if key.partition("#")[0] not in but]
        found = sorted((one for one in kept if self._run.came_by(one[1])), key=lambda one: self._run.order(one[1]))
        shown = {label: self._run.rows[key].value.get("shown", "") for label, key in found}
        return [self._voice.phrase("talk.answer", label=label, answer=answer) for label, answer in shown.items()]

    def given(self, step: str) -> list[str]:
        """« label : answer » for each answer to the questions of this step that bring their own label."""
        return [self._voice.phrase("talk.answer", **each) for each in labelled(self._run.rows, step, self._run.order)]

    def asked_about(self, text: str) -> tuple[str, str] | None:
        """The label and the key of the one answer that somebody asks about: « c’est quoi, le groupe ? »."""
        labels = {label: key for label, key in self._labelled(self._all()).items() if self._run.came_by(key)}
        key = wondered_at(text, self._called(labels), self._voice.words)
        return next(((label, key) for label, found in labels.items() if found == key), None) if key else None

    def _called(self, labels: Mapping[str, str]) -> dict[str, str]:
        """The same with what else they are called, in any language."""
        others = {
            other: key
            for key in labels.values()
            if not self._own_label(key) and self._voice.words.has(name := self._name_of(key))
            for other in self._voice.words.means(name)
        }
        return others | dict(labels)

    # -- changing

    def change(self, text: str, raw: Mapping[str, Any], *open_now: str, surely: bool = False) -> bool:
        """Take what is said instead of each answer that is named (`raw`: the message), or ask for it again. False where
        none is named, `surely` where something else is asked."""
        rows, words = self._run.rows, self._voice.words
        before = [key for key in rows if self.is_restated(key, raw)]
        labels = self._called(self._labelled(dict.fromkeys([*own_answers(rows, self._run.person), *before])))
        long = {key for key in labels.values() if (rows[key].value or {}).get(LONG)}
        said, left = restatements(text, labels, words, long)
        if not said or (surely and restated(text, labels, words, sure=True) is None):
            return False
        named_now = {key for key, _ in said}
        self._reword([*said, *((key, "") for key in before if key not in named_now)], raw, *open_now)
        if left:
            part, lines = f"left/{raw.get('event_id', '')}", {"lines": left}
            self._voice.tell(said[0][0], "talk.unplaced", self._run.room, part=part, words=lines)
        return True

    def _reword(self, said: Sequence[tuple[str, str]], raw: Mapping[str, Any], *open_now: str) -> None:
        """Each of these steps is answered anew; what has several answers, or none, is asked."""
        answers: dict[str, dict[str, str]] = {}
        for key, instead in said:
            answers.setdefault(key, {})[fold(instead) or instead] = instead
        there = {key: {"of": self._run.person, "room_id": self._run.rows[key].room_id} for key in answers}
        self.retake([*answers, *open_now])
        for key, given in answers.items():
            (instead, *others) = given.values()
            if instead and not others:
                value = {**raw, "text": instead, RESTATED: True, OF_BEFORE: False}
                self._run.keep(key, "ask", "heard", raw=value, value=None, by=self._run.person, **there[key])
            else:
                lead = {"lead": "talk.said-twice"} if others else {}
                self._run.keep(key, "ask", "asked", value={WANTED: True, **lead}, **there[key])

    def is_restated(self, key: str, raw: Mapping[str, Any]) -> bool:
        """Whether this message, before it was edited, named this answer and said it anew."""
        before = self._run.rows[key].raw or {}
        return bool(before.get(RESTATED)) and before["event_id"] == raw["event_id"]

    def replace(self, text: str, raw: Mapping[str, Any], *open_now: str) -> bool:
        """Take a line for the one that it resembles, of all that was typed. False where it resembles none."""
        answers = {key: str((self._run.rows[key].raw or {}).get("text") or "") for key in self.changeable().values()}
        lines = {(key, n): line for key, typed in answers.items() for n, line in enumerate(typed.splitlines())}
        found = corrected(text, lines)
        if found is None:
            return False
        key, at = found
        instead = [text if n == at else line for n, line in enumerate(answers[key].splitlines())]
        self.reword(key, {**raw, "text": "\n".join(instead)}, *open_now)
        return True

    def reword(self, key: str, raw: Mapping[str, Any] | None, *open_now: str) -> None:
        """This message answers a question anew."""
        room_id = self._run.rows[key].room_id
        self.retake([key, *open_now])
        there = {"by": self._run.person, "of": self._run.person, "room_id": room_id}
        self._run.keep(key, "ask", "heard", raw=raw, value=None, **there)

    # -- taking back

    def retake(self, keys: list[str], lead: str | None = None) -> None:
        """Forget these answers and open questions, so that the script asks them again, after the sentence `lead`; and
        with them what others were asked since, and what was confirmed. What was lacking may be there by now: it is
        tried before it is asked for.
        """
        wanted = [key for key in keys if self._is_answered(key)]
        self.drop([*keys, *agreed_after(self._run.rows, self._run.person, keys)])
        for key in wanted:
            told = {"lead": lead} if lead else {}
            self._run.keep(key, "ask", "asked", value={WANTED: True, **told})  # and not found in another answer
        for row in [row for row in self._run.rows.values() if row.kind in ("do", "look") and row.status == "asked"]:
            self._run.keep(row.key, row.kind, "heard")

    def _is_answered(self, key: str) -> bool:
        row = self._run.rows.get(key)
        return row is not None and row.kind == "ask" and row.status == "done"

    def drop(self, keys: Iterable[str], why: str = "talk.asked-anew", **words: Any) -> None:
        """Forget these questions. Where others were asked, the message itself says `why` it does not count any more."""
        keys = list(dict.fromkeys(keys))
        for row in [self._run.rows[key] for key in keys if key in self._run.rows]:
            self._voice.withdraw(row)
            if of_others(row, self._run.person) and (txn := (row.value or {}).get("txn")):
                room = row.room_id or self._run.room
                content = edit({"$event": txn}, self._voice.content(room, why, words))
                self._run.post(room, row.key, MESSAGE, content, "anew", later=True)
        self._run.forget(keys)
