"""A Python process says how many modules it has loaded, whatever it does."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from tests.bench.modules import modules_of

PROGRAM = "import sys, json, time; print(len(sys.modules), flush=True); time.sleep(600)"


class Sleeper:
    """Says how many modules it has, and nothing more."""

    name, command, user_id = "sleeper", "", ""

    def __init__(self) -> None:
        self.environment = {"PYTHONPATH": "somewhere", "PATH": os.environ["PATH"]}
        self.modules = 0

    @property
    def pid(self) -> int:
        return self._process.pid

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", PROGRAM), env=self.environment, stdout=asyncio.subprocess.PIPE
        )
        assert self._process.stdout
        self.modules = int(await self._process.stdout.readline())

    async def stop(self) -> None:
        self._process.kill()
        await self._process.wait()


async def test_as_many_as_the_process_itself_finds(tmp_path: Path) -> None:
    sleeper = Sleeper()
    usual = dict(sleeper.environment)
    assert await modules_of(sleeper, tmp_path) == sleeper.modules > 20
    assert sleeper.environment == usual
