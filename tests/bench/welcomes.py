"""Many newcomers at the same moment, each through the whole welcome."""

from __future__ import annotations

import asyncio
import time

from tests.bench.figures import Figure, latency
from tests.bench.gauges import cpu
from tests.bench.newcomers import Newcomer
from tests.bench.place import Place

LONGEST = 600.0


async def measure(place: Place, newcomers: list[Newcomer]) -> list[Figure]:
    servers = (place.ours.pid, place.synapse.pid or 0)
    troubles = len(place.ours.errors())
    before, start = [cpu(pid) for pid in servers], time.monotonic()
    ends = await asyncio.gather(*map(_through, newcomers))
    took = time.monotonic() - start
    bot, homeserver = (cpu(pid) - then for pid, then in zip(servers, before, strict=True))
    waits = [seconds for end in ends if end for seconds in end]
    lost = sum(end is None for end in ends)
    errors = lost + len(place.ours.errors()) - troubles
    return [
        Figure(
            f"{len(newcomers)} welcomes at once",
            f"{took:.1f} s",
            ratio=f"{len(newcomers) - lost} of {len(newcomers)} welcomed, {errors} errors",
            wanted="0 errors",
            met=errors == 0,
        ),
        Figure("… an answer, to the next sentence", latency(waits) if waits else "none"),
        Figure(
            "… our share: processor time of the bot",
            f"{bot:.1f} s",
            ratio=f"{bot / (bot + homeserver):.0%} of the bot's and the homeserver's, {bot / took:.0%} of the time",
        ),
    ]


async def _through(newcomer: Newcomer) -> list[float] | None:
    """None where the welcome did not come to its end."""
    try:
        async with asyncio.timeout(LONGEST):
            return await newcomer.through()
    except TimeoutError:
        return None
