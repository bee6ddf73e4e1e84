"""One SQLite file, one writer, numbered migrations, an advisory lock, and a backup while running."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from collections import deque
from collections.abc import Callable
from contextlib import closing
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, Concatenate, ParamSpec, TypeVar, cast

import aiosqlite

from bot.errors import AlreadyRunning, NotMigrated

from .audit_chain import chain_anew, link
from .data_folder import look
from .data_trouble import Condition, opening, trouble

P = ParamSpec("P")
T = TypeVar("T")
Tx = sqlite3.Connection

PAGE_SIZE = 1024  # bytes: a write goes to the disk in whole pages, and most of ours change a few rows in many of them
WRITING = f"""
PRAGMA page_size = {PAGE_SIZE};
PRAGMA journal_mode = WAL;
PRAGMA wal_autocheckpoint = 4000;
PRAGMA journal_size_limit = 8388608;
PRAGMA synchronous = FULL;
PRAGMA foreign_keys = ON;
PRAGMA busy_timeout = 5000;
"""
# Each commit empties the reader's cache: it holds what one read needs twice.
READING = """
PRAGMA query_only = ON;
PRAGMA busy_timeout = 5000;
PRAGMA cache_size = -256;
"""
REBUILDING = f"PRAGMA journal_mode = DELETE; PRAGMA page_size = {PAGE_SIZE}; VACUUM;"
AT_MOST = 1000  # writes of one transaction: the first of them waits for the last


def migrations() -> list[str]:
    """The scripts in order; the n-th brings `PRAGMA user_version` to n."""
    folder = files("bot.store") / "migrations"
    return [f.read_text() for f in sorted(folder.iterdir(), key=lambda f: f.name) if f.name.endswith(".sql")]


class Write:
    """Some work that waits to be committed, and how it ended once `settled` is done."""

    def __init__(self, work: Callable[[Tx], Any]) -> None:
        self._work = work
        self.settled = asyncio.get_running_loop().create_future()
        self.result: Any = None
        self.error: BaseException | None = None
        self.changes = 0  # rows: what changes none is kept by a full disk too

    def run(self, tx: Tx) -> None:
        before = tx.total_changes
        self.result = self._work(tx)
        self.changes = tx.total_changes - before

    def run_apart(self, tx: Tx) -> None:
        """Among others: what fails takes back what it did itself, and nothing of theirs."""
        tx.execute("SAVEPOINT one_of_a_group")
        try:
            self.run(tx)
        except BaseException as error:
            if not tx.in_transaction:  # a full disk has taken back what the others did too
                raise
            self.error = error
            tx.execute("ROLLBACK TO one_of_a_group")
        tx.execute("RELEASE one_of_a_group")


class Reader(sqlite3.Connection):
    """It lets go of the moment that it reads: an unfinished SELECT, in a cursor that somebody kept, a generator or the
    frames of an error, would hold it, so that the next read saw the past and the WAL grew for ever."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._cursors = list[sqlite3.Cursor]()

    def execute(self, *args: Any) -> sqlite3.Cursor:
        cursor = super().execute(*args)
        self._cursors.append(cursor)
        return cursor

    def end(self) -> None:
        """Of the transaction: a cursor that was kept is of no use any more."""
        if self.in_transaction:
            self.execute("ROLLBACK")
        for kept in self._cursors:
            kept.close()
        self._cursors.clear()


class Database:
    """The open file: one connection writes, in a thread of its own; another reads, in that of the event loop.

    Writes that wait at the same moment are committed together. `writes` counts committed transactions;
    `before_commit` lets tests fail at the n-th one.
    """

    def __init__(self, path: Path, lock: IO[str], writer: aiosqlite.Connection, reader: Reader) -> None:
        self.path = path
        self._lock, self._writer, self._reader = lock, writer, reader
        self._waiting = deque[Write]()
        self._is_open = True
        self.writes = 0
        self.condition = Condition()
        self.before_commit: Callable[[], None] = lambda: None

    @classmethod
    async def open(cls, path: Path, *, new: bool = False) -> Database:
        """Open or create the file and bring it up to date (a copy is kept beside it before a migration).

        Raises AlreadyRunning when another process holds it, FromTheFuture when a newer program wrote it, NotMigrated
        when it is older and cannot be brought up to date, DataUnusable when it cannot be opened, is none of ours, or is
        missing beside keys that were used with it (unless a `new` one is meant to take its place).
        """
        with opening(path.parent):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = _lock(path.with_suffix(".lock"))
        try:
            with opening(path):
                look(path, migrations=len(migrations()), new=new)
                return await cls.connected(path, lock, "rwc", _migrate)
        except BaseException:
            lock.close()
            raise

    @classmethod
    async def connected(
        cls, path: Path, lock: IO[str], mode: str, prepare: Callable[[Tx, Path], None] = lambda tx, path: None
    ) -> Database:
        """The file, `prepare`d before anybody reads in it; `mode`: "ro", "rw" or "rwc", as SQLite calls them. Raises
        sqlite3.Error, and what `prepare` does."""
        address = f"{path.resolve().as_uri()}?mode={mode}"
        writer = await aiosqlite.connect(address, uri=True, isolation_level=None)
        try:
            writer.row_factory = sqlite3.Row
            await writer.executescript("" if mode == "ro" else WRITING)
            await writer._execute(partial(prepare, writer._conn, path))  # type: ignore[no-untyped-call]
            return cls(path, lock, writer, _reader(address))
        except BaseException:
            await writer.close()  # or its thread would keep the process alive
            raise

    async def write(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(tx, …)` in one transaction: all of it is on disk when this returns, or none.

        Others that wait may share the transaction: work that fails leaves theirs alone, a commit that fails is raised
        to them all. Who is cancelled while waiting does not hear whether it was done.
        """
        self._must_be_open()
        mine = Write(lambda tx: work(tx, *args, **kwargs))
        self._waiting.append(mine)
        if len(self._waiting) == 1:  # otherwise whoever takes the one before it takes it too
            # Private in aiosqlite, and the reason to use it: one thread that runs what it is given, whole and in order.
            self._writer._tx.put_nowait((None, self._work_off))
        await mine.settled
        if mine.error is not None:
            self.condition.failed(self.path, mine.error)
            raise mine.error
        if mine.changes:
            self.condition.written(self.path)
        return cast(T, mine.result)

    async def read(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `work(tx, …)` finds at this moment: every write that was awaited before, and no half of another.

        It holds up the event loop: what takes more than a few milliseconds belongs in `read_aside`.
        """
        self._must_be_open()
        tx = self._reader
        try:
            tx.execute("BEGIN")
            try:
                return work(tx, *args, **kwargs)
            finally:
                tx.end()
        except Exception as error:
            self.condition.failed(self.path, error)
            raise

    async def read_aside(self, work: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `work(tx, …)` between two writes, on their connection and outside of any transaction: for long looks,
        and for what is of the connection itself."""
        self._must_be_open()
        try:
            once = partial(work, self._writer._conn, *args, **kwargs)
            return cast(T, await self._writer._execute(once))  # type: ignore[no-untyped-call]
        except Exception as error:
            self.condition.failed(self.path, error)
            raise

    def _must_be_open(self) -> None:
        if not self._is_open:
            raise ValueError("the database is closed")

    def _work_off(self) -> None:
        while group := self._take():
            try:
                self._commit(group)
            except BaseException as error:
                for one in group:
                    one.error = error
            group[0].settled.get_loop().call_soon_threadsafe(_tell, group)

    def _take(self, most: int = AT_MOST) -> list[Write]:
        """What waits at this moment."""
        group: list[Write] = []
        while self._waiting and len(group) < most:
            group.append(self._waiting.popleft())
        return group

    def _commit(self, group: list[Write]) -> None:
        """All of them, but for those that fail by themselves, in one transaction."""
        tx = self._writer._conn
        tx.execute("BEGIN IMMEDIATE")
        try:
            if len(group) == 1:
                group[0].run(tx)
            else:
                for one in group:
                    one.run_apart(tx)
            if all(one.error for one in group):
                tx.execute("ROLLBACK")
                return
            self.before_commit()
            tx.execute("COMMIT")
        except BaseException:
            if tx.in_transaction:  # a full disk has taken it back already
                tx.execute("ROLLBACK")
            raise
        self.writes += 1

    async def backup(self, path: Path) -> None:
        """A consistent copy, made between two writes."""
        await self.read_aside(_copy, path)

    async def close(self) -> None:
        """What waits is written first; nothing is read or written afterwards."""
        if self._is_open:
            self._is_open = False
            self._reader.close()
            await self._writer.close()
            self._lock.close()


def _reader(address: str) -> Reader:
    tx = sqlite3.connect(address, uri=True, isolation_level=None, factory=Reader)
    tx.row_factory = sqlite3.Row
    tx.executescript(READING)
    return tx


def _migrate(tx: Tx, path: Path) -> None:
    version: int = tx.execute("PRAGMA user_version").fetchone()[0]  # `look` has refused what is newer than we are
    scripts = migrations()
    if 0 < version < len(scripts):
        _copy(tx, path.with_suffix(f".before-{len(scripts)}"))
    tx.create_function("link", 6, link, deterministic=True)
    if missing := scripts[version:]:  # all at once: a death between two would have the next start copy a half-way file
        try:
            tx.executescript(";".join(["BEGIN", *missing, f"PRAGMA user_version = {len(scripts)}"]))
            chain_anew(tx)
            tx.execute("COMMIT")
        except sqlite3.Error as error:
            if trouble(error):  # the disk's, and told as such
                raise
            raise NotMigrated(
                f"{path.name} cannot be brought from version {version} to {len(scripts)} ({error}): nothing of it was"
                " changed, so start the program of before again; and please report this line"
            ) from error
    if tx.execute("PRAGMA page_size").fetchone()[0] != PAGE_SIZE:
        _rebuild(tx)
    path.chmod(0o600)


def _rebuild(tx: Tx) -> None:
    """With our size of pages, all at once or not at all."""
    try:
        tx.executescript(REBUILDING)
    except sqlite3.OperationalError:
        pass  # no room for two of them, or somebody looks at it: the next start will do
    finally:
        tx.execute("PRAGMA journal_mode = WAL")


def _copy(tx: Tx, path: Path) -> None:
    with closing(sqlite3.connect(path)) as target:
        tx.backup(target)
    path.chmod(0o600)


def _tell(group: list[Write]) -> None:
    for one in group:
        if not one.settled.done():  # or cancelled
            one.settled.set_result(None)


def _lock(path: Path) -> IO[str]:
    handle = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise AlreadyRunning("another conciergerie uses these data") from None
    return handle
