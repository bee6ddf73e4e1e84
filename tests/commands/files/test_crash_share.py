"""The process dies at every write of a share: it is made once, its password told once, its end announced once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.welcome.test_crash_welcome import ANNE, BOB, World, deaths
from tests.tiers import Sweep


async def whole_share(world: World) -> None:
    """A link with a password, told in private; a week before its end it is extended."""
    for line in ("!partage lien Photos", "lire", "dans deux semaines", "Fête"):
        await world.happens(world.writes(ANNE, world.office, line))
    await world.happens(world.clicks(ANNE, world.office, "✅"))
    await world.happens(world.enters(ANNE, world.direct(ANNE)))
    await world.passes(7.1)
    await world.happens(world.clicks(BOB, world.office, "✅"))
    await world.happens(world.writes(BOB, world.office, "!partages"))


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write_of_a_share(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    assert len(await deaths(tmp_path, sweep, after, whole_share)) > 40
