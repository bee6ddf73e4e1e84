"""Newcomers who go through the whole welcome: one after the other, then many at the same moment."""

from __future__ import annotations

import asyncio
import time

from tests.bench.figures import Figure, latency, median, times
from tests.bench.gauges import cpu
from tests.bench.newcomers import Newcomer, prepare
from tests.bench.place import Place

LONGEST = 600.0
ALONE = 10  # newcomers


async def measure(place: Place, count: int) -> list[Figure]:
    await place.stop()
    newcomers = await prepare(place, ALONE + count)
    await place.ours.start()
    await place.trivial.start()
    try:
        return [await _alone(place, newcomers[:ALONE]), *await _together(place, newcomers[ALONE:])]
    finally:
        await place.stop()


async def _alone(place: Place, newcomers: list[Newcomer]) -> Figure:
    """From an answer to the next question, beside a command of the trivial bot."""
    ours, trivial = list[float](), list[float]()
    for newcomer in newcomers:
        await newcomer.arrive()
        while not newcomer.is_at_summary:
            ours.append(await newcomer.answer())
            trivial.append(await place.ask(place.trivial))
    name = "an answer, to the next question; a command of the trivial bot"
    return Figure(name, latency(ours), latency(trivial), times(median(ours) / median(trivial)))


async def _together(place: Place, newcomers: list[Newcomer]) -> list[Figure]:
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
