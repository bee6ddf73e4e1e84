"""How long to wait before asking a homeserver again."""

from __future__ import annotations

from collections.abc import Callable

SHORTEST, LONGEST = 0.5, 60.0


def pause(attempt: int, random: Callable[[], float]) -> float:
    """Seconds before the attempt after failure number `attempt` (from 1): twice as long each time, up to a minute.

    A part of it is left to chance, so that the clients of a server that comes back do not all knock together.
    """
    longest = min(SHORTEST * 2.0 ** min(attempt, 10), LONGEST)
    return max(SHORTEST, longest * (0.5 + random() / 2))
