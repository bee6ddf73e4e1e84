"""A look at the database of a bot that may be running, or a word put into it: no lock is taken."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from bot.errors import Fatal

from .data_folder import look
from .data_trouble import opening
from .database import PRAGMAS, Database, migrations


class Earlier(Fatal):
    """Looking changes nothing, so that the data cannot be brought up to date here."""

    exit_code = 65


@asynccontextmanager
async def open_read_only(path: Path) -> AsyncIterator[Database]:
    """The database, for reading only. Raises FileNotFoundError where there is none and never was, Earlier where it has
    to be brought up to date first, DataUnusable where it cannot be read."""
    with opening(path):
        version = look(path, migrations=len(migrations()))
        if not path.is_file():
            raise FileNotFoundError(path)
        if version < len(migrations()):
            raise Earlier("the data are of an earlier version: start the bot once")
        connection = await aiosqlite.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        database = Database(connection, io.StringIO())
        database.path = path
        try:
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def open_beside(path: Path) -> AsyncIterator[Database]:
    """The database of a bot that runs, for a short word beside its own: SQLite lets one write after the other.

    Raises Fatal where the program that runs is of another version.
    """
    with opening(path):
        if look(path, migrations=len(migrations())) != len(migrations()):
            raise Fatal("the bot that runs is of another version: restart it first")
        connection = await aiosqlite.connect(path, isolation_level=None)
        connection.row_factory = sqlite3.Row
        database = Database(connection, io.StringIO())
        database.path = path
        try:
            await connection.executescript(PRAGMAS)
            yield database
        finally:
            await database.close()
