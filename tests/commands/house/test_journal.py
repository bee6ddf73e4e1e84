"""The journal of a lieu: read, searched, and handed out without running anything in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import AsyncIterator
from datetime import datetime
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.contacts.sheets import sheet_in
from bot.store import audit
from tests.stage.transcript_header import Scenery, scenery

LIEU = {"lieu": "La Rosée", "concierges": "Anne", "salons": "Place", "autre lieu": "Le Phare"}
HOSTILE = "=HYPERLINK(1)"


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scenery]:
    async with scenery(LIEU, tmp_path) as scene:
        yield scene


async def note(scene: Scenery, lieu: int, what: str, about: str | None, **words: str) -> None:
    await scene.stage.database.write(audit.note, lieu, scene.stage.clock.now(), "@anne:lieu.fr", what, about, words)


async def says(scene: Scenery, text: str, room: str = "Conciergerie") -> str:
    office = scene.rooms[room].room_id
    await scene.stage.write(scene.people["Anne"], office, text)
    return scene.stage.last(office)


async def test_eight_lines_at_a_time(scene: Scenery) -> None:
    for n in range(11):
        await note(scene, 1, "folder-made", None, folder=f"dossier {n}")
    office = scene.rooms["Conciergerie"].room_id
    shown = [await told(scene, office, text) for text in ("!journal", "la suite")]
    assert [text.count("a créé le dossier") for text in shown] == [8, 3]
    assert "dossier 10" in shown[0]


async def told(scene: Scenery, office: str, text: str) -> str:
    """All that the bot said to this."""
    before = len(scene.stage.said(office))
    await says(scene, text)
    return "\n".join(scene.stage.said(office)[before:])


async def test_a_lieu_reads_its_own(scene: Scenery) -> None:
    await note(scene, 2, "folder-made", None, folder="du Phare")
    assert "encore vide" in await says(scene, "!journal")
    assert "du Phare" in await says(scene, "!journal", "Conciergerie · Le Phare")


async def test_nobody_s_name_is_a_formula(scene: Scenery) -> None:
    await note(scene, 1, "invited", "@zoe:ailleurs.fr")
    scene.rooms["La Rosée"].members["@zoe:ailleurs.fr"] = "join"
    scene.stage.matrix.names["@zoe:ailleurs.fr"] = HOSTILE
    await note(scene, 1, "folder-made", HOSTILE, folder="@SUM(A1)")
    await says(scene, "!journal csv")
    written = scene.stage.matrix.files["journal.csv"]
    rows = list(csv.reader(StringIO(written.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert [row[2] for row in rows[1:]] == [f"a invité {HOSTILE}", "a créé le dossier @SUM(A1)"]
    assert [row[4] for row in rows[1:]] == ["@zoe:ailleurs.fr", f"'{HOSTILE}"]
    assert [row[3] for row in rows[1:]] == ["@anne:lieu.fr"] * 2
    assert rows[1][0] == "15/01/2027 09:00:00"
    assert sheet_in(written).rows[2][4] == HOSTILE
    await says(scene, "!journal exporter")
    sheet = load_workbook(BytesIO(scene.stage.matrix.files["journal.xlsx"])).active
    (at, by, _, by_address, about), second = list(sheet.rows)[1:3]
    assert (at.value, by.value, by_address.value) == (datetime(2027, 1, 15, 9), "Anne", "@anne:lieu.fr")
    assert (about.value, second[4].value, second[4].data_type) == ("@zoe:ailleurs.fr", HOSTILE, "s")


async def test_the_file_is_a_workbook_unless_another_is_wanted(scene: Scenery) -> None:
    await note(scene, 1, "folder-made", None, folder="Compta")
    for text, name in (("exporter", "journal.xlsx"), ("exporter csv", "journal.csv"), ("tableur", "journal.xlsx")):
        scene.stage.matrix.files.clear()
        await says(scene, f"!journal {text}")
        assert list(scene.stage.matrix.files) == [name]


async def test_what_has_no_words_is_shown_by_its_code(scene: Scenery) -> None:
    """An act that an older version wrote down hides none of the others."""
    await note(scene, 1, "of-another-time", None)
    assert "of-another-time" in await says(scene, "!journal")


async def test_markup_in_a_name_stays_a_name(scene: Scenery) -> None:
    await note(scene, 1, "folder-made", None, folder="<b>*gras*</b> @room")
    await says(scene, "!journal")
    content = scene.rooms["Conciergerie"].events[-1]["content"]
    assert "&lt;b&gt;*gras*&lt;/b&gt; @room" in content["formatted_body"]
    assert content["m.mentions"] == {}


async def test_what_was_forgotten_is_told_without_names(scene: Scenery) -> None:
    await note(scene, 1, "invited", "@zoe:ailleurs.fr")
    await note(scene, 1, "erased", "@zoe:ailleurs.fr", reason="bruit", n="3")
    await note(scene, 1, "excluded", "@zoe:ailleurs.fr", reason="bruit")
    await scene.stage.database.write(lambda tx: audit.forget(tx, 1, 9, "@anne:lieu.fr", (1, 2, 3), (1,)))
    office = scene.rooms["Conciergerie"].room_id
    shown = await told(scene, office, "!journal")
    assert "(effacé) a invité (effacé)" in shown
    assert "Anne a effacé des messages de (effacé) ((effacé))" in shown
    assert "Anne a effacé des noms de ce journal" in shown
    assert "bruit" not in shown
    assert "zoe" not in shown
    assert "Rien" in await told(scene, office, "!journal défaire"), "nobody is known whom it would be given back to"
