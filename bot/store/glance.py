"""A look at the database of a bot that may be running, or a word put into it: no lock is taken."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from bot.errors import Fatal

from .database import PRAGMAS, Database, migrations


@asynccontextmanager
async def glance(path: Path) -> AsyncIterator[Database]:
    """The database, for reading only. Raises FileNotFoundError where there is none."""
    if not path.is_file():
        raise FileNotFoundError(path)
    connection = await aiosqlite.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    database = Database(connection, io.StringIO())
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def beside(path: Path) -> AsyncIterator[Database]:
    """The database of a bot that runs, for a short word beside its own: SQLite lets one write after the other.

    Raises Fatal where the program that runs is of another version.
    """
    connection = await aiosqlite.connect(path, isolation_level=None)
    connection.row_factory = sqlite3.Row
    database = Database(connection, io.StringIO())
    try:
        await connection.executescript(PRAGMAS)
        if await database.read(lambda tx: tx.execute("PRAGMA user_version").fetchone()[0]) != len(migrations()):
            raise Fatal("the bot that runs is of another version: restart it first")
        yield database
    finally:
        await database.close()
