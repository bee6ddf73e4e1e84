"""Taking answers back: which ones « retour » and « modifier » reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.likeness import alike
from bot.store.journal import Step
from bot.words import Words, fold

WANTED = {"wanted": True}


def is_unasked(row: Step) -> bool:
    """Whether nobody was asked: an answer found in another one, or left as it is."""
    return row.status == "done" and bool((row.value or {}).get("unasked"))


def is_wanted(row: Step) -> bool:
    """Whether somebody wants to be asked after all."""
    return row.status == "asked" and row.value == WANTED


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


def wanted(text: str, words: Words) -> bool:
    """Whether this asks to change an answer: « modifier », « change the e-mail »."""
    return _without_verb(text, words) is not None


def more_than_a_verb(text: str, words: Words) -> bool:
    """« changer d’air », not « changer »."""
    return bool(_without_verb(text, words))


def named(text: str, labels: Mapping[str, str], words: Words) -> str | None:
    """The step whose label this text names: « modifier : e-mail », « change the e-mail », « e-mail »."""
    bare = _without_verb(text, words)
    said = fold(text) if bare is None else bare
    fillers = words.means("talk.words.filler")
    said = " ".join(word for word in said.split() if word not in fillers) or said
    folded = {fold(label): key for label, key in labels.items()}
    near = alike(said, folded, 1, 0.75)
    if not near and bare:
        near = [label for label in folded if f" {said} " in f" {label} "]
    return folded[near[0]] if len(near) == 1 else None


def _without_verb(text: str, words: Words) -> str | None:
    said = fold(text)
    for verb in sorted(words.means("talk.words.edit"), key=len, reverse=True):
        if f"{said} ".startswith(f"{verb} "):
            return said[len(verb) :].strip()
    return None
