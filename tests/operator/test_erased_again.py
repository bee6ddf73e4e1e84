"""Whoever was erased after a backup was made is gone again once it is restored."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.operator.cli import cli
from bot.operator.transfer import _sum
from bot.store import audit, erasures, journal_start, personal
from bot.store.audit_chain import link
from bot.store.database import Database, Tx, migrations
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


def of_version_32(data: Path, acts: int = 1) -> None:
    """Data of before journals could forget: their links are of the acts themselves."""
    with closing(sqlite3.connect(data / "bot.sqlite")) as old:
        old.create_function("link", 6, link, deterministic=True)
        for script in migrations()[:32]:
            old.executescript(script)
        old.executescript(f"{FURNISHED}; PRAGMA user_version = 32;")
        mark = ""
        for at in range(1, acts + 1):
            mark = link(mark, at, ANNE, "invited", ZOE, "{}")
            added = "INSERT INTO acts (lieu, at, by, what, about, hash) VALUES (1, ?, ?, 'invited', ?, ?)"
            old.execute(added, (at, ANNE, ZOE, mark))
        old.execute("INSERT INTO chains (lieu, count, hash) VALUES (1, ?, ?)", (acts, mark))
        old.commit()


async def test_a_backup_of_an_earlier_version_forgets_too(data: Path, tmp_path: Path) -> None:
    """What the upgrade keeps aside of it is gone as well."""
    await erased(data)
    data.rename(tmp_path / "lost")
    data.mkdir()
    of_version_32(data)
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


# -- a lieu that moves


OTHER = "@conciergerie:rosee.fr"


class Bots:
    """Several, each with data of its own; `here` is the one whose commands are typed."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._env = folder, monkeypatch
        self._env.setenv("MATRIX_HOMESERVER", "https://rosee.fr")
        self._env.setenv("MATRIX_USER", OTHER)
        self._env.setenv("MATRIX_PASSWORD", "x")

    def data(self, bot: str) -> Path:
        return self.folder / bot

    async def types(self, bot: str, *line: str) -> str:
        self._env.setenv("DATA_DIR", str(self.data(bot)))
        told = await typed(*line)
        assert told.exit_code == 0, told.output
        return told.stdout

    async def exports(self, bot: str, file: str) -> None:
        await self.types(bot, "export", "La Rosée", file, "--to", OTHER)

    async def imports(self, bot: str, file: str, *more: str) -> str:
        """And the bot is invited into it."""
        self.data(bot).mkdir(exist_ok=True)
        told = await self.types(bot, "import", file, *more)
        database = await Database.open(self.data(bot) / "bot.sqlite")
        await database.write(lambda tx: tx.execute("UPDATE lieux SET left_at = NULL"))
        await database.close()
        return told

    async def has(self, bot: str) -> bool:
        """Whether Zoé is there, but for what is said to stay of her; the journal is whole, whoever is there."""
        assert "✗" not in await self.types(bot, "journal", "--verify")
        return not {*await left(self.data(bot))} <= {"acts.by", "people.person"}


@pytest.fixture
def bots(data: Path, monkeypatch: pytest.MonkeyPatch) -> Bots:
    return Bots(data.parent, monkeypatch)


AGAIN = "1 erased in it since that file was made: erased again."
CANNOT_KNOW = "this bot cannot know"


async def test_who_was_erased_stays_so_wherever_an_older_file_of_the_lieu_goes(bots: Bots) -> None:
    await bots.exports("data", "old.json")
    assert CANNOT_KNOW in await bots.imports("b", "old.json")
    assert await bots.has("b"), "she is not erased yet"
    await erased(bots.data("b"))
    assert not await bots.has("b")
    await bots.exports("b", "new.json")
    assert AGAIN in await bots.imports("b", "old.json"), "that bot knows"
    assert not await bots.has("b")
    assert AGAIN not in await bots.imports("c", "new.json"), "it was made afterwards"
    await bots.exports("c", "newer.json")
    assert AGAIN in await bots.imports("c", "old.json"), "it was told by the newer file"
    assert not await bots.has("c")
    assert AGAIN in await bots.imports("d", "old.json", "--erasures", f"b/{FILE}"), "no file told this one"
    assert not await bots.has("d")
    await bots.types("d", "backup", "d.tar")
    shutil.rmtree(bots.data("d"))
    assert "erased again" not in await bots.types("d", "restore", "d.tar"), "what it was told of is done"


async def test_whoever_came_back_is_not_erased_by_the_file_that_brings_them(bots: Bots) -> None:
    await erased(bots.data("data"))
    database = await Database.open(bots.data("data") / "bot.sqlite")
    await database.write(lambda tx: tx.execute("INSERT INTO members VALUES (1, ?)", (ZOE,)))
    await database.close()
    await bots.exports("data", "later.json")
    assert AGAIN not in await bots.imports("data", "later.json")
    assert "members.person" in await left(bots.data("data"))


async def test_data_that_were_put_back_and_not_started_are_not_exported_with_who_was_erased(bots: Bots) -> None:
    shutil.copytree(bots.data("data"), bots.data("before"))
    await erased(bots.data("data"))
    shutil.copy(bots.data("data") / FILE, bots.data("before") / FILE)
    await bots.exports("before", "put-back.json")
    assert "zoe@exemple.fr" not in (bots.folder / "put-back.json").read_text()


async def test_a_file_of_before_erasures_were_in_it_says_so_and_is_gone_by_its_journal(bots: Bots) -> None:
    await bots.exports("data", "old.json")
    await bots.imports("b", "old.json")
    await erased(bots.data("b"))
    await bots.exports("b", "new.json")
    for name in ("old.json", "new.json"):
        told = json.loads((bots.folder / name).read_text())
        del told["erasures"], told["sha256"]
        (bots.folder / name).write_text(json.dumps({"sha256": _sum(told), **told}))
    said = await bots.imports("b", "new.json")
    assert AGAIN not in said
    assert "a version that did not say who was erased" in said
    await bots.exports("b", "newer.json")
    assert AGAIN in await bots.imports("b", "old.json")
    assert not await bots.has("b")


async def test_a_journal_stays_whole_whatever_happens_to_it_one_after_the_other(bots: Bots) -> None:
    """Written by an earlier version, chained anew, shortened, erased, exported, taken over, copied, put back, erased in
    an older file: after each, what is left is as it was written, and says what it lacks."""
    data = bots.data("data")
    shutil.rmtree(data)
    data.mkdir()
    of_version_32(data, acts=6)

    async def verified(bot: str) -> str:
        return (await bots.types(bot, "journal", "--verify")).splitlines()[0]

    async def write(bot: str, work: Callable[[Tx], object]) -> None:
        database = await Database.open(bots.data(bot) / "bot.sqlite")
        await database.write(work)
        await database.close()

    await write("data", lambda tx: audit.note(tx, 1, 20, ANNE, "invited", "@marc:lieu.fr", {}))
    assert await verified("data") == "✓ La Rosée: 7 acts, none missing"
    shutil.copytree(data, bots.data("copy"))
    await bots.exports("copy", "old.json")
    await write("data", lambda tx: journal_start.forget(tx, 1, 4, 10))
    short = "; 4 before them were forgotten, as the lieu chose"
    assert await verified("data") == f"✓ La Rosée: 3 acts, none missing{short}"
    await erased(data)
    names = "; of 2 of them, names are erased"
    assert await verified("data") == f"✓ La Rosée: 4 acts, none missing{short}{names}"
    await bots.exports("data", "new.json")
    assert AGAIN not in await bots.imports("b", "new.json")
    assert await verified("b") == f"✓ La Rosée: 4 acts, none missing{short}{names}"
    await write("b", lambda tx: audit.note(tx, 1, 60, ANNE, "invited", "@marc:lieu.fr", {}))
    await bots.types("b", "backup", "b.tar")
    shutil.rmtree(bots.data("b"))
    await bots.types("b", "restore", "b.tar")
    assert await verified("b") == f"✓ La Rosée: 5 acts, none missing{short}{names}"
    await bots.exports("b", "newer.json")
    assert AGAIN in await bots.imports("b", "old.json")
    assert await verified("b") == "✓ La Rosée: 8 acts, none missing; of 6 of them, names are erased"
    assert not await bots.has("b")
    await write("b", lambda tx: journal_start.forget(tx, 1, 3, 10))
    await erased(bots.data("b"), "e2", "@marc:lieu.fr")
    assert await verified("b") == (
        "✓ La Rosée: 6 acts, none missing; 3 before them were forgotten, as the lieu chose"
        "; of 4 of them, names are erased"
    )


async def test_a_journal_that_was_tampered_with_shows_after_all_of_that(bots: Bots) -> None:
    await erased(bots.data("data"))
    database = await Database.open(bots.data("data") / "bot.sqlite")
    await database.write(lambda tx: tx.execute("UPDATE acts SET about = NULL, words = '{}', salt = NULL WHERE seq = 8"))
    await database.close()
    told = await typed("journal", "--verify")
    assert (told.exit_code != 0, "✗ La Rosée" in told.stdout) == (True, True)
