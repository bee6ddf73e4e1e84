"""How many Python modules a bot has loaded once it has started."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from tests.bench.figures import Row
from tests.bench.place import Place
from tests.bench.rivals import PEER, Rival

COUNTED = Path(__file__).with_name("counted")
STEP, PATIENCE = 0.02, 10.0


async def measure(place: Place) -> list[Row]:
    await place.stop()
    found = {rival.name: [float(await modules_of(rival, place.folder))] for rival in place.rivals if rival.name != PEER}
    return [Row("modules loaded at start", "{:.0f}", found)]


async def modules_of(rival: Rival, folder: Path) -> int:
    file, usual = folder / "modules", dict(rival.environment)
    file.unlink(missing_ok=True)
    rival.environment |= {"PYTHONPATH": f"{COUNTED}{os.pathsep}{usual['PYTHONPATH']}", "MODULES": str(file)}
    try:
        await rival.start()
        os.kill(rival.pid, signal.SIGUSR1)
        async with asyncio.timeout(PATIENCE):
            while not (told := file.read_text() if file.exists() else ""):
                await asyncio.sleep(STEP)
        return int(told)
    finally:
        await rival.stop()
        rival.environment = usual
