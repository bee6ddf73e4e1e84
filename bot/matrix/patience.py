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
    """Rooms and servers that the homeserver, which itself answers, did not reach: each is asked for again after a pause
    that grows to a day, and until then it is not there. So many are remembered; `clock` in seconds."""

    FIRST, LAST, MOST = 60.0, 86_400.0, 2_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def rests(self, what: str) -> bool:
        """Whether it is too early to ask again."""
        return self._clock() < self._failed.get(what, (0, float("-inf")))[1]

    def times(self, what: str) -> int:
        """How often it failed since it last answered."""
        return self._failed.get(what, (0, 0.0))[0]

    def failed(self, what: str) -> int:
        """Once more; how often that makes."""
        times = self._failed.pop(what, (0, 0.0))[0] + 1
        self._failed[what] = times, self._clock() + min(self.FIRST * 4.0 ** min(times - 1, 8), self.LAST)
        if len(self._failed) > self.MOST:
            self._failed.popitem(last=False)
        return times

    def answered(self, what: str) -> None:
        self._failed.pop(what, None)
