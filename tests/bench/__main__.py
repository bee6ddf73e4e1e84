"""`python -m tests.bench`: everything, in one run. `--few` only shows that it works."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from tests.bench import backlog, crowd, fairness, keys, latency, load, members, network, welcomes
from tests.bench.crowd import Crowd
from tests.bench.figures import Figure, show
from tests.bench.newcomers import prepare
from tests.bench.place import Place
from tests.bench.restart import Restarts

QUESTIONS = 5  # of one welcome, up to its summary


@dataclass(frozen=True, slots=True)
class Sizes:
    samples: int = 60
    commands: int = 300
    rooms: int = 5
    many: int = 200
    welcomes: int = 100
    restarts: int = 3
    crowd: Crowd = crowd.MANY


FEW = Sizes(samples=5, commands=20, many=20, welcomes=3, restarts=1, crowd=Crowd(6, 30))


async def bench(folder: Path, sizes: Sizes) -> list[Figure]:
    figures: list[Figure] = []

    async def take(what: str, work: Awaitable[list[Figure]]) -> None:
        _tell(what)
        figures.extend(await work)

    async with Place(folder) as place:
        _tell("a homeserver, rooms and people")
        for whose, count in (("ours", sizes.rooms), ("trivial", sizes.rooms), ("nobody", 1)):
            await place.add_rooms(whose, count)
        restarts = Restarts(place, sizes.restarts)
        await place.ours.start()  # it signs in, which it does only once
        await take("restarts with few rooms", restarts.measure("rooms"))
        await place.ours.stop()
        alone = -(-(sizes.samples + latency.WARM_UP) // QUESTIONS)
        newcomers = await prepare(place, alone + sizes.welcomes)
        await place.ours.start()
        await take("one command at a time", latency.measure(place, sizes.samples, newcomers[:alone]))
        await take("many commands", load.measure(place, sizes.commands))
        await take("commands while stopped", backlog.measure(place, sizes.commands))
        await take("welcomes", welcomes.measure(place, newcomers[alone:]))
        await place.crowd(sizes.many)
        await take("restarts with many rooms", restarts.measure("rooms"))
        await place.encrypt()
        await take("restarts with many encrypted rooms", restarts.measure("rooms, nearly all encrypted"))
    await take("few members, and many", keys.measure(sizes.samples // 3))
    await take("few members, and many, on a homeserver", members.measure(folder / "members", sizes.samples // 3))
    await take("two lieux on two homeservers", network.measure(folder / "network", sizes.samples))
    await take("two lieux, and many", crowd.measure(sizes.samples, sizes.crowd))
    await take("two lieux, one of them flooded", fairness.measure(sizes.samples))
    return figures


def _tell(what: str) -> None:
    Console(stderr=True).print(f"[dim]{what}…[/]")


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--few", action="store_true", help="a minute instead of ten: the figures mean nothing")
    few = options.parse_args().few
    with tempfile.TemporaryDirectory(prefix="conciergerie-bench-") as folder:
        show(asyncio.run(bench(Path(folder), FEW if few else Sizes())))


if __name__ == "__main__":
    main()
