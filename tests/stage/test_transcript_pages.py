"""Transcripts of several lieux: their header, their columns, and that acts are read back as they were written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stage.transcript import play
from tests.stage.transcript_lieux import headers
from tests.stage.transcript_pages import Columns, acts, width, wrapped

LONG = "Anne : !demande une découpeuse laser, samedi toute la journée si possible, pour le collectif Bois et les autres"
TOLD = [
    ["[A]"],
    [LONG, "", "  et la suite", "la  fin"],
    ["[B]"],
    ["Marc clique 🙋"],
    ["(3 jours passent)"],
    ["Marc : Merci"],
]
MORE = [["[A]"], ["Anne : oui"], ["[C]"], ["Marc : non"]]
FIVE = """Cinq lieux
comptes : oui
lieu : Un
serveur : un.fr
concierges : Anne
salons communs : Coordination
lieu : Deux
bot : celui de Un
concierges : Bob
lieu : Trois
bot : @autre:un.fr
concierges : Chloé
lieu : Quatre
serveur : quatre.fr
concierges : Dan
lieu : Cinq
serveur : cinq.fr
concierges : Ève
---
[Conciergerie · Deux]
Bob : !suivi
[Coordination]
Dan : !aide
"""


def test_a_header_tells_what_is_so_everywhere_and_then_of_each_lieu() -> None:
    lines = ["nextcloud : oui", "lieu : La Rosée", "concierges : Anne", "", "lieu : Le Phare", "nextcloud : non"]
    first, second = headers(lines)
    assert first == {"nextcloud": "oui", "lieu": "La Rosée", "concierges": "Anne"}
    assert second == {"nextcloud": "non", "lieu": "Le Phare"}
    assert headers(["concierges : Anne", "lieu : La Rosée"]) == [{"concierges": "Anne", "lieu": "La Rosée"}]


def test_acts_are_read_back_from_columns() -> None:
    page, room = Columns(["La Rosée", "Le Phare"]), ""
    for first, *below in TOLD + MORE:
        room = first[1:-1] if first.startswith("[") else room
        page.act(first, below, room, None if first[0] in "([" else int(room != "A"))
        page.answer([f"  Conciergerie : d’accord pour {first}", "", "    ✅ ❌"], "Zoé en privé", 0)
        page.answer(["  Conciergerie : vu"], "B", 1)
    assert acts(page.text()) == TOLD + MORE


def test_columns_are_straight() -> None:
    page = Columns(["La Rosée", "Le Phare"])
    page.act("Anne clique ✅", [], "A", 0)
    page.answer([f"  Conciergerie : ✅ {LONG}", "    1️⃣ 2️⃣ ❌"], "A", 0)
    page.answer(["  Conciergerie : 🙋 ❓ 🔕"], "B", 1)
    rows = [row for row in page.text() if row]
    assert len(rows) > 4
    assert {width(row.partition("│")[0]) for row in rows} == {page.width + 1}


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("", [""]),
        ("  deux mots", ["  deux", "> mots"]),
        ("un mot", ["un mot"]),
        ("anticonstitutionnellement", ["anticonstitutionnellement"]),
    ],
)
def test_lines_are_broken_at_spaces(line: str, lines: list[str]) -> None:
    assert wrapped(line, 8, "> ") == lines


async def test_five_lieux_are_told_from_top_to_bottom(tmp_path: Path) -> None:
    """Two in one process, two on one homeserver, two alone."""
    file = tmp_path / "five.txt"
    file.write_text(FIVE)
    speakers = [line.split(" : ")[0] for line in (await play(file)).splitlines() if line.startswith("  Conciergerie")]
    assert speakers == ["  Conciergerie", *(f"  Conciergerie ({lieu})" for lieu in ("Un", "Trois", "Quatre", "Cinq"))]
