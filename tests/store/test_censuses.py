"""What lists of others tell of lieux: found by place or by words, told once, and forgotten whole."""

from __future__ import annotations

from threading import get_ident
from typing import Any

import pytest

from bot.network.censuses import Censuses
from bot.network.geography import far
from bot.store import censuses
from bot.store.censuses import CensusLieu, FoundLieu
from bot.store.database import Database, Tx

TOURS, CHINON = (47.3948, 0.7040), (47.1670, 0.2428)
FROM_TOURS = "geo:47.3948,0.7040"


def lieu(name: str, town: str = "Tours", place: tuple[float, float] | None = TOURS, told: str = "") -> CensusLieu:
    return CensusLieu(name, town, "", *(place or (None, None)), "", told)


async def keep(database: Database, source: str, date: str, *lieux: CensusLieu) -> None:
    await database.write(censuses.replace, source, "Licence Ouverte 2.0", date, 1, censuses.rows_of(lieux))


async def search(
    database: Database,
    *words: str,
    place: tuple[float, float] | None = None,
    reach: float | None = None,
    but: tuple[str, ...] = (),
    most: int = 40,
) -> tuple[int, list[str]]:
    every, found = await database.read(lambda tx: censuses.search(tx, words, place, reach, but, most))
    return every, [one["name"] for one in found]


async def test_the_nearest_come_first_and_what_is_too_far_not_at_all(database: Database) -> None:
    places = {f"Lieu {n}": (46.5 + n * 0.1, 0.7) for n in range(20)} | {"Très à l’est": (47.3948, 1.5)}
    await keep(
        database, "A", "2026", *(lieu(name, place=place) for name, place in places.items()), lieu("?", place=None)
    )
    every, found = await search(database, place=TOURS, reach=50.0)
    near = {name: far(FROM_TOURS, f"geo:{place[0]:.4f},{place[1]:.4f}") or 0 for name, place in places.items()}
    assert sorted(found) == sorted(name for name, km in near.items() if km <= 50)
    assert [near[name] for name in found] == sorted(near[name] for name in found)
    assert every == len(found)
    assert (await search(database, place=TOURS))[1][-1] == "?", "one that is nowhere comes last"


async def test_all_the_words_have_to_be_told_whatever_their_accents(database: Database) -> None:
    await keep(database, "A", "2026", lieu("L’Étincelle", told="Soudure, céramique"), lieu("La Rosée", told="soudure"))
    assert await search(database, "soudure", "ceramique") == (1, ["L’Étincelle"])
    assert await search(database, "etincelle") == (1, ["L’Étincelle"])
    assert await search(database, "%") == (0, [])
    assert await search(database, "' OR 1") == (0, [])


async def test_what_is_known_otherwise_is_not_told(database: Database) -> None:
    await keep(database, "A", "2026", lieu("La Rosée"), lieu("La Rosée", "Chinon", CHINON), lieu("Le Moulin"))
    known = (censuses.known_as("LA ROSEE", "tours"), censuses.known_as("x", "y"))
    assert await search(database, place=TOURS, but=known) == (2, ["Le Moulin", "La Rosée"])


@pytest.mark.parametrize(("first", "second"), [("2019-06", "2023"), ("2023", "2019-06")])
async def test_what_two_lists_name_is_told_as_the_later_one_does(database: Database, first: str, second: str) -> None:
    await keep(database, "A", first, lieu("La Rosée"), lieu("Ancien" if first < second else "Neuf"))
    await keep(database, "B", second, lieu("La Rosée"), lieu("Neuf" if first < second else "Ancien"))
    every, found = await database.read(lambda tx: censuses.search(tx, (), None, None, (), 40))
    assert every == 3
    assert [one["date"] for one in found if one["name"] == "La Rosée"] == ["2023"]


async def test_a_source_is_replaced_and_forgotten_whole(database: Database) -> None:
    await keep(database, "A", "2019", *(lieu(f"Lieu {n}") for n in range(50)))
    await keep(database, "B", "2020", lieu("Autre"))
    await keep(database, "A", "2026", lieu("La Rosée"))
    assert await search(database) == (2, ["Autre", "La Rosée"])
    assert await database.write(censuses.forget, "A")
    assert not await database.write(censuses.forget, "A")
    assert await search(database) == (1, ["Autre"])
    assert (await database.read(lambda tx: tx.execute("SELECT count(*) FROM census_lieux").fetchone()))[0] == 1


async def test_how_many_there_are_is_told_though_not_all_are_read(database: Database) -> None:
    await keep(database, "A", "2026", *(lieu(f"Lieu {n:03}") for n in range(100)))
    assert await search(database, most=2) == (100, ["Lieu 000", "Lieu 001"])


async def test_what_is_near_is_found_by_an_index(database: Database) -> None:
    await keep(database, "A", "2026", lieu("La Rosée"))
    plans = list[str]()

    def watched(tx: censuses.Tx) -> None:
        tx.set_trace_callback(plans.append)
        censuses.search(tx, (), TOURS, 50.0, (), 40)
        tx.set_trace_callback(None)
        counting = next(query for query in plans if "count(*)" in query)
        plans[:] = [row["detail"] for row in tx.execute(f"EXPLAIN QUERY PLAN {counting}")]

    await database.read(watched)
    assert any("census_lieux_latitude" in step for step in plans), plans


async def test_all_lieux_are_looked_at_once(database: Database) -> None:
    """In steps of SQLite, a hundred at a time. Of a list of 40,000 lieux, that is 50 ms; twice as many steps before."""
    n = 2_000
    for source, date in (("A", "2025"), ("B", "2026")):
        await keep(database, source, date, *(lieu(f"Lieu {m}", told="soudure, bois") for m in range(n)))
    steps = 0

    def counted() -> int:
        nonlocal steps
        steps += 100
        return 0

    def looked(tx: Tx) -> int:
        tx.set_progress_handler(counted, 100)
        try:
            return censuses.search(tx, ["soudure"], TOURS, None, (), 40)[0]
        finally:
            tx.set_progress_handler(None, 0)

    assert await database.read(looked) == n, "each of both lists"
    assert steps / (2 * n) < 60


async def test_a_search_holds_up_nothing_else(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not in the thread of the event loop, in which whatever reads at once does."""
    threads, real = set[int](), censuses.search

    def seen(tx: Tx, **how: Any) -> tuple[int, list[FoundLieu]]:
        threads.add(get_ident())
        return real(tx, **how)

    monkeypatch.setattr(censuses, "search", seen)
    await keep(database, "A", "2026", lieu("La Rosée"))
    assert (await Censuses(database, lambda: 1).search("rosée", None, False, []))["n"] == 1
    assert len(threads) == 1
    assert get_ident() not in threads
