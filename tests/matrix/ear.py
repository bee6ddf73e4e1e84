"""The least that listens with a `Client`: sync after sync, in order, reading again what had no key yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from bot.matrix.client import Client


class Ear:
    """`heard` are all events so far, in clear where they could be read."""

    def __init__(self, client: Client, since: str | None = None) -> None:
        self.client, self.since = client, since
        self.heard: list[dict[str, Any]] = []
        self.sealed: list[tuple[str, dict[str, Any]]] = []

    async def turn(self, timeout: float = 0.0) -> dict[str, Any]:
        batch = await self.client.sync(self.since, timeout=timeout)
        self.since = batch["next_batch"]
        waiting, self.sealed = self.sealed, []
        for room_id, event in waiting:
            self._take(room_id, event)
        for room_id, room in batch.get("rooms", {}).get("join", {}).items():
            for event in room["timeline"]["events"]:
                self._take(room_id, event)
        return batch

    def _take(self, room_id: str, event: dict[str, Any]) -> None:
        clear = self.client.decrypt(room_id, event) if event["type"] == "m.room.encrypted" else event
        if clear is None:
            self.sealed.append((room_id, event))
        else:
            self.heard.append(clear)

    async def until(self, test: Callable[[dict[str, Any]], bool], timeout: float = 15.0) -> dict[str, Any]:
        """Listen until an event passes `test`."""
        async with asyncio.timeout(timeout):
            while True:
                found = next((event for event in self.heard if test(event)), None)
                if found:
                    return found
                await self.turn(1.0)

    async def message(self, text: str, timeout: float = 15.0) -> dict[str, Any]:
        return await self.until(lambda event: event["content"].get("body") == text, timeout)

    async def membership(self, user_id: str, membership: str = "join") -> dict[str, Any]:
        return await self.until(
            lambda event: event.get("state_key") == user_id and event["content"].get("membership") == membership
        )

    async def device_change(self, user_id: str, timeout: float = 15.0) -> None:
        """Listen until the homeserver says that this person's devices are other ones."""
        async with asyncio.timeout(timeout):
            while user_id not in (await self.turn(1.0)).get("device_lists", {}).get("changed", ()):
                pass
