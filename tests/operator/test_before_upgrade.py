"""What the next version says of the data while this one runs; what is said when they do not fit, and the way back."""

from __future__ import annotations

import io
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bot.app import scripts
from bot.backups.archive import backup
from bot.errors import AlreadyRunning, FromTheFuture, NotMigrated
from bot.operator.cli import cli
from bot.operator.doctor import before_upgrade
from bot.operator.doctor.before_upgrade import foresee
from bot.operator.doctor.step_names import StepNames
from bot.operator.way_back import go_back
from bot.settings import Backups
from bot.store import backups
from bot.store import database as module
from bot.store.database import Database, Tx, migrations
from tests.operator.test_from_the_first import first

LEAST = "MATRIX_HOMESERVER=http://127.0.0.1:9\nMATRIX_USER=@conciergerie:lieu.fr\nMATRIX_PASSWORD=swordfish\n"
NOW = datetime(2026, 12, 1, 4, tzinfo=UTC)
NEXT = len(migrations()) + 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data of the very first bot, below its settings."""
    data = tmp_path / "data"
    data.mkdir()
    first(data)
    (tmp_path / "bot.env").write_text(f"{LEAST}DATA_DIR={data}\n")
    return data


async def told(folder: Path, file: Path | None = None, now: datetime = NOW) -> tuple[bool, str]:
    """Whether all is well, and the table on one line."""
    said = io.StringIO()
    well = await foresee({}, folder.parent / "bot.env", file, now, Console(file=said, width=400))
    return well, " ".join(said.getvalue().split())


def state(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.iterdir()}


async def test_what_would_become_of_the_data_is_told_and_nothing_is_touched(folder: Path) -> None:
    before = state(folder)
    well, said = await told(folder)
    assert well
    assert f"they go from version 1 to {len(migrations())}" in said
    assert "a copy of them was brought up to date" in said
    assert "5 under way, which go on" in said
    assert "none was looked at" in said
    assert state(folder) == before


async def test_whether_there_is_a_copy_to_go_back_to(folder: Path) -> None:
    env = folder.parent / "bot.env"
    assert "last good backup" not in (await told(folder))[1], "where no copy leaves, nothing is asked of them"
    age = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
    env.write_text(f"{env.read_text()}BACKUP_URL=/mnt/copies\nBACKUP_RECIPIENT={age}\n")
    well, said = await told(folder)
    assert (well, "none so far, and nothing since could be restored" in said) == (False, True), said
    database = await Database.open(folder / "bot.sqlite")

    async def tried(act: str, at: datetime, outcome: str) -> None:
        towards = Backups("/mnt/copies", (age,)).towards
        id = await database.write(backups.begin, act, round(at.timestamp() * 1000), f"of {at}", "word", towards)
        await database.write(backups.end, id, outcome, "", 1)

    last = NOW - timedelta(days=2)
    await tried("send", last, "done")
    await tried("prove", last, "done")
    well, said = await told(folder)
    assert (well, "✓ last good backup of 2026-11-29, restored in a trial" in said) == (True, True), said
    well, said = await told(folder, now=NOW + timedelta(days=7))
    assert (well, "✗ last good backup of 2026-11-29, and nothing since" in said) == (False, True), said
    backup(folder, folder.parent / "b.tar", NOW)
    well, said = await told(folder, folder.parent / "b.tar", NOW + timedelta(hours=200))
    assert "· last good backup of 2026-11-29: the one that you name" in said
    await tried("send", NOW, "done")
    await tried("prove", NOW, "failed")
    assert "✗ last good backup" in (await told(folder))[1]
    await database.close()


async def test_the_bot_of_before_may_be_running_and_writing(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "bot.sqlite", isolation_level=None)) as running:
        running.execute("PRAGMA journal_mode = WAL")
        running.execute("BEGIN IMMEDIATE")
        running.execute("UPDATE sync SET token = 'half'")
        well, said = await told(folder)
        running.execute("COMMIT")
    assert well, said


async def test_conversations_that_this_version_cannot_go_on_with_are_told(folder: Path) -> None:
    """As the engine then does with them: `talk/test_engine_upgrade.py` shows two of the three."""
    with closing(sqlite3.connect(folder / "bot.sqlite")) as tx, tx:
        tx.execute("UPDATE steps SET key = 'shoe-size' WHERE key = 'login' AND status = 'asked'")
        tx.execute("UPDATE steps SET key = 'tie-shoes' WHERE key = 'approval' AND kind = 'do'")
        tx.execute("UPDATE conversations SET dialogue = 'tombola' WHERE dialogue = 'install'")
    well, said = await told(folder)
    assert well, "nothing of it is in the way"
    assert "1 × « welcome » at a question that this version does not have: it goes on with the next one" in said
    assert "1 × « welcome » past an act that this version does not have: it stops" in said
    assert "1 × « tombola » of a kind that this version does not have" in said
    assert "2 under way, which go on" in said


def test_every_step_that_a_conversation_may_be_at_is_known() -> None:
    names = StepNames(scripts())
    for dialogue, key in (("welcome", "login"), ("welcome", "room-name[!2]"), ("invite", "summary#2")):
        assert names.knows(dialogue, key), key
    assert names.knows("welcome", "talk.stopping")
    assert not names.knows("welcome", "shoe-size")
    assert not names.knows("tombola", "login")


async def test_settings_that_this_version_does_not_take_are_told(folder: Path) -> None:
    with (folder.parent / "bot.env").open("a") as file:
        file.write("TIMEZONE=Mars/Olympus\nPIGEONS=yes\n")
    well, said = await told(folder)
    assert not well
    assert "✗ settings TIMEZONE" in said
    assert "· settings PIGEONS is no setting of this version" in said
    assert "swordfish" not in said


@pytest.mark.parametrize(("days", "well"), [(0.5, True), (2, False)])
async def test_a_backup_is_tried_and_its_age_is_told(folder: Path, days: float, well: bool) -> None:
    file = folder.parent / "safe.tar"
    await (await Database.open(folder / "bot.sqlite")).close()
    backup(folder, file, NOW - timedelta(days=days))
    fine, said = await told(folder, file)
    assert (fine, "can be restored" in said) == (well, True), said


async def test_a_backup_that_is_none_is_told(folder: Path) -> None:
    file = folder.parent / "safe.tar"
    file.write_bytes(b"no")
    well, said = await told(folder, file)
    assert (well, "cannot be read as a backup" in said) == (False, True)


async def test_data_that_cannot_be_brought_up_to_date_are_told_beforehand(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "migrations", lambda: [*migrations(), "INSERT INTO nowhere VALUES (1)"])
    before = state(folder)
    well, said = await told(folder)
    assert (well, "cannot be brought from version 1" in said) == (False, True), said
    assert state(folder) == before


async def test_no_room_for_the_copies_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(before_upgrade, "free", lambda place: 1000)
    well, said = await told(folder)
    assert not well
    assert "not tried, for want of room" in said
    assert "MiB are free: make room" in said


def test_the_command_ends_with_what_the_table_says(folder: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "bot", "doctor", "--before-upgrade"]
    for expected in (0, 1):
        done = subprocess.run(command, cwd=folder.parent, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == expected, done.stdout + done.stderr
        (folder / "bot.sqlite").write_bytes(b"no database, but long enough to be one" * 100)


# -- the way back


def ours(tx: Tx) -> list[str]:
    return [row[0] for row in tx.execute("SELECT name FROM lieux")]


@pytest.fixture
async def upgraded(folder: Path) -> Path:
    """The next version has begun, and written: this one is started again by mistake, or because it was better."""
    await (await Database.open(folder / "bot.sqlite")).close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "migrations", lambda: [*migrations(), "CREATE TABLE plus (n INTEGER) STRICT"])
        newer = await Database.open(folder / "bot.sqlite")
        await newer.write(lambda tx: tx.execute("UPDATE lieux SET name = 'Le Moulin'"))
        await newer.close()
    return folder


def restore(folder: Path, source: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["restore", source, "--env-file", str(folder.parent / "bot.env")])
    return done.exit_code, done.output


async def test_newer_data_are_refused_with_the_way_back_which_works(upgraded: Path) -> None:
    with pytest.raises(FromTheFuture) as refused:
        await Database.open(upgraded / "bot.sqlite")
    assert "start the newer program again" in str(refused.value)
    command = str(refused.value).partition("`conciergerie restore ")[2].rstrip("`")
    assert command == str(upgraded / f"bot.before-{NEXT}")

    code, said = restore(upgraded, command)
    assert code == 0, said
    database = await Database.open(upgraded / "bot.sqlite")
    assert await database.read(ours) == ["La Rosée"]
    await database.close()

    kept = upgraded / f"bot.before-going-back-{NEXT}.sqlite"
    assert str(kept) in said
    with closing(sqlite3.connect(kept)) as newer:
        assert newer.execute("SELECT name FROM lieux").fetchall() == [("Le Moulin",)]


async def test_a_database_that_was_lost_comes_back_from_the_copy(upgraded: Path) -> None:
    (upgraded / "bot.sqlite").unlink()
    assert restore(upgraded, str(upgraded / f"bot.before-{NEXT}"))[0] == 0
    await (await Database.open(upgraded / "bot.sqlite")).close()


async def test_nothing_is_put_back_under_a_bot_that_runs(folder: Path) -> None:
    running = await Database.open(folder / "bot.sqlite")
    (copy,) = folder.glob("bot.before-*")
    with pytest.raises(AlreadyRunning):
        go_back(copy, folder)
    await running.close()


@pytest.mark.parametrize("moved", [0, 1])
async def test_a_death_on_the_way_back_is_mended_by_going_again(
    upgraded: Path, moved: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many files were moved."""
    left, replace = [moved], Path.replace

    def dies(path: Path, target: Path | str) -> Path:
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        return replace(path, target)

    copy = upgraded / f"bot.before-{NEXT}"
    monkeypatch.setattr(Path, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        go_back(copy, upgraded)
    monkeypatch.undo()
    assert (upgraded / "bot.sqlite").exists() == (moved == 0)
    assert go_back(copy, upgraded) == upgraded / f"bot.before-going-back-{NEXT}.sqlite"
    database = await Database.open(upgraded / "bot.sqlite")
    assert await database.read(ours) == ["La Rosée"]
    await database.close()
    with closing(sqlite3.connect(upgraded / f"bot.before-going-back-{NEXT}.sqlite")) as newer:
        assert newer.execute("SELECT name FROM lieux").fetchall() == [("Le Moulin",)]


async def test_a_copy_that_is_damaged_is_not_put_back(upgraded: Path) -> None:
    copy = upgraded / f"bot.before-{NEXT}"
    content = bytearray(copy.read_bytes())
    content[4096:-2048] = b"\xff" * (len(content) - 6144)
    copy.write_bytes(content)
    before = (upgraded / "bot.sqlite").read_bytes()
    code, said = restore(upgraded, str(copy))
    assert (code, "damaged" in said) == (73, True), said
    assert (upgraded / "bot.sqlite").read_bytes() == before


async def test_where_no_copy_is_left_a_backup_is_asked_for(upgraded: Path) -> None:
    for copy in upgraded.glob("bot.before-*"):
        copy.unlink()
    with pytest.raises(FromTheFuture, match="`conciergerie restore` a backup of before"):
        await Database.open(upgraded / "bot.sqlite")


async def test_a_migration_that_fails_leaves_the_data_to_the_program_of_before(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await Database.open(folder / "bot.sqlite")).close()
    broken = [*migrations(), "CREATE TABLE plus (n INTEGER) STRICT", "INSERT INTO nowhere VALUES (1)"]
    monkeypatch.setattr(module, "migrations", lambda: broken)
    with pytest.raises(NotMigrated, match="start the program of before again") as failed:
        await Database.open(folder / "bot.sqlite")
    assert failed.value.exit_code == FromTheFuture.exit_code, "and systemd does not try for ever"
    monkeypatch.undo()
    database = await Database.open(folder / "bot.sqlite")
    assert await database.read(ours) == ["La Rosée"]
    await database.close()
