"""A start from the stored token, with few rooms and with many: is it flat?"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from tests.bench.figures import Figure, median, times
from tests.bench.gauges import resident
from tests.bench.place import Place
from tests.bench.rivals import Rival

FLAT = 1.5
MEMORY = 80.0  # MiB


@dataclass(frozen=True, slots=True)
class Start:
    """Seconds from the start of the process, and MiB afterwards."""

    synced: float
    answered: float
    memory: float


class Restarts:
    """Measures at each number of rooms, and compares the last with the first."""

    def __init__(self, place: Place, times: int) -> None:
        self._place, self._times = place, times
        self._first: Start | None = None

    async def measure(self, which: str) -> list[Figure]:
        rooms = f"{len(await self._place.bot.rooms())} {which}"
        starts: dict[str, list[Start]] = {rival.name: [] for rival in self._place.rivals}
        for _ in range(self._times):
            for rival in self._place.rivals:
                starts[rival.name].append(await _restarted(self._place, rival))
        ours, trivial = _middle(starts["ours"]), _middle(starts["trivial"])
        figures = self._figures(rooms, ours, trivial)
        self._first = self._first or ours
        return figures

    def _figures(self, rooms: str, ours: Start, trivial: Start) -> list[Figure]:
        growth = ours.answered / self._first.answered if self._first else None
        return [
            Figure(
                f"restart with {rooms}, to an answer",
                f"{ours.answered:.2f} s",
                f"{trivial.answered:.2f} s",
                f"{times(growth)} the first" if growth else "",
                f"≤ {FLAT} ×" if growth else "",
                growth <= FLAT if growth else None,
            ),
            Figure("… to the first sync", f"{ours.synced:.2f} s", f"{trivial.synced:.2f} s"),
            Figure(
                "… memory",
                f"{ours.memory:.0f} MiB",
                f"{trivial.memory:.0f} MiB",
                times(ours.memory / trivial.memory),
                f"≤ {MEMORY:.0f} MiB",
                ours.memory <= MEMORY,
            ),
        ]


async def _restarted(place: Place, rival: Rival) -> Start:
    await rival.stop()
    room, start = place.rooms[rival.name][0], time.monotonic()

    async def started() -> float:
        await rival.start()
        return time.monotonic() - start

    asked = place.ear.answer(room, rival.user_id, lambda: place.alix.say(room, rival.command))
    synced, answered = await asyncio.gather(started(), asked)
    return Start(synced, answered, resident(rival.pid))


def _middle(starts: list[Start]) -> Start:
    return Start(*(median([getattr(each, name) for each in starts]) for name in Start.__slots__))
