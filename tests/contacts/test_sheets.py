"""Files that people drop into a room: what offices and telephones write, and what somebody made to do harm."""

from __future__ import annotations

import contextlib
import io
import zipfile
from collections.abc import Mapping
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.contacts.sheets import LARGEST, Sheet, sheet_in
from integrations.errors import Refused

ROWS = (("Nom", "Prénom", "E-mail"), ("Dupré", "Zoé", "zoe@exemple.fr"))
CARD = "BEGIN:VCARD\r\nVERSION:{version}\r\n{lines}\r\nEND:VCARD\r\n"
TITLES = ("First name", "Last name", "Full name", "E-mail", "Matrix")


def workbook(*sheets: list[list[object]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Feuille{number}")
        for row in rows:
            sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def zipped(files: Mapping[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return data.getvalue()


def why(data: bytes) -> str:
    with pytest.raises(Refused) as no:
        sheet_in(data)
    return no.value.code


# -- what offices write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "latin-1", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t", ","])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_text_of_cells_however_it_is_written(encoding: str, separator: str, end: str) -> None:
    text = end.join(separator.join(row) for row in ROWS) + end + separator * 4 + end
    assert sheet_in(text.encode(encoding)) == Sheet(ROWS)


def test_a_cell_may_have_a_separator_and_a_line_break() -> None:
    data = b'Nom;Adresse;E-mail\r\n"Martin; Zo\xc3\xa9";"12 rue X\r\n37000 Tours";zoe@exemple.fr\r\n'
    assert sheet_in(data).rows[1] == ("Martin; Zoé", "12 rue X 37000 Tours", "zoe@exemple.fr")


def test_a_workbook_is_read_as_its_owner_sees_it() -> None:
    filled = [
        ["Nom", "Prénom", "Depuis", "E-mail", None],
        ["Dupré", "Zoé", datetime(2026, 3, 12), "zoe@exemple.fr"],
        [37000.0],
    ]
    data = workbook([["Notice", "à lire"]], filled)
    assert sheet_in(data).rows == (
        ("Nom", "Prénom", "Depuis", "E-mail"),
        ("Dupré", "Zoé", "12/03/2026", "zoe@exemple.fr"),
        ("37000",),
    )


def test_the_name_of_a_file_says_nothing() -> None:
    """A workbook that is called « liste.csv » is a workbook: only its bytes are looked at."""
    assert sheet_in(workbook([list(row) for row in ROWS])).rows == ROWS


FORMS = {  # version, lines, the row
    "outlook": (
        "3.0",
        "N:Martin;Zoé;;;\r\nFN:Zoé Martin\r\nEMAIL;TYPE=INTERNET:zoe@exemple.fr",
        ("Zoé", "Martin", "Zoé Martin", "zoe@exemple.fr", ""),
    ),
    "nextcloud": (
        "4.0",
        "FN:Zoé Martin\r\nitem1.EMAIL:zoe@exe\r\n mple.fr\r\nIMPP:matrix:@zoe:lieu.fr",
        ("", "", "Zoé Martin", "zoe@exemple.fr", "@zoe:lieu.fr"),
    ),
    "telephone": (
        "2.1",
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Dupr=C3=A9;Zo=\r\n=C3=A9;;;\r\nEMAIL:zoe@exemple.fr",
        ("Zoé", "Dupré", "", "zoe@exemple.fr", ""),
    ),
    "without an e-mail": (
        "3.0",
        "FN:Le Bar\\, à côté\r\nTEL:06\r\nADR:;;12 rue X;Tours",
        ("", "", "Le Bar, à côté", "", ""),
    ),
    "two e-mails": (
        "4.0",
        "FN:Zoé\r\nEMAIL:a@exemple.fr\r\nEMAIL;PREF=1:zoe@exemple.fr",
        ("", "", "Zoé", "zoe@exemple.fr", ""),
    ),
}


@pytest.mark.parametrize(("version", "lines", "row"), FORMS.values(), ids=FORMS)
def test_an_address_card(version: str, lines: str, row: tuple[str, ...]) -> None:
    assert sheet_in(CARD.format(version=version, lines=lines).encode()).rows == (TITLES, row)


def test_what_a_card_holds_besides_is_named() -> None:
    cards = CARD.format(version="3.0", lines="FN:A\r\nTEL:06\r\nBDAY:19870312\r\nADR:;;;;;;")
    assert sheet_in(cards.encode()).left == ("phone", "date")


# -- what is no list


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x89PNG\r\n\x1a\n....", "file-picture"),
        (b"\xff\xd8\xff\xe0", "file-picture"),
        (b"%PDF-1.7", "file-pdf"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "file-old"),
        (b"MZ\x90\x00\x03\x00\x00\x00", "file-unreadable"),
        (b"PK\x03\x04 no zip at all", "file-unreadable"),
        (b"\0" * 1000, "file-unreadable"),
        (b"a;b\n" * (LARGEST // 4 + 1), "file-big"),
        (zipped({"a.txt": b"x"}), "file-unreadable"),
        (zipped({"word/document.xml": b"<w/>"}), "file-unreadable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_it_is_is_told(data: bytes, code: str) -> None:
    assert why(data) == code


def _part(data: bytes, name: str, content: bytes) -> bytes:
    """The same workbook, with another part."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = {each: packed.read(each) for each in packed.namelist()}
    return zipped(parts | {name: content})


SHEET = "xl/worksheets/sheet1.xml"
ROW = b'<row r="1"><c t="inlineStr"><is><t>zoe@exemple.fr</t></is></c></row>'
XML = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%b<sheetData>%b</sheetData></worksheet>'
LAUGHS = b'<!DOCTYPE l [<!ENTITY a "zoe@exemple.fr"><!ENTITY b "&a;&a;&a;">]>'
STRINGS = b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">%b</sst>'
SAID = b'<row r="1"><c t="inlineStr"><is><t>&b;</t></is></c></row>'


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("xl/sharedStrings.xml", STRINGS % (b"<si><t>ha</t></si>" * 2_500_000)),
        (SHEET, LAUGHS + XML % (b"", SAID)),
        (SHEET, b"\xff\xfe" + (LAUGHS + XML % (b"", SAID)).decode().encode("utf-16-le")),
        (SHEET, b"<worksheet"),
        (SHEET, b""),
        (SHEET, XML % (b"", b'<row r="x"><c r="??" t="s"><v>999999</v></c></row>')),
    ],
    ids=["bomb", "laughs", "laughs-wide", "cut", "empty", "nonsense"],
)
def test_a_workbook_that_was_made_to_do_harm_is_none(part: str, content: bytes) -> None:
    assert why(_part(workbook([["a"]]), part, content)) == "file-unreadable"


def test_a_workbook_that_says_it_is_endless_is_not_walked_to_its_end() -> None:
    size = b'<dimension ref="A1:XFD1048576"/>'
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    found = sheet_in(_part(workbook([["a"]]), SHEET, XML % (size, ROW + far)))
    assert ("zoe@exemple.fr",) in found.rows
    assert len(found.rows) <= 2_000


def test_a_workbook_of_ten_thousand_files_is_none() -> None:
    data = workbook([["a"]])
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = {each: packed.read(each) for each in packed.namelist()}
    assert why(zipped(parts | {f"x{n}": b"" for n in range(1_000)})) == "file-unreadable"


def test_a_formula_is_nothing_but_what_it_was_worth() -> None:
    rows = sheet_in(workbook([['=HYPERLINK("http://x")', "zoe@exemple.fr", "=cmd|'/c calc'!A0"]])).rows
    assert rows == (("", "zoe@exemple.fr"),)


@given(
    st.binary(max_size=400)
    | st.binary(max_size=400).map(b"PK\x03\x04".__add__)
    | st.text(max_size=200).map(lambda text: f"BEGIN:VCARD\n{text}\nEND:VCARD".encode())
)
def test_whatever_is_dropped_is_rows_or_a_refusal(data: bytes) -> None:
    found = Sheet(())
    with contextlib.suppress(Refused):
        found = sheet_in(data)
    assert all(isinstance(cell, str) for row in found.rows for cell in row)
