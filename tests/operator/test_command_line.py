"""The operator's commands as an operator meets them: what is said, what is written, and the exit code."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest
from typer.testing import CliRunner

from bot import __version__
from bot.lieux import Lieux
from bot.operator.cli import cli
from bot.store import audit, candidates
from bot.store.database import Database, Tx, migrations

pytestmark = pytest.mark.sampled(4)

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
LEAST = "MATRIX_HOMESERVER=http://127.0.0.1:9\nMATRIX_USER=@bot:example.org\nMATRIX_PASSWORD=swordfish\n"

# The life of the process around a bot that only says what happens to it.
PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from bot.errors import AlreadyRunning, CredentialsRefused, FromTheFuture
from bot.operator.process import run_until_told
from bot.settings import Settings

async def bot(settings):
    {body}

sys.exit(run_until_told(Settings.load(os.environ, Path("bot.env")), bot))
"""
UNTIL_CANCELLED = """
    try:
        print("ready", flush=True)
        await asyncio.Event().wait()
    finally:
        print("closing", flush=True)
        await asyncio.sleep(0.2)
        print("closed", flush=True)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bot.env").write_text(LEAST)
    return tmp_path


def start(folder: Path, body: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM.replace("{body}", body.strip())]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=ENVIRONMENT, stdout=pipe, stderr=pipe, text=True)


def last_words(process: subprocess.Popen[str]) -> tuple[dict[str, object], str]:
    """The one line of log with which it ended, and everything it wrote."""
    out, err = process.communicate(timeout=30)
    return json.loads(err.splitlines()[-1]), out + err


def command(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    whole = [sys.executable, "-m", "bot", *words]
    return subprocess.run(whole, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)


def test_it_tells_its_version(folder: Path) -> None:
    assert command(folder, "--version").stdout == f"conciergerie {__version__}\n"


def ran(folder: Path) -> None:
    """A database as a bot leaves it."""

    async def open_and_close() -> None:
        await (await Database.open(folder / "bot.sqlite")).close()

    asyncio.run(open_and_close())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_bot_cleanly_also_when_it_is_repeated(folder: Path, number: signal.Signals) -> None:
    process = start(folder, UNTIL_CANCELLED)
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.stdout.readline() == "closing\n"
    process.send_signal(number)
    words, written = last_words(process)
    assert (process.returncode, words["why"]) == (0, "asked to")
    assert written.startswith("closed\n")


@pytest.mark.parametrize(
    ("body", "code", "why"),
    [
        ('raise CredentialsRefused("matrix")', 77, "matrix refuses the bot's password or token"),
        ('raise AlreadyRunning("another conciergerie uses these data")', 75, "another conciergerie"),
        ('raise ExceptionGroup("tasks", [ValueError(), AlreadyRunning("another conciergerie")])', 75, "another"),
        ('raise FromTheFuture("bot.sqlite is of version 9")', 76, "version 9"),
        ('raise RuntimeError("the letter said: je suis Camille")', 70, "a bug"),
    ],
)
def test_each_end_has_its_code_and_one_line(folder: Path, body: str, code: int, why: str) -> None:
    process = start(folder, body)
    words, written = last_words(process)
    assert process.returncode == words["code"] == code
    assert why in words["why"]
    assert [json.loads(line)["event"] for line in written.splitlines()] == ["starts", "stopped"]
    assert "Camille" not in written, "an exception may quote what people wrote"


def test_wrong_settings_are_all_said_and_no_secret_is(tmp_path: Path) -> None:
    (tmp_path / "bot.env").write_text("MATRIX_USER=bot\nMATRIX_PASSWORD=swordfish\nHTTP_LISTEN=x\n")
    for name in ("run", "doctor"):
        done = command(tmp_path, name)
        assert done.returncode == 78
        said = [line.split()[1] for line in done.stderr.splitlines()]
        assert said == ["MATRIX_HOMESERVER", "MATRIX_USER", "HTTP_LISTEN"]
        assert "swordfish" not in done.stdout + done.stderr


def test_a_file_may_be_named(folder: Path) -> None:
    done = command(folder, "run", "--env-file", "other.env")
    assert (done.returncode, done.stderr.splitlines()[0]) == (
        78,
        "✗ other.env does not exist; `conciergerie setup` makes it",
    )


def test_backup_and_restore_with_wrong_settings(tmp_path: Path) -> None:
    """A backup is wanted most when nothing else works."""
    (tmp_path / "bot.env").write_text("DATA_DIR=kept\nMATRIX_USER=wrong\n")
    ran(tmp_path / "kept")
    assert command(tmp_path, "backup", "b.tar").returncode == 0
    refused = command(tmp_path, "restore", "b.tar")
    assert (refused.returncode, refused.stderr) == (74, "✗ kept is not empty: move it away, then restore\n")
    (tmp_path / "kept").rename(tmp_path / "old")
    assert command(tmp_path, "restore", "b.tar").returncode == 0
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["bot.lock", "bot.sqlite"]


def test_the_name_of_a_backup_is_its_time(tmp_path: Path) -> None:
    ran(tmp_path / "data")
    assert command(tmp_path, "backup").returncode == 0
    assert [path.stat().st_mode & 0o777 for path in tmp_path.glob("conciergerie-20*.tar")] == [0o600]


def test_help_names_every_command() -> None:
    said = CliRunner().invoke(cli, ["--help"]).output
    assert {"run", "setup", "doctor", "demo", "backup", "restore"} <= set(said.split())


def test_the_demo_needs_the_sources(folder: Path) -> None:
    program = "import sys; sys.modules['tests'] = None; from bot.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "demo"], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "part of the sources" in done.stderr


async def test_the_journal_is_verified_while_the_bot_runs(folder: Path) -> None:
    settings = "DATA_DIR=data\n"
    (folder / "bot.env").write_text(LEAST + settings)
    absent = await asyncio.to_thread(command, folder, "journal", "--verify")
    assert absent.returncode == 1
    assert "has not run" in absent.stderr
    database = await Database.open(folder / "data" / "bot.sqlite")
    try:
        await database.write(_two_acts)
        whole = await asyncio.to_thread(command, folder, "journal", "--verify")
        assert (whole.returncode, whole.stdout) == (0, "✓ La Rosée: 2 acts, none missing\n")
        await database.write(lambda tx: tx.execute("DELETE FROM acts WHERE at = 2"))
        cut = await asyncio.to_thread(command, folder, "journal", "--verify")
        assert (cut.returncode, cut.stdout[:10]) == (1, "✗ La Rosée")
        assert (await asyncio.to_thread(command, folder, "journal")).returncode == 0
    finally:
        await database.close()


async def test_who_is_a_lieu_is_said_while_the_bot_runs(folder: Path) -> None:
    (folder / "bot.env").write_text(LEAST + "DATA_DIR=data\n")

    async def lieux(*words: str) -> subprocess.CompletedProcess[str]:
        return await asyncio.to_thread(command, folder, "lieux", *words)

    database = await Database.open(folder / "data" / "bot.sqlite")
    try:
        assert (await lieux()).stdout.startswith("No lieu yet")
        await database.write(_two_acts)
        await database.write(candidates.ask, "!phare:a.b", "Le Phare", "@paul:a.b", 1)
        assert (await lieux()).stdout.splitlines() == [
            "!rosee  is a lieu: “La Rosée”",
            "!phare:a.b  waits for your yes, asked by @paul:a.b on 1970-01-01: “Le Phare”",
        ]
        assert "@paul:a.b is told within seconds" in (await lieux("allow", "le phare")).stdout
        assert "is a lieu already" in (await lieux("allow", "La Rosée")).stdout
        assert "as soon as somebody" in (await lieux("allow", "!moulin:a.b")).stdout
        assert "leaves within seconds" in (await lieux("end", "La Rosée")).stdout
        unknown = await lieux("end", "Le Moulin")
        assert (unknown.returncode, unknown.stderr[:30]) == (65, "✗ Le Moulin: the bot knows no ")
        said = {one.space: one.status for one in await database.read(candidates.unheard)}
        assert said == {"!phare:a.b": "allowed", "!moulin:a.b": "allowed", "!rosee": "ended"}
        assert await Lieux(database).all() == []
    finally:
        await database.close()


async def test_who_is_a_lieu_is_said_before_the_bot_has_run(folder: Path) -> None:
    (folder / "bot.env").write_text(LEAST + "DATA_DIR=data\n")
    allowed = await asyncio.to_thread(command, folder, "lieux", "--env-file", "bot.env", "allow", "!moulin:a.b")
    assert (allowed.returncode, "as soon as somebody" in allowed.stdout) == (0, True)
    listed = await asyncio.to_thread(command, folder, "lieux")
    assert listed.stdout == "!moulin:a.b  is a lieu as soon as the bot is invited there: “—”\n"


@pytest.mark.parametrize(
    "words",
    [
        "aside",
        "aside release 1",
        "aside drop 1",
        "lieux",
        "lieux end x",
        "journal",
        "journal --verify",
        "backup b.tar",
        "export x x.json --to @bot:a.b",
        "import-lieux --forget x",
    ],
)
def test_a_folder_without_data_is_said_and_stays_as_it_was(tmp_path: Path, words: str) -> None:
    """The wrong folder, most likely: « Nothing is aside. » would be believed."""
    refused = command(tmp_path, *words.split())
    assert refused.returncode != 0
    assert refused.stdout == ""
    assert "holds no" in refused.stderr or "nothing to back up" in refused.stderr
    assert [*tmp_path.iterdir()] == []


async def test_data_of_an_earlier_version_are_not_listed(folder: Path) -> None:
    (folder / "bot.env").write_text(LEAST + "DATA_DIR=data\n")
    (folder / "data").mkdir()
    with closing(connect(folder / "data" / "bot.sqlite")) as database:
        database.executescript(f"{migrations()[0]}; PRAGMA user_version = 1;")
    listed = await asyncio.to_thread(command, folder, "lieux")
    assert (listed.returncode, listed.stderr) == (65, "✗ the data are of an earlier version: start the bot once\n")


def _two_acts(tx: Tx) -> None:
    tx.execute("INSERT INTO lieux (space, name, created_at) VALUES ('!rosee', 'La Rosée', 1)")
    for at in (1, 2):
        audit.note(tx, 1, at, "@anne:lieu.fr", "invited", None, {})
