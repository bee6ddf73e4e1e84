"""A list of lieux that others made, as a CSV that the host chooses: its columns guessed or told, its rows looked at,
shown before they are written.

The bot may be running: `!lieux` shows at once what was written.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from bot.contacts.cells import Row, table_in
from bot.contacts.sheets import ZIP, text_in
from bot.errors import Refused
from bot.matrix.markup import is_address, one_line
from bot.network.censuses import is_old
from bot.network.gazetteer import called
from bot.network.geography import located, located_at
from bot.operator.lieu_spaces import NotMeant, opened
from bot.store import censuses
from bot.store.censuses import CensusLieu
from bot.words import fold

LARGEST, MOST_ROWS = 50_000_000, 100_000  # bytes
LONGEST_NAME, LONGEST_TOWN, LONGEST_WEB, LONGEST_DESCRIPTION = 100, 60, 300, 300
SHOWN = 3  # lieux
DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
DEGREES = re.compile(r"([+-]?\d{1,3}(?:[.,]\d{1,20})?) ?°?")
TAG = re.compile(r"<[^<>]{0,1000}>")
LEADS = re.compile(r"@[^@.:]*[.:]|://|^www\.", re.IGNORECASE)  # somebody's address, or a page: not in a name
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?!\d)")
HOST = re.compile(r"https?://[^\s./:@?#]+(?:\.[^\s./:@?#]+)+(?::\d{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)

# What a column is called that holds it, the surest first; a title may go on after it (« Nom du lieu »). Where there is
# no longitude, both are in one.
TITLES: Mapping[str, Sequence[str]] = {
    "name": ("nom tl", "nom du tiers lieu", "nom du lieu", "nom", "name", "titre", "title", "lieu", "denomination"),
    "town": ("nomcom", "commune", "ville", "town", "city", "localite", "nom commune", "cominit"),
    "postcode": ("code postal", "codepostal", "cp", "postcode", "postal code", "zip"),
    "latitude": ("latitude", "lat", "y", "geo point 2d", "geo point", "coordonnees", "geolocalisation"),
    "longitude": ("longitude", "long", "lon", "lng", "x"),
    "web": ("site web", "site internet", "web", "website", "site", "url", "lien"),
    "description": ("description", "presentation", "resume", "activites", "typologie", "typo", "type"),
}
UNREADABLE = {
    "file-big": f"is larger than {LARGEST // 1_000_000} MB",
    "file-old": "is an Excel workbook: save it as CSV",
    "file-pdf": "is a PDF: a CSV is needed",
    "file-picture": "is a picture: a CSV is needed",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Who made the list, under which licence, and when: a year, a month (« 2019-06 ») or a day."""

    name: str
    licence: str
    date: str

    @classmethod
    def told(cls, name: str, licence: str, date_told: str) -> Source:
        """Raises NotMeant."""
        told = [one_line(name, LONGEST_NAME), one_line(licence, LONGEST_NAME), date_told.strip()]
        if not all(told):
            raise NotMeant("say --source, --licence and --date: each lieu of the list is shown with them")
        if not DATE.fullmatch(told[2]):
            raise NotMeant(f"--date {told[2]}: a year, a month or a day is needed, like 2019, 2019-06 or 2019-06-30")
        try:
            day = date.fromisoformat(f"{told[2]}-01-01"[:10])
        except ValueError:
            raise NotMeant(f"--date {told[2]}: there is no such day") from None
        if day > datetime.now(UTC).date():
            raise NotMeant(f"--date {told[2]}: that is not yet")
        return cls(*told)

    def too_old(self) -> str:
        old = is_old(self.date, datetime.now(UTC).year)
        return f" It is of {self.date}, too old to answer people with: they are told to check it." if old else ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was understood: the title of each column that is used, the lieux, and why how many rows were left out.
    `by_town`: how many are where their town is; `nowhere`: how many say no place that is known."""

    columns: Mapping[str, str]
    lieux: tuple[CensusLieu, ...]
    nameless: int
    twice: int
    by_town: int
    nowhere: int

    def lines(self) -> Iterator[str]:
        yield ", ".join(f"{what}: “{title}”" for what, title in self.columns.items())
        left = [f"{n:,} {why}" for n, why in ((self.nameless, "without a name"), (self.twice, "told twice")) if n]
        yield f"{len(self.lieux):,} lieux" + (f"; left out: {', '.join(left)}" if left else "")
        if self.by_town or self.nowhere:
            yield f"without coordinates: {self.by_town:,} are placed in their town, {self.nowhere:,} are nowhere"
        for one in self.lieux[:SHOWN]:
            told = (one.name, f"{one.postcode} {one.town}".strip(), _place(one), one.web, one.description)
            yield "  " + " · ".join(each for each in told if each)


def read(file: Path | None, told: Mapping[str, str | None]) -> Reading:
    """`told`: for each of TITLES the title of its column, or its number; empty for none, None where it is guessed.
    Raises NotMeant, OSError."""
    if file is None:
        raise NotMeant("name a CSV to import, or --forget a source")
    titles, *rows = _rows(file)
    at = _columns(titles, told)
    told_of = [_lieu({what: row[column] for what, column in at.items() if column < len(row)}) for row in rows]
    named = [one for one in told_of if one.name]
    if not named:
        raise NotMeant(f"{file}: no row has a name")
    once = [*dict.fromkeys(named)]
    lieux = [*_in_their_town(once)]
    return Reading(
        columns={what: titles[column] for what, column in at.items()},
        lieux=tuple(lieux),
        nameless=len(rows) - len(named),
        twice=len(named) - len(once),
        by_town=sum(before is not after for before, after in zip(once, lieux, strict=True)),
        nowhere=sum(one.latitude is None for one in lieux),
    )


async def write(data_dir: Path, source: Source, lieux: Sequence[CensusLieu]) -> str:
    """All that this source names from now on. What the operator is told."""
    rows = censuses.rows_of(lieux)
    async with opened(data_dir, new=True) as (database, _):
        before = [one for one in await database.read(censuses.all_of_them) if one.source == source.name]
        now = time.time_ns() // 1_000_000
        await database.write(censuses.replace, source.name, source.licence, source.date, now, rows)
        (here,) = [one for one in await database.read(censuses.all_of_them) if one.source == source.name]
    instead = "".join(f", in place of the {one.lieux:,} of {one.date}" for one in before)
    return f"{here.lieux:,} lieux of “{here.source}” are shown by !lieux{instead}.{source.too_old()}"


async def forget(data_dir: Path, source: str) -> str:
    """What the operator is told. Raises NotMeant."""
    async with opened(data_dir) as (database, _):
        if await database.write(censuses.forget, source):
            return f"The lieux of “{source}” are shown no more."
        known = [one.source for one in await database.read(censuses.all_of_them)]
    raise NotMeant(f"{source}: nothing was imported of it" + "".join(f"\n  {one}" for one in known))


def _rows(file: Path) -> list[Row]:
    with file.open("rb") as content:
        data = content.read(LARGEST + 1)
    if data.startswith(ZIP):
        raise NotMeant(f"{file} {UNREADABLE['file-old']}")
    try:
        rows = table_in(text_in(data, LARGEST), MOST_ROWS + 2)
    except Refused as no:
        raise NotMeant(f"{file} {UNREADABLE.get(no.code, 'is no text')}") from None
    if len(rows) > MOST_ROWS + 1:
        raise NotMeant(f"{file} has more than {MOST_ROWS} rows")
    if not rows:
        raise NotMeant(f"{file} is empty")
    return rows


def _columns(titles: Row, told: Mapping[str, str | None]) -> dict[str, int]:
    """Which column holds what. Raises NotMeant where the name is in none."""
    folded = [fold(title) for title in titles]
    at = {}
    for what in TITLES:
        wanted = told.get(what)
        column = _guessed(folded, what) if wanted is None else _told(titles, folded, what, wanted)
        if column is not None:
            at[what] = column
    if "name" not in at:
        raise NotMeant(f"which column is the name? --name, with one of these:\n  {', '.join(titles)}")
    return at


def _guessed(folded: Sequence[str], what: str) -> int | None:
    exact = (folded.index(title) for title in TITLES[what] if title in folded)
    begun = ((n, title) for title in TITLES[what] if len(title) > 1 for n in range(len(folded)))
    return next(exact, next((n for n, title in begun if folded[n].startswith(f"{title} ")), None))


def _told(titles: Row, folded: Sequence[str], what: str, wanted: str) -> int | None:
    if not wanted.strip():
        return None
    if fold(wanted) in folded:
        return folded.index(fold(wanted))
    if wanted.isdecimal() and 1 <= int(wanted) <= len(titles):
        return int(wanted) - 1
    raise NotMeant(f"--{what} {wanted}: there is no such column, but these:\n  {', '.join(titles)}")


# -- a row


def _lieu(cells: Mapping[str, str]) -> CensusLieu:
    place = _coordinates(cells.get("latitude", ""), cells.get("longitude", "")) or (None, None)
    return CensusLieu(
        name=_words(cells.get("name", ""), LONGEST_NAME),
        town=_words(cells.get("town", ""), LONGEST_TOWN),
        postcode=_postcode(cells.get("postcode", "")),
        latitude=place[0],
        longitude=place[1],
        web=_web(cells.get("web", "")),
        description=_words(cells.get("description", ""), LONGEST_DESCRIPTION),
    )


def _words(cell: str, longest: int) -> str:
    """Without the marks of a web page, and without what would lead somebody away."""
    words = TAG.sub(" ", html.unescape(cell)).split()
    return one_line(" ".join(word for word in words if not LEADS.search(word)), longest)


def _postcode(cell: str) -> str:
    """« 1000 » is Bourg-en-Bresse's, whose zero a spreadsheet took away; « 0 » is none."""
    code = cell.strip()
    return code.zfill(5) if code.isascii() and code.isdecimal() and 4 <= len(code) <= 5 and int(code) else ""


def _coordinates(north: str, east: str) -> tuple[float, float] | None:
    place = _degrees(north, east) if east else located_at(located(north))
    return place if place and any(place) and abs(place[0]) <= 90 and abs(place[1]) <= 180 else None


def _degrees(north: str, east: str) -> tuple[float, float] | None:
    found = [DEGREES.fullmatch(cell.strip()) for cell in (north, east)]
    latitude, longitude = (float(one[1].replace(",", ".")) if one else None for one in found)
    return None if latitude is None or longitude is None else (latitude, longitude)


def _web(cell: str) -> str:
    """Nothing but a page of the web: other links do something when they are clicked."""
    told = cell.strip()
    address = told if SCHEME.match(told) else f"https://{told}"
    return address if len(address) <= LONGEST_WEB and HOST.fullmatch(address) and is_address(address) else ""


def _in_their_town(lieux: Sequence[CensusLieu]) -> Iterator[CensusLieu]:
    """Who has no coordinates is where the only town of that name is; each town is looked for once."""
    known = dict[str, tuple[float, float] | None]()
    for one in lieux:
        if one.latitude is None and one.town not in known:
            towns = called(one.town)
            known[one.town] = located_at(towns[0]["geo_uri"]) if len(towns) == 1 else None
        place = known.get(one.town) if one.latitude is None else None
        yield replace(one, latitude=place[0], longitude=place[1]) if place else one


def _place(one: CensusLieu) -> str:
    return "" if one.latitude is None else f"{one.latitude:.4f}, {one.longitude:.4f}"
