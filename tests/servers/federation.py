"""Two homeservers that know each other, and a network between them that can fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.servers.certificates import Authority
from tests.servers.gate import Gate
from tests.servers.synapse import Synapse

SOON = 100  # milliseconds
PATIENT_WITH_EACH_OTHER: dict[str, Any] = {
    "federation": {
        "max_long_retries": 3000,  # a cut of minutes does not make a server give up its letters
        "max_long_retry_delay": SOON,
        "max_short_retries": 1,
        "max_short_retry_delay": SOON,
        "destination_min_retry_interval": SOON,
        "destination_max_retry_interval": SOON,
    }
}


class Federation:
    """`async with Federation(folder) as federation:`: the lieu's server `here`, and a neighbour's `there`; `how` they
    are, as Synapse."""

    here: Synapse
    there: Synapse

    def __init__(self, folder: Path, **how: Any) -> None:
        self._folder, self._how = folder, how
        self._stack = AsyncExitStack()
        self._gates: dict[str, Gate] = {}
        self._admins: dict[str, str] = {}

    async def __aenter__(self) -> Federation:
        authority = Authority.create(self._folder)
        try:
            self.here, self.there = [await self._server(name, authority) for name in ("here", "there")]
            await asyncio.gather(*(self._start(server) for server in self.servers))
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    @property
    def servers(self) -> tuple[Synapse, Synapse]:
        return self.here, self.there

    async def _server(self, name: str, authority: Authority) -> Synapse:
        gate = await self._stack.enter_async_context(Gate())
        how = {"authority": authority, "reached_at": gate.port, "more": PATIENT_WITH_EACH_OTHER}
        server = Synapse(self._folder / name, **how, **self._how)
        gate.upstream = server.federation_port
        self._gates[server.server_name] = gate
        self._stack.push_async_callback(server.stop)
        return server

    async def _start(self, server: Synapse) -> None:
        await server.start()
        self._admins[server.server_name] = (await server.register("keeper", admin=True)).access_token

    @asynccontextmanager
    async def cut(self, *, to: Synapse | None = None) -> AsyncIterator[None]:
        """Meanwhile nothing passes between the two, or nothing that one of them asks of the server `to`.

        At its end each one tries at once: by itself, whoever was refused something waits for up to a minute.
        """
        names = [to.server_name] if to else list(self._gates)
        for name in names:
            await self._gates[name].shut()
        try:
            yield
        finally:
            for name in names:
                self._gates[name].is_open = True
            await asyncio.gather(self._wake(self.here, self.there), self._wake(self.there, self.here))

    async def _wake(self, server: Synapse, other: Synapse) -> None:
        address = f"/_synapse/admin/v1/federation/destinations/{other.server_name}/reset_connection"
        with suppress(RuntimeError):  # it has not missed the other
            await server.call("POST", address, {}, token=self._admins[server.server_name])
