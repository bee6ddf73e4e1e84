"""What stands where a service should be: a server that says the same to everybody, over a line as bad as wanted."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.certificates import Authority

NGINX = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
LINES: Mapping[str, tuple[tuple[str, ...], tuple[int, int]]] = {
    "certificate-expired": (("127.0.0.1",), (-90, -1)),
    "certificate-early": (("127.0.0.1",), (2, 90)),
    "certificate-name": (("autre.exemple.fr",), (0, 1)),
    "certificate-authority": (("127.0.0.1",), (0, 1)),  # which nobody trusts here
}


@dataclass
class IllServer:
    """`status`, `headers` and `body` of every answer; `asked` are the first lines of what was asked."""

    status: int = 502
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "text/html"})
    body: bytes = NGINX
    asked: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self, line: ssl.SSLContext | None = None, port: int = 0) -> AsyncIterator[str]:
        """Its address."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", port, ssl=line)
        scheme = "https" if line else "http"
        try:
            yield f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        finally:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.read(3)
            if head.isalpha():  # else it is no HTTP, and servers say so at once
                head += await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head.decode("latin-1").partition("\r\n")[0])
            told = {**self.headers, "Content-Length": str(len(self.body)), "Connection": "close"}
            lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            writer.write(f"HTTP/1.1 {self.status} Said\r\n{lines}\r\n".encode("latin-1") + self.body)
            await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            writer.close()


def line_of(cause: str, authority: Authority, folder: Path) -> ssl.SSLContext:
    """A server's end of a line that is ill in this way."""
    names, days = LINES[cause]
    signer = Authority.create(folder / "another") if cause == "certificate-authority" else authority
    return signer.line(folder / cause, names, days=days)
