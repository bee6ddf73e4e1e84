"""A whole lieu on loopback: homeserver, SSO with its mails, Nextcloud, and the bot as its own process.

The demo plays on it, and the tests of the whole.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from tests.servers.house import House
from tests.servers.nextcloud import StandIn
from tests.servers.ports import answers, free_port
from tests.servers.synapse import Synapse

STOP = 15.0


class BotProcess:
    """`conciergerie run` as an operator starts it. `settings` become its environment file."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.log = folder / "bot.log"
        self.port = free_port()
        self._env_file = folder / "bot.env"
        settings = settings | {"DATA_DIR": str(folder / "data"), "HTTP_LISTEN": f"127.0.0.1:{self.port}"}
        self._env_file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        self._env_file.chmod(0o600)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    async def start(self) -> None:
        """Start it, and wait until it has heard from its homeserver."""
        command = [sys.executable, "-m", "bot", "run", "--env-file", str(self._env_file)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, env={"PATH": os.environ["PATH"]}, stdout=log, stderr=log)
        await answers(f"http://127.0.0.1:{self.port}/health", within=60, alive=self._is_alive, log=str(self.log))

    def _is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    async def stop(self) -> int | None:
        """Ask it to end; returns its exit code."""
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


class EmbeddedLieu:
    """Everything lives in `folder`; `stop` leaves no process behind. The bot's account is there, the bot is `bot`."""

    def __init__(self, folder: Path, *, version: str = "34.0.1", **synapse: Any) -> None:
        self.house = House(folder, **synapse)
        self.cloud = StandIn(version)
        self.folder = folder
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        await self._stack.enter_async_context(self.house)
        self.cloud_url = await self._stack.enter_async_context(self.cloud.running())
        self.cloud.add_account("conciergerie", "real-password", groups=["admin"])
        self.account = await self.synapse.register("conciergerie")
        self.bot = BotProcess(self.folder / "bot", self.settings())
        self._stack.push_async_callback(self.bot.stop)

    @property
    def synapse(self) -> Synapse:
        return self.house.synapse

    def settings(self) -> dict[str, str]:
        """The bot's environment file."""
        sso = self.house.sso
        return {
            "MATRIX_HOMESERVER": self.synapse.base_url,
            "MATRIX_USER": self.account.user_id,
            "MATRIX_PASSWORD": "password-of-conciergerie",
            "NEXTCLOUD_URL": self.cloud_url,
            "NEXTCLOUD_USER": "conciergerie",
            "NEXTCLOUD_APP_PASSWORD": self.cloud.app_password("conciergerie"),
            "NEXTCLOUD_PASSWORD": "real-password",
            "NEXTCLOUD_ACCOUNTS": "bot",
            "DIRECTORY": "scim",
            "SCIM_URL": sso.scim_url,
            "SCIM_TOKEN_URL": sso.token_url,
            "SCIM_CLIENT_ID": sso.bot.id,
            "SCIM_CLIENT_SECRET": sso.bot.secret,
        }

    async def stop(self) -> None:
        await self._stack.aclose()
