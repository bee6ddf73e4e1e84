"""A homeserver for all workers of a run, which the process that hands tests out starts when the first one asks.

A worker that is killed takes nothing along, and a killed run takes all (`tests.servers.parent`). Synapse alone is
shared: the mails of Canaille are caught, and the federation is cut, in the process of the test that wants it so.
"""

from __future__ import annotations

import asyncio
import secrets
import threading
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener
from pathlib import Path

from tests.servers.synapse import Synapse

Address = tuple[tuple[str, int], bytes]


class SharedSynapse:
    """`address` is for `shared_synapse()` in another process."""

    def __init__(self) -> None:
        key = secrets.token_bytes(16)
        self._listener = Listener(("127.0.0.1", 0), authkey=key)
        self.address: Address = (self._listener.address, key)  # type: ignore[assignment]
        self._server: Synapse | None = None
        self._lock = threading.Lock()
        # A server ends with the thread that started it: this one is there until the end.
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                with self._listener.accept() as worker, self._lock:
                    worker.send(self._started(worker.recv()))
            except (AuthenticationError, EOFError, ConnectionError):
                continue
            except OSError:
                return  # closed

    def _started(self, folder: Path) -> Synapse | Exception:
        try:
            if self._server is None:
                self._server = asyncio.run(Synapse(folder).start())
            return self._server.for_another_process()
        except Exception as error:
            return error

    def end(self) -> None:
        self._listener.close()
        with self._lock:
            if self._server:
                asyncio.run(self._server.stop())


def shared_synapse(address: Address, folder: Path) -> Synapse:
    """The one that runs already, or is started now in this folder. Waits for it."""
    where, key = address
    with Client(where, authkey=key) as keeper:
        keeper.send(folder)
        found = keeper.recv()
    if isinstance(found, Exception):
        raise found
    return found
