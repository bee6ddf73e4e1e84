"""A local count of what the server will soon refuse: its own 429 is empty and names no delay."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from integrations.errors import Unavailable


class Budget:
    """At most `calls` in any `seconds`, measured by `clock`."""

    def __init__(self, service: str, calls: int, seconds: float, clock: Callable[[], float]) -> None:
        self._service = service
        self._calls = calls
        self._seconds = seconds
        self._clock = clock
        self._spent: deque[float] = deque()

    def spend(self) -> None:
        """Count one call. Raises `Unavailable` with the time until the next one is free."""
        now = self._clock()
        while self._spent and self._spent[0] <= now - self._seconds:
            self._spent.popleft()
        if len(self._spent) >= self._calls:
            raise Unavailable(self._service, self._spent[0] + self._seconds - now)
        self._spent.append(now)
