"""A lieu's journal shows when an act is missing from it, or is not as it was written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.operator import audit_check
from bot.store import audit, audit_chain, journal_start
from bot.store.audit_chain import link, sealed_link
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


# -- what was forgotten


def forget(tx: Tx, about: tuple[int, ...] = (1, 3), doers: tuple[int, ...] = (1,)) -> None:
    audit.forget(tx, 1, 20, "@bob:lieu.fr", about, doers)


async def test_what_was_forgotten_is_gone_and_the_journal_is_whole(database: Database) -> None:
    await database.write(write)
    await database.write(forget)
    assert await database.read(broken) == []
    assert await database.read(audit.forgotten, 1) == 2
    told, third, second, first = await database.read(audit.of_lieu, 1, 9)
    assert (told["by"], told["what"], told["words"]) == ("@bob:lieu.fr", "forgotten", {"rows": "1-2", "by": "1"})
    assert (first["by"], first["about"], first["words"], first["forgotten"]) == ("", None, {}, ["by", "about"])
    assert (second["by"], second["about"], second["forgotten"]) == ("@anne:lieu.fr", None, ["about"])
    assert "forgotten" not in third
    kept = await database.read(lambda tx: [*tx.execute("SELECT * FROM acts WHERE lieu = 1")])
    assert [row["seq"] for row in kept if "zo" in str([*row])] == [5]
    await database.write(forget, (), ())  # nothing to forget, nothing said
    await database.write(forget, (5,), (8,))  # and whoever had it forgotten is forgotten too
    assert await database.read(broken) == []
    assert len(await database.read(audit.of_lieu, 1, 9)) == 5


@pytest.mark.parametrize(
    ("tampering", "sound"),
    [
        ("UPDATE acts SET about = NULL, words = '{}', salt = NULL WHERE seq = 5", 2),
        ("UPDATE acts SET by = '', by_salt = NULL WHERE seq = 3", 1),
        ("UPDATE acts SET about = '@eve:lieu.fr' WHERE seq = 1", 0),
        ('UPDATE acts SET words = \'{"a": "b"}\' WHERE seq = 3', 1),
        ("UPDATE acts SET what = 'declined' WHERE seq = 3", 1),
        ("UPDATE acts SET at = 5 WHERE seq = 1", 0),
        ("UPDATE acts SET seal = 'f' WHERE seq = 3", 1),
        ("UPDATE acts SET salt = 'f' WHERE seq = 3", 1),
        ("DELETE FROM acts WHERE seq = 3", 1),
        ("UPDATE acts SET words = json_set(words, '$.rows', '1-3') WHERE seq = 8", 3),
        ("UPDATE acts SET words = '{}', salt = NULL WHERE seq = 8", 0),
        ("DELETE FROM acts WHERE seq = 8", 0),
        ("DELETE FROM acts WHERE seq = 8; UPDATE chains SET count = 3 WHERE lieu = 1", 0),
    ],
)
async def test_what_is_wrong_beside_what_was_forgotten_shows(database: Database, tampering: str, sound: int) -> None:
    await database.write(write)
    await database.write(forget)
    await database.write(lambda tx: [tx.execute(each) for each in tampering.split("; ")])
    assert await database.read(broken) == [(1, sound)]


async def test_what_was_forgotten_does_not_come_back(database: Database) -> None:
    """Put back out of an older backup, field and salt."""
    await database.write(write)
    kept = await database.read(lambda tx: dict(tx.execute("SELECT * FROM acts WHERE seq = 3").fetchone()))
    await database.write(forget)
    back = "UPDATE acts SET about = :about, words = :words, salt = :salt WHERE seq = :seq"
    await database.write(lambda tx: tx.execute(back, kept))
    assert await database.read(broken) == [(1, 1)]


def test_places_are_read_as_they_were_told() -> None:
    assert audit_chain.told([3, 1, 2, 9, 7]) == "1-3 7 9"
    assert [*audit_chain.places("1-3 7 9", below=8)] == [1, 2, 3, 7]
    for hostile in ("", None, "-", "1-", "-3", "a-b", "1-99999999999999999999", "³", "1 2-x"):
        assert set(audit_chain.places(hostile, below=5)) <= {1}, hostile


# -- journals that could not forget


def old_journal(path: Path, *, version: int = 32, acts: int = 4, tampering: str = "") -> None:
    """As the program wrote it that could not."""
    with closing(sqlite3.connect(path)) as old:
        old.create_function("link", 6, link, deterministic=True)
        for script in migrations()[:version]:
            old.executescript(script)
        old.execute("INSERT INTO lieux (space, name, created_at) VALUES ('!rosee', 'La Rosée', 1)")
        old.execute("INSERT INTO lieux (space, name, created_at) VALUES ('!phare', 'Le Phare', 1)")
        mark = ""
        rows = []
        for n in range(acts):
            act = (n, "@anne:lieu.fr", "invited", f"@zoe{n}:lieu.fr" if n % 2 else None, '{"login": "zo\u00e9"}')
            mark = link(mark, *act)
            rows.append((1, *act, mark))
        old.executemany("INSERT INTO acts (lieu, at, by, what, about, words, hash) VALUES (?,?,?,?,?,?,?)", rows)
        old.execute("INSERT INTO chains (lieu, count, hash) VALUES (1, ?, ?)", (acts, mark))
        old.execute("INSERT INTO acts (at, by, what) VALUES (1, '@anne:lieu.fr', 'help')")
        old.executescript(f"{tampering}; PRAGMA user_version = {version}")
        old.commit()


def past(tx: Tx) -> tuple[object, ...]:
    return tuple(tx.execute("SELECT past_hash, past_count, past_fault FROM chains WHERE lieu = 1").fetchone())


async def test_a_journal_that_could_not_forget_can(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite"
    old_journal(path)
    with closing(sqlite3.connect(path)) as old:
        ((head,),) = old.execute("SELECT hash FROM chains").fetchall()
    for _ in range(2):  # and is not chained once more
        database = await Database.open(path)
        try:
            assert await database.read(broken) == []
            assert await database.read(past) == (head, 4, None)
            first = await database.read(lambda tx: tx.execute("SELECT * FROM acts").fetchone())
            before = audit_chain.beginning(head, 4, None)
            assert first["hash"] == sealed_link(before, 0, "invited", first["by_seal"], first["seal"])
        finally:
            await database.close()
    database = await Database.open(path)
    try:
        await database.write(lambda tx: audit.forget(tx, 1, 9, "@bob:lieu.fr", (2,), ()))
        assert await database.read(broken) == []
        await database.write(lambda tx: tx.execute("UPDATE chains SET past_hash = 'f'"))
        assert await database.read(broken) == [(1, 0)], "how it ended before is held by the first link"
    finally:
        await database.close()


@pytest.mark.parametrize(
    ("tampering", "sound"),
    [
        ("UPDATE acts SET by = '@bob:lieu.fr' WHERE at = 2 AND lieu = 1", 2),
        ("DELETE FROM acts WHERE at = 1 AND lieu = 1", 1),
        ("DELETE FROM acts WHERE at = 3", 3),
        ("DELETE FROM acts WHERE lieu = 1", 0),
        ("DELETE FROM chains", 4),
        ("UPDATE chains SET count = 5", 4),
    ],
)
async def test_a_fault_from_before_stays_told(tmp_path: Path, tampering: str, sound: int) -> None:
    path = tmp_path / "bot.sqlite"
    old_journal(path, tampering=tampering)
    database = await Database.open(path)
    try:
        assert await database.read(broken) == [(1, sound)]
        await database.write(lambda tx: audit.note(tx, 1, 9, "@anne:lieu.fr", "invited", None, {}))
        assert await database.read(broken) == [(1, sound)]
        await database.write(lambda tx: tx.execute("UPDATE chains SET past_fault = NULL"))
        assert await database.read(broken) == [(1, 0)], "nor is it taken back"
    finally:
        await database.close()
    lines, whole = await audit_check.verify(tmp_path)
    assert not whole
    assert lines[1] == "✓ Le Phare: 0 acts, none missing"


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
        second = link(first, 1, "@anne:lieu.fr", "invited", None, '{"login": "zoé"}')
        assert await database.read(past) == (second, 2, None)
    finally:
        await database.close()


async def test_a_journal_that_was_forgotten_whole_is_not_taken_for_one_of_before(database: Database) -> None:
    """Nothing was done in this lieu for as long as it keeps; then another one is imported, or the program upgraded."""
    await database.write(write)
    for lieu in (1, 2):
        upto = await database.read(journal_start.last_old, lieu, 99, 99)
        await database.write(journal_start.forget, lieu, upto, 99)
    assert (await database.read(audit.counted))[0] == (1, "La Rosée", 0)
    await database.write(audit_chain.chain_anew)
    assert await database.read(broken) == []
    await database.write(audit.note, 1, 20, "@anne:lieu.fr", "invited", None, {})
    assert await database.read(broken) == []
    await database.write(lambda tx: tx.execute("DELETE FROM acts WHERE lieu = 1"))
    await database.write(audit_chain.chain_anew)
    assert await database.read(broken) == [(1, 3)], "and one that somebody emptied still shows"
