"""The process dies at every write of a maintenance that is announced, moved and called off: each is said once in each
room that was told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.store.database import Tx
from tests.commands.welcome.test_crash_welcome import ANNE, BOB, Mortal, World, world
from tests.tiers import Sweep

SAID = (
    *((ANNE, line) for line in ("!garanties maintenance samedi 8h-10h", "tout", "Place", "oui")),
    *((BOB, line) for line in ("!garanties déplacer lundi 9h-11h", "oui")),
    *((ANNE, line) for line in ("!garanties maintenance dimanche 8h-9h", "tout", "rien", "oui")),
    *((BOB, line) for line in ("!garanties annuler celle de lundi", "oui")),
)


async def story(world: World) -> None:
    for who, line in SAID:
        await world.happens(world.writes(who, world.office, line))


def kept(tx: Tx) -> list[list[tuple[Any, ...]]]:
    tables = ("begins_at, ends_at, services FROM maintenances", "maintenance, room_id FROM maintenance_rooms")
    return [[tuple(row) for row in tx.execute(f"SELECT {one} ORDER BY 1")] for one in tables]


async def played(path: Path, deadly: int, after: bool) -> tuple[dict[str, Any], Any, list[str]]:
    async with world(path) as there:
        Mortal.dies_at(deadly, after=after)
        await story(there)
        assert not Mortal.deadly, f"nobody died at write {deadly}"
        return there.seen(), await there.stage.database.read(kept), [*Mortal.kinds]


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    seen, left, writes = await played(tmp_path / "alive", 0, after)
    (place,) = [events for title, events in seen.items() if "Place" in title]
    told = [text for text in map(str, place) if "aintenance" in text]
    assert len(told) == 3, told
    assert [len(rows) for rows in left] == [1, 0]
    for write in sweep(writes, after=after):
        found, there, _ = await played(tmp_path / str(write), write, after)
        assert there == left, f"death at write {write}"
        for room, events in seen.items():
            assert found[room] == events, f"death at write {write}, in {room}"
