"""What a thousand commands cost: processor time, and transactions on the disk."""

from __future__ import annotations

import asyncio
import time

from tests.bench.figures import Figure, times
from tests.bench.gauges import cpu
from tests.bench.place import Place
from tests.bench.rivals import Rival


async def measure(place: Place, commands: int) -> list[Figure]:
    before = await place.ours.writes()
    spent, rate = await _spent(place, place.ours, commands)
    writes = (await place.ours.writes() - before) / commands * 1000
    other_spent, other_rate = await _spent(place, place.trivial, commands)
    return [
        Figure(
            "processor time per 1,000 commands", f"{spent:.1f} s", f"{other_spent:.1f} s", times(spent / other_spent)
        ),
        Figure("SQLite transactions per 1,000 commands", f"{writes:.0f}"),
        Figure("commands a second, five people at once", f"{rate:.0f}", f"{other_rate:.0f}", times(rate / other_rate)),
    ]


async def _spent(place: Place, rival: Rival, commands: int) -> tuple[float, float]:
    """Seconds of processor per 1,000 commands, and commands a second."""
    rooms = place.rooms[rival.name]
    each, before, start = commands // len(rooms), cpu(rival.pid), time.monotonic()
    await asyncio.gather(*(_dialogue(place, rival, room, each) for room in rooms))
    took = time.monotonic() - start
    return (cpu(rival.pid) - before) / (each * len(rooms)) * 1000, each * len(rooms) / took


async def _dialogue(place: Place, rival: Rival, room: str, commands: int) -> None:
    for _ in range(commands):
        await place.ear.answer(room, rival.user_id, lambda: place.alix.say(room, rival.command))
