"""A cell as spreadsheets take it: what they would run as a formula, and what they have no place for.

What would be run is disarmed by an apostrophe, as OWASP advises (owasp.org/www-community/attacks/CSV_Injection), and by
nothing else: a Matrix address begins with « @ », calls nothing, and stays what it is. (LibreOffice 7.4, told to run
formulas, runs « =1+1 », and shows « @anne:lieu.fr », « +1+1 » and even « @SUM(1+1) », which Excel may run.)
"""

from __future__ import annotations

import re
from datetime import datetime

Cell = str | int | float | datetime
"""An instant is told in its own zone: a spreadsheet knows none."""
APOSTROPHE = "'"
RUN = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # what a formula may begin with
# A Matrix address: without brackets, quotes, bars and exclamation marks nothing can be called by it.
ADDRESS = re.compile(r"@[A-Za-z0-9._=/+-]+:[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # what XML has no place for


def is_run(cell: str) -> bool:
    """Whether a spreadsheet that reads CSV would run this text; LibreOffice passes over spaces before it."""
    cell = cell.strip(" ")
    return cell.startswith(RUN) and not ADDRESS.fullmatch(cell) and not NUMBER.fullmatch(cell)


def disarmed(cell: str) -> str:
    return f"{APOSTROPHE}{cell}" if is_run(cell) else cell


def rearmed(cell: str) -> str:
    """The text that was disarmed, here or by whoever else heeds the same advice."""
    return cell[1:] if cell.startswith(APOSTROPHE) and cell[1:].strip(" ").startswith(RUN) else cell
