"""The bot as its operator runs it: a process of its own, with an environment file."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.parent import ends_with_parent
from tests.servers.plain_http import plain_http
from tests.servers.ports import answers, free_port

STOP, START = 15.0, 60.0
ROOT = Path(__file__).parents[2]


class BotProcess:
    """`conciergerie run` in `folder`, which keeps its log and its data. `settings` become its environment file; with
    `pages`, people find the public ones by another name of this machine; the code is that of `root`."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str], *, pages: bool = False, port: int = 0, root: Path = ROOT
    ) -> None:
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        self.root = root
        self.environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root)}
        self.log = folder / "bot.log"
        self.data = folder / "data"
        self.port = port or free_port()
        self.env_file = folder / "bot.env"
        here = {"DATA_DIR": str(self.data), "HTTP_LISTEN": f"127.0.0.1:{self.port}"}
        here |= {"PUBLIC_URL": f"http://localhost:{self.port}"} if pages else {}
        self.env_file.write_text("".join(f"{name}={value}\n" for name, value in (here | dict(settings)).items()))
        self.env_file.chmod(0o600)
        self.more: tuple[str, ...] = ("--no-safe",)  # behind `run`: whoever kills it from outside knows why it died
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start it, and wait for nothing."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.argv("run", *self.more),
                cwd=self.root,  # which Python searches first
                env=self.environment,
                stdout=log,
                stderr=log,
                preexec_fn=ends_with_parent,
            )

    def argv(self, name: str, *more: str) -> list[str]:
        """One of the operator's commands on this bot's settings."""
        return [sys.executable, "-m", "bot", name, *more, "--env-file", str(self.env_file)]

    async def start(self) -> None:
        """Start it, and wait until it has heard from its homeserver."""
        self.launch()
        await self.ready()

    async def ready(self) -> None:
        await answers(f"{self.url}/health", within=START, alive=self.is_alive, log=str(self.log))

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def ended(self) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._process
        return await asyncio.to_thread(self._process.wait, START)

    async def stop(self) -> int | None:
        """Ask it to end; its exit code."""
        if self._process is None:
            return None
        self._process.terminate()
        try:
            return await asyncio.to_thread(self._process.wait, STOP)
        except subprocess.TimeoutExpired:
            await self.kill()
            return None

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._process:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    async def restart(self) -> None:
        """As after a power cut."""
        await self.kill()
        await self.start()

    async def metric(self, name: str) -> float:
        """One of its own numbers, as Prometheus reads it."""
        async with plain_http() as http:
            page = (await http.get(f"{self.url}/metrics")).text
        return next(float(line.split()[1]) for line in page.splitlines() if line.startswith(f"{name} "))
