"""Rows of cells as a file that a spreadsheet opens as they are: an Excel workbook, or CSV.

CSV is written as a French Excel reads it: semicolons, UTF-8 with its mark, CRLF, commas in numbers. What a spreadsheet
would run is disarmed there by an apostrophe, as OWASP advises (owasp.org/www-community/attacks/CSV_Injection), and by
nothing else: a Matrix address begins with « @ », calls nothing, and stays what it is. (LibreOffice 7.4, told to run
formulas, runs « =1+1 », and shows « @anne:lieu.fr », « +1+1 » and even « @SUM(1+1) », which Excel may run.) A workbook
says itself what is text, so that nothing in it needs an apostrophe. What is written here is read again as it was.
"""

from __future__ import annotations

import asyncio
import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

Cell = str | int | float | datetime
"""An instant is told in its own zone: a spreadsheet knows none."""
CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MARK = b"\xef\xbb\xbf"  # by which Excel knows UTF-8
APOSTROPHE = "'"
RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what a formula may begin with
# A Matrix address: without brackets, quotes, bars and exclamation marks nothing can be called by it.
ADDRESS = re.compile(r"@[A-Za-z0-9._=/+-]+:[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML has no place for
WRITTEN = "%d/%m/%Y %H:%M:%S"


def is_run(cell: str) -> bool:
    """Whether a spreadsheet that reads CSV would run this text; LibreOffice passes over spaces before it."""
    cell = cell.strip(" ")
    return cell.startswith(RUN) and not ADDRESS.fullmatch(cell) and not NUMBER.fullmatch(cell)


def disarmed(cell: str) -> str:
    return f"{APOSTROPHE}{cell}" if is_run(cell) else cell


def rearmed(cell: str) -> str:
    """The text that was disarmed, here or by whoever else heeds the same advice."""
    return cell[1:] if cell.startswith(APOSTROPHE) and cell[1:].strip(" ").startswith(RUN) else cell


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
