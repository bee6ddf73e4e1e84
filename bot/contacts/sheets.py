"""A file that somebody dropped into the room, as rows of cells: what it is, is seen in it, whatever its name says."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from integrations.errors import Refused

from . import cards
from .cells import Row, rows_in

LARGEST = 5_000_000  # bytes; a list of two thousand people has a tenth of it
OLD_OFFICE, ZIP, PDF = b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"%PDF"
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF")
WIDE = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """`left`: what else was there and is not among the rows, by what `talk.left.…` calls it."""

    rows: tuple[Row, ...]
    left: tuple[str, ...] = ()


def sheet_in(data: bytes) -> Sheet:
    """Raises Refused. It may take a second: not for the thread in which others are waiting."""
    if data.startswith(ZIP) and len(data) <= LARGEST:
        return _workbook(data)
    text = text_in(data, LARGEST)
    if cards.is_cards(text):
        rows, left = cards.rows_of(text)
        return Sheet(tuple(rows), left)
    return Sheet(tuple(rows_in(text)))


def text_in(data: bytes, largest: int) -> str:
    """What a file says that is a text, of so many bytes at most. Raises Refused."""
    if len(data) > largest:
        raise Refused("file-big")
    if data.startswith(OLD_OFFICE):
        raise Refused("file-old")
    if data.startswith(PDF):
        raise Refused("file-pdf")
    if data.startswith(PICTURES):
        raise Refused("file-picture")
    return _text(data)


def _workbook(data: bytes) -> Sheet:
    from . import workbook  # with openpyxl, which few bots ever need

    try:
        return Sheet(tuple(workbook.rows_of(data)))
    except workbook.Unreadable:
        raise Refused("file-unreadable") from None


def _text(data: bytes) -> str:
    """UTF-8 as the web writes it, UTF-16 as Excel's « Unicode text », else what Windows writes in France."""
    wide = next((name for sign, name in WIDE.items() if data.startswith(sign)), None)
    if wide is None and b"\0" in data:
        raise Refused("file-unreadable")
    for encoding in [wide] if wide else ["utf-8-sig", "cp1252", "latin-1"]:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("file-unreadable")
