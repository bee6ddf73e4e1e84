"""A look at the database of a bot that may be running, or a word put into it: no lock is taken."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.errors import Fatal

from .data_folder import look
from .data_trouble import opening
from .database import Database, migrations


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
        database = await Database.connected(path, io.StringIO(), "ro")
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
        database = await Database.connected(path, io.StringIO(), "rw")
        try:
            yield database
        finally:
            await database.close()
