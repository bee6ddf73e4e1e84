"""What servers told a while ago, so that a page that is opened often does not ask them each time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Recent:
    """Kept by a key, of which there are as many as lieux, at most; what was not told is not. `clock` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[Hashable, tuple[float, Any]] = {}

    async def of(self, key: Hashable, seconds: float, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` told at most so many seconds ago, else what it tells now."""
        at, told = self._told.get(key, (float("-inf"), None))
        if self._clock() - at < seconds:
            kept: T = told
            return kept
        fresh = await ask()
        self._told[key] = self._clock(), fresh
        return fresh
