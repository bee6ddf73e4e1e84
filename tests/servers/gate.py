"""A door on the way to a server, which can be shut: what a network is that fails."""

from __future__ import annotations

import asyncio
from contextlib import suppress

CHUNK = 2**16


class Gate:
    """Hands bytes on from its own `port` to `upstream`. While `is_open` is False, every connection is broken off; so is
    one on which something is `unheard` of."""

    def __init__(self, upstream: int = 0, *, unheard: bytes = b"") -> None:
        self.upstream, self.unheard = upstream, unheard
        self.is_open = True
        self._through: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Gate:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._break_off()

    async def shut(self) -> None:
        self.is_open = False
        await self._break_off()

    async def _break_off(self) -> None:
        going = list(self._through)
        for each in going:
            each.cancel()
        await asyncio.gather(*going, return_exceptions=True)

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        going = asyncio.create_task(self._hand_on(reader, writer))
        self._through.add(going)
        going.add_done_callback(self._through.discard)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.is_open:
                with suppress(OSError):
                    await self._exchange(reader, writer)
        finally:
            writer.transport.abort()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until one of the two has nothing more to say."""
        their_reader, their_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        ways = [asyncio.create_task(self._pour(*way)) for way in ((reader, their_writer), (their_reader, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            their_writer.transport.abort()  # before anything is waited for: the waiting may be cancelled
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            if self.unheard and self.unheard in data:
                break
            writer.write(data)
            await writer.drain()
