"""What `doctor` says of the copy of the register of hosts."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from bot.operator.doctor.homeserver_checks import Patient
from bot.operator.doctor.instance import register_of_hosts
from bot.operator.doctor.sentences import say
from bot.settings import Settings
from bot.store import chatons
from bot.store.data_folder import DATABASE
from bot.store.database import Database
from tests.stage.migrated import open_migrated

URL = "https://chatons.example/chatons.properties"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await open_migrated(tmp_path / DATABASE, Database)
    yield database
    await database.close()


def patient(folder: Path, **more: str) -> Patient:
    least = {"MATRIX_HOMESERVER": "https://m.example", "MATRIX_USER": "@c:m.example", "MATRIX_PASSWORD": "p"}
    settings = Settings.load(least | {"DATA_DIR": str(folder)} | more, None)
    return Patient(settings, cast(Any, None), None)


async def said(folder: Path) -> list[tuple[str, str]]:
    return [(row.sign, row.words) for row in map(say, await register_of_hosts(patient(folder, CHATONS_URL=URL)))]


async def test_a_bot_without_a_register_says_nothing_of_it(database: Database, tmp_path: Path) -> None:
    assert await register_of_hosts(patient(tmp_path)) == []


async def test_a_bot_that_has_not_run(tmp_path: Path) -> None:
    assert await said(tmp_path) == []


@pytest.mark.parametrize(("days", "sign"), [(1, "✓"), (4, "✗")])
async def test_the_day_of_the_copy(database: Database, tmp_path: Path, days: int, sign: str) -> None:
    ((before, words),) = await said(tmp_path)
    assert (before, "last read: never" in words) == ("✗", True)
    at = time.time() - days * 86_400
    await database.write(chatons.keep, URL, "CHATONS", {}, round(at * 1000))
    ((now, words),) = await said(tmp_path)
    assert (now, time.strftime("%Y-%m-%d", time.gmtime(at)) in words) == (sign, True)
