"""What the server shuts out when it is asked too often: credentials that it refused, and calls that it counts."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from integrations.errors import Unavailable

FIRST, GROWTH, LONGEST = 60.0, 4.0, 1800.0  # seconds


class CircuitBreaker:
    """A refusal opens it; then one try is let through after a pause that grows, until one is accepted: people mend
    things while the bot runs.

    The server shuts an address out after ten wrong tries in half an hour: two of these make eight at most.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pause = 0.0
        self._until = 0.0

    @property
    def is_open(self) -> bool:
        return self._pause > 0

    def lets_through(self) -> bool:
        """Whether to try now. While one tries, others do not; that it is never answered counts as a refusal."""
        if self.is_open and self._clock() < self._until:
            return False
        if self.is_open:
            self._lengthen()
        return True

    def refused(self) -> None:
        """Those that were under way together are one refusal."""
        if not self.is_open:
            self._lengthen()

    def accepted(self) -> None:
        self._pause = 0.0

    def _lengthen(self) -> None:
        self._pause = min(self._pause * GROWTH, LONGEST) or FIRST
        self._until = self._clock() + self._pause


class RateLimit:
    """At most `calls` in any `seconds`, measured by `clock`: counted here, since the server's own 429 is empty and
    names no delay."""

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
            raise Unavailable(self._service, self._spent[0] + self._seconds - now, cause="limited")
        self._spent.append(now)
