"""Whoever was erased after a backup was made is gone again once it is restored."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.operator.cli import cli
from bot.store import audit, erasures, personal
from bot.store.audit_chain import link
from bot.store.database import Database, migrations
from bot.store.erasures import FILE, Erasure
from tests.store.test_personal import ANNE, FURNISHED, ZOE, dump, furnish

LEFT = {"acts.by", "owned.ref", "owned.person", "people.person"}  # what is said to stay


@pytest.fixture
async def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    database = await Database.open(tmp_path / "data" / "bot.sqlite")
    await database.write(furnish)
    await database.close()
    return tmp_path / "data"


async def typed(*line: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, cli, line)


async def erased(data: Path, id: str = "e1", person: str = ZOE) -> None:
    """As the bot does it."""
    database = await Database.open(data / "bot.sqlite")
    who = await database.read(personal.known, 1, person)
    erasures.add(data / FILE, [Erasure.of(id, 50, "!rosee", who.ids)])
    await database.write(lambda tx: personal.erase(tx, 1, who, ANNE, 50, first=True))
    await database.write(personal.note_done, id, 50)
    await database.close()


async def left(data: Path) -> set[str]:
    database = await Database.open(data / "bot.sqlite")
    try:
        assert await database.read(lambda tx: list(audit.broken(tx))) == []
        return {place.partition("/")[0] for place in await database.read(dump)}
    finally:
        await database.close()


async def test_backed_up_erased_restored_gone_again(data: Path, tmp_path: Path) -> None:
    assert (await typed("backup", "before.tar")).exit_code == 0
    assert not (tmp_path / FILE).exists(), "nobody was erased yet"
    await erased(data)
    assert (await typed("backup", "after.tar")).exit_code == 0
    shutil.rmtree(data)
    told = await typed("restore", "before.tar")  # the later backup has left the list beside the older one
    assert (told.exit_code, told.stdout.splitlines()[0]) == (0, "1 erased since then: erased again.")
    assert await left(data) == LEFT
    assert b"zoe@exemple.fr" not in (data / "bot.sqlite").read_bytes()
    journal = await typed("journal", "--verify")
    assert (journal.exit_code, "names are erased" in journal.stdout) == (0, True)
    shutil.rmtree(data)
    assert "erased again" not in (await typed("restore", "after.tar")).stdout, "it was erased in there already"
    assert await left(data) == LEFT


async def test_the_list_of_the_lost_data_is_taken(data: Path, tmp_path: Path) -> None:
    await typed("backup", "before.tar")
    await erased(data)
    data.rename(tmp_path / "lost")
    assert "erased again" in (await typed("restore", "--erasures", f"lost/{FILE}", "before.tar")).stdout
    assert await left(data) == LEFT


@pytest.mark.parametrize("content", ["{", None], ids=["damaged", "missing"])
async def test_a_list_that_cannot_be_read_restores_nothing(data: Path, tmp_path: Path, content: str | None) -> None:
    await typed("backup", "before.tar")
    shutil.rmtree(data)
    if content is not None:
        (tmp_path / "list").write_text(content)
    told = await typed("restore", "--erasures", "list", "before.tar")
    assert (told.exit_code, data.exists()) == (74, False)


async def test_a_backup_of_an_earlier_version_forgets_too(data: Path, tmp_path: Path) -> None:
    """What the upgrade keeps aside of it is gone as well."""
    await erased(data)
    data.rename(tmp_path / "lost")
    data.mkdir()
    with closing(sqlite3.connect(data / "bot.sqlite")) as old:
        old.create_function("link", 6, link, deterministic=True)
        for script in migrations()[:32]:
            old.executescript(script)
        mark = link("", 1, ANNE, "invited", ZOE, "{}")
        old.executescript(f"{FURNISHED}; PRAGMA user_version = 32;")
        old.execute(
            "INSERT INTO acts (lieu, at, by, what, about, hash) VALUES (1, 1, ?, 'invited', ?, ?)", (ANNE, ZOE, mark)
        )
        old.execute("INSERT INTO chains (lieu, count, hash) VALUES (1, 1, ?)", (mark,))
        old.commit()
    assert (await typed("backup", "old.tar")).exit_code == 0
    shutil.rmtree(data)
    assert "erased again" in (await typed("restore", "--erasures", f"lost/{FILE}", "old.tar")).stdout
    assert not [*data.glob("*.before-*")]
    assert await left(data) == LEFT - {"acts.by"}
    assert not re.search(b"zoe@exemple", (data / "bot.sqlite").read_bytes())


async def test_who_came_back_stays(data: Path) -> None:
    """Erased, then here again, then backed up: that backup has the list of its time in it."""
    await erased(data)
    database = await Database.open(data / "bot.sqlite")
    await database.write(lambda tx: tx.execute("INSERT INTO members VALUES (1, ?)", (ZOE,)))
    await database.close()
    await typed("backup", "later.tar")
    shutil.rmtree(data)
    assert "erased again" not in (await typed("restore", "later.tar")).stdout
    assert "members.person" in await left(data)
