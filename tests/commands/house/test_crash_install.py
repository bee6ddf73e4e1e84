"""The process dies at every write of an installation: nothing is made twice, asked twice, nor forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.welcome.test_crash_welcome import ANNE, World, deaths
from tests.stage.stage import ME
from tests.tiers import Sweep

NAME = "Le Phare"


async def a_space(world: World) -> None:
    """Anne's, with two rooms as Element makes them; the bot has power in the space, and is in no room yet."""
    space = world.matrix.room(NAME, space=True)
    space.members, space.levels = {ANNE: "join", ME: "join"}, {ANNE: 100, ME: 100}
    for name in ("Place du phare", "Atelier du phare"):
        room = world.matrix.room(name, parent=space.room_id)
        room.members, room.levels, room.join = {ANNE: "join"}, {ANNE: 100}, "restricted"
    world.server.memory.accounts["concierge"].groups.append("admin")
    (before,) = await world.stage.bot.lieux.all()
    await world.stage.bot.lieux.left(before.space, 1)
    await world.stage.bot.lieux.create(space.room_id, NAME, language="fr", zone="Europe/Paris", now=1)
    await world.stage.enter(ANNE, await world.matrix.rooms.direct(ANNE))


async def installed(world: World) -> None:
    said = ("!installer", "On range.", "comme tu veux", "bof", "fuseau : La Réunion", "modifier accord", "non")
    for line in said:
        await world.happens(world.writes(ANNE, world.direct(ANNE), line))
    await world.happens(world.clicks(ANNE, world.direct(ANNE), "✅"))
    lieu = (await world.stage.bot.lieux.all())[-1]
    assert lieu.choices.installed, world.stage.said(world.direct(ANNE))
    assert (lieu.choices.zone, lieu.choices.approval, lieu.choices.charter) == ("Indian/Reunion", False, "On range.")
    assert (lieu.choices.group, lieu.choices.folder) == ("le.phare", NAME)


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    assert len(await deaths(tmp_path, sweep, after, installed, a_space)) > 60
