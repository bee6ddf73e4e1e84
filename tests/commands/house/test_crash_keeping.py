"""The process dies at every write of `!installer conservation`: it is chosen once, and what was shown is what goes."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import audit, retention
from tests.commands.welcome.test_crash_welcome import ANNE, World, deaths
from tests.tiers import Sweep

DAY = 86_400_000


async def an_old_journal(world: World) -> None:
    await world.stage.enter(ANNE, await world.matrix.rooms.direct(ANNE))
    (lieu,) = await world.stage.bot.lieux.all()
    for months in (30, 20, 10):
        at = world.stage.clock.at - months * 30 * DAY
        await world.stage.database.write(audit.note, lieu.id, at, ANNE, "installed", None, {})


async def chosen(world: World) -> None:
    for said in ("!installer conservation", "3 mois", "1 an", "18 mois", "garder tel quel"):
        await world.happens(world.writes(ANNE, world.direct(ANNE), said))
    assert "2 lignes du journal" in world.stage.last(world.direct(ANNE))
    await world.happens(world.clicks(ANNE, world.direct(ANNE), "✅"))
    (lieu,) = await world.stage.bot.lieux.all()
    assert lieu.choices.kept == {"talks": 3, "journal": 12, "departed": 18, "asleep": 36}
    night = await world.stage.database.read(retention.night_of, lieu.id)
    assert night
    assert [*night["agreed"]] == ["journal"]
    acts = await world.stage.database.read(audit.of_lieu, lieu.id, 100)
    assert [act["what"] for act in acts].count("keeping") == 1
    told = [text for text in world.stage.said(world.office) if "a raccourci" in text]
    assert len(told) == 1, "and the others, who may still say no"
    assert "2 lignes du journal" in told[0]


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    assert len(await deaths(tmp_path, sweep, after, chosen, an_old_journal)) > 8
