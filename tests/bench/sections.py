"""The parts of a run, in their order, how long each takes, and which are chosen where nobody chooses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench import commands, crowd, drain, fairness, keys, members, modules, network, starts, welcomes
from tests.bench.crowd import Crowd
from tests.bench.figures import OURS, Figure, Row, times
from tests.bench.place import Place
from tests.bench.rivals import LineUp

START = 1.2  # times what the trivial bot takes
FLAT = 1.5  # times a start with few rooms
PLACE = 40.0  # seconds until everybody is there


@dataclass(frozen=True, slots=True)
class Sizes:
    """`samples` and `commands` (in all rooms) are of a round: our bot answers thirty of a person. `alone` are the
    samples of the sections without rounds."""

    rounds: int = 5
    samples: int = 25
    commands: int = 150
    between: int = 8
    rooms: int = 5
    many: int = 200
    alone: int = 60
    welcomes: int = 100
    crowd: Crowd = crowd.MANY

    def with_rounds(self, rounds: int | None) -> Sizes:
        return replace(self, rounds=rounds) if rounds else self


FEW = Sizes(rounds=1, samples=5, commands=20, between=2, rooms=2, many=10, alone=5, welcomes=3, crowd=Crowd(6, 30))


@dataclass(slots=True)
class Run:
    """`place` is there where a section needs it; `few` is the start with few rooms, once it was measured."""

    folder: Path
    line_up: LineUp
    sizes: Sizes
    place: Place | None = None
    few: Row | None = None

    @property
    def here(self) -> Place:
        assert self.place
        return self.place


Measured = Sequence[Row | Figure]


@dataclass(frozen=True, slots=True)
class Section:
    """`once` and `each` are seconds on two calm cores: of the whole, and of a round of a bot."""

    name: str
    once: float
    each: float
    measure: Callable[[Run], Awaitable[Measured]]
    on_place: bool = True

    def seconds(self, sizes: Sizes, bots: int) -> float:
        return self.once + self.each * sizes.rounds * bots


async def _commands(run: Run) -> Measured:
    return await commands.measure(run.here, run.sizes.rounds, run.sizes.samples)


async def _start(run: Run) -> Measured:
    rows = await starts.measure(run.here, run.sizes.rounds, START, f"{run.sizes.rooms} rooms")
    run.few = rows[0]
    return rows


async def _drain(run: Run) -> Measured:
    return await drain.measure(run.here, run.sizes.rounds, run.sizes.commands)


async def _modules(run: Run) -> Measured:
    return await modules.measure(run.here)


async def _many(run: Run) -> Measured:
    await run.here.crowd(run.sizes.many)
    return await _crowded(run, f"{run.sizes.many} rooms")


async def _encrypted(run: Run) -> Measured:
    await run.here.crowd(run.sizes.many)
    await run.here.encrypt()
    return await _crowded(run, f"{run.sizes.many} rooms, nearly all encrypted")


async def _crowded(run: Run, rooms: str) -> Measured:
    rows = await starts.measure(run.here, run.sizes.rounds, None, rooms)
    return [*rows, *([_growth(rows[0], run.few)] if run.few else [])]


def _growth(many: Row, few: Row) -> Figure:
    """Is a start flat in rooms?"""
    ratio = many.value(OURS) / few.value(OURS)
    shown = (many.show(many.value(OURS)), few.show(few.value(OURS)))
    return Figure(f"{many.name}, beside {few.name}", *shown, times(ratio), f"≤ {FLAT} ×", ratio <= FLAT)


async def _welcomes(run: Run) -> Measured:
    return await welcomes.measure(run.here, run.sizes.welcomes)


async def _network(run: Run) -> Measured:
    return await network.measure(run.folder / "network", run.line_up, run.sizes.rounds, run.sizes.between)


async def _keys(run: Run) -> Measured:
    return await keys.measure(max(1, run.sizes.alone // 3))


async def _members(run: Run) -> Measured:
    return await members.measure(run.folder / "members", max(1, run.sizes.alone // 3))


async def _crowd(run: Run) -> Measured:
    return await crowd.measure(run.sizes.alone, run.sizes.crowd)


async def _fairness(run: Run) -> Measured:
    return await fairness.measure(run.sizes.alone)


USUAL = ["commands", "start", "drain", "modules", "many", "network"]
SECTIONS = {
    each.name: each
    for each in (
        Section("commands", 5, 6, _commands),
        Section("start", 0, 4, _start),
        Section("drain", 40, 11, _drain),
        Section("modules", 15, 0, _modules),
        Section("many", 90, 4, _many),
        Section("encrypted", 30, 4, _encrypted),
        Section("welcomes", 120, 0, _welcomes),
        Section("network", 60, 8, _network, on_place=False),
        Section("keys", 60, 0, _keys, on_place=False),
        Section("members", 60, 0, _members, on_place=False),
        Section("crowd", 60, 0, _crowd, on_place=False),
        Section("fairness", 60, 0, _fairness, on_place=False),
    )
}


def forecast(chosen: Sequence[Section], sizes: Sizes, bots: int) -> float:
    """Seconds that a run takes on two calm cores."""
    place = PLACE if any(each.on_place for each in chosen) else 0.0
    return place + sum(each.seconds(sizes, bots) for each in chosen)
