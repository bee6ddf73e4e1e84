"""A process that dies at a chosen write, for tests of what is left and what goes on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import Any, ClassVar

from bot.store.database import AT_MOST, Database, Write


class Dead(BaseException):
    """The process is no more."""


STATEMENT = re.compile(r"\s*(INSERT|UPDATE|DELETE)\s+(?:OR \w+\s+)?(?:INTO\s+|FROM\s+)?(\w+)")
STEP = re.compile(r"\s*INSERT OR REPLACE INTO steps .*?VALUES\s*\(\d+, *'([^']*)', *\d+, *'(\w+)', *'(\w+)'", re.DOTALL)


def kind_of(statements: Iterable[str]) -> str:
    """What a write was: into which tables, and which acts were begun or done by it. What is said, asked and looked at
    is the same to the engine whatever it is about."""
    parts = {" ".join(told.groups()) for each in statements if (told := STATEMENT.match(each))}
    for key, kind, status in (told.groups() for each in statements if (told := STEP.match(each))):
        parts.add(f"{kind} {status} {key.partition('[')[0] if kind == 'do' else ''}")
    return ", ".join(sorted(parts))


class Mortal(Database):
    """A database whose process dies at the `deadly`-th write, before or after it is on disk; `kinds` says of each what
    it was."""

    kinds: ClassVar[list[str]] = []
    deadly: ClassVar[int] = 0
    after: ClassVar[bool] = False
    died: ClassVar[asyncio.Event]

    @classmethod
    def another(cls) -> type[Mortal]:
        """For one bot of several: its writes are counted alone, and no death that others left behind is its own."""
        return type("OneMortal", (cls,), {"died": asyncio.Event(), "deadly": 0, "after": False, "kinds": []})

    @classmethod
    def dies_at(cls, write: int, *, after: bool) -> None:
        """Before or after the so many-th write from now on; 0: it lives."""
        cls.deadly, cls.after, cls.kinds = write, after, []

    @classmethod
    async def open(cls, path: Path) -> Mortal:
        database = await super().open(path)
        await database.read_aside(
            lambda tx: tx.execute("PRAGMA synchronous = OFF")
        )  # the process dies, not the machine
        return database

    @classmethod
    async def survives(cls, what: Coroutine[Any, Any, object]) -> bool:
        """Whether the process gets through this alive."""
        task, death = asyncio.ensure_future(what), asyncio.ensure_future(cls.died.wait())
        await asyncio.wait({task, death}, return_when=asyncio.FIRST_COMPLETED)
        alive = not cls.died.is_set()
        for each in (task, death):
            each.cancel()
        await asyncio.gather(task, death, return_exceptions=True)
        return alive

    def _take(self, most: int = AT_MOST) -> list[Write]:
        """The deadly write is committed alone: those before it are on disk and told, those behind it are not."""
        mine = type(self)
        first = mine.deadly - len(mine.kinds)  # its place among those that wait: 1 for the next one
        return super()._take(first - 1 if 1 < first <= most else 1 if first == 1 else most)

    def _commit(self, group: list[Write]) -> None:
        mine = type(self)
        if mine.died.is_set():
            raise Dead
        last = len(mine.kinds) + len(group) == mine.deadly
        if last and not mine.after:
            mine.died.set()
            raise Dead
        statements: list[str] = []
        self._writer._conn.set_trace_callback(statements.append)
        try:
            super()._commit(group)
        finally:
            self._writer._conn.set_trace_callback(None)
            mine.kinds += [kind_of(statements)] * len(group)
        if last:
            mine.died.set()
            raise Dead
