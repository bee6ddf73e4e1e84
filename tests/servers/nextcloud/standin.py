"""A Nextcloud in memory that answers as the recorded ones do; for tests, and for a demonstration without PHP."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Any

from uvicorn import Config
from uvicorn.server import ServerState

from .front import Front
from .memory import Account, Node, Share


class StandIn(Front):
    """One server. `clock` counts seconds (limits, confirmations); `today` is the date that expiries are held to."""

    def __init__(
        self,
        version: str = "34.0.1",
        *,
        clock: Callable[[], float] = time.monotonic,
        today: Callable[[], date] = date.today,
    ) -> None:
        super().__init__(version, clock, today)
        self._listening: asyncio.Server | None = None
        self._state = ServerState()
        self.add_account("admin", "admin", groups=["admin"])

    # What a test or a demonstration puts in and looks at.

    def add_account(self, login: str, password: str = "", **more: Any) -> Account:
        """An account, with `name`, `email`, `groups`, `subadmin`, `backend`…; its groups are made on the way."""
        account = self.memory.add(Account(login, password, last_login=int(time.time()), **more))
        self.memory.groups += [group for group in account.subadmin if group not in self.memory.groups]
        return account

    def app_password(self, login: str) -> str:
        secret = "-".join(secrets.token_hex(3) for _ in range(5))
        self.memory.accounts[login].app_passwords.add(secret)
        return secret

    def users(self) -> dict[str, Account]:
        return dict(self.memory.accounts)

    def groups(self) -> dict[str, list[str]]:
        return {group: self.memory.members(group) for group in self.memory.groups}

    def folders(self, login: str) -> list[str]:
        home = self.memory.homes[login]
        return sorted(f"/{path}" for path, node in home.items() if path and node.is_folder)

    def shares(self) -> list[Share]:
        return list(self.memory.shares.values())

    def add_folder(self, login: str, path: str) -> Node:
        node = self.memory.homes[login][path.strip("/")] = self.memory.node()
        return node

    # Its life.

    @contextlib.asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[str]:
        """Its address, on a free port of the loopback unless one is named."""
        await self._open(port)
        try:
            yield self.url
        finally:
            await self.down()

    async def down(self) -> None:
        """Connections are refused from now on."""
        if self._listening:
            self.weather.closing.set()
            self._listening.close()
            self._listening = None
            for connection in list(self._state.connections):
                connection.shutdown()
            await asyncio.gather(*self._state.tasks, return_exceptions=True)

    async def up(self) -> None:
        """Back at the same address."""
        await self._open(int(self.url.rpartition(":")[2]))

    async def _open(self, port: int) -> None:
        self.weather.closing.clear()
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or Nagle costs 40 ms
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = Config(self, lifespan="off", log_level="error", ws="none")
        config.load()
        # Not `uvicorn.Server`: it takes the signals of the process that we live in, and sleeps before it ends.
        self._listening = await asyncio.get_running_loop().create_server(
            lambda: config.http_protocol_class(config=config, server_state=self._state, app_state={}), sock=listener
        )
