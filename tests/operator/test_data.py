"""The data folder, ill in each way: every command says so in a sentence with the way out, and nothing begins anew."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.app import tell
from bot.errors import AlreadyRunning, BadSettings, CredentialsRefused, DataUnusable, FromTheFuture
from bot.matrix.cross_signing import Identity
from bot.matrix.crypto import Machine
from bot.matrix.outbox import Outbox
from bot.matrix.session import Session, pickle_key, remember
from bot.matrix.sync import Sync
from bot.operator.cli import cli
from bot.operator.setup.sign_in import sign_in
from bot.operator.setup.terminal import Terminal
from bot.operator.transfer import export
from bot.settings import Settings
from bot.store import inbox, outbox
from bot.store.attempts import attempts_beside
from bot.store.data_folder import DATABASE, KEYS, SEEDS, SESSION, claim
from bot.store.data_trouble import opening, trouble, unusable
from bot.store.database import Database, Tx
from bot.store.inbox import Event
from bot.store.outbox import Letter
from bot.supervision.health import Health
from bot.talk.inbox_worker import InboxWorker
from tests.stage.emptied import emptied

pytestmark = pytest.mark.sampled(6)

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}
BOT, HEIR = "@bot:example.org", "@heir:example.org"
NEVER = ("Traceback", "a bug", "please report")
A_LIEU = "INSERT INTO lieux (space, name, created_at) VALUES ('!rosee:example.org', 'La Rosée', 1)"
SETTINGS = "MATRIX_HOMESERVER=http://127.0.0.1:9\nMATRIX_USER={user}\nMATRIX_PASSWORD=swordfish\nDATA_DIR={data}\n"
Harm = Callable[[Path], object]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The data of a bot that ran, which has a lieu."""
    folder = tmp_path / "data"
    (tmp_path / "bot.env").write_text(SETTINGS.format(user=BOT, data=folder))
    asyncio.run(lived(folder, BOT))
    return folder


async def lived(folder: Path, user: str) -> None:
    database = await Database.open(folder / DATABASE)
    await database.write(lambda tx: tx.execute(A_LIEU))
    remember(folder, Session(user, "DEVICE", "token"))
    Machine(user, "DEVICE", folder, pickle_key(folder)).close()
    Identity.make(user, folder / SEEDS)
    await database.write(claim, user)
    await database.close()


def told(folder: Path, *words: str) -> tuple[int, str]:
    """What a command ends with, and says."""
    done = CliRunner().invoke(cli, [*words, "--env-file", str(folder.parent / "bot.env")], env={"COLUMNS": "500"})
    said = " ".join(done.output.split())
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, said


def run(folder: Path, *more: str) -> tuple[int, str]:
    """The bot itself, in a process of its own."""
    command = [sys.executable, "-m", "bot", "run", *more, "--env-file", str(folder.parent / "bot.env")]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


# -- the ways to be ill


def empty(data: Path) -> None:
    (data / DATABASE).write_bytes(b"")


def truncated(data: Path) -> None:
    whole = (data / DATABASE).read_bytes()
    (data / DATABASE).write_bytes(whole[: len(whole) // 3])


def overwritten(data: Path) -> None:
    (data / DATABASE).write_bytes(b"\x8f random \xff" * 9000)


def foreign(data: Path) -> None:
    (data / DATABASE).unlink()
    with closing(sqlite3.connect(data / DATABASE)) as other:
        other.executescript("CREATE TABLE bookmarks (url)")


def begun(data: Path) -> None:
    """A file that SQLite made, and nobody filled."""
    (data / DATABASE).unlink()
    with closing(sqlite3.connect(data / DATABASE)) as other:
        other.execute("PRAGMA journal_mode = WAL")


def folder_in_its_place(data: Path) -> None:
    (data / DATABASE).unlink()
    (data / DATABASE).mkdir()


ILL: dict[str, Harm] = {
    "missing": lambda data: (data / DATABASE).unlink(),
    "empty": empty,
    "begun": begun,
    "truncated": truncated,
    "overwritten": overwritten,
    "foreign": foreign,
    "a folder": folder_in_its_place,
}
COMMANDS = {
    "doctor": (["doctor"], 1),
    "backup": (["backup", "b.tar"], 73),
    "export": (["export", "La Rosée", "out.json", "--to", HEIR], 73),
    "import": (["import", "rosee.json"], 73),
    "import-lieux": (["import-lieux", "--forget", "Une liste"], 73),
    "lieux": (["lieux"], 73),
    "lieux allow": (["lieux", "allow", "!phare:example.org"], 73),
    "lieux end": (["lieux", "end", "La Rosée"], 73),
    "aside": (["aside"], 73),
    "aside release": (["aside", "release", "1"], 73),
    "aside drop": (["aside", "drop", "1"], 73),
    "journal": (["journal", "--verify"], 73),
}
ELSEWHERE = {"run", "setup", "restore", "demo"}  # in tests of their own; the demo has no data folder


def test_every_command_is_among_them() -> None:
    named = {command.name or command.callback.__name__ for command in cli.registered_commands}
    groups = {group.name: group.typer_instance.registered_commands for group in cli.registered_groups}
    in_groups = {f"{group} {one.name}" for group, commands in groups.items() for one in commands}
    assert named | in_groups | groups.keys() == COMMANDS.keys() | ELSEWHERE


@pytest.mark.parametrize("harm", ILL)
def test_every_command_says_what_is_ill_and_the_way_out(data: Path, harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data.parent)
    asyncio.run(export(data, "La Rosée", HEIR, data.parent / "rosee.json"))
    ILL[harm](data)
    before = content(data)
    for name, (words, code) in COMMANDS.items():
        ended, said = told(data, *words)
        assert (name, ended) == (name, code), said
        assert "conciergerie restore" in said or (harm == "a folder" and "cannot be read and written" in said), said
        assert not any(never in said for never in NEVER), said
    assert content(data) == before, "nothing begins anew"
    assert not (data.parent / "b.tar").exists()


def content(data: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in data.iterdir() if file.is_file()}


@pytest.mark.parametrize("harm", ILL)
def test_the_bot_does_not_begin_anew_beside_its_keys(data: Path, harm: str) -> None:
    ILL[harm](data)
    code, said = run(data)
    assert code == 73, said
    assert [json.loads(line)["event"] for line in said.splitlines()] == ["starts", "stopped"]
    assert not any(never in said for never in NEVER)


@pytest.mark.parametrize("key", KEYS)
def test_a_bot_without_one_of_its_keys_says_which(data: Path, key: str) -> None:
    (data / key).unlink()
    code, said = run(data)
    assert (code, f"{key} missing, beside" in said) == (73, True), said
    code, said = told(data, "doctor")
    assert (code, f"{key} missing, beside" in said) == (1, True), said
    assert not (data / key).exists()


@pytest.mark.parametrize("name", [SESSION, SEEDS])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe random", b"[]"])
def test_a_damaged_key_is_said(data: Path, name: str, content: bytes) -> None:
    (data / name).write_bytes(content)
    code, said = told(data, "doctor")
    assert (code, f"{name} is damaged" in said) == (1, True), said
    assert not any(never in said for never in NEVER)
    if name == SESSION:
        assert run(data)[0] == 73


def test_a_database_of_another_account_is_not_taken(data: Path) -> None:
    (data.parent / "bot.env").write_text(SETTINGS.format(user="@other:example.org", data=data))
    for code, said in (run(data), told(data, "doctor")):
        assert code in (73, 1)
        assert "belongs to another account than MATRIX_USER" in said
    assert run(data, "--new")[0] == 73, "nor on purpose: it is somebody's"


def test_what_is_restored_runs_again(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out of the sentence, walked."""
    monkeypatch.chdir(data.parent)
    assert told(data, "backup", "b.tar")[0] == 0
    overwritten(data)
    assert told(data, "restore", "b.tar")[0] == 74
    data.rename(data.parent / "away")
    assert told(data, "restore", "b.tar")[0] == 0
    assert told(data, "lieux") == (0, "!rosee:example.org is a lieu: “La Rosée”")


def test_on_purpose_a_database_is_begun_beside_its_keys(tmp_path: Path, data: Path) -> None:
    (data / DATABASE).unlink()

    async def anew() -> None:
        await (await Database.open(data / DATABASE, new=True)).close()

    asyncio.run(anew())
    assert (data / DATABASE).stat().st_size


@pytest.mark.parametrize(
    ("number", "found"),
    [
        (errno.EACCES, "cannot be read and written"),
        (errno.EPERM, "cannot be read and written"),
        (errno.EROFS, "mounted, read-write"),
        (errno.ENOTDIR, "cannot be read and written"),
        (errno.ENOSPC, "no room left"),
        (errno.EDQUOT, "no room left"),
        (errno.EIO, "the disk under"),
        (errno.ENOTCONN, "the disk under"),
        (errno.ESTALE, "the disk under"),
    ],
)
def test_what_a_disk_refuses_has_its_sentence(tmp_path: Path, number: int, found: str) -> None:
    with pytest.raises(DataUnusable, match=found), opening(tmp_path):
        raise OSError(number, "no", str(tmp_path))


def test_a_full_disk_is_not_taken_for_a_failing_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk SQLite has no room for its shared memory, and calls that an I/O error."""
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    assert "the disk under" in str(unusable(tmp_path, error))
    there = list(os.statvfs(tmp_path))
    there[4] = 0  # f_bavail
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(there))
    assert "no room left" in str(unusable(tmp_path, error))


def test_what_no_disk_refuses_is_no_trouble() -> None:
    """A mistake of ours, or a network that is down, must not be waited out like a full disk."""
    for problem in (ValueError(), FileNotFoundError(errno.ENOENT, "no"), ConnectionError(errno.ENOTCONN, "no")):
        assert trouble(problem) is None
    with closing(sqlite3.connect(":memory:")) as database, pytest.raises(sqlite3.OperationalError) as bug:
        database.execute("SELECT * FROM nowhere")
    assert trouble(bug.value) is None


def test_setup_says_it_too(data: Path) -> None:
    overwritten(data)
    said: list[str] = []

    class Listener(Terminal):
        def say(self, words: str) -> None:
            said.append(words)

    settings = Settings.load({}, data.parent / "bot.env")
    assert not asyncio.run(sign_in(settings, Listener(), {}))
    assert ["is damaged" in words and "conciergerie restore" in words for words in said] == [True]


@pytest.mark.parametrize("words", [["lieux", "allow", "!phare:example.org"], ["restore", "b.tar"]])
def test_a_data_folder_that_is_none(data: Path, words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(data.parent)
    assert told(data, "backup", "b.tar")[0] == 0
    data.rename(data.parent / "away")
    data.write_text("a file")
    code, said = told(data, *words)
    assert (code, "cannot be read and written" in said) == (73, True), said


def test_a_folder_for_the_backup_that_is_not_there_is_said(data: Path) -> None:
    code, said = told(data, "backup", str(data.parent / "unmounted" / "b.tar"))
    assert (code, "cannot be read or written (No such file or directory)" in said) == (74, True), said


def test_a_port_that_is_taken_is_said(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        with (data.parent / "bot.env").open("a") as file:
            file.write(f"HTTP_LISTEN=127.0.0.1:{taken.getsockname()[1]}\n")
        code, said = run(data)
    assert (code, "HTTP_LISTEN: 127.0.0.1" in said) == (78, True), said


def test_the_readme_names_every_code_and_systemd_does_not_try_again_for_ever() -> None:
    told = (ROOT / "README.md").read_text()
    codes = told[told.index("Exit codes:") :].split("\n\n")[0]
    unit = (ROOT / "packaging/systemd/conciergerie.service").read_text()
    kept = re.search(r"RestartPreventExitStatus=(.*)", unit)[1].split()
    for fatal in (BadSettings, CredentialsRefused, AlreadyRunning, FromTheFuture, DataUnusable):
        assert f"{fatal.exit_code} " in codes
        assert str(fatal.exit_code) in kept


# -- while it runs


def fill(tx: Tx) -> None:
    tx.execute(
        "INSERT INTO sync (id, token) VALUES (1, ?) ON CONFLICT DO UPDATE SET token = excluded.token", ("x" * 9**6,)
    )


async def test_a_full_disk_is_said_until_there_is_room(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / DATABASE)
    said: list[str] = []
    database.condition.told = lambda file, words: said.append(words)
    pages = await database.read_aside(lambda tx: tx.execute("PRAGMA page_count").fetchone()[0])
    await database.read_aside(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages + 1}"))
    for _ in range(2):
        with pytest.raises(sqlite3.OperationalError, match="full"):
            await database.write(fill)
    await database.write(lambda tx: tx.execute("DELETE FROM sync"))
    assert ["no room left" in words for words in said] == [True], "said once, and what changes nothing unsays nothing"
    await database.read_aside(lambda tx: tx.execute("PRAGMA max_page_count = 100000"))
    await database.write(fill)
    assert said[1:] == [""]
    assert database.writes == 2
    await database.close()


async def test_a_page_that_cannot_be_read_any_more_ends_it(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / DATABASE)
    for number in range(200):
        await database.write(lambda tx, n=number: tx.execute(A_LIEU.replace("!rosee", f"!rosee{n}")))
    await database.read_aside(lambda tx: tx.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall())
    await database.read_aside(lambda tx: tx.execute("PRAGMA cache_size = 0"))
    with (tmp_path / DATABASE).open("r+b") as file:
        size = file.seek(0, 2)
        file.seek(4096)
        file.write(b"\xff" * (size - 4096))
    ending = asyncio.create_task(database.condition.end())
    with pytest.raises(sqlite3.DatabaseError):
        await database.read(lambda tx: tx.execute("SELECT * FROM lieux").fetchall())
    with pytest.raises(DataUnusable, match="is damaged"):
        await ending
    await database.close()


async def test_corruption_found_by_any_part_ends_the_bot_with_its_sentence(tmp_path: Path) -> None:
    """Whoever meets it first may take it for somebody's mistake, and go on: the end comes all the same."""
    database = await Database.open(tmp_path / DATABASE)
    ending = asyncio.create_task(database.condition.end())
    with suppress(sqlite3.DatabaseError):
        await database.write(broken)
    with pytest.raises(DataUnusable, match="conciergerie restore"):
        await ending
    await database.close()


def broken(tx: Tx) -> None:
    error = sqlite3.DatabaseError("database disk image is malformed")
    error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    raise error


class Full:
    """Takes no more pages, until there is `room`."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def __call__(self) -> None:
        pages = await self.database.read_aside(lambda tx: tx.execute("PRAGMA page_count").fetchone()[0])
        await self.database.read_aside(lambda tx: tx.execute(f"PRAGMA max_page_count = {pages}"))

    async def room(self) -> None:
        await self.database.read_aside(lambda tx: tx.execute("PRAGMA max_page_count = 1000000"))


class Server:
    """A homeserver that has three long messages to tell, one an answer, and tells again what was not taken."""

    user_id = BOT

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.twice, self.over = asyncio.Event(), asyncio.Event()

    async def sync(self, since: str | None, *, timeout: float = 0.0, filter: str | None = None) -> dict[str, object]:
        if since in self.asked:
            self.twice.set()
        self.asked.append(since)
        number = int(since or 0) + 1
        if number > 4:
            self.over.set()
            await asyncio.Event().wait()
        said = {
            "event_id": f"$e{number}",
            "sender": "@zoe:example.org",
            "origin_server_ts": 1,
            "type": "m.room.message",
            "content": {"msgtype": "m.text", "body": f"{number}" + "x" * 30_000},
        }
        return {"next_batch": f"{number}", "rooms": {"join": {"!r:example.org": {"timeline": {"events": [said]}}}}}

    async def call(self, method: str, path: str, body: object = None, **query: object) -> dict[str, object]:
        return {}

    def decrypt(self, room_id: str, event: dict[str, object]) -> dict[str, object] | None:
        return None


async def test_health_says_that_nothing_can_be_written_and_nothing_is_lost(tmp_path: Path) -> None:
    database, server, health = await Database.open(tmp_path / DATABASE), Server(), Health()
    database.condition.told = partial(tell, health)
    full = Full(database)
    sync = Sync(server, database, news=asyncio.Event(), synced=health.synced, sleep=lambda _: asyncio.sleep(0.001))
    await database.write(lambda tx: tx.execute("INSERT INTO sync (id, token) VALUES (1, '1')"))
    await full()
    health.synced()
    life = asyncio.create_task(sync.run())
    async with asyncio.timeout(60):
        await server.twice.wait()
        assert [DATABASE in reason or "no room left" in reason for reason in health.reasons()] == [True]
        await full.room()
        await server.over.wait()
    assert health.reasons() == []
    assert len(await database.read(lambda tx: tx.execute("SELECT * FROM inbox").fetchall())) == 3
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)
    await database.close()


async def test_an_event_that_meets_a_full_disk_is_understood_when_there_is_room(tmp_path: Path) -> None:
    """It was set aside after three tries, or its room fell silent until a restart."""
    database, understood = await Database.open(tmp_path / DATABASE), list[str]()
    full = Full(database)
    event = Event("$e", "!r:example.org", "@zoe:example.org", 1, "m.room.message", {"body": "x"})
    await database.write(inbox.receive, [event], "1", 1)
    await full()
    tries = 0

    async def understand(heard: Event) -> bool:
        await database.write(fill)
        understood.append(heard.event_id)
        return False

    async def sleep(_: float) -> None:
        nonlocal tries
        tries += 1
        if tries == 5:
            await full.room()

    async def at_once(true: Callable[[], Awaitable[bool]]) -> None: ...

    hearing = InboxWorker(database, understand, asyncio.Event(), at_once, attempts_beside(database), sleep=sleep)
    await hearing.take()
    async with asyncio.timeout(60):
        await hearing.idle()
    assert (understood, tries) == (["$e"], 5)
    assert await database.read(lambda tx: [row["status"] for row in tx.execute("SELECT status FROM inbox")]) == ["done"]
    await database.close()


class Crowded:
    """Sends what the crypto store can note, which has no room three times."""

    def __init__(self, folder: Path) -> None:
        self.machine = Machine(BOT, "DEVICE", folder, "key")
        self.sent: list[str] = []
        self.tries = 0

    async def send(self, room_id: str, type: str, content: dict[str, object], txn_id: str) -> str:
        self.tries += 1
        pages = self.machine._store.database.execute_sql("PRAGMA page_count").fetchone()[0]
        limit = pages if self.tries < 8 else 100_000
        self.machine._store.database.execute_sql(f"PRAGMA max_page_count = {limit}").fetchall()
        self.machine.remember_encrypted([f"!{number}-{'x' * 2000}" for number in range(40)])
        self.sent.append(txn_id)
        return f"${txn_id}"

    async def redact(self, *_: object) -> str:
        raise NotImplementedError


async def test_a_letter_whose_keys_cannot_be_written_is_not_given_up(tmp_path: Path) -> None:
    """nio's store raises errors of another library, which were taken for a mistake in the letter: three, and it was
    given up."""
    database, server = await Database.open(tmp_path / DATABASE), Crowded(tmp_path)
    said: list[str] = []
    server.machine.condition.told = lambda file, words: said.append(words)
    await database.write(outbox.post, Letter("!r", "t1", "m.room.message", {"body": "x"}), 1)
    office = Outbox(server, database, sleep=lambda _: asyncio.sleep(0.001))
    life = asyncio.create_task(office.run())
    async with asyncio.timeout(60):
        await emptied(office)
    assert (server.sent, server.tries) == (["t1"], 8)
    assert ["no room left" in words for words in said] == [True, False]
    life.cancel()
    await asyncio.gather(life, return_exceptions=True)
    server.machine.close()
    await database.close()
