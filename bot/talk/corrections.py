"""What was answered, and how it is taken back: which answers « retour » and « modifier » reach."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.matrix.message import edit
from bot.store.conversations import Step
from bot.talk.answers.answer import NO
from bot.talk.answers.no_answer import ASKED
from bot.talk.run import Run
from bot.talk.spelling import corrected, resembling
from bot.talk.voice import MESSAGE, Voice
from bot.words import Words, after, fold

WANTED = "wanted"
WONDERING = ("talk.words.defining", "talk.words.puzzled", "talk.words.choices")
BOUND = "bound"  # in a question of which the answer counts for the words that were shown and no others: their mark
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
        rows, labels = self._run.rows, dict[str, str]()
        for key in sorted(keys, key=lambda key: (self._run.came_by(key), key if rows[key].value.get("label") else "")):
            labels[self._label(key, labels)] = key
        return {label: key for label, key in labels.items() if label}

    def _label(self, key: str, taken: Collection[str]) -> str:
        """The catalogue's, the same for each occurrence; or the question's own, which may resemble another's."""
        if own := str(self._run.rows[key].value.get("label", "")):
            return next(name for name in (own, *(f"{own} {n}" for n in range(2, 99))) if name not in taken)
        name = self._name_of(key)
        return self._voice.word(name) if self._voice.words.has(name) else ""

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
            if not self._run.rows[key].value.get("label") and self._voice.words.has(name := self._name_of(key))
            for other in self._voice.words.means(name)
        }
        return others | dict(labels)

    # -- changing

    def change(self, text: str, raw: Mapping[str, Any], *open_now: str) -> bool:
        """Ask one named answer again, or take what is said instead (`raw`: the message). False where none is named."""
        labels, words = self._called(self.changeable()), self._voice.words
        if (found := restated(text, labels, words)) is not None:
            key, instead = found
            self.reword(key, {**raw, "text": instead}, *open_now)
        elif (named_one := named(text, labels, words)) is not None:
            self.retake([named_one, *open_now])
        else:
            return False
        return True

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


# -- how people say that they want to change an answer


def wanted(text: str, words: Words) -> bool:
    """Whether this asks to change an answer: « modifier », « change the e-mail »."""
    return _without_verb(text, words) is not None


def more_than_a_verb(text: str, words: Words) -> bool:
    """« changer d’air », not « changer »."""
    return bool(_without_verb(text, words))


def restated(text: str, labels: Mapping[str, str], words: Words) -> tuple[str, str] | None:
    """The step whose label a line names, and the new answer beside it: « groupe : non », « fuseau horaire La Réunion »,
    « change le fuseau pour La Réunion », « pas de groupe »."""
    for name, instead in _halves(text, labels, words):
        key = _meant(name, labels, words, part=True)
        if key is not None and instead:
            return key, instead
    return None


def wondered_at(text: str, labels: Mapping[str, str], words: Words) -> str | None:
    """The step of the label that a question is about, and nothing else: « c’est quoi le groupe », « groupe, kesako ? »,
    « le groupe ? », « quels choix pour la langue »."""
    said = fold(text)
    asking = [phrase for key in WONDERING for phrase in words.means(key)]
    behind = after(said, asking)
    before = next((said.removesuffix(f" {one}") for one in asking if said.endswith(f" {one}")), None)
    bare = said if ASKED.search(text) else None
    for name, part in ((behind, True), (before, True), (bare, False)):
        if name and (key := _meant(_without_articles(name, words), labels, words, part=part)) is not None:
            return key
    return None


def _without_articles(said: str, words: Words) -> str:
    fillers = words.means("talk.words.articles") | words.means("talk.words.for")
    tokens = said.split()
    while len(tokens) > 1 and tokens[0] in fillers:
        tokens = tokens[1:]
    return " ".join(tokens)


def _halves(text: str, labels: Mapping[str, str], words: Words) -> Iterator[tuple[str, str]]:
    """The ways to see a name, folded, and what is said of it in a text. Without a colon the name is there whole, or
    stands between « modifier » and « pour »."""
    name, colon, instead = text.partition(":")
    if colon:
        bare = _without_verb(name, words)
        yield fold(name) if bare is None else bare, instead.strip()
        return
    tokens, known = text.split(), {fold(label) for label in labels}
    said, joints = [fold(token) for token in tokens], words.means("talk.words.toward")
    start, has_verb = _start_of_name(said, words)
    whole = next((end for end in range(len(said), start, -1) if " ".join(said[start:end]) in known), None)
    joint = next((at for at in range(start + 1, len(said)) if said[at] in joints), None)
    if whole is not None:
        yield " ".join(said[start:whole]), " ".join(tokens[whole + 1 if whole == joint else whole :])
    elif joint is not None and has_verb:
        yield " ".join(said[start:joint]), " ".join(tokens[joint + 1 :])
    if (left_out := after(" ".join(said), words.means("talk.words.do-without"))) is not None:
        yield left_out, NO


def _start_of_name(said: Sequence[str], words: Words) -> tuple[int, bool]:
    """Behind « modifier », where it is said, and « le »."""
    verbs, fillers = words.means("talk.words.edit"), words.means("talk.words.filler")
    verb = next((n for n in range(min(3, len(said)), 0, -1) if " ".join(said[:n]) in verbs), 0)
    return (verb + 1 if said[verb : verb + 1] and said[verb] in fillers else verb), verb > 0


def named(text: str, labels: Mapping[str, str], words: Words) -> str | None:
    """The step whose label this text names: « modifier : e-mail », « change the e-mail », « e-mail »."""
    bare = _without_verb(text, words)
    return _meant(fold(text) if bare is None else bare, labels, words, part=bool(bare))


def _meant(said: str, labels: Mapping[str, str], words: Words, *, part: bool) -> str | None:
    """The step of the one label that a folded text resembles, or is a `part` of."""
    folded, fillers = {fold(label): key for label, key in labels.items()}, words.means("talk.words.filler")
    if said in folded:
        return folded[said]
    said = " ".join(word for word in said.split() if word not in fillers) or said
    near = resembling(said, folded, 1, 0.75)
    if not near and part:
        near = [label for label in folded if f" {said} " in f" {label} "]
    return folded[near[0]] if len(near) == 1 else None


def _without_verb(text: str, words: Words) -> str | None:
    return after(fold(text), words.means("talk.words.edit"))
