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
    await say(lieux, moulin, "!réseau régler page", "moulin.example", "!réseau régler calme", "22 - 8")
    await lieux.ask(moulin, LASER)
    await say(lieux, rosee, "!réseau confier", "1", "oui", "!réseau quitter", "oui")
    await say(lieux, moulin, "!réseau quitter", "oui")


async def played(path: Path, mortal: str, deadly: int, after: bool) -> tuple[Any, bool]:
    """What everybody sees in the end, and whether the bot of this lieu died."""
    lieux, life = Lieux(path), Mortal.another()
    for name, server in ((ROSEE, "rosee.fr"), (MOULIN, "moulin.fr")):
        await lieux.build(name, server, **({"store": life} if name == mortal else {}))
    life.deadly, life.after = life.written + deadly, after
    await story(lieux)
    died = life.deadly == 0
    rooms = [(r.name, sorted(r.members.items()), r.levels, sorted(r.declared)) for r in lieux.rooms.values()]
    said = {
        place.name: Counter(re.sub(r"%21\d+", "", one) for one in lieux.said(place)) for place in lieux.places.values()
    }
    shared = Counter(e["content"]["body"] for r in lieux.rooms.values() for e in r.events if r.network)
    await lieux.close()
    return (rooms, said, shared), died


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("mortal", [ROSEE, MOULIN])
@pytest.mark.parametrize("every", [pytest.param(7, id="some"), pytest.param(1, id="every", marks=pytest.mark.soak)])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, mortal: str, after: bool, every: int) -> None:
    alive, _ = await played(tmp_path / "alive", mortal, 10**9, after)
    write, died = 1, True
    while died:
        seen, died = await played(tmp_path / str(write), mortal, write, after)
        for name, mine, theirs in zip(("rooms", "said", "shared"), seen, alive, strict=True):
            assert mine == theirs, f"{name}, death of {mortal} at write {write}"
        write += every
    assert write > 50
