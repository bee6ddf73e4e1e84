"""One SQLite file, one writer, numbered migrations, an advisory lock, and a backup while running."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import IO, Concatenate, ParamSpec, TypeVar, cast

import aiosqlite

from bot.errors import AlreadyRunning, FromTheFuture

from .audit_chain import link
from .data_folder import look
from .data_trouble import Condition, opening

P = ParamSpec("P")
T = TypeVar("T")
Tx = sqlite3.Connection

PRAGMAS = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA busy_timeout = 5000;
"""


def migrations() -> list[str]:
    """The scripts in order; the n-th brings `PRAGMA user_version` to n."""
    folder = files("bot.store") / "migrations"
    return [f.read_text() for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".sql")]


class Database:
    """The open file. `writes` counts committed transactions; `before_commit` lets tests fail at the n-th one."""

    path = Path()

    def __init__(self, connection: aiosqlite.Connection, lock: IO[str]) -> None:
        self._connection = connection
        self._lock = lock
        self.writes = 0
        self.condition = Condition()
        self.before_commit: Callable[[], None] = lambda: None

    @classmethod
    async def open(cls, path: Path, *, new: bool = False) -> Database:
        """Open or create the file and bring it up to date (a copy is kept beside it before a migration).

        Raises AlreadyRunning when another process holds it, FromTheFuture when a newer program wrote it, DataUnusable
        when it cannot be opened, is none of ours, or is missing beside keys that were used with it (unless a `new` one
        is meant to take its place).
        """
        with opening(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = _lock(path.with_suffix(".lock"))
        try:
            with opening(path):
                look(path, migrations=len(migrations()), new=new)
                return await cls._opened(path, lock)
        except BaseException:
            lock.close()
            raise

    @classmethod
    async def _opened(cls, path: Path, lock: IO[str]) -> Database:
        connection = await aiosqlite.connect(path, isolation_level=None)
        database = cls(connection, lock)
        database.path = path
        try:
            connection.row_factory = sqlite3.Row
            await connection.executescript(PRAGMAS)
            await connection.create_function("link", 6, link, deterministic=True)
            await database._migrate(path)
            path.chmod(0o600)
        except BaseException:
            await database.close()  # or its thread would keep the process alive
            raise
        return database

    async def _migrate(self, path: Path) -> None:
        version: int = await self.read(lambda tx: tx.execute("PRAGMA user_version").fetchone()[0])
        scripts = migrations()
        if version > len(scripts):
            raise FromTheFuture(f"{path.name} is of version {version}, this program knows {len(scripts)}")
        if 0 < version < len(scripts):
            await self.backup(path.with_suffix(f".before-{len(scripts)}"))
        for number, script in enumerate(scripts[version:], version + 1):
            await self._connection.executescript(f"BEGIN; {script}; PRAGMA user_version = {number}; COMMIT;")

    async def write(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(tx, …)` in one transaction: all of it is on disk when this returns, or none."""
        result, changes = await self._in_thread(lambda: self._transaction(lambda tx: work(tx, *args, **kwargs)))
        if changes:
            self.condition.written(self.path)
        return result

    async def read(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._in_thread(lambda: work(self._connection._conn, *args, **kwargs))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        # Private in aiosqlite, and the reason to use it: one thread that runs what it is given, whole and in order.
        try:
            return cast(T, await self._connection._execute(work))  # type: ignore[no-untyped-call]
        except Exception as error:
            self.condition.failed(self.path, error)
            raise

    def _transaction(self, work: Callable[[Tx], T]) -> tuple[T, int]:
        """Its result, and how many rows it changed: what changes none is kept by a full disk too."""
        tx = self._connection._conn
        before = tx.total_changes
        tx.execute("BEGIN IMMEDIATE")
        try:
            result = work(tx)
            self.before_commit()
            tx.execute("COMMIT")
        except BaseException:
            if tx.in_transaction:  # a full disk has taken it back already
                tx.execute("ROLLBACK")
            raise
        self.writes += 1
        return result, tx.total_changes - before

    async def backup(self, path: Path) -> None:
        """A consistent copy, made page by page while the bot goes on."""
        target = sqlite3.connect(path, check_same_thread=False)
        try:
            await self._connection.backup(target)
        finally:
            target.close()
        path.chmod(0o600)

    async def close(self) -> None:
        await self._connection.close()
        self._lock.close()


def _lock(path: Path) -> IO[str]:
    handle = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise AlreadyRunning("another conciergerie uses these data") from None
    return handle
