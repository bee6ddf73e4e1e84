"""A bot that only listens: its client, its database, and the loop between them, started and killed at will."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.matrix.client import Client
from bot.matrix.sync import Sync
from bot.store import inbox
from bot.store.database import Database
from bot.store.inbox import Event
from tests.matrix.proxy import Proxy

PATIENCE = 60.0


class Ear:
    """`async with Ear(proxy, user, password, folder) as ear:` listens; a second one in the same folder goes on."""

    def __init__(self, proxy: Proxy, name: str, folder: Path, clock: Callable[[], float] = lambda: 1_000.0) -> None:
        self.proxy, self.name, self.folder, self.clock = proxy, name, folder, clock
        self.news = asyncio.Event()
        self.slept: list[float] = []
        self.client: Client
        self.database: Database
        self.sync: Sync
        self.life: asyncio.Task[None] | None = None

    async def open(self) -> Ear:
        self.database = await Database.open(self.folder / "conciergerie.db")
        # Only the account is the same in another folder: nothing is said here of what becomes of its identity.
        self.client = await Client.open(
            self.proxy.url, self.name, self.folder, password=f"password-of-{self.name}", new=True
        )
        self.sync = Sync(
            self.client,
            self.database,
            news=self.news,
            clock=lambda: self.clock(),
            sleep=self._sleep,
            random=lambda: 0.0,
        )
        return self

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0.001)

    def listen(self) -> None:
        how = {"clock": lambda: self.clock(), "sleep": self._sleep, "random": lambda: 0.0}
        self.sync = Sync(self.client, self.database, news=self.news, **how)
        self.life = asyncio.create_task(self.sync.run())

    async def started(self) -> None:
        """Wait until the first batch is kept: from then on, everything said is for the bot."""
        async with asyncio.timeout(PATIENCE):
            while await self.database.read(inbox.token) is None:
                await asyncio.sleep(0.01)

    async def __aenter__(self) -> Ear:
        await self.open()
        self.listen()
        await self.started()
        return self

    async def hush(self) -> None:
        if self.life:
            self.life.cancel()
            await asyncio.gather(self.life, return_exceptions=True)
            self.life = None

    async def close(self) -> None:
        await self.hush()
        await self.client.close()
        await self.database.close()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def inbox(self) -> list[Event]:
        return await self.database.read(inbox.waiting, 10_000)

    async def heard(self, wanted: Callable[[Event], Any]) -> Event:
        """Wait for an event of the inbox."""
        async with asyncio.timeout(PATIENCE):
            while True:
                self.news.clear()
                for event in await self.inbox():
                    if wanted(event):
                        return event
                if self.life and self.life.done():
                    self.life.result()
                await self.news.wait()

    async def bodies(self, room_id: str) -> list[str]:
        return [e.content["body"] for e in await self.inbox() if e.room_id == room_id and e.type == "m.room.message"]


def says(text: str) -> Callable[[Event], bool]:
    return lambda event: event.content.get("body") == text
