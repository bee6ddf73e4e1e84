"""The two bots that are compared, each a process of its own that can be started and stopped at will."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Protocol

import httpx

from tests.bench import echo
from tests.servers.lieu import BotProcess
from tests.servers.synapse import Account, Synapse

PATIENCE = 120.0


class Rival(Protocol):
    """`start` returns after the first sync."""

    name: str
    command: str
    user_id: str

    @property
    def pid(self) -> int: ...
    async def start(self) -> None: ...
    async def stop(self) -> object: ...


class Ours(BotProcess):
    """`conciergerie run`, for a lieu without SSO or Nextcloud: only Matrix is measured."""

    name, command = "ours", "!aide"

    def __init__(self, folder: Path, synapse: Synapse, account: Account, password: str) -> None:
        self.user_id = account.user_id
        self.data = folder / "data"
        settings = {"MATRIX_HOMESERVER": synapse.base_url, "MATRIX_USER": account.user_id, "MATRIX_PASSWORD": password}
        super().__init__(folder, settings | {"DIRECTORY": "none"})

    async def writes(self) -> int:
        """Transactions written to SQLite so far."""
        async with httpx.AsyncClient(trust_env=False) as http:
            metrics = (await http.get(f"http://127.0.0.1:{self.port}/metrics")).text
        name = "conciergerie_database_writes "
        return int(float(next(line for line in metrics.splitlines() if line.startswith(name)).removeprefix(name)))

    def errors(self) -> list[str]:
        """The lines of its log that speak of something wrong."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if '"error"' in line or "[error" in line or "Traceback" in line]


class Trivial:
    """The echo bot of `tests.bench.echo`."""

    name, command = "trivial", echo.COMMAND

    def __init__(self, folder: Path, synapse: Synapse, account: Account) -> None:
        self.user_id = account.user_id
        self._log = folder / "trivial.log"
        self._environment = {
            "PATH": os.environ["PATH"],
            "MATRIX_HOMESERVER": synapse.base_url,
            "MATRIX_USER": account.user_id,
            "MATRIX_TOKEN": account.access_token,
            "MATRIX_DEVICE": account.device_id,
            "SINCE": str(folder / "trivial.since"),
        }
        self._process: asyncio.subprocess.Process | None = None
        self._output: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    async def start(self) -> None:
        ready = asyncio.Event()
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", echo.__name__),
                env=self._environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        self._output = asyncio.create_task(self._read(ready))
        async with asyncio.timeout(PATIENCE):
            await ready.wait()

    async def _read(self, ready: asyncio.Event) -> None:
        assert self._process
        assert self._process.stdout
        while await self._process.stdout.readline():
            ready.set()

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
            await self._process.wait()
        if self._output:
            await self._output
