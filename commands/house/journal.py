"""`!journal`: who did what, for whom and when, in words; searched, handed out as a file, and undone where it can be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.contacts.spreadsheet_cells import Cell
from bot.contacts.tables import CSV, XLSX, csv_of, workbook_of
from bot.lieux import Lieu
from bot.matrix.identifiers import is_user_id
from bot.reports.audit import Audit, NamedAct
from bot.talk import PRIVATE, Option, Role, Whom, command, hours
from bot.talk.pagination import pick, read_out
from bot.talk.ports import Media
from bot.talk.talk import Talk
from bot.words import fold

SHOWN, SEARCHED, EXPORTED = 100, 5_000, 100_000
VERBS = ("journal.words.export", "journal.words.undo")


class Undoable(NamedAct):
    """`line`: how it is said."""

    line: str


@command("journal", action="journal", role=Role.CONCIERGE, places=PRIVATE, takes=("about",), within=hours(1))
async def journal(talk: Talk, lieu: Lieu, audit: Audit, media: Media) -> None:
    about = await talk.ask("about", Whom(verbs=VERBS)) if talk.was_given("about") else ""
    if talk.means("journal.words.export", about) or talk.means("journal.words.csv", about):
        await _export(talk, lieu, audit, media, about)
    elif talk.means("journal.words.undo", about):
        await _undo(talk, lieu, audit)
    else:
        await _read(talk, lieu, audit, about)


async def _read(talk: Talk, lieu: Lieu, audit: Audit, about: str) -> None:
    lines = await talk.look("lines", _lines, talk, lieu, audit, about)
    if not lines:
        await talk.say("nothing" if not about else "not-found", about=about)
    elif about:
        await read_out(talk, "found", lines, about=about)
    else:
        await read_out(talk, "all", lines)


async def _lines(talk: Talk, lieu: Lieu, audit: Audit, about: str) -> list[str]:
    """Those in which all these words are, or that are about whoever has this address, or theirs."""
    wanted, rows = fold(about).split(), await audit.latest(lieu, SEARCHED)
    if is_user_id(about):
        return [_line(talk, lieu, row) for row in rows if about in (row["about"], row["by"])][:SHOWN]
    every = (_line(talk, lieu, row) for row in rows)
    return [line for line in every if all(word in fold(line) for word in wanted)][:SHOWN]


def _line(talk: Talk, lieu: Lieu, row: NamedAct) -> str:
    return talk.phrase("line", at=_moment(row, lieu), by=_by(talk, row), act=_act(talk, row))


def _by(talk: Talk, row: NamedAct) -> str:
    if "by" in row.get("forgotten", ()):
        return talk.phrase("journal.erased")
    return row["by_name"] or talk.phrase("the-bot")


def _act(talk: Talk, row: NamedAct) -> str:
    """The act in words; where nobody else did it, a sentence of its own if there is one."""
    own = f"journal.act.{row['what']}.own"
    name = own if row["by"] == row["about"] and talk.knows(own) else f"journal.act.{row['what']}"
    words = {"about": row["about_name"]} | row["words"]
    if "about" in row.get("forgotten", ()) and talk.knows(name):
        words = dict.fromkeys(talk.holes(name), talk.phrase("journal.erased"))
    return talk.phrase(name, **words) if talk.knows(name) else row["what"]


def _moment(row: NamedAct, lieu: Lieu) -> datetime:
    return datetime.fromtimestamp(row["at"] / 1000, ZoneInfo(lieu.choices.zone))


# -- as a file


async def _export(talk: Talk, lieu: Lieu, audit: Audit, media: Media, about: str) -> None:
    kind = CSV if talk.means("journal.words.csv", about) else XLSX
    sheet = await talk.do("sheet", _sheet, talk, lieu, audit, media, kind)
    await talk.picture("file", sheet)
    talk.note("exported")
    await talk.say("exported")


async def _sheet(talk: Talk, lieu: Lieu, audit: Audit, media: Media, kind: str) -> dict[str, Any]:
    """A table for a spreadsheet: the oldest first, instants in the lieu's zone."""
    columns = [talk.phrase(f"journal.column.{name}") for name in ("at", "by", "act", "by-address", "about-address")]
    rows: list[Sequence[Cell]] = [columns, *_cells(talk, lieu, reversed(await audit.latest(lieu, EXPORTED)))]
    name = talk.phrase("file")
    if kind == CSV:
        return await media.document(csv_of(rows), f"{name}.csv", CSV, talk.room)
    return await media.document(await workbook_of(rows, name), f"{name}.xlsx", XLSX, talk.room)


def _cells(talk: Talk, lieu: Lieu, rows: Iterable[NamedAct]) -> Iterator[list[Cell]]:
    for row in rows:
        yield [_moment(row, lieu), _by(talk, row), _act(talk, row), row["by"], row["about"] or ""]


# -- undone


async def _give_back(talk: Talk, row: NamedAct) -> None:
    given = {"act": talk.word("accounts.act.reactivate"), "who": row["about"]}
    await talk.begin("account", talk.person, talk.room, given=given)


async def _lift(talk: Talk, row: NamedAct) -> None:
    await talk.begin("lift", talk.person, talk.room, about=row["about"], name=row["about_name"])


async def _reopen(talk: Talk, row: NamedAct) -> None:
    given = {"act": talk.word("rooms.act.restore"), "which": row["words"]["room"]}
    await talk.begin("rooms", talk.person, talk.room, given=given)


async def _come_back(talk: Talk, row: NamedAct) -> None:
    await talk.begin("departure", talk.person, talk.room, given={"who": row["about"]})


async def _unadopt(talk: Talk, row: NamedAct) -> None:
    await talk.begin("give-back", talk.person, talk.room, said=row["about"])


# Each act that can be undone: how, and the acts after which there is nothing to undo.
UNDO: Mapping[str, tuple[Callable[[Talk, NamedAct], Awaitable[None]], tuple[str, ...]]] = {
    "suspended": (_give_back, ("reactivated", "closed")),
    "silenced": (_lift, ("lifted", "silence-over")),
    "excluded": (_lift, ("lifted",)),
    "departed": (_come_back, ("departure-undone", "departure-closed")),
    "adopted": (_unadopt, ("unadopted", "closed", "departure-closed")),
    "room-archive": (_reopen, ("room-restore",)),
}


async def _undo(talk: Talk, lieu: Lieu, audit: Audit) -> None:
    rows = await talk.look("undoable", _undoable, talk, lieu, audit)
    if not rows:
        await talk.say("nothing-to-undo")
        return
    which = await pick(talk, "which", [Option(str(row["seq"]), row["line"]) for row in rows], optional=True)
    row = next((row for row in rows if str(row["seq"]) == which), None)
    if row is not None:
        undo, _ = UNDO[row["what"]]
        await undo(talk, row)


async def _undoable(talk: Talk, lieu: Lieu, audit: Audit) -> list[Undoable]:
    """The newest first; each act once for whoever, or whatever, it is about, and not if it was undone since."""
    found: list[Undoable] = []
    seen: set[tuple[str, str]] = set()
    for row in await audit.latest(lieu, SEARCHED):
        about = row["about"] or row["words"].get("room", "")
        over = {row["what"], *(UNDO[row["what"]][1] if row["what"] in UNDO else ())}
        known = "about" not in row.get("forgotten", ())
        if known and row["what"] in UNDO and not {(what, about) for what in over} & seen:
            found.append({**row, "line": _line(talk, lieu, row)})
        seen.add((row["what"], about))
    return found[:SHOWN]
