"""A look at the database of a bot that may be running: no lock is taken, nothing can be written."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiosqlite

from .database import Database


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
