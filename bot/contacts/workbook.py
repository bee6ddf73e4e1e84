"""An Excel workbook (XLSX) as rows of cells: values only, of its first sheet in which somebody has an address.

A workbook is a zip of XML, and may have been made to do harm: what it would become is known before it is opened.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from .cells import LONGEST_CELL, MOST_CELLS, MOST_ROWS, Row
from .spreadsheet_cells import rearmed

LARGEST, MOST_FILES, MOST_SHEETS = 40_000_000, 500, 20  # bytes once it is unpacked
DECLARES = (b"<!DOCTYPE", b"<!ENTITY")  # no office writes these, and they make much out of little
HEAD = 4_096
# What openpyxl and zipfile raise of files that are cut, sealed by a password, or made up; the reader is not ours.
FORGED = (
    *(InvalidFileException, zipfile.BadZipFile, ParseError, OSError, EOFError, RuntimeError, NotImplementedError),
    *(LookupError, ValueError, TypeError, AttributeError),
)


class Unreadable(Exception):
    """It is no workbook, or one that nobody should open."""


def rows_of(data: bytes) -> list[Row]:
    """Raises Unreadable. Formulas are what they were worth when the file was saved."""
    try:
        _check(data)
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = [list(_rows(sheet)) for sheet in book.worksheets[:MOST_SHEETS]]
    except FORGED as why:
        raise Unreadable from why
    addressed = (rows for rows in sheets if any("@" in cell for row in rows for cell in row))
    return next(addressed, next(iter(sheets), []))


def _check(data: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        files = packed.infolist()
        if len(files) > MOST_FILES or sum(file.file_size for file in files) > LARGEST:
            raise Unreadable
        if not any(file.filename == "xl/workbook.xml" for file in files):
            raise Unreadable
        for file in files:
            with packed.open(file) as content:
                head = content.read(HEAD)
            if any(sign in head for sign in DECLARES) or head[:2] in (b"\xff\xfe", b"\xfe\xff"):
                raise Unreadable


def _rows(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # what a forged file says of its own size
    for row in sheet.iter_rows(max_row=MOST_ROWS, max_col=MOST_CELLS, values_only=True):
        cells = [_text(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        if any(cells):
            yield tuple(cells)


def _text(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.strftime("%d/%m/%Y")
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return rearmed(" ".join(str(value).split()))[:LONGEST_CELL] if value is not None else ""
