"""What is written down of copies and of proofs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.store import backups
from bot.store.audit_chain import link
from bot.store.database import Database, migrations

DAY = 86_400_000


async def tried(database: Database, act: str, at: int, name: str, outcome: str) -> None:
    id = await database.write(backups.begin, act, at, name, f"mark of {name}")
    await database.write(backups.end, id, outcome, "", 1)


async def test_the_last_proved_is_told_by_when_the_copy_was_made(database: Database) -> None:
    assert await database.read(backups.last_proved) is None
    await tried(database, "send", 1 * DAY, "a", "done")
    assert await database.read(backups.last_proved) is None, "sent is not proved"
    await tried(database, "prove", 3 * DAY, "a", "done")
    assert await database.read(backups.last_proved) == 1 * DAY
    await tried(database, "send", 4 * DAY, "b", "done")
    for outcome in ("failed", "unknown"):
        await tried(database, "prove", 5 * DAY, "b", outcome)
        assert await database.read(backups.last_proved) == 1 * DAY, outcome
    assert await database.read(backups.proved) == {"a"}


async def test_what_was_written_last_counts_whatever_the_clock_said(database: Database) -> None:
    await tried(database, "send", 9 * DAY, "a", "done")
    await tried(database, "send", 2 * DAY, "b", "done")
    found = await database.read(backups.last, "send", "done")
    assert found
    assert found["name"] == "b"


async def test_a_name_that_was_tried_twice_has_the_word_of_the_last(database: Database) -> None:
    await database.write(backups.begin, "send", 1, "a", "first")
    await database.write(backups.begin, "send", 1, "a", "second")
    assert await database.read(backups.mark_of, "a") == "second"
    assert await database.read(backups.mark_of, "never") == ""


async def test_old_attempts_go_and_the_last_good_copy_is_remembered(database: Database) -> None:
    await tried(database, "send", 1 * DAY, "good", "done")
    await tried(database, "prove", 1 * DAY, "good", "done")
    await tried(database, "send", 2 * DAY, "old", "failed")
    await tried(database, "send", 900 * DAY, "new", "done")
    names = await database.read(lambda tx: {row["name"] for row in tx.execute("SELECT name FROM backups")})
    assert names == {"good", "new"}
    assert await database.read(backups.last_proved) == 1 * DAY


@pytest.mark.parametrize("whom", ["host", "lieux"])
async def test_an_alarm_stands_once(database: Database, whom: str) -> None:
    for since, what in ((1, "unsent"), (2, "late")):
        await database.write(backups.raise_alarm, whom, since, what)
    assert await database.read(backups.alarm, whom) == {"since": 1, "what": "unsent", "told": 0}
    await database.write(backups.end_alarm, whom)
    assert await database.read(backups.alarm, whom) is None


async def proved_towards(database: Database) -> list[int | None]:
    """Of the last proved copy towards anywhere, here, there, and nowhere that one was sent to."""
    return [await database.read(backups.last_proved, towards) for towards in ("", "he_e", "there", "nowhere")]


async def test_what_was_sent_elsewhere_counts_where_nobody_asks_for_a_place(database: Database) -> None:
    """What was sent before places were written down counts as sent anywhere."""
    for number, towards in enumerate(("", "he_e", "there"), 1):
        id = await database.write(backups.begin, "send", number * DAY, f"copy {number}", "word", towards)
        await database.write(backups.end, id, "done", "", 1)
        id = await database.write(backups.begin, "prove", number * DAY, f"copy {number}")
        await database.write(backups.end, id, "done", "", 1)
    assert await proved_towards(database) == [3 * DAY, 2 * DAY, 3 * DAY, 1 * DAY]
    assert await database.read(backups.proved_name, "he_e") == "copy 2"


async def test_data_whose_marks_said_where_copies_went_still_know_it(tmp_path: Path) -> None:
    """An upgrade sends nothing again, and finds in older copies the very word that it looks for."""
    path, marks = tmp_path / "old.sqlite", ("word", "he_e-word", "there-word")
    with closing(sqlite3.connect(path)) as old:
        old.create_function("link", 6, link, deterministic=True)
        for script in migrations()[:39]:
            old.executescript(script)
        for number, mark in enumerate(marks, 1):
            sent = "INSERT INTO backups (act, at, name, mark, outcome) VALUES (?, ?, ?, ?, 'done')"
            old.execute(sent, ("send", number * DAY, f"copy {number}", mark))
            old.execute(sent, ("prove", number * DAY, f"copy {number}", ""))
        old.execute("PRAGMA user_version = 39")
        old.commit()
    upgraded = await Database.open(path)
    assert await proved_towards(upgraded) == [3 * DAY, 2 * DAY, 3 * DAY, 1 * DAY]
    assert [await upgraded.read(backups.mark_of, f"copy {number}") for number in (1, 2, 3)] == [*marks]
    await upgraded.close()
