"""Rows of cells as a file that a spreadsheet opens as they are: an Excel workbook, or CSV.

CSV is written as a French Excel reads it: semicolons, UTF-8 with its mark, CRLF, commas in numbers, and disarmed. A
workbook says itself what is text, so that nothing in it needs an apostrophe. What is written here is read again as it
was.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime

from .spreadsheet_cells import NO_TEXT, Cell, disarmed

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARK = b"\xef\xbb\xbf"  # by which Excel knows UTF-8
WRITTEN = "%d/%m/%Y %H:%M:%S"


def csv_of(rows: Iterable[Sequence[Cell]]) -> bytes:
    table = io.StringIO(newline="")
    writer = csv.writer(table, delimiter=";", lineterminator="\r\n")
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return MARK + table.getvalue().encode("utf-8")


def _written(cell: Cell) -> str:
    match cell:
        case datetime():
            return cell.strftime(WRITTEN)
        case int():
            return str(cell)
        case float():
            return str(cell).replace(".", ",")
    return disarmed(NO_TEXT.sub("", cell))


async def workbook_of(rows: Sequence[Sequence[Cell]], title: str) -> bytes:
    """An XLSX of one sheet; the first row stays in sight. Beside the loop: thousands of rows take seconds."""
    return await asyncio.to_thread(_workbook, rows, title)


def _workbook(rows: Sequence[Sequence[Cell]], title: str) -> bytes:
    from .workbook_writer import written  # with openpyxl, which few bots ever need

    return written(rows, title)
