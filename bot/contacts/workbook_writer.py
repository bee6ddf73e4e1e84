"""Rows of cells as an Excel workbook (XLSX)."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from datetime import datetime

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from .spreadsheet_cells import NO_TEXT, Cell, is_run

LONGEST = 32_767  # characters that Excel has room for
WIDEST = 60  # characters of a column
INSTANT = "dd/mm/yyyy hh:mm"


def written(rows: Sequence[Sequence[Cell]], title: str) -> bytes:
    """Of one sheet; the first row stays in sight."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    for n, column in enumerate(zip(*rows, strict=True), 1):
        sheet.column_dimensions[get_column_letter(n)].width = min(max(map(_width, column)) + 2, WIDEST)
    for n, row in enumerate(rows):
        sheet.append([_cell(sheet, cell, heading=n == 0) for cell in row])
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _width(cell: Cell) -> int:
    return len(INSTANT) if isinstance(cell, datetime) else len(str(cell))


def _cell(sheet: object, value: Cell, *, heading: bool) -> WriteOnlyCell:
    """A text is marked as one, or « =1+1 » would be a formula; quoted too, so that it stays one when it is edited."""
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.replace(tzinfo=None, microsecond=0))
        cell.number_format = INSTANT
    elif isinstance(value, str):
        cell = WriteOnlyCell(sheet, NO_TEXT.sub("", value)[:LONGEST])
        cell.data_type = "s"
        cell.quotePrefix = is_run(value)
    else:
        cell = WriteOnlyCell(sheet, value)
    if heading:
        cell.font = Font(bold=True)
    return cell
