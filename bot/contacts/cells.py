"""A text as rows of cells: between tabs, semicolons, bars or commas, some of them between quotation marks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from .spreadsheet_cells import rearmed

Row = tuple[str, ...]
SEPARATORS, OF_TABLES = "\t;|,", "\t;"
MOST_ROWS, MOST_CELLS, LONGEST_CELL, LONGEST_LINE = 2_000, 80, 500, 20_000
SPACES = re.compile(r"\s+")


def rows_in(text: str) -> list[Row]:
    """The rows that hold something. A cell may have been written on several lines; here it is on one."""
    lines = [line for line in text.splitlines() if line.strip()]
    separator = _separator(lines)
    if not separator:
        return [_tidy(_by_its_own([line]), LONGEST_LINE) for line in lines[:MOST_ROWS]]
    return _kept(_read(text, separator))


def table_in(text: str, most: int) -> list[Row]:
    """The rows of a table that a program wrote, with its titles: these say what stands between cells, for a cell may be
    on many lines."""
    titles = text.lstrip().partition("\n")[0]
    separator = max(SEPARATORS, key=titles.count)
    return _kept(_between(text, separator) or _as_lines(text, separator), most)


def _separator(lines: Sequence[str]) -> str:
    """What stands in most lines, the least likely to be in a cell first; empty where nothing does."""
    bare = [re.sub(r"\"[^\"]*\"", "", line) for line in lines]
    return next((sign for sign in SEPARATORS if 2 * sum(sign in line for line in bare) >= max(len(bare), 1)), "")


def _read(text: str, separator: str) -> list[list[str]]:
    """With its quotation marks, unless one that is never closed would swallow the people below."""
    found = _between(text, separator)
    if found and not any("\n" in cell and cell.count("@") > 1 for row in found for cell in row):
        return found
    return _as_lines(text, separator)


def _between(text: str, separator: str) -> list[list[str]]:
    """With its quotation marks; nothing where they make no sense."""
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=separator != "\t"))
    except csv.Error:
        return []


def _as_lines(text: str, separator: str) -> list[list[str]]:
    return [line.split(separator) for line in text.splitlines()]


def _by_its_own(row: Sequence[str]) -> Sequence[str]:
    """A line of another table among these, whose semicolons are not what separates the others."""
    sign = next((sign for sign in OF_TABLES if sign in row[0]), "") if len(row) == 1 else ""
    return [cell for cells in _read(row[0], sign) for cell in cells] if sign else row


def _kept(rows: Sequence[Sequence[str]], most: int = MOST_ROWS) -> list[Row]:
    tidied = (_tidy(_by_its_own(row)) for row in rows[:most])
    return [row for row in tidied if any(row)]


def _tidy(cells: Sequence[str], longest: int = LONGEST_CELL) -> Row:
    """Without the empty cells at its end that Excel writes."""
    row = [SPACES.sub(" ", rearmed(cell.strip())).strip()[:longest] for cell in cells[:MOST_CELLS]]
    while row and not row[-1]:
        row.pop()
    return tuple(row)
