"""Few lieux with few requests, and many with many, each in a process of its own: what does not concern an answer
must not slow it. On a small Matrix in memory, so that nothing but the bot and its SQLite is measured."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.network.outgoing import wire_id
from bot.store.conversations import Conversation
from tests.bench.figures import Figure, latency, median, times
from tests.bench.gauges import resident
from tests.network.lieux import Lieux, Place
from tests.network.two import below

WHAT = "une découpeuse laser"
WARM_UP = 5
MEANT = 3  # lieux to which a request goes, besides the one that asks
WANTED = 2.0  # times


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many lieux of one bot, all in one network, and so many open requests of theirs."""

    lieux: int
    requests: int

    def __str__(self) -> str:
        return f"{self.lieux} lieux, {self.requests:,} requests"


FEW, MANY = Crowd(2, 10), Crowd(50, 1000)


async def measure(samples: int, many: Crowd = MANY) -> list[Figure]:
    small, large = [await _apart(crowd, samples) for crowd in (FEW, many)]
    memory = Figure("… and its memory", f"{large['rss']:.0f} MiB", f"{small['rss']:.0f} MiB")
    return [
        *(_compared(what, many, large["seconds"][what], small["seconds"][what]) for what in large["seconds"]),
        memory,
    ]


def _compared(what: str, crowd: Crowd, large: list[float], small: list[float]) -> Figure:
    ratio = median(large) / median(small)
    name = f"{what}: {crowd}, beside {FEW}"
    return Figure(name, latency(large), latency(small), times(ratio), f"≤ {WANTED:.0f} ×", ratio <= WANTED)


async def _apart(crowd: Crowd, samples: int) -> dict[str, Any]:
    """In a process of its own."""
    program = (sys.executable, "-m", __name__, str(crowd.lieux), str(crowd.requests), str(samples))
    process = await asyncio.create_subprocess_exec(*program, stdout=asyncio.subprocess.PIPE)
    told, _ = await process.communicate()
    assert process.returncode == 0
    return json.loads(told)


# -- in that process


async def crowded(folder: Path, crowd: Crowd, samples: int) -> dict[str, Any]:
    lieux = Lieux(folder)
    try:
        places = [await lieux.build(f"Lieu {n}", "lieux.fr", bot="@conciergerie:lieux.fr") for n in range(crowd.lieux)]
        await lieux.network(*places)
        await _ask(lieux, places, crowd.requests)
        return {"seconds": await _taken(lieux, places, samples), "rss": _memory(lieux)}
    finally:
        await lieux.close()


async def _ask(lieux: Lieux, places: list[Place], requests: int) -> None:
    """Each in turn asks some of the others; all are open, and watched over."""
    bot = places[0].stage.bot
    (row,) = await bot.network.networks.of(places[0].lieu.id)
    for n in range(requests):
        home, *others = [places[(n + k) % len(places)] for k in range(min(MEANT + 1, len(places)))]
        office, asker = home.office.room_id, home.concierge
        content = {"kind": "other", "what": f"Besoin {n}", "to": [wire_id(one.lieu) for one in others]}
        told = await bot.network.requests.publish(home.lieu, row["network"], n, content, office, asker)
        args = {"number": told["number"], "asker": asker, "token": n}
        await bot.engine.start(Conversation("watch-request", bot.me, office, f"request {n}", home.lieu.id, args))
        await lieux.settle()


async def _taken(lieux: Lieux, places: list[Place], samples: int) -> dict[str, list[float]]:
    """Seconds, by what was done."""
    home, other = places[:2]
    await lieux.ask(home, WHAT)
    card = lieux.card(other, WHAT)
    kinds: dict[str, Callable[[], Awaitable[object]]] = {
        "relay of a line": lambda: lieux.write(other.concierge, other.office.room_id, "On en a", **below(card)),
        "`!demandes`": lambda: lieux.write(home.concierge, home.office.room_id, "!demandes"),
    }
    return {what: [await _seconds(act) for _ in range(samples + WARM_UP)][WARM_UP:] for what, act in kinds.items()}


async def _seconds(act: Callable[[], Awaitable[object]]) -> float:
    start = time.perf_counter()
    await act()
    return time.perf_counter() - start


def _memory(lieux: Lieux) -> float:
    """MiB, once the small Matrix has forgotten what was said."""
    for room in lieux.rooms.values():
        room.events.clear()
    gc.collect()
    return resident(os.getpid())


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.bench.crowd", description=__doc__)
    for name in ("lieux", "requests", "samples"):
        options.add_argument(name, type=int)
    told = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="conciergerie-crowd-") as folder:
        print(json.dumps(asyncio.run(crowded(Path(folder), Crowd(told.lieux, told.requests), told.samples))))


if __name__ == "__main__":
    main()
