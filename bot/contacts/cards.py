"""Address cards (vCard 2.1, 3.0, 4.0), as phones, Nextcloud and Outlook export them: rows under a line of titles."""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator

from .cells import LONGEST_CELL, MOST_ROWS, Row

TITLES = ("First name", "Last name", "Full name", "E-mail", "Matrix")
BEGIN, END = "BEGIN:VCARD", "END:VCARD"
# What else a card holds, by what `talk.left.…` calls it.
LEFT = {"TEL": "phone", "ADR": "street", "BDAY": "date", "ORG": "company", "TITLE": "remark", "NOTE": "remark"}
LEFT |= {"URL": "link", "PHOTO": "picture", "ROLE": "remark"}
PROPERTY = re.compile(r"(?:[\w-]+\.)?([A-Za-z-]+)((?:;(?:[^:\";]|\"[^\"]*\")*)*):(.*)", re.DOTALL)
ESCAPED = re.compile(r"\\([\\;,nN])")
BETWEEN = re.compile(r"(?<!\\);")
Field = tuple[str, str, str]  # the property, its parameters in capitals, its value


def is_cards(text: str) -> bool:
    return BEGIN in text[:2_000].upper()


def rows_of(text: str) -> tuple[list[Row], tuple[str, ...]]:
    """The cards as rows, and what else was in them."""
    rows: list[Row] = [TITLES]
    left = dict[str, None]()
    for card in _cards(text):
        rows.append(_row(card))
        left |= dict.fromkeys(LEFT[name] for name, _, value in card if name in LEFT and value.strip(";"))
    return rows, tuple(left)


def _cards(text: str) -> Iterator[list[Field]]:
    card: list[Field] = []
    count = 0
    for line in _unfolded(text):
        head = line.strip().upper()
        if head == BEGIN:
            card = []
        elif head == END:
            count += 1
            if count > MOST_ROWS:
                return
            yield card
            card = []
        elif found := PROPERTY.fullmatch(line):
            card.append((found[1].upper(), found[2].upper(), _decoded(found[2].upper(), found[3])))


def _unfolded(text: str) -> list[str]:
    """A long line goes on where the next one begins with a space; a quoted-printable one where it ends with « = »."""
    lines: list[str] = []
    for line in text.splitlines():
        before = lines[-1] if lines else ""
        if before.endswith("=") and "QUOTED-PRINTABLE" in before.upper():
            lines[-1] = before[:-1] + line.strip()
        elif line[:1] in (" ", "\t") and lines:
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return lines


def _decoded(parameters: str, value: str) -> str:
    if "QUOTED-PRINTABLE" not in parameters:
        return value
    raw = quopri.decodestring(value.encode("utf-8", "replace"))
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _row(card: list[Field]) -> Row:
    family, first, *_ = [*(_plain(part) for part in BETWEEN.split(_first(card, "N"))), "", ""]
    mails = sorted((field for field in card if field[0] == "EMAIL"), key=lambda field: "PREF" not in field[1])
    email = next((_plain(value).removeprefix("mailto:") for _, _, value in mails if "@" in value), "")
    matrix = next((value for name, _, value in card if name in ("IMPP", "X-MATRIX") and "matrix" in value.lower()), "")
    matrix = matrix or next((value for name, _, value in card if name == "X-MATRIX"), "")
    full = _plain(_first(card, "FN"))
    return tuple(cell[:LONGEST_CELL] for cell in (first, family, full, email, _id(_plain(matrix))))


def _first(card: list[Field], name: str) -> str:
    return next((value for found, _, value in card if found == name), "")


def _plain(text: str) -> str:
    return " ".join(ESCAPED.sub(lambda sign: " " if sign[1] in "nN" else sign[1], text).split())


def _id(text: str) -> str:
    """« matrix:@zoe:lieu.fr », as several programs write it; « matrix:u/zoe:lieu.fr » is read as it is."""
    return text.partition(":")[2] if text.lower().startswith("matrix:@") else text
