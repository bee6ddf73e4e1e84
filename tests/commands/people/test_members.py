"""Who is found by which words, and that a crowd costs no more questions than a handful of people."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bot.app import Services
from bot.arrivals.members import Member, search
from bot.errors import Unavailable
from bot.services.directory import DIRECTORY
from bot.store.database import Tx
from bot.talk.outages import side_by_side
from integrations.errors import NotPermitted
from tests.stage.facts import FakeFacts
from tests.stage.furnished_lieux import lieu
from tests.stage.memory_directory import MemoryDirectory
from tests.stage.stage import FakeMatrix, Stage
from tests.stage.transcript import FOLDER

ANNE = "@anne:lieu.fr"


def row(name: str, login: str = "", person: str = "") -> Member:
    return {"person": person or f"@{login or name.casefold()}:lieu.fr", "name": name, "login": login}


CROWD = [
    row("Zoé Martin", "zoe.martin"),
    row("Zoé Moreau", "z.moreau"),
    row("Jean-Luc Œuvrard", "jl"),
    row("Marc", person="@marc:ailleurs.fr"),
    row("Marceline", "marceline"),
]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("zoe", ["Zoé Martin", "Zoé Moreau"]),
        ("ZOÉ MARTIN", ["Zoé Martin"]),
        ("z.moreau", ["Zoé Moreau"]),
        ("moreau", ["Zoé Moreau"]),
        ("jean luc", ["Jean-Luc Œuvrard"]),
        ("oeuvrard", ["Jean-Luc Œuvrard"]),
        ("marc", ["Marc"]),
        ("@marc:ailleurs.fr", ["Marc"]),
        ("marce", ["Marceline"]),
        ("zoe martn", ["Zoé Martin"]),
        ("morau", ["Zoé Moreau"]),
        ("philomène", []),
        ("", []),
        ("!!", []),
    ],
)
def test_people_are_found_by_what_one_remembers(said: str, found: list[str]) -> None:
    assert [each["name"] for each in search(CROWD, said)] == found


class Counting(FakeFacts):
    """Counts what it is asked."""

    def __init__(self, matrix: FakeMatrix) -> None:
        super().__init__(matrix)
        self.asked: Counter[str] = Counter()

    async def members(self, room_id: str) -> dict[str, str]:
        self.asked["members"] += 1
        return await super().members(room_id)

    async def membership(self, room_id: str, person: str) -> str:
        self.asked["membership"] += 1
        return await super().membership(room_id, person)

    async def display_name(self, person: str) -> str:
        self.asked["name"] += 1
        return await super().display_name(person)


async def asked_by(path: Path, people: int) -> tuple[Counter[str], int, int]:
    """What Matrix and the directory were asked by a list and a sheet, and how much of it was written down."""
    matrix, directory = FakeMatrix(), MemoryDirectory()
    facts = matrix.facts = Counting(matrix)
    stage = await Stage.open(path, Services({DIRECTORY: directory}), matrix)
    rooms = await lieu(stage, "La Rosée", ANNE)
    rooms["space"].members |= {f"@membre{n}:lieu.fr": "join" for n in range(people)}
    facts.asked.clear()
    directory.calls = 0
    await stage.database.write(_count_what_is_written)
    for line in ("!membres", *(["la suite"] if people > 8 else []), "1", "!membres membre3"):
        await stage.write(ANNE, rooms["office"].room_id, line)
    assert "@membre3:lieu.fr" in stage.last(rooms["office"].room_id)

    def written(tx: Tx) -> int:
        return int(tx.execute("SELECT sum(length) FROM written").fetchone()[0])

    journal = await stage.database.read(written)
    await stage.close()
    return facts.asked, directory.calls, journal


def _count_what_is_written(tx: Tx) -> None:
    """It is forgotten as the conversation ends."""
    tx.execute("CREATE TABLE written (length)")
    insert = "INSERT INTO written VALUES (coalesce(length(new.value), 0))"
    tx.execute(f"CREATE TRIGGER counted AFTER INSERT ON steps BEGIN {insert}; END")


async def test_five_thousand_members_cost_no_more_questions_than_five(tmp_path: Path) -> None:
    few, _, _ = await asked_by(tmp_path / "few", 5)
    many, calls, journal = await asked_by(tmp_path / "many", 5000)
    assert many - few <= Counter(members=1, membership=1, name=1)  # one line more is said
    assert calls < 12
    assert 0 < journal < 10_000


async def never() -> Any:
    await asyncio.Event().wait()


async def test_what_is_away_slow_or_unwilling_hides_nothing() -> None:
    async def well() -> int:
        return 7

    async def away() -> Any:
        raise Unavailable("directory")

    async def unwilling() -> Any:
        raise NotPermitted("nextcloud-right", group="jardin")

    told = await side_by_side({"a": well, "b": away, "c": unwilling, "d": never}, within=0.05)
    assert told == {
        "a": {"is": 7},
        "b": {"away": True},
        "c": {"refused": "nextcloud-right", "words": {"group": "jardin"}},
        "d": {"away": True},
    }


def test_a_lieu_without_a_directory_is_told_of_none() -> None:
    """But that it has none; the hosts of CHATONS are in another one."""
    told = [file.read_text().partition("\n---\n") for file in FOLDER.glob("*.txt")]
    without = [played for header, _, played in told if not re.search(r"(?m)^comptes : oui", header)]
    assert len(without) > 50
    lines = [line for played in without for line in played.splitlines() if "nnuaire" in line]
    assert [line for line in lines if not re.search(r"CHATONS|d’annuaire|n’est nulle part dans l’annuaire", line)] == []
