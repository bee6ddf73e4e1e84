"""The process dies at every write of an erasure: it is done once, whole, and told once."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.store import audit, erasures
from tests.commands.people.test_crash_departure import LEA, lea_is_here
from tests.commands.welcome.test_crash_welcome import ANNE, Play, World, deaths
from tests.stage.old_talks import forget_talks
from tests.stage.sudden_death import Mortal
from tests.store.test_personal import dump_of
from tests.tiers import Sweep

HERS = ("@lea:", "lea@", "léa", ': "lea"')


async def lea_has_a_story(world: World) -> None:
    await lea_is_here(world)
    await world.stage.database.write(audit.note, 1, 5, ANNE, "invited", LEA, {})
    await world.stage.database.write(audit.note, 1, 6, LEA, "greeted", "@awa:lieu.fr", {})
    await world.stage.bot.people.choose_language(LEA, "fr")


async def nights_pass(world: World) -> None:
    await world.stage.database.write(forget_talks, world.stage.clock.at)
    await world.stage.bot.forget()


async def erased(world: World) -> None:
    await world.happens(world.writes(LEA, world.hall, "!effacer-mes-données"))
    await world.happens(world.writes(LEA, world.direct(LEA), "oui"))
    await world.happens(world.clicks(ANNE, world.office, "✅"))
    await world.passes(0.5)
    found = await world.stage.database.read(dump_of, *HERS)
    kept = {"acts.by", "conversations.person"}  # the last is this very talk, for a month
    places = {place.partition("/")[0] for place in found}
    if not Mortal.deadly or Mortal.died.is_set():
        assert places >= kept
    assert places - kept <= {"steps.value", "steps.raw", "steps.of", "steps.by", "steps.key", "inbox.sender"}, found
    assert await world.stage.database.read(lambda tx: list(audit.broken(tx))) == []
    assert len(erasures.read(world.path / erasures.FILE)) == 1
    await world.passes(31)
    if not await Mortal.survives(nights_pass(world)):
        await world.die_and_rise()
        await nights_pass(world)
    left = {place.partition("/")[0] for place in await world.stage.database.read(dump_of, *HERS)}
    assert left == {"acts.by"}


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("play", [erased])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, play: Play, after: bool) -> None:
    assert len(await deaths(tmp_path, sweep, after, play, lea_has_a_story)) > 60
