"""The process dies at every write while it follows upgraded rooms: nothing is lost, nothing is asked twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.store.inbox import Event
from tests.commands.welcome.test_crash_welcome import ANNE, BOB, ZOE, Mortal, World, world
from tests.stage.stage import ME
from tests.stage.upgrades import upgrade
from tests.tiers import Sweep


async def upgraded(world: World, room_id: str) -> str:
    """What the bot hears of it comes in one sync: the tombstone, and the invitation."""
    told: list[Event] = []
    ear, before = world.matrix.ear, len(world.matrix.ear.unheard)
    new = upgrade(world.matrix.world, room_id, ANNE)
    for person in (BOB, ME):
        world.matrix.world.moves(new.room_id, ANNE, person, "invite")
    told, ear.unheard[before:] = ear.unheard[before:], []
    for event in told:
        await world.happens(event)
    world.matrix.world.moves(new.room_id, BOB, BOB, "join")
    return new.room_id


async def story(world: World) -> None:
    for line in (f"!inviter {ZOE}", "oui"):
        await world.happens(world.writes(ANNE, world.office, line))
    await world.happens(world.enters(ZOE, world.direct()))
    for line in ("Zoé", "oui", "rien", "Place"):
        await world.happens(world.writes(ZOE, world.direct(), line))
    await world.happens(world.writes(ANNE, world.office, "!salon créer Couture"))
    space = next(room.room_id for room in world.matrix.world.rooms.values() if room.space)
    world.office = await upgraded(world, world.office)
    world.hall = await upgraded(world, world.hall)
    await upgraded(world, space)
    await world.happens(world.writes(ANNE, world.office, "annuler"))
    for line in ("!aide",):
        await world.happens(world.writes(ANNE, world.office, line))


async def played(path: Path, deadly: int, after: bool) -> tuple[Any, Any, list[str]]:
    async with world(path) as there:
        Mortal.dies_at(deadly, after=after)
        await story(there)
        assert not Mortal.deadly, f"nobody died at write {deadly}"
        writes = [*Mortal.kinds]
        (lieu,) = await there.stage.bot.lieux.all()
        every = there.matrix.world.rooms.values()
        rooms = [(r.name, r.parent, sorted(r.members.items())) for r in every]
        said = {
            there.title(room.room_id) + " → " * bool(room.tombstone): [
                event["content"].get("body") for event in room.events if event["sender"] == ME
            ]
            for room in there.matrix.world.rooms.values()
        }
        return (lieu.space, lieu.origin, lieu.choices, rooms), said, writes


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    made, said, writes = await played(tmp_path / "alive", 0, after)
    assert len(writes) > 60
    for write in sweep(writes, after=after):
        found, heard, _ = await played(tmp_path / str(write), write, after)
        assert made == found, f"death at write {write}"
        for room, words in said.items():
            assert sorted(map(str, heard[room])) == sorted(map(str, words)), f"{room}, death at write {write}"
