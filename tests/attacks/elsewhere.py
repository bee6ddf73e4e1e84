"""A machine of somebody else, on loopback: it notes every byte that reaches it, and answers as a web server would."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from types import TracebackType

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"


class Elsewhere:
    """`async with Elsewhere() as there:` — `there.heard` is a text for each connection that was made."""

    def __init__(
        self,
        answer: bytes = b"{}",
        *,
        says: Callable[[bytes], bytes] | None = None,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.heard: list[str] = []
        self.port, self._host, self._tls = 0, host, tls
        self._says = says or (lambda _: ANSWER % (len(answer), answer))

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.port}"

    async def __aenter__(self) -> Elsewhere:
        self._server = await asyncio.start_server(self._listen, self._host, self.port, ssl=self._tls)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = len(self.heard)
        self.heard.append("")
        try:
            while piece := await asyncio.wait_for(reader.read(65536), 1):
                self.heard[mine] += piece.decode(errors="replace")
                writer.write(self._says(piece))
                await writer.drain()
        except (TimeoutError, OSError):
            pass
        writer.close()


def moved(to: str, status: int = 307) -> bytes:
    """What a server says that sends everybody elsewhere."""
    return f"HTTP/1.1 {status} Moved\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
