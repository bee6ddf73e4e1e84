"""Which column of a table holds what: by its title where it has one, by the shape of what stands in it where not.

First name, family name, e-mail and Matrix address are used. Whatever else there is has a name, so that it can be said
that it was left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.contacts.cells import Row
from bot.matrix.identifiers import ids_in, is_user_id, without_ids
from bot.talk.answers.addresses import emails_written, joined
from bot.talk.answers.written_names import MOST_WORDS, first_before, has_figure, likeness, name_in
from bot.words import Words, fold

FIRST, FAMILY, FULL, EMAIL, MATRIX = "first", "family", "full", "email", "matrix"
HEAD = 15  # rows above which the titles stand
LONGEST_TITLE = 60
PAGE = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
PATTERNS = {
    "date": re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}(?:[ T]\d{1,2}[:h]\d{2}.*)?|\d{1,2}(?:er)? \w{3,9}\.? \d{4}"),
    "amount": re.compile(r"-?\d{1,9}(?:[.,]\d{1,4})?\s?(?:€|eur|euros?)", re.IGNORECASE),
    "phone": re.compile(r"(?:\+|00)?\(?\d(?:[\s.()/_-]*\d){7,14}"),
    "town": re.compile(r"(?:[A-Z]{1,2}[- ])?(?:\d{5}|\d{4,5} \D+)"),
    "link": PAGE,
}


@dataclass(frozen=True, slots=True)
class Titled:
    """The columns by their titles, those of the person first; `left` are the others that hold something."""

    columns: dict[str, tuple[int, ...]]
    family_first: bool  # « Nom et prénom »

    def cell(self, row: Row, role: str, rank: int) -> str:
        column = next(iter(self.columns.get(role, ())[rank:]), len(row))
        return row[column] if column < len(row) else ""


# -- by titles


def role_of(title: str, words: Words) -> str:
    """What a title says that its column holds; empty for all that is left."""
    said = f" {fold(title)} "
    if not said.strip() or len(title) > LONGEST_TITLE or _says(said, words, "title-left"):
        return ""
    for role in (MATRIX, EMAIL):
        if _says(said, words, f"title-{role}"):
            return role
    first = _says(said, words, "title-first")
    rest = said
    for phrase in words.means("talk.words.title-first"):
        rest = rest.replace(f" {phrase} ", " ")
    family = _says(rest, words, "title-family")
    if (first and family) or _is_full(said, words):
        return FULL
    return FIRST if first else FAMILY if family else ""


def _is_full(said: str, words: Words) -> bool:
    """« Membre » alone is a column of names; « Nom du membre » is one of family names."""
    phrases = words.means("talk.words.title-full")
    return said.strip() in phrases or any(f" {phrase} " in said for phrase in phrases if " " in phrase)


def is_of_another(title: str, words: Words) -> bool:
    """« Email payeur »: of somebody who may be another person than the one of this line."""
    return _says(f" {fold(title)} ", words, "title-payer")


def is_titles(row: Row, words: Words) -> bool:
    """Whether a row is made of titles: nobody's address is in it, and what it says are names of columns."""
    cells = [cell for cell in row if cell]
    if not cells or any("@" in cell for cell in cells):
        return False
    known = [cell for cell in cells if role_of(cell, words)]
    if len(cells) == 1:
        return bool(known) and _is_made_of_titles(known[0], words)
    return len(known) > 1 or (len(known) == 1 and role_of(known[0], words) in (EMAIL, MATRIX))


def _is_made_of_titles(cell: str, words: Words) -> bool:
    """« Nom Prénom E-mail »; not « Noé (pas de mail) », who is somebody."""
    keys = ("first", "family", "full", "email", "matrix", "joint")
    titles = {token for key in keys for phrase in words.means(f"talk.words.title-{key}") for token in phrase.split()}
    return titles.issuperset(fold(cell).split())


def titled(titles: Row, words: Words) -> Titled:
    found: dict[str, list[int]] = {}
    order = sorted(range(len(titles)), key=lambda column: is_of_another(titles[column], words))
    for column in order:
        if role := role_of(titles[column], words):
            found.setdefault(role, []).append(column)
    full = next((titles[column] for column in found.get(FULL, ())), "")
    return Titled({role: tuple(columns) for role, columns in found.items()}, says_family_first(full, words))


def says_family_first(title: str, words: Words) -> bool:
    """« Nom et prénom »."""
    tokens = fold(title).split()
    family, first = words.means("talk.words.title-family"), words.means("talk.words.title-first")
    return bool(tokens) and tokens[0] in family and not first.isdisjoint(tokens[1:])


def _says(said: str, words: Words, key: str) -> bool:
    return any(f" {phrase} " in said for phrase in words.means(f"talk.words.{key}"))


# -- by shape


def shape(cell: str, words: Words) -> str:
    """What a cell seems to hold: `email`, `matrix`, a `full` name, or what `talk.left.…` calls it."""
    if not fold(cell):
        return ""
    if any(is_user_id(id) for id in ids_in(cell)):
        return MATRIX
    if emails_in(cell):
        return EMAIL
    return _written(cell) or _said(cell, words) or _named(cell, words)


def _written(cell: str) -> str:
    last = cell.rsplit(maxsplit=1)[-1]
    behind = "town" if last.isdecimal() and len(last) == 5 and not has_figure(cell[: -len(last)]) else ""
    return next((code for code, pattern in PATTERNS.items() if pattern.fullmatch(cell)), behind)


def _said(cell: str, words: Words) -> str:
    """By words that say it."""
    said, remarks = fold(cell), words.means("talk.words.remark")
    if said in words.means("talk.words.civility"):
        return "civility"
    if not words.means("talk.words.street").isdisjoint(said.split()):
        return "street"
    return "remark" if said in remarks or remarks.issuperset(said.split()) else ""


def _named(cell: str, words: Words) -> str:
    name = name_in(cell, words)
    if has_figure(cell) and not name:
        return "number"
    return FULL if name and len(name.split()) <= MOST_WORDS else "remark"


@dataclass(frozen=True, slots=True)
class Shaped:
    """`names`: the columns that make the name, in the order in which they are said."""

    names: tuple[int, ...]
    left: tuple[str, ...]


def shaped(rows: Sequence[Row], words: Words) -> Shaped:
    """What stands in the columns of a table without titles."""
    shapes = [_most([shape(row[column], words) for row in rows if column < len(row)]) for column in range(_width(rows))]
    candidates = [column for column, kind in enumerate(shapes) if kind == FULL]
    towns = _towns(shapes, candidates)
    emails = [column for column, kind in enumerate(shapes) if kind == EMAIL]
    names = _names(rows, [each for each in candidates if each not in towns], emails[0] if emails else 0)
    left = [kind for kind in shapes if kind not in ("", FULL, EMAIL, MATRIX)]
    left += ["town"] * bool(towns) + ["remark"] * any(each not in (*towns, *names) for each in candidates)
    return Shaped(names, tuple(dict.fromkeys(left)))


def _width(rows: Sequence[Row]) -> int:
    return max(map(len, rows), default=0)


def _most(kinds: Sequence[str]) -> str:
    counted = Counter(kind for kind in kinds if kind)
    return counted.most_common(1)[0][0] if counted else ""


def _towns(shapes: Sequence[str], candidates: Sequence[int]) -> set[int]:
    """The town stands behind its postcode, or before it."""
    codes = [column for column, kind in enumerate(shapes) if kind == "town" and column]  # the first is the line's own
    behind = {column + 1 for column in codes} & {*candidates}
    before = {column - 1 for column in codes} & {*candidates}
    return behind if len(behind) == 1 else before if len(candidates) > len(before) else set()


def _names(rows: Sequence[Row], candidates: Sequence[int], email: int) -> tuple[int, ...]:
    """The column that resembles the addresses most, else the nearest to them; and the one beside it, where a name
    seems to be in two."""
    if not candidates:
        return ()
    alike = {column: _alike(rows, column) for column in candidates}
    best = max(candidates, key=lambda column: (alike[column], -abs(column - email), column < email))
    beside = [column for column in candidates if abs(column - best) == 1]
    if not beside or _is_whole(rows, best):
        return (best,)
    other = max(beside, key=lambda column: (alike[column], column < email, column < best))
    left, right = sorted((best, other))
    votes = [first_before(_cell(row, left), _cell(row, right), _local(row)) for row in rows]
    return (left, right) if sum(votes) >= 0 else (right, left)


def _is_whole(rows: Sequence[Row], column: int) -> bool:
    """Whether most of its cells are of several words: a name is in one of them."""
    cells = [_cell(row, column) for row in rows if _cell(row, column)]
    return 2 * sum(" " in cell for cell in cells) > len(cells)


def _alike(rows: Sequence[Row], column: int) -> int:
    return sum(likeness(_cell(row, column), _local(row)) for row in rows)


def _cell(row: Row, column: int) -> str:
    return row[column] if column < len(row) else ""


def _local(row: Row) -> str:
    return next((email.partition("@")[0] for cell in row for email in emails_in(cell)), "")


# -- addresses in a cell


def emails_in(text: str) -> list[str]:
    """What stands for an e-mail address, besides Matrix addresses and links."""
    return emails_written(without_ids(text)) if "@" in text or "＠" in text else []


def without_addresses(text: str) -> str:
    """What is said besides the addresses, and links to them."""
    bare = joined(PAGE.sub(" ", without_ids(text)))
    return " ".join(token for token in bare.split() if "@" not in token)
