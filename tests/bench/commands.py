"""Commands that are answered at once: how long that takes, and what it costs, one at a time and of five people."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tests.bench.figures import Row, Wanted, gathered, median, turned
from tests.bench.gauges import cpu, disk_counter, written
from tests.bench.place import Place
from tests.bench.rivals import TRIVIAL, Ours, Rival

WARM_UP = 3
QUIET = 1.0  # seconds after the last answer, for what a bot puts away


@dataclass(frozen=True, slots=True)
class Counter:
    """Something that a bot uses up: `read` says how much of it so far, a row how much for one command."""

    name: str
    unit: str
    wanted: Wanted
    read: Callable[[Rival], Awaitable[float]]
    base: str = ""
    of: Sequence[Rival] = ()


Used = dict[str, dict[str, float]]  # by counter and by bot


@dataclass(frozen=True, slots=True)
class Round:
    """`waits` are the median ones of each bot, in milliseconds; `rates` are commands a second of five people."""

    waits: dict[str, float]
    alone: Used
    together: Used
    rates: dict[str, float]


async def measure(place: Place, rounds: int, samples: int) -> list[Row]:
    await place.stop()
    await asyncio.gather(*(rival.start() for rival in place.rivals))
    for _ in range(WARM_UP):
        await _waits(place, place.rivals, 1)
    counters = _counters(place)
    found = [await _round(place, turned(place.rivals, number), counters, samples) for number in range(rounds)]
    await place.stop()

    def rows(how: str, used: Sequence[Used]) -> list[Row]:
        return [
            Row(f"{each.name}, {how}", each.unit, gathered(one[each.name] for one in used), each.wanted, each.base)
            for each in counters
        ]

    people = f"{len(place.rooms[TRIVIAL])} people at once"
    return [
        *rows("one at a time", [one.alone for one in found]),
        *rows(people, [one.together for one in found]),
        Row(f"commands a second, {people}", "{:.0f} /s", gathered(one.rates for one in found), base=TRIVIAL),
        Row("!aide (or !ping), median", "{:.0f} ms", gathered(one.waits for one in found), Wanted(1.05), TRIVIAL),
    ]


def _counters(place: Place) -> list[Counter]:
    """The processor last: what is asked of a bot about the others is no part of its commands."""
    counter = disk_counter(place.folder)

    async def processor(rival: Rival) -> float:
        return cpu(rival.pid) * 1000  # seconds for a thousand

    async def transactions(rival: Rival) -> float:
        assert isinstance(rival, Ours)
        return await rival.writes()

    async def disk(rival: Rival) -> float:
        return written(rival.pid, counter) / 1000

    everybody, versions = place.rivals, place.versions
    return [
        Counter("transactions per command", "{:.2f}", Wanted(most=2), transactions, of=versions),
        Counter(f"written to disk per command ({counter})", "{:.0f} kB", Wanted(most=40), disk, of=everybody),
        Counter("processor per 1,000 commands", "{:.2f} s", Wanted(1.5), processor, TRIVIAL, everybody),
    ]


async def _round(place: Place, order: list[Rival], counters: list[Counter], samples: int) -> Round:
    alone, together = ({each.name: dict[str, float]() for each in counters} for _ in range(2))
    rates: dict[str, float] = {}
    for rival in order:
        rooms = place.rooms[rival.name]
        for used, people, commands in ((alone, rooms[:1], samples), (together, rooms, 2 * samples)):
            place.forgive()
            mine = [each for each in counters if rival in each.of]
            before = [await each.read(rival) for each in mine]
            rates[rival.name] = await _said(place, rival, people, commands // len(people))
            after = [await each.read(rival) for each in reversed(mine)][::-1]
            count = commands // len(people) * len(people)
            for each, then, now in zip(mine, before, after, strict=True):
                used[each.name][rival.name] = (now - then) / count
    return Round(await _waits(place, order, samples), alone, together, rates)


async def _said(place: Place, rival: Rival, rooms: list[str], commands: int) -> float:
    """So many in each of these rooms, one after the other, in all rooms at once: how many a second."""

    async def person(room: str) -> None:
        for _ in range(commands):
            await place.ask(rival, room)

    start = time.monotonic()
    await asyncio.gather(*map(person, rooms))
    took = time.monotonic() - start
    await asyncio.sleep(QUIET)
    return commands * len(rooms) / took


async def _waits(place: Place, order: Sequence[Rival], samples: int) -> dict[str, float]:
    """Each bot in turn: whatever else the machine does falls on all of them alike."""
    place.forgive()
    waits: dict[str, list[float]] = {rival.name: [] for rival in order}
    for _ in range(samples):
        for rival in order:
            waits[rival.name].append(await place.ask(rival) * 1000)
    return {name: median(taken) for name, taken in waits.items()}
