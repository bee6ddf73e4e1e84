"""Tables that the bot hands out: a spreadsheet opens them as they are and runs nothing, the bot reads them back."""

from __future__ import annotations

import csv
from datetime import datetime
from io import BytesIO, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from bot.contacts.sheets import sheet_in
from bot.contacts.spreadsheet_cells import Cell
from bot.contacts.tables import csv_of, workbook_of
from tests.tiers import examples

HARMFUL = [
    "=1+1",
    '=HYPERLINK("https://x.fr?"&A1;"ici")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "@anne:lieu.fr+cmd|'/C calc'!A0",
    "@anne:lieu.fr)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "  @SUM(A1:A9)",
    "＝1+1",
    "＠SUM(A1)",
]
ADDRESSES = ["@anne:lieu.fr", "@anne.b_c=d-e/f+g:matrix.lieu.fr:8448", "@zoe:127.0.0.1"]
PLAIN = [*ADDRESSES, "-12", "+3,5", "a=b", "L’Écrin ; été", ""]


def cells(data: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(data.decode("utf-8-sig"), newline=""), delimiter=";"))


def test_a_french_spreadsheet_opens_it_as_it_is() -> None:
    rows: list[list[Cell]] = [["Quand", "Qui", "Place"], [datetime(2027, 1, 15, 9, 5), "Zoé ; Élan", 12.5]]
    assert csv_of(rows) == b"\xef\xbb\xbf" + 'Quand;Qui;Place\r\n15/01/2027 09:05:00;"Zoé ; Élan";12,5\r\n'.encode()


@pytest.mark.parametrize("text", HARMFUL)
async def test_nothing_is_run(text: str) -> None:
    assert cells(csv_of([[text]])) == [[f"'{text}"]]
    (cell,) = next(load_workbook(BytesIO(await workbook_of([["Titre"], [text]], "x"))).active.iter_rows(min_row=2))
    assert (cell.data_type, cell.value.strip(), cell.quotePrefix) == ("s", text.strip(), True)


@pytest.mark.parametrize("text", PLAIN)
async def test_what_nothing_would_run_is_not_defaced(text: str) -> None:
    assert cells(csv_of([["x", text]])) == [["x", text]]
    book = load_workbook(BytesIO(await workbook_of([["Titre", "Texte"], ["x", text]], "x")))
    assert (book.active["B2"].value or "") == text


@examples(100)
@given(st.lists(st.lists(st.text(max_size=40) | st.sampled_from(HARMFUL + PLAIN), min_size=2, max_size=2), max_size=5))
async def test_the_bot_reads_back_what_it_wrote(rows: list[list[str]]) -> None:
    """But for the spaces, of which a reader of lists makes one."""
    people = [["Nom", "Adresse"], *([f"zoé {n}", "@zoe:lieu.fr"] for n in range(3)), *rows]
    told = [tuple(" ".join(cell.split()) for cell in row) for row in people]
    for data in (csv_of(people), await workbook_of(people, "Membres")):
        found = sheet_in(data).rows
        assert found[:4] == tuple(told[:4])


@pytest.mark.parametrize("text", [*HARMFUL, *PLAIN])
async def test_a_guarded_text_is_read_back_as_it_was(text: str) -> None:
    people = [["Nom", "Adresse", "Note"], ["Zoé", "@zoe:lieu.fr", text], ["Lou", "@lou:lieu.fr", "x"]]
    for data in (csv_of(people), await workbook_of(people, "Membres")):
        assert [*sheet_in(data).rows[1], ""][2] == " ".join(text.split())


async def test_what_excel_has_no_room_or_no_sign_for_breaks_no_file() -> None:
    rows = [["A"], ["\x00\x07\x1b[31m"], ["x" * 40_000], ["\ud800"]]
    assert csv_of(rows)
    sheet = load_workbook(BytesIO(await workbook_of(rows, "a/b:c" * 20))).active
    assert len(sheet["A3"].value) == 32_767
