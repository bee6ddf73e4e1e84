"""The process dies at every write of a departure: nothing is taken without being noted, nor given back twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.services.nextcloud import NEXTCLOUD
from tests.commands.welcome.test_crash_welcome import ANNE, BOB, Play, World, deaths
from tests.stage.memory_synapse import somebody
from tests.tiers import Sweep

LEA = "@lea:lieu.fr"


async def lea_is_here(world: World) -> None:
    """A member for long: every service holds something of hers, made by the bot."""
    arrivals, ownership, cloud = world.stage.bot.arrivals, world.stage.bot.ownership, world.stage.services[NEXTCLOUD]
    (lieu,) = await world.stage.bot.lieux.all()
    for room in world.matrix.world.rooms.values():
        room.members[LEA] = "join"
    world.matrix.world.rooms[world.hall].levels[LEA] = 50
    world.matrix.names[LEA] = "Léa"
    world.synapse.known[LEA], world.synapse.sessions[LEA] = somebody(LEA), {"téléphone"}
    await world.directory.ensure_account("lea", "Léa", "lea@exemple.fr")
    await world.directory.set_member("rosee", "lea", True)
    await ownership.own_account(lieu.id, "lea", LEA, address=LEA)
    world.server.add_account("lea", groups=["rosee", "rosee.velo"])
    await ownership.own(lieu.id, "directory", "group", "rosee.velo")
    await ownership.own(lieu.id, "nextcloud", "account", "lea", LEA)
    assert cloud is not None
    await cloud.folders.ensure("Photos")
    share = await cloud.shares.ensure("Photos", person="lea", expires="2027-03-01")
    await ownership.own(lieu.id, "nextcloud", "share", share["id"], LEA)
    await arrivals.expect(lieu.id, "@awa:ailleurs.fr", LEA, name="Awa")


async def undone(world: World) -> None:
    for line in ("!départ léa", "tout de suite", "passer", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))
    await world.passes(3)
    for line in ("!départ annuler léa", "oui"):
        await world.happens(world.writes(BOB, world.office, line))


async def closed(world: World) -> None:
    """Told first; Bob takes over."""
    for line in ("!départ léa", "prévenir", "demain", "bob", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))
    await world.passes(2)
    await world.passes(29)
    await world.happens(world.clicks(BOB, world.office, "✅"))
    await world.passes(2)


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("play", [undone, closed])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, play: Play, after: bool) -> None:
    assert len(await deaths(tmp_path, sweep, after, play, lea_is_here)) > 60
