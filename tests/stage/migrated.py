"""A new database, as it is after its migrations: made once, then copied to where each test begins."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from bot.store.database import Database

AnyDatabase = TypeVar("AnyDatabase", bound=Database)


async def open_migrated(path: Path, store: type[AnyDatabase]) -> AnyDatabase:
    """As `store.open(path)`: where no file is there yet, 4 ms of the processor instead of the 21 of the migrations."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(_migrated())
    return await store.open(path)  # type: ignore[return-value]


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _made(Path(folder) / "bot.sqlite")).result()


async def _made(path: Path) -> bytes:
    await (await Database.open(path)).close()
    assert not path.with_suffix(".sqlite-wal").exists(), "all of it is in this one file"
    return path.read_bytes()
