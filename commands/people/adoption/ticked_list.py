"""The list of those who were there before, eight at a time: which of them are taken, and with which account."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from bot.hosting.operators import Operators
from bot.lieux import Lieu
from bot.people import People
from bot.services.account_matching import DOUBTFUL, LIKELY, NAME, SAID, SEVERAL, SURE
from bot.services.adoption import Adoption, Candidate
from bot.services.ownership import Ownership
from bot.talk import Lines, Option, Picks
from bot.talk.answers.picks import CORRECT, EVERYTHING, MORE, NOTHING, TAKE, TICK, WHO, Picked
from bot.talk.pagination import PAGE
from bot.talk.ports import Facts
from bot.talk.talk import Talk


@dataclass(frozen=True, slots=True)
class Tools:
    """What scripts about adoption are handed."""

    lieu: Lieu
    people: People
    facts: Facts
    ownership: Ownership
    operators: Operators
    adoption: Adoption


@dataclass(slots=True)
class Ticks:
    """Which of the `rows` have a tick, and from which it was taken: « tout » does not give it back to these."""

    rows: list[Candidate]
    ticked: set[str]
    left: set[str]

    @classmethod
    def of(cls, found: Sequence[Candidate]) -> Ticks:
        """At first the surest have one; whoever is doubtful gets it by their number alone."""
        sure, likely = ({_id(row) for row in found if row["sure"] == each} for each in (SURE, LIKELY))
        return cls(list(found), sure or likely, set())

    @property
    def taken(self) -> list[Candidate]:
        return [row for row in self.rows if _id(row) in self.ticked]

    def change(self, what: str, named: Collection[str]) -> list[str]:
        """The rows that are shown again."""
        before = {*self.ticked}
        if what == TICK:
            self.ticked |= {_id(row) for row in self.rows if _id(row) in named and row["login"]}
            self.left -= {*named}
            return [*named]
        self.left |= {*named}
        if what == EVERYTHING:
            self.ticked |= {_id(row) for row in self.rows if row["sure"] != DOUBTFUL}
        self.ticked -= self.left
        return [_id(row) for row in self.rows if _id(row) in {*named, *(self.ticked - before)}]

    def correct(self, row: Candidate, other: Candidate) -> list[str]:
        """The same account is nobody else's in the list any more."""
        rows = [each for each in self.rows if each is row or each["login"] != other["login"]]
        self.rows = [other if each is row else each for each in rows]
        self.ticked = (self.ticked & {_id(each) for each in self.rows}) | {_id(other)}
        return [_id(other)]


async def chosen(talk: Talk, tools: Tools, found: Sequence[Candidate]) -> list[Candidate]:
    """Those with a tick when somebody agrees. What was changed is shown alone: the list stands above."""
    ticks, first, again = Ticks.of(found), 0, list[str]()
    while True:
        picked = await _ask(talk, tools, ticks, first, again)
        what, named = picked["what"], picked["rows"]
        again = named
        if what == NOTHING:
            return []
        if what == MORE:
            first = first + PAGE if first + PAGE < len(ticks.rows) else 0
        elif what == WHO:
            await _say_who(talk, ticks.rows, named, picked["said"])
        elif what == CORRECT:
            again = await _correct(talk, tools, ticks, *named, said=picked["said"])
        else:
            again = ticks.change(what, named)
            if what == TAKE or (what == EVERYTHING and not again):
                return ticks.taken
            if what == TICK and (
                unknown := [row["name"] for row in ticks.rows if _id(row) in named and not row["login"]]
            ):
                await talk.say("which-account", who=unknown)


async def _ask(talk: Talk, tools: Tools, ticks: Ticks, first: int, again: Collection[str]) -> Picked:
    rows = ticks.rows
    answer = Picks([Option(_id(row), row["name"], name=row["login"]) for row in rows])
    if again:
        lines = [n for n, row in enumerate(rows) if _id(row) in again][:PAGE]
        return await talk.ask("which-now", answer, **_shown(talk, tools, ticks, lines))
    page = range(first, min(first + PAGE, len(rows)))
    return await talk.ask("which", answer, **_shown(talk, tools, ticks, page, whole=False))


def _id(row: Candidate) -> str:
    return row["person"] or row["login"]


async def _correct(talk: Talk, tools: Tools, ticks: Ticks, which: str, *, said: str) -> list[str]:
    (row,) = [row for row in ticks.rows if _id(row) == which]
    other = await talk.look("corrected", tools.adoption.corrected, row, said)
    if other is None:
        await talk.say("not-theirs", said=said)
        return [which]
    return ticks.correct(row, other)


async def _say_who(talk: Talk, rows: Sequence[Candidate], named: Collection[str], said: str) -> None:
    lines = [_told(talk, n, row) for n, row in enumerate(rows, 1) if _id(row) in named][:PAGE]
    if lines:
        await talk.say("who", lines=lines)
    else:
        await talk.say("who-nobody", said=said)


def _told(talk: Talk, number: int, row: Candidate) -> str:
    here = "who-here" if row["person"] else "who-outside"
    parts = [talk.phrase(here, person=row["person"])]
    if row["login"]:
        parts.append(talk.phrase("who-account", login=row["login"], holder=row["holder"]))
    if row["between"]:
        parts.append(talk.phrase("who-between", between=row["between"]))
    if row["grouped"]:
        parts.append(talk.phrase("who-grouped"))
    return talk.phrase("who-line", number=number, name=row["name"], what=" ; ".join(parts))


# -- how it is shown


def _shown(talk: Talk, tools: Tools, ticks: Ticks, lines: Sequence[int], *, whole: bool = True) -> dict[str, Any]:
    """These lines, and what may be said. On a page, whoever stands on another one and has a tick is named too: a yes is
    to all of them."""
    rows, ticked = ticks.rows, ticks.ticked
    shown = [_line(talk, tools, rows[n], n + 1, ticked=_id(rows[n]) in ticked) for n in lines]
    others = [row["name"] for n, row in enumerate(rows) if n not in lines and _id(row) in ticked]
    likely = any(row["sure"] == LIKELY and _id(row) not in ticked | ticks.left for row in rows)
    doubtful = any(row["sure"] == DOUBTFUL for row in rows)
    notes = [talk.phrase("ticked", n=len(ticked)) if ticked else talk.phrase("ticked-none")]
    notes += [talk.phrase("beyond", who=others)] if others and not whole else []
    notes += [talk.phrase("all-likely")] if likely else []
    notes += [talk.phrase("doubtful")] if doubtful else []
    if not whole and len(lines) < len(rows):
        notes.append(talk.phrase("more", first=lines[0] + 1, last=lines[-1] + 1, total=len(rows)))
    return {"lines": Lines(tuple(shown)), "notes": " ".join(notes)}


def _line(talk: Talk, tools: Tools, row: Candidate, number: int, *, ticked: bool) -> str:
    return talk.phrase("line-ticked" if ticked else "line", number=number, who=about(talk, tools, row))


def about(talk: Talk, tools: Tools, row: Candidate) -> str:
    """« Camille (@cam:ailleurs.fr) → camille.d, au nom de Camille Durand (à vérifier : seulement le même nom) »."""
    same = tools.facts.own_login(row["person"]).casefold() == row["login"].casefold()
    who = row["name"] if not row["person"] or same else f"{row['name']} ({row['person']})"
    how = talk.phrase(f"adoption.how.{row['how']}", between=row["between"])
    if not row["login"]:
        return talk.phrase("between", who=who, how=how)
    told = row["how"] in (NAME, SAID, SEVERAL) or row["holder"].casefold() != row["name"].casefold()
    held = told and bool(row["holder"]) and row["holder"] != row["login"]
    account = talk.phrase("held", login=row["login"], holder=row["holder"]) if held else row["login"]
    return talk.phrase("matched", who=who, account=account, how=how)
