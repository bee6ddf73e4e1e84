"""Sudden deaths of the bot, at random instants of a play: `kill -9` while somebody waits for its answer."""

from __future__ import annotations

import asyncio
from random import Random

from tests.servers.bot_process import BotProcess

SOON = 0.5  # seconds after something was said, in which the bot works on it
STARTING = 1.2  # seconds that a start takes, about
AGAIN = 0.3  # of the deaths are followed by another one during the start


class Deaths:
    """Give `line` to the play: the bot dies soon after somebody says something, `most` times at most."""

    def __init__(self, bot: BotProcess, chance: Random, most: int) -> None:
        self.count = 0
        self._bot, self._chance, self._most = bot, chance, most
        self._heard = asyncio.Event()
        self._over = False
        self._life: asyncio.Task[None] | None = None

    def line(self, room: str, who: str, what: str) -> None:
        self.soon()

    def soon(self) -> None:
        self._heard.set()

    async def __aenter__(self) -> Deaths:
        self._life = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """The bot lives from here on."""
        self._over = True
        self._heard.set()
        assert self._life
        await self._life

    async def _run(self) -> None:
        while self.count < self._most and not self._over:
            self._heard.clear()
            await self._heard.wait()
            if self._over:
                return
            await self._die_within(SOON)
            while self.count < self._most and self._chance.random() < AGAIN:
                self._bot.launch()
                await self._die_within(STARTING)
            await self._bot.start()

    async def _die_within(self, seconds: float) -> None:
        await asyncio.sleep(self._chance.uniform(0, seconds))
        await self._bot.kill()
        self.count += 1
