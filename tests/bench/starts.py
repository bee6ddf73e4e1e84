"""A start from the stored token, with few rooms and with many: how long, and how heavy?"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tests.bench.figures import Row, Wanted, gathered, turned
from tests.bench.gauges import cpu, resident
from tests.bench.place import Place
from tests.bench.rivals import TRIVIAL, Rival

LIGHT = Wanted(1.25, most=65)
QUIET = 1.0  # seconds after the answer, for what a bot does besides when it starts


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the start of the process to the first sync, and to the answer; then the seconds of processor that
    it has used, and its MiB."""

    synced: float
    answered: float
    processor: float
    memory: float


async def measure(place: Place, rounds: int, wanted: float | None, rooms: str) -> list[Row]:
    """`wanted`: at most so many times what the trivial bot needs to its first answer."""
    await place.stop()
    found = [
        {rival.name: await started(place, rival) for rival in turned(place.rivals, number)} for number in range(rounds)
    ]

    def row(name: str, unit: str, field: str, wanted: Wanted) -> Row:
        taken = gathered({who: getattr(start, field) for who, start in one.items()} for one in found)
        return Row(name, unit, taken, wanted, TRIVIAL)

    return [
        row(f"start with {rooms}, to an answer", "{:.2f} s", "answered", Wanted(wanted)),
        row("… to the first sync", "{:.2f} s", "synced", Wanted()),
        row("… processor", "{:.2f} s", "processor", Wanted()),
        row(f"memory with {rooms}", "{:.0f} MiB", "memory", LIGHT),
    ]


async def started(place: Place, rival: Rival) -> Start:
    """Start it while somebody asks it something, then stop it."""
    place.forgive()
    start = time.monotonic()

    async def synced() -> float:
        await rival.start()
        return time.monotonic() - start

    to_sync, to_answer = await asyncio.gather(synced(), place.ask(rival))
    await asyncio.sleep(QUIET)
    found = Start(to_sync, to_answer, cpu(rival.pid), resident(rival.pid))
    await rival.stop()
    return found
