"""The list of those who were there before, eight at a time: which of them are taken, and with which account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.hosting.operators import Operators
from bot.lieux import Lieu
from bot.people import People
from bot.services.account_matching import LIKELY, NAME, SAID, SEVERAL, SURE
from bot.services.adoption import Adoption, Candidate
from bot.services.ownership import Ownership
from bot.talk import Lines, Option, Picks
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


async def chosen(talk: Talk, tools: Tools, found: Sequence[Candidate]) -> list[Candidate]:
    """Those with a tick when somebody agrees. At first the surest have one; whoever is doubtful gets it by their number
    alone."""
    rows, first = list(found), 0
    ticked = {_id(row) for row in rows if row["sure"] == SURE}
    ticked = ticked or {_id(row) for row in rows if row["sure"] == LIKELY}
    while True:
        options = [Option(_id(row), row["name"], name=row["login"]) for row in rows]
        page = range(first, min(first + PAGE, len(rows)))
        picked = await talk.ask("which", Picks(options), **_shown(talk, tools, rows, ticked, page))
        named = {*picked["rows"]}
        match picked["what"]:
            case "nothing":
                return []
            case "take":
                ticked -= named
                return [row for row in rows if _id(row) in ticked]
            case "everything":
                every = {_id(row) for row in rows if row["sure"] in (SURE, LIKELY)} - named
                if every <= ticked and not named:
                    return [row for row in rows if _id(row) in ticked]
                ticked = every
            case "more":
                first = page.stop if page.stop < len(rows) else 0
            case "tick":
                unknown = [row["name"] for row in rows if _id(row) in named and not row["login"]]
                if unknown:
                    await talk.say("which-account", who=unknown)
                ticked |= {_id(row) for row in rows if _id(row) in named and row["login"]}
            case "leave":
                ticked -= named
            case "who":
                await _say_who(talk, rows, named, picked["said"])
            case _:
                (row,) = [row for row in rows if _id(row) in named]
                if (other := await _corrected(talk, tools, row, picked["said"])) is not None:
                    rows = [other if each is row else each for each in rows if each is row or not _is_of(each, other)]
                    ticked = (ticked & {_id(each) for each in rows}) | {_id(other)}


def _id(row: Candidate) -> str:
    return row["person"] or row["login"]


def _is_of(row: Candidate, other: Candidate) -> bool:
    return row["login"] == other["login"]


async def _corrected(talk: Talk, tools: Tools, row: Candidate, said: str) -> Candidate | None:
    login = said.split(maxsplit=1)[0].strip(",.;:()`") if said.split() else ""
    other = await talk.look("corrected", tools.adoption.corrected, row, login)
    if other is None:
        await talk.say("not-theirs", login=login)
    return other


async def _say_who(talk: Talk, rows: Sequence[Candidate], named: set[str], said: str) -> None:
    lines = [_told(talk, n, row) for n, row in enumerate(rows, 1) if _id(row) in named][:PAGE]
    if lines:
        await talk.say("who", lines=lines)
    else:
        await talk.say("who-nobody", said=said)


def _told(talk: Talk, number: int, row: Candidate) -> str:
    here = "who-here" if row["person"] else "who-outside"
    parts = [talk.phrase(f"adoption.{here}", person=row["person"])]
    if row["login"]:
        parts.append(talk.phrase("who-account", login=row["login"], holder=row["holder"]))
    if row["grouped"]:
        parts.append(talk.phrase("who-grouped"))
    return talk.phrase("who-line", number=number, name=row["name"], what=" ; ".join(parts))


# -- how it is shown


def _shown(talk: Talk, tools: Tools, rows: list[Candidate], ticked: set[str], page: range) -> dict[str, Any]:
    """What is agreed to is all in the words: whoever has a tick and stands on another page is named too."""
    lines = [line(talk, tools, rows[n], n + 1, ticked=_id(rows[n]) in ticked) for n in page]
    others = [row["name"] for n, row in enumerate(rows) if n not in page and _id(row) in ticked]
    wanted = talk.phrase("ticked", n=len(ticked)) if ticked else talk.phrase("ticked-none")
    beyond = talk.phrase("beyond", who=others) if others else ""
    more = talk.phrase("more") if len(page) < len(rows) else ""
    likely = any(row["sure"] == LIKELY and _id(row) not in ticked for row in rows)
    also = talk.phrase("all-likely") if likely else ""
    doubt = any(row["sure"] not in (SURE, LIKELY) for row in rows)
    checked = talk.phrase("doubtful") if doubt else ""
    notes = " ".join(filter(None, (wanted, beyond, also, checked, more)))
    return {"lines": Lines(tuple(lines)), "notes": notes, "first": page.start + 1, "last": page.stop, "total": len(rows)}


def line(talk: Talk, tools: Tools, row: Candidate, number: int, *, ticked: bool) -> str:
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
