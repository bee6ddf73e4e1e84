"""A lieu's journal shows when an act is missing from it, or is not as it was written."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.store import audit
from bot.store.audit_chain import link
from bot.store.database import Database, Tx, migrations


def write(tx: Tx) -> None:
    for name in ("La Rosée", "Le Phare"):
        tx.execute("INSERT INTO lieux (space, name, created_at) VALUES (?, ?, 1)", (f"!{name}", name))
    for n in range(6):
        audit.note(tx, 1 + n % 2, n, "@anne:lieu.fr", "invited", f"@zoe{n}:lieu.fr", {"login": f"zoé{n}"})
    audit.note(tx, None, 9, "@anne:lieu.fr", "help", None, {})


def broken(tx: Tx) -> list[tuple[int, int]]:
    return list(audit.broken(tx))


async def test_a_journal_that_nobody_touched_is_whole(database: Database) -> None:
    await database.write(write)
    assert await database.read(broken) == []
    assert [row["about"] for row in await database.read(audit.of_lieu, 1, 2)] == ["@zoe4:lieu.fr", "@zoe2:lieu.fr"]


@pytest.mark.parametrize(
    ("tampering", "sound"),
    [
        ("DELETE FROM acts WHERE at = 0", 0),
        ("DELETE FROM acts WHERE at = 2", 1),
        ("DELETE FROM acts WHERE at = 4", 2),
        ("DELETE FROM acts WHERE lieu = 1", 0),
        ("UPDATE acts SET by = '@bob:lieu.fr' WHERE at = 2", 1),
        ("UPDATE acts SET about = NULL WHERE at = 4", 2),
        ("UPDATE acts SET words = '{}' WHERE at = 0", 0),
        ("UPDATE acts SET at = 7 WHERE at = 4", 2),
    ],
)
async def test_what_is_missing_or_was_changed_shows(database: Database, tampering: str, sound: int) -> None:
    await database.write(write)
    await database.write(lambda tx: tx.execute(tampering))
    assert await database.read(broken) == [(1, sound)]


async def test_acts_from_before_the_chain_are_chained(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite"
    old = sqlite3.connect(path)
    old.executescript(f"{migrations()[0]}; PRAGMA user_version = 1;")
    old.execute("INSERT INTO lieux (space, name, created_at) VALUES ('!rosee', 'La Rosée', 1)")
    for n in range(3):
        words = '{"login": "zoé"}'
        old.execute(
            "INSERT INTO acts (lieu, at, by, what, about, words) VALUES (?, ?, '@anne:lieu.fr', 'invited', NULL, ?)",
            (1 if n < 2 else None, n, words),
        )
    old.commit()
    old.close()
    database = await Database.open(path)
    try:
        assert await database.read(broken) == []
        first = link("", 0, "@anne:lieu.fr", "invited", None, '{"login": "zoé"}')
        hashes = await database.read(lambda tx: [row["hash"] for row in tx.execute("SELECT hash FROM acts")])
        assert hashes == [first, link(first, 1, "@anne:lieu.fr", "invited", None, '{"login": "zoé"}'), ""]
    finally:
        await database.close()
