"""The process dies at every write of a silence, of its end and of an exclusion: nothing is taken twice, nor kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.store.database import Tx
from tests.commands.welcome.test_crash_welcome import ANNE, Mortal, World, world
from tests.tiers import Sweep

MARC = "@marc:lieu.fr"


async def whole_story(there: World) -> None:
    office = there.office
    for line in (f"!modérer {MARC}", "faire taire", "un jour", "Du calme", "oui"):
        await there.happens(there.writes(ANNE, office, line))
    if not await Mortal.survives(there.stage.wait(1.1)):
        await there.die_and_rise()
        await there.stage.wait(0.1)
    for line in (f"!modérer {MARC}", "exclure", "Insultes", "oui"):
        await there.happens(there.writes(ANNE, office, line))


def lines(tx: Tx) -> list[tuple[str, ...]]:
    return [(r["by"], r["what"], r["about"], r["words"]) for r in tx.execute("SELECT * FROM acts ORDER BY seq")]


async def played(path: Path, deadly: int, after: bool) -> tuple[dict[str, Any], list[str]]:
    async with world(path) as there:
        for room in there.matrix.world.rooms.values():
            room.members[MARC] = "join"
        there.matrix.world.rooms[there.hall].levels[MARC] = 10
        Mortal.dies_at(deadly, after=after)
        await whole_story(there)
        assert not Mortal.deadly, f"nobody died at write {deadly}"
        writes = [*Mortal.kinds]
        kept = await there.stage.database.read(lambda tx: tx.execute("SELECT count(*) FROM silences").fetchone()[0])
        levels = {there.title(id): dict(room.levels) for id, room in there.matrix.world.rooms.items()}
        made = {"acts": await there.stage.database.read(lines), "levels": levels, "silences": kept}
        made["members"] = {there.title(id): dict(room.members) for id, room in there.matrix.world.rooms.items()}
        said = {there.title(id): there.stage.said(id) for id in there.matrix.world.rooms}
        return made | {"said": said}, writes


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write_of_moderation(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    alive, writes = await played(tmp_path / "alive", 0, after)
    assert [line[1] for line in alive["acts"]] == ["silenced", "silence-over", "excluded"]
    assert alive["silences"] == 0
    assert len(writes) > 50
    for write in sweep(writes, after=after):
        found, _ = await played(tmp_path / str(write), write, after)
        assert found == alive, f"death {'after' if after else 'before'} write {write}"


# -- several at once

SPAM = [f"@spam{n}:spam.example" for n in range(7)]


async def a_list(path: Path, deadly: int, after: bool) -> tuple[dict[str, Any], list[str]]:
    async with world(path) as there:
        for room in there.matrix.world.rooms.values():
            room.members[SPAM[0]] = "join"
        Mortal.dies_at(deadly, after=after)
        for line in ("!modérer " + "\n".join([*SPAM, "*.example"]), "Pourriels", "oui"):
            await there.happens(there.writes(ANNE, there.office, line))
        assert not Mortal.deadly, f"nobody died at write {deadly}"
        writes = [*Mortal.kinds]
        made: dict[str, Any] = {"acts": await there.stage.database.read(lines)}
        made["members"] = {there.title(id): dict(room.members) for id, room in there.matrix.world.rooms.items()}
        made["shut"] = {there.title(id): list(room.shut) for id, room in there.matrix.world.rooms.items()}
        return made | {"said": {there.title(id): there.stage.said(id) for id in there.matrix.world.rooms}}, writes


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_after_a_death_in_the_middle_of_a_list_nobody_is_excluded_twice_nor_forgotten(
    tmp_path: Path, sweep: Sweep, after: bool
) -> None:
    alive, writes = await a_list(tmp_path / "alive", 0, after)
    assert [line[1] for line in alive["acts"]] == ["excluded"] * 7 + ["server-shut"]
    assert len(writes) > 20
    for write in sweep(writes, after=after):
        found, _ = await a_list(tmp_path / str(write), write, after)
        assert found == alive, f"death {'after' if after else 'before'} write {write}"
