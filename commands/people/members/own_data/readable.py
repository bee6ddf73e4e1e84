"""The same data as a sheet that opens on any telephone and can be printed: in words, the newest of each kind first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.arrivals.personal_data import Told
from bot.lieux import Lieu
from bot.matrix.markup import clean, one_line
from bot.store.personal import HELD
from bot.talk.talk import Talk

# Rows of a kind; characters of a text, and of a name; its lines. The file beside it has all of them.
MOST, LONGEST, NAME, LINES = 60, 600, 100, 12
INSTANTS = ("at", "since", "created_at", "arrived_at", "asked_at", "since_day", "ended_at")  # when a row was written
# What is shown of a row, where there are words; the others are told by their number.
SHOWN: Mapping[str, Sequence[str]] = {
    "arrivals": ("name", "email", "login"),
    "memberships": ("name", "email", "last_day"),
    "join_requests": ("name", "email", "word", "question", "answer"),
    "departures": ("name", "login"),
    "steps": ("said",),
    "lines": ("name", "said"),
    "requests": ("body",),
}
FIRST = ("arrivals", "owned", "memberships", "join_requests", "acts", "acts.by", "departures")
# What befalls whoever the journal names as its author: the account that they got, not the one that they gave.
GIVEN = ("account", "contact-account", "contact-found", "contact-made", "folder", "opened", "room-opened")
BEFALLS = frozenset((*GIVEN, "group-in", "group-in-cloud", "greeted", "welcomed", "declined"))
PARTS = (*FIRST, "requests", "lines", "steps")


def words_of(talk: Talk, lieu: Lieu, told: Told, services: list[str], today: date) -> dict[str, Any]:
    """What the template of a register draws. `services`: what they say, line by line."""
    rows, zone, known = _apart(told["rows"]), ZoneInfo(lieu.choices.zone), told["known"]
    name = next(iter((*known.get("names", ()), *known.get("persons", ()))), "")
    sections = [_known(talk, known)]
    if services:
        sections.append(_section(talk, "services", [_row(*_halves(line)) for line in services]))
    for part in PARTS:
        sections += _part(talk, part, rows.get(part, []), zone, name)
    if others := _others(talk, rows, zone):
        sections.append(_section(talk, "others", others))
    return {
        "lang": talk.language.partition("@")[0],
        "over": talk.phrase("sheet-over"),
        "title": one_line(lieu.name),
        "day": talk.phrase("sheet-day", day=today, year=str(today.year)),
        "fill": "",
        "footer": talk.phrase("sheet-footer", lieu=lieu.name),
        "intro": [talk.phrase("sheet-intro", lieu=lieu.name), talk.phrase("sheet-glyphs")],
        "sections": sections,
    }


def _section(talk: Talk, name: str, rows: list[dict[str, Any]], more: int = 0) -> dict[str, Any]:
    if more:
        rows = [*rows, _row("", talk.phrase("sheet-more", n=more))]
    return {"title": talk.phrase(f"sheet-{name.replace('.', '-')}"), "intro": "", "rows": rows}


def _row(label: str, text: str) -> dict[str, Any]:
    """A row is never parted: one must fit on a page."""
    lines = clean(text, LONGEST).split("\n")
    shown = lines if len(lines) <= LINES else [*lines[: LINES - 1], "…"]
    return {"label": clean(label, NAME), "text": "\n".join(shown), "blank": False}


def _known(talk: Talk, known: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    rows = [
        _row(talk.phrase(f"own_data.known-{name}"), "\n".join(one_line(one, NAME) for one in known[name]))
        for name in ("names", "persons", "emails", "logins")
        if known.get(name)
    ]
    return _section(talk, "known", rows)


def _apart(rows: Mapping[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """What they did to themselves stands once in the journal, and is told once; what befell them, as about them."""
    about, by = rows.get("acts", []), rows.get("acts.by", [])
    own = {(row.get("at"), row["what"]) for row in by if not row.get("to_others")}
    both = {(row.get("at"), row["what"]) for row in about}
    marked = [{**row, "own": (row.get("at"), row["what"]) in own} for row in about]
    rest = [row for row in by if row.get("to_others") or (row.get("at"), row["what"]) not in both]
    befell = [row for row in rest if not row.get("to_others") and row["what"] in BEFALLS]
    marked += [{**row, "own": True} for row in befell]
    return {**rows, "acts": marked, "acts.by": [row for row in rest if row not in befell]}


def _halves(line: str) -> tuple[str, str]:
    """« Compte : zoe.martin »."""
    for mark in ("\u202f: ", "\u00a0: ", ": "):
        label, found, text = line.partition(mark)
        if found:
            return label, text
    return "", line


def _part(talk: Talk, name: str, rows: list[dict[str, Any]], zone: ZoneInfo, who: str) -> list[dict[str, Any]]:
    if not rows:
        return []
    newest = sorted(rows, key=_when, reverse=True)
    shown = [_row(_day(row, zone), _said(talk, name, row, zone, who)) for row in newest[:MOST]]
    return [_section(talk, name, shown, len(rows) - len(shown))]


def _said(talk: Talk, name: str, row: Mapping[str, Any], zone: ZoneInfo, who: str) -> str:
    if name == "owned":
        service, ref = f"talk.service.{row['service']}", one_line(row["ref"], LONGEST)
        shown = talk.phrase(service) if talk.knows(service) else str(row["service"])
        key = "sheet-opened" if any(char.isalpha() for char in ref) else "sheet-opened-number"
        return talk.phrase(key, service=shown, ref=ref)
    if name in ("acts", "acts.by"):
        return _act(talk, row, "…" if name == "acts.by" else who, by_them=name == "acts.by" or row["own"])
    if name == "requests":
        return str(row["body"].get("what", "")) if isinstance(row.get("body"), dict) else ""
    said = [_plain(row[column], zone) for column in SHOWN[name] if row.get(column)]
    return "\n".join(said) or talk.phrase("sheet-wordless")


def _act(talk: Talk, row: Mapping[str, Any], about: str, *, by_them: bool) -> str:
    """As the journal says it; who did it to them, and to whom they did it, is told to nobody but these."""
    own = f"journal.act.{row['what']}.own"
    act = own if row.get("own") and talk.knows(own) else f"journal.act.{row['what']}"
    if not talk.knows(act):
        return str(row["what"])
    told = {"about": about} | (row["words"] if isinstance(row.get("words"), dict) else {})
    words = {hole: str(told.get(hole, "…")) for hole in talk.holes(act)}
    if row.get("own") and row["what"] in BEFALLS:
        label = "sheet-act-about"
    else:
        label = "sheet-act-by" if by_them else "sheet-act"
    return talk.phrase(label, act=talk.phrase(act, **words))


def _others(talk: Talk, rows: Mapping[str, list[dict[str, Any]]], zone: ZoneInfo) -> list[dict[str, Any]]:
    """What else there is, in the order in which it is kept: what it is, how often, and since when."""
    found = []
    for name in (one.name for one in HELD if one.name not in PARTS and rows.get(one.name)):
        days = sorted({_when(row) for row in rows[name]} - {""})
        since = talk.phrase("sheet-since", n=len(rows[name]), day=_shown(days[0], zone)) if days else ""
        number = since or talk.phrase("sheet-number", n=len(rows[name]))
        found.append(_row(talk.phrase(f"own_data.held-{name.replace('.', '-')}"), number))
    return found


# -- instants, which are ISO here


def _when(row: Mapping[str, Any]) -> str:
    return next((str(row[name]) for name in INSTANTS if row.get(name)), "")


def _day(row: Mapping[str, Any], zone: ZoneInfo) -> str:
    return _shown(_when(row), zone)


def _shown(instant: str, zone: ZoneInfo) -> str:
    """« 15/01/2027 »; as it is where it is none."""
    try:
        at = datetime.fromisoformat(instant)
    except ValueError:
        return instant
    return f"{at.astimezone(zone) if at.tzinfo else at:%d/%m/%Y}"


def _plain(value: Any, zone: ZoneInfo) -> str:
    text = str(value)
    return _shown(text, zone) if len(text) in (10, 25) and text[4:5] == "-" else text
