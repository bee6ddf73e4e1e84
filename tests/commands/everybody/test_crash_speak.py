"""The process dies at every write of a question and its answers: each word is told once, on both sides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.store.inbox import Event
from tests.commands.welcome.test_crash_welcome import ANNE, BOB, Mortal, World, world
from tests.stage.people_act import in_thread
from tests.stage.stage import ME
from tests.tiers import Sweep

MARC = "@marc:lieu.fr"


def in_the_thread(world: World, who: str, text: str) -> Event:
    told = world.matrix.world.rooms[world.office].events
    root = next(e["event_id"] for e in told if e["sender"] == ME and "voudrait parler" in e["content"].get("body", ""))
    content = {"msgtype": "m.text", "body": text} | in_thread(str(root))
    return world.stage.happens(world.office, who, "m.room.message", content)


async def marc(world: World) -> str:
    """A member, in private with the bot."""
    next(room for room in world.matrix.world.rooms.values() if room.space).members[MARC] = "join"
    return await world.matrix.rooms.direct(MARC)


async def story(world: World, room: str) -> None:
    await world.happens(world.enters(MARC, room))
    await world.happens(world.writes(MARC, room, "je peux venir demain ?"))
    await world.happens(in_the_thread(world, ANNE, "Oui, le matin"))
    await world.happens(world.writes(MARC, room, "avec mon chien"))
    await world.happens(in_the_thread(world, BOB, "Oui, aussi"))
    await world.happens(world.writes(MARC, room, "c’est réglé, merci"))
    await world.happens(in_the_thread(world, BOB, "À demain !"))
    await world.happens(world.writes(MARC, room, "parler à quelqu’un"))
    await world.happens(world.writes(MARC, room, "la porte reste coincée"))


async def played(path: Path, deadly: int, after: bool) -> tuple[dict[str, Any], list[str]]:
    async with world(path) as there:
        room = await marc(there)
        Mortal.dies_at(deadly, after=after)
        await story(there, room)
        assert not Mortal.deadly, f"nobody died at write {deadly}"
        return there.seen(), [*Mortal.kinds]


@pytest.mark.either("before", "after")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_nobody_notices_a_death_at_any_write(tmp_path: Path, sweep: Sweep, after: bool) -> None:
    seen, writes = await played(tmp_path / "alive", 0, after)
    assert len(writes) > 30
    for write in sweep(writes, after=after):
        found, _ = await played(tmp_path / str(write), write, after)
        for room, events in seen.items():
            assert found[room] == events, f"{room}, death at write {write}"
