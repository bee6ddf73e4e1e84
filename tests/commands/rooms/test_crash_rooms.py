"""The process dies at every write of a knock, of a new room and of an announcement: each is made and said once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.store.inbox import Event
from tests.commands.welcome.test_crash_welcome import ANNE, BOB, ZOE, Mortal, World, world
from tests.tiers import Sweep


def knocks(world: World) -> Event:
    space = next(room for room in world.matrix.world.rooms.values() if room.space)
    space.join, space.members[ZOE] = "knock", "knock"
    content = {"membership": "knock", "reason": "La voisine"}
    return world.stage.happens(space.room_id, ZOE, "m.room.member", content, state_key=ZOE)


async def story(world: World) -> None:
    office = world.office
    await world.happens(knocks(world))
    await world.happens(world.clicks(ANNE, office, "❓"))
    for line in ("Qui t’envoie ?", "oui"):
        await world.happens(world.writes(ANNE, office, line))
    await world.happens(world.enters(ZOE, world.direct()))
    await world.happens(world.writes(ZOE, world.direct(), "Le boulanger"))
    await world.happens(world.clicks(BOB, office, "✅"))
    for line in ("!salon créer Couture", "passer", "ouvert", "non", "tout", "au choix", "oui"):
        await world.happens(world.writes(ANNE, office, line))
    for line in ("!annonce Samedi, on coud.", "Place", "oui"):
        await world.happens(world.writes(ANNE, office, line))


async def played(path: Path, deadly: int, after: bool) -> tuple[dict[str, Any], list[Any], list[str]]:
    async with world(path) as there:
        Mortal.dies_at(deadly, after=after)
        await story(there)
        assert not Mortal.deadly, f"nobody died at write {deadly}"
        writes = [*Mortal.kinds]
        rooms = [
            (r.name, r.join, r.parent, sorted(r.members.items()), r.levels) for r in there.matrix.world.rooms.values()
        ]
        (lieu,) = await there.stage.bot.lieux.all()
        offered = [there.matrix.world.rooms[room].name for room in lieu.choices.offered_rooms]
        seen = {"Couture" if title.startswith("room/") else title: events for title, events in there.seen().items()}
        return seen, [rooms, offered], writes


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    seen, made, writes = await played(tmp_path / "alive", 0, after)
    assert len(writes) > 100
    for write in sweep(writes, after=after):
        found, there, _ = await played(tmp_path / str(write), write, after)
        assert made == there, f"death at write {write}"
        for room, events in seen.items():
            assert found[room] == events, f"{room}, death at write {write}"
