"""How long to wait before asking a homeserver again."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

SHORTEST, LONGEST = 0.5, 60.0


def pause(attempt: int, random: Callable[[], float]) -> float:
    """Seconds before the attempt after failure number `attempt` (from 1): twice as long each time, up to a minute.

    A part of it is left to chance, so that the clients of a server that comes back do not all knock together.
    """
    longest = min(SHORTEST * 2.0 ** min(attempt, 10), LONGEST)
    return max(SHORTEST, longest * (0.5 + random() / 2))


class Unreached:
    """Rooms or servers that the homeserver, which itself answers, did not reach: each is asked for again after a pause
    that grows up to `longest`, and not before. So many are remembered; `clock` and all else in seconds."""

    FIRST, MOST = 60.0, 2_000

    def __init__(self, longest: float = 86_400.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._longest, self._clock = longest, clock
        self._failed: OrderedDict[str, tuple[int, float, float]] = OrderedDict()  # times, since when, until when

    def rests(self, what: str) -> bool:
        """Whether it is too early to ask again."""
        return what in self._failed and self._clock() < self._failed[what][2]

    def times(self, what: str) -> int:
        """How often it failed since it last answered."""
        return self._failed[what][0] if what in self._failed else 0

    def since(self, what: str) -> float:
        """For how long it has not answered."""
        return self._clock() - self._failed[what][1] if what in self._failed else 0.0

    def failed(self, what: str) -> int:
        """Once more; how often that makes."""
        now = self._clock()
        times, since, _ = self._failed.pop(what, (0, now, now))
        pause = min(self.FIRST * 4.0 ** min(times, 8), self._longest)
        self._failed[what] = times + 1, since, now + pause
        if len(self._failed) > self.MOST:
            self._failed.popitem(last=False)
        return times + 1

    def answered(self, what: str) -> None:
        self._failed.pop(what, None)
