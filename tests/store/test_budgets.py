"""What a source may spend: counted once for each cause, kept over a restart, bounded, and given back with time."""

from __future__ import annotations

from pathlib import Path

from bot.store.budgets import HOUR, Budget, refill, spend, spent
from bot.store.database import Database, Tx

FEW = Budget("cards", 3)
ROSEE = "lieu/1"


def rows(tx: Tx) -> int:
    return int(tx.execute("SELECT count(*) AS n FROM spent").fetchone()["n"])


async def test_so_many_then_one_that_says_so_then_nothing(database: Database) -> None:
    found = [await database.write(spend, FEW, ROSEE, f"${n}", 1_000) for n in range(6)]
    assert [one.within for one in found] == [True] * 3 + [False] * 3
    assert [one.first_beyond for one in found] == [False] * 3 + [True, False, False]
    assert {one.until for one in found} == {1_000 + HOUR}


async def test_what_is_heard_twice_is_counted_once(database: Database) -> None:
    first = await database.write(spend, FEW, ROSEE, "$a", 1_000)
    assert await database.write(spend, FEW, ROSEE, "$a", 2_000) == first
    assert (await database.write(spend, FEW, ROSEE, "$b", 2_000)).n == 2
    for n in range(3, 5):
        assert (await database.write(spend, FEW, ROSEE, f"${n}", 2_000)).n == n
    assert (await database.write(spend, FEW, ROSEE, "$4", 2_000)).first_beyond


async def test_each_source_and_each_kind_has_its_own(database: Database) -> None:
    for n in range(5):
        await database.write(spend, FEW, ROSEE, f"${n}", 1_000)
    assert (await database.write(spend, FEW, "lieu/2", "$9", 1_000)).within
    assert (await database.write(spend, Budget("words", 3), ROSEE, "$9", 1_000)).within


async def test_the_window_ends_and_leaves_no_trace(database: Database) -> None:
    for n in range(5):
        await database.write(spend, FEW, ROSEE, f"${n}", 1_000 + n)
    assert (await database.write(spend, FEW, ROSEE, "$9", 1_000 + HOUR)).n == 1
    assert await database.read(rows) == 1


async def test_a_flood_of_causes_does_not_fill_the_disk(database: Database) -> None:
    for n in range(500):
        await database.write(spend, FEW, ROSEE, f"${n}", 1_000)
    assert await database.read(rows) == FEW.most + 1


async def test_looking_spends_nothing_and_a_refill_gives_all_back(database: Database) -> None:
    for n in range(5):
        await database.write(spend, FEW, ROSEE, f"${n}", 1_000)
    assert (await database.read(spent, FEW, ROSEE, 1_000)).n == await database.read(rows) + 1
    await database.write(refill, FEW, ROSEE)
    assert (await database.read(spent, FEW, ROSEE, 1_000)).n == 1


async def test_a_clock_that_was_wrong_for_a_while_shuts_nobody_out(database: Database) -> None:
    for n in range(5):
        await database.write(spend, FEW, ROSEE, f"${n}", 10**13)
    assert (await database.write(spend, FEW, ROSEE, "$9", 1_000)).n == 1


async def test_a_clock_set_back_by_hours_locks_nobody_for_hours(database: Database) -> None:
    """An hour's budget that ended at noon is not kept from ten in the morning on until then."""
    late, early = 20 * HOUR, 10 * HOUR
    for n in range(5):
        await database.write(spend, FEW, ROSEE, f"${n}", late)
    assert (await database.read(spent, FEW, ROSEE, early)).within
    again = [await database.write(spend, FEW, ROSEE, f"$again{n}", early) for n in range(4)]
    assert [one.within for one in again] == [True] * 3 + [False]
    assert {one.until for one in again} == {early + HOUR}


async def test_a_restart_gives_nothing_back(tmp_path: Path) -> None:
    first = await Database.open(tmp_path / "bot.sqlite")
    for n in range(4):
        await first.write(spend, FEW, ROSEE, f"${n}", 1_000)
    await first.close()
    second = await Database.open(tmp_path / "bot.sqlite")
    try:
        assert not (await second.write(spend, FEW, ROSEE, "$9", 2_000)).within
    finally:
        await second.close()
