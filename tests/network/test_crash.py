"""A bot dies at every write of a network's life: it is made, entered, settled, asked in and left, once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.network.lieux import Lieux, Place
from tests.network.two import LASER
from tests.stage.sudden_death import Mortal
from tests.tiers import Sweep

ROSEE, MOULIN = "La Rosée", "Le Moulin"


async def say(lieux: Lieux, place: Place, *lines: str) -> None:
    for line in lines:
        await lieux.write(place.concierge, place.office.room_id, line)


async def story(lieux: Lieux) -> None:
    rosee, moulin = lieux.places.values()
    await say(lieux, rosee, "!réseau créer Touraine", "Tours", "oui")
    space = next(room for room in lieux.rooms.values() if room.network and room.space)
    await say(
        lieux, moulin, f"!réseau rejoindre {await rosee.stage.matrix.network_rooms.address(space.room_id)}", "Chinon"
    )
    await lieux.click(rosee.concierge, rosee.office.room_id, "✅")
    await say(lieux, moulin, "!réseau régler page", "moulin.example", "oui", "!réseau régler calme", "22 - 8")
    await lieux.ask(moulin, LASER)
    await say(lieux, rosee, "!réseau confier", "1", "oui", "!réseau quitter", "oui")
    await say(lieux, moulin, "!réseau quitter", "oui")


async def played(path: Path, mortal: str, deadly: int, after: bool) -> tuple[Any, list[str]]:
    """What everybody sees in the end, and how often the bot of this lieu wrote."""
    lieux, life = Lieux(path), Mortal.another()
    for name, server in ((ROSEE, "rosee.fr"), (MOULIN, "moulin.fr")):
        await lieux.build(name, server, **({"store": life} if name == mortal else {}))
    life.dies_at(deadly, after=after)
    await story(lieux)
    assert not life.deadly, f"nobody died at write {deadly}"
    writes = [*life.kinds]
    rooms = [(r.name, sorted(r.members.items()), r.levels, sorted(r.declared)) for r in lieux.rooms.values()]
    said = {
        place.name: Counter(re.sub(r"%21\d+", "", one) for one in lieux.said(place)) for place in lieux.places.values()
    }
    shared = Counter(e["content"]["body"] for r in lieux.rooms.values() for e in r.events if r.network)
    await lieux.close()
    return (rooms, said, shared), writes


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("mortal", [ROSEE, MOULIN])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, mortal: str, after: bool) -> None:
    alive, writes = await played(tmp_path / "alive", mortal, 0, after)
    assert len(writes) > 50
    for write in sweep(writes, after=after):
        seen, _ = await played(tmp_path / str(write), mortal, write, after)
        for name, mine, theirs in zip(("rooms", "said", "shared"), seen, alive, strict=True):
            assert mine == theirs, f"{name}, death of {mortal} at write {write}"
