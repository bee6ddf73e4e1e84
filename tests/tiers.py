"""How much of the tests a run wants: `--tier quick` in minutes, `full` all that a change must pass, `soak` for hours.

A test that is handed a real server is not in `quick` unless it is marked so, nor is one that is marked `full`. One that
is marked `soak` is in `soak` alone, where sweeps and fuzzing go on for longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

TIERS = ("quick", "full", "soak")
# The same examples in each run, so that none fails by luck; `soak` looks further. Nothing is measured by the clock of a
# machine that does something else beside.
STILL: dict[str, Any] = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=15, derandomize=True, **STILL)
settings.register_profile("full", max_examples=100, derandomize=True, **STILL)
settings.register_profile("soak", max_examples=3000, print_blob=True, **STILL)
SOME = 2  # deaths of a sweep in `quick`, beside the first and the last one


def examples(full: int, **more: Any) -> settings:
    """`@examples(300)`: as many in a full run, and in the other tiers more or fewer in the same proportion."""
    return settings(max_examples=max(5, full * settings.default.max_examples // 100), **more)


def either(*values: str) -> list[Any]:
    """`params=either("34.0.1", "29.0.1")`: each test with all of them in a full run, in `quick` with one by chance."""
    return [pytest.param(value, marks=pytest.mark.either(*values)) for value in values]


class Sweep:
    """`for write in sweep(writes):` at which of the writes of a play the process dies."""

    def __init__(self, tier: str, chance: Random) -> None:
        self._tier, self._chance = tier, chance

    def __call__(self, writes: Sequence[str], *, after: bool = False, to_the_end: bool = False) -> list[int]:
        """`writes` are told by their kind. In a full run one of each: the first one where it dies before, the last one
        where it dies after it; for hours, all. Plays differ by some writes, as this or that is quicker: the last ones
        are left out, unless whoever asks bears with a death that does not come."""
        reached = writes if to_the_end else writes[: len(writes) - len(writes) // 16]
        places = range(1, len(reached) + 1)
        if self._tier == "soak":
            return [*places]
        if self._tier == "quick":
            return sorted({1, places[-1], *self._chance.sample(places, min(SOME, len(places)))})
        of_each = {reached[write - 1]: write for write in (places if after else reversed(places))}
        return sorted(of_each.values())
