"""On what machine the bench runs, and whether it is left alone meanwhile."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

CALM = 0.5  # load a core, before anything begins


@dataclass(frozen=True, slots=True)
class Machine:
    """`load`: the average of the last minute."""

    cores: int
    memory: float  # GiB
    kernel: str
    load: float

    @classmethod
    def look(cls) -> Machine:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        return cls(len(os.sched_getaffinity(0)), memory, platform.release(), os.getloadavg()[0])

    @property
    def is_calm(self) -> bool:
        return self.load <= CALM * self.cores

    def __str__(self) -> str:
        calm = "calm" if self.is_calm else "NOT CALM: something else runs here, believe no duration below"
        return (
            f"{self.cores} cores, {self.memory:.0f} GiB, Linux {self.kernel}, {platform.machine()}, "
            f"Python {platform.python_version()}; load {self.load:.2f} before it begins: {calm}"
        )


def file_system(folder: Path) -> str:
    """The type of the one that holds this folder, as mount(8) names it."""
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    holding = [(Path(at), kind) for _, at, kind, *_ in mounts if folder.resolve().is_relative_to(at)]
    return max(reversed(holding), key=lambda one: len(one[0].parts))[1]
