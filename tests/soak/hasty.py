"""The bot, whole and as its operator runs it, but that its time passes faster: `python -m tests.soak.hasty run …`.

What lasts (a silence, a share, how long rows are kept, and how long a conversation waits before it asks a service
again) goes by this clock; timeouts, and the homeserver's long poll, go by the real one, or nothing would answer in
time.
"""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import bot.__main__
import bot.app
import bot.bot
from bot.matrix.client import Client
from bot.matrix.homeserver import Homeserver
from bot.matrix.outbox import Outbox
from bot.matrix.sync import Sync
from bot.talk.engine import Engine

ENVIRONMENT = "SOAK_TIME"
TICK = 0.5  # seconds between two looks at what is due: the engine itself sleeps by the real clock


@dataclass(frozen=True, slots=True)
class HastyClock:
    """`began` (real seconds) was the moment `start` (seconds) here, and `pace` seconds pass in each since."""

    began: float
    start: float
    pace: float

    @classmethod
    def told(cls) -> HastyClock:
        return cls(*map(float, os.environ[ENVIRONMENT].split()))

    @property
    def environment(self) -> dict[str, str]:
        return {ENVIRONMENT: f"{self.began!r} {self.start!r} {self.pace!r}"}

    def at(self, real: float) -> float:
        return self.start + (real - self.began) * self.pace

    def seconds(self) -> float:
        return self.at(time.time())

    def now(self) -> int:
        return round(self.seconds() * 1000)

    def later(self, seconds: float) -> HastyClock:
        """The same, so much further on."""
        return HastyClock(self.began, self.start + seconds, self.pace)


class HastyEngine(Engine):
    async def run(self) -> None:
        ticking = asyncio.create_task(self._tick_often())
        try:
            await super().run()
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)

    async def _tick_often(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            await self.tick()


def _client_of(clock: HastyClock) -> type[Client]:
    class HastyClient(Client):
        """Its homeserver has the same time."""

        async def call(self, *args: Any, **kwargs: Any) -> Any:
            return _hastened(await super().call(*args, **kwargs), clock)

        async def fetch(self, *args: Any, **kwargs: Any) -> Any:
            return _hastened(await super().fetch(*args, **kwargs), clock)

    return HastyClient


def _hastened(told: Any, clock: HastyClock) -> Any:
    """When events were sent, as this clock has it."""
    if isinstance(told, list):
        return [_hastened(each, clock) for each in told]
    if isinstance(told, dict):
        told = {name: _hastened(each, clock) for name, each in told.items()}
        with suppress(KeyError):
            told["origin_server_ts"] = round(clock.at(told["origin_server_ts"] / 1000) * 1000)
    return told


def main() -> None:
    clock = HastyClock.told()
    parts = {part.__name__: partial(part, clock=clock.seconds) for part in (Outbox, Sync, Homeserver)}
    vars(bot.app).update(parts, SystemClock=lambda: clock, Client=_client_of(clock))
    # How long these two sleep; what is kept, and for how long, was reckoned at import.
    sleeps = {name: round(getattr(bot.bot, name) / clock.pace) for name in ("HOUR", "DAY")}
    vars(bot.bot).update(sleeps, Engine=HastyEngine)
    bot.__main__.main()


if __name__ == "__main__":
    main()
