"""The bots that are compared, each a process of its own that can be started and stopped at will."""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.bench import echo
from tests.bench.figures import OURS, again
from tests.servers.bot_process import ROOT, BotProcess
from tests.servers.parent import ends_with_parent
from tests.servers.synapse import Account, Synapse

TRIVIAL, PEER = "trivial", "mautrix-go"
PATIENCE = 120.0
PYTHON = (sys.executable, "-m", echo.__name__)


class Rival(Protocol):
    """`start` returns after the first sync; `environment` is what its next process is given."""

    name: str
    command: str
    user_id: str
    environment: dict[str, str]

    @property
    def pid(self) -> int: ...
    async def start(self) -> None: ...
    async def stop(self) -> object: ...


class Ours(BotProcess):
    """`conciergerie run`, for a lieu without SSO or Nextcloud: only Matrix is measured. The code is that of `root`."""

    command = "!aide"

    def __init__(
        self, folder: Path, synapse: Synapse, account: Account, password: str, *, name: str = OURS, root: Path = ROOT
    ) -> None:
        self.name, self.user_id = name, account.user_id
        settings = {"MATRIX_HOMESERVER": synapse.base_url, "MATRIX_USER": account.user_id, "MATRIX_PASSWORD": password}
        super().__init__(folder, settings | {"DIRECTORY": "none"}, root=root)
        self.more = ()  # as a host runs it: what else is typed has the whole command line loaded

    async def writes(self) -> float:
        """Transactions written to SQLite so far."""
        return await self.metric("conciergerie_database_writes")

    def forgive(self) -> None:
        forgive(self.data)

    def errors(self) -> list[str]:
        """The lines of its log that speak of something wrong."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if '"error"' in line or "[error" in line or "Traceback" in line]


def forgive(data: Path) -> None:
    """Have the bot of these data, which may be running, forget how often it was asked something."""
    with closing(sqlite3.connect(data / "bot.sqlite", timeout=PATIENCE)) as database, database:
        database.execute("DELETE FROM spent")


class Echo:
    """A bot that answers `!ping`: `program` is `tests.bench.echo`, or one that reads the same environment."""

    command = echo.COMMAND

    def __init__(
        self,
        folder: Path,
        synapse: Synapse,
        account: Account,
        *,
        name: str = TRIVIAL,
        program: tuple[str, ...] = PYTHON,
    ) -> None:
        self.name, self.user_id, self._program = name, account.user_id, program
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "echo.log"
        self.environment = {
            "PYTHONPATH": str(ROOT),
            "MATRIX_HOMESERVER": synapse.base_url,
            "MATRIX_USER": account.user_id,
            "MATRIX_TOKEN": account.access_token,
            "MATRIX_DEVICE": account.device_id,
            "SINCE": str(folder / "since"),
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
                *self._program,
                cwd=ROOT,
                env=self.environment,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                preexec_fn=ends_with_parent,
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


@dataclass(frozen=True, slots=True)
class Version:
    """One of our bot: the commit, and where its code lies."""

    name: str
    root: Path


@dataclass(frozen=True, slots=True)
class LineUp:
    """Who is compared: our bot, an older version of it, the trivial bot twice, a compiled peer."""

    old: Version | None = None
    peer: Path | None = None

    @property
    def versions(self) -> list[Version]:
        return [Version(OURS, ROOT), *([self.old] if self.old else [])]

    @property
    def echoes(self) -> dict[str, tuple[str, ...]]:
        """The programs, by name."""
        peer = {PEER: (str(self.peer),)} if self.peer else {}
        return {TRIVIAL: PYTHON, again(TRIVIAL): PYTHON} | peer

    @property
    def names(self) -> list[str]:
        return [*(each.name for each in self.versions), *self.echoes]
