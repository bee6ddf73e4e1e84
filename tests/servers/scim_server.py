"""scim2-server: a strict SCIM 2.0 server in memory (filters, 409, ETags, PATCH without body), on a free port."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import IO

from tests.servers.parent import ends_with_parent
from tests.servers.ports import free_port

REQUIREMENTS = Path(__file__).with_name("scim2-server.txt")
CACHE = Path(__file__).parents[2] / ".cache"


class ScimServer:
    """`async with ScimServer() as server:` serves at `server.url`, to whoever has `server.token`."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(24)
        self.port = 0
        self._process: asyncio.subprocess.Process | None = None
        self._log: IO[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v2"

    async def start(self) -> None:
        """Serve; after a `stop`, at the same address."""
        python = await _environment()
        self.port = self.port or free_port()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  until `stop`
        self._process = await asyncio.create_subprocess_exec(
            python, "-m", "scim2_server.testserver.cli", "--port", str(self.port), f"--bearer-token={self.token}",
            stdout=asyncio.subprocess.PIPE, stderr=self._log, preexec_fn=ends_with_parent,
        )  # fmt: skip
        assert self._process.stdout
        if not await asyncio.wait_for(self._process.stdout.readline(), 30):
            self._log.seek(0)
            said = self._log.read().decode(errors="replace")
            await self.stop()
            raise RuntimeError(f"scim2-server did not start: {said}")

    async def stop(self) -> None:
        if self._process and self._process.returncode is None:
            self._process.terminate()
        if self._process:
            await self._process.communicate()
        if self._log:
            self._log.close()
        self._process = self._log = None

    async def __aenter__(self) -> ScimServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


async def _environment() -> Path:
    """The Python of its own virtual environment, made once for each version of the list of requirements."""
    key = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    home = CACHE / f"scim2-server-{key}"
    if not home.exists():
        draft = CACHE / f"scim2-server-{key}.{os.getpid()}"
        await _run(sys.executable, "-m", "venv", str(draft))
        await _run(str(draft / "bin/python"), "-m", "pip", "install", "-q", "--no-deps", "-r", str(REQUIREMENTS))
        _keep(draft, home)
    return home / "bin/python"


def _keep(draft: Path, home: Path) -> None:
    try:
        draft.rename(home)
    except OSError:  # another test run was faster
        shutil.rmtree(draft)


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{output.decode(errors='replace')}")
