"""What may go wrong on the way and there: never a copy that is not whole, and always one word for why."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing, nullcontext
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import minio.time
import pytest

from bot.backups import proving, sending
from bot.backups.archive import BackupFailed, backup
from bot.backups.jobs import Result, apart, ended
from bot.backups.proving import prove
from bot.backups.sending import send
from bot.operator.copies import listed
from bot.settings import Backups, Secret
from bot.store import backups
from bot.store.data_folder import CRYPTO, DATABASE, PICKLE, PROOF_KEY, SEEDS, WORKSHOP
from integrations import storage
from integrations.storage import Item
from tests.backups.fixtures import NOW, OPENS, Host
from tests.servers.gate import Gate
from tests.servers.ill_server import IllServer
from tests.servers.ports import free_port
from tests.servers.s3 import S3

XML = '<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>no</Message></Error>'
MUCH = 3_000_000
KEYS = storage.Keys(**OPENS)


@pytest.fixture
def prefix(tmp_path: Path) -> str:
    return f"of/{tmp_path.name}"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits half a second, not a minute."""
    monkeypatch.setattr(sending, "at", partial(storage.at, connect=0.5, read=0.5))


def chosen(url: str) -> Backups:
    return Backups(url, access_key=OPENS["access"], secret_key=Secret(OPENS["secret"]))


def there(s3: S3, prefix: str) -> list[Item]:
    return storage.at(storage.place(s3.url(prefix)), KEYS).items()


async def sent(host: Host, url: str, **changes: object) -> Result:
    """What becomes of a copy that is sent now; the bot goes on meanwhile."""
    return await asyncio.to_thread(send, host.job("send", url, await host.begun(), **changes))


async def proved(host: Host, url: str, mark: str = "a word", **changes: object) -> Result:
    name = await host.begun(mark=mark)
    return await asyncio.to_thread(prove, host.job("prove", url, name, mark, **changes))


# -- sending


async def test_wrong_keys(host: Host, s3: S3, prefix: str) -> None:
    for wrong in (OPENS | {"secret": "another"}, OPENS | {"access": "nobody"}):
        result = await sent(host, s3.url(prefix), keys=wrong)
        assert (result["outcome"], result["cause"]) == ("failed", "credentials"), wrong
    assert there(s3, prefix) == []


async def test_a_bucket_that_is_gone(host: Host, s3: S3, prefix: str) -> None:
    result = await sent(host, s3.url(prefix, bucket="gone"))
    assert (result["outcome"], result["cause"]) == ("failed", "place")


@pytest.mark.parametrize("hours", [-3, 3])
async def test_a_clock_that_is_wrong(
    host: Host, s3: S3, prefix: str, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    right: Callable[[], datetime] = minio.time.utcnow
    monkeypatch.setattr(minio.time, "utcnow", lambda: right() + timedelta(hours=hours))
    result = await sent(host, s3.url(prefix))
    assert (result["outcome"], result["cause"]) == ("failed", "skewed")


@pytest.mark.parametrize(
    ("status", "code", "cause"),
    [
        (507, "", "full"),
        (507, "InsufficientStorage", "full"),
        (403, "QuotaExceeded", "full"),
        (403, "AccessDenied", "rights"),
        (400, "AuthorizationHeaderMalformed", "region"),
        (503, "SlowDown", "busy"),
        (500, "InternalError", "broken"),
        (418, "Teapot", "refused"),
    ],
)
@pytest.mark.parametrize("kind", ["application/xml", "text/xml; charset=utf-8", "text/html"])
async def test_what_other_servers_say(host: Host, status: int, code: str, cause: str, kind: str) -> None:
    """No real server here has a quota: these are the answers as they are documented."""
    body = XML.format(code=code).encode() if code else b""
    async with IllServer(status, {"Content-Type": kind}, body).running() as address:
        result = await sent(host, f"s3://copies/bot?endpoint={address}")
    assert (result["outcome"], result["cause"]) == ("failed", cause)


async def test_nobody_there(host: Host) -> None:
    result = await sent(host, f"s3://copies/bot?endpoint=http://127.0.0.1:{free_port()}")
    assert (result["outcome"], result["cause"]) == ("failed", "nobody")


@pytest.mark.usefixtures("hasty")
async def test_an_endpoint_that_hangs(host: Host) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    result = await sent(host, f"s3://copies/bot?endpoint=http://127.0.0.1:{port}")
    server.close()
    assert (result["outcome"], result["cause"]) == ("failed", "silent")
    assert not (host.folder / WORKSHOP).exists()


async def test_a_process_that_never_ends_is_ended(host: Host) -> None:
    async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    over = asyncio.Event()
    server = await asyncio.start_server(drips, "127.0.0.1", 0)
    url = f"s3://copies/bot?endpoint=http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    assert await apart(host.job("send", url, await host.begun()), slowest=3) == ended("unknown", "slow")
    over.set()
    server.close()


@pytest.mark.usefixtures("hasty")
async def test_a_cut_in_the_middle_leaves_nothing_that_counts(host: Host, s3: S3, prefix: str) -> None:
    cuts = []

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Half of it reaches the real server."""
        _, on = await asyncio.open_connection("127.0.0.1", s3.port)
        left = MUCH // 2
        while left > 0 and (data := await reader.read(min(left, 2**16))):
            left -= len(data)
            on.write(data)
            await on.drain()
        cuts.append(left)
        for end in (on, writer):
            end.transport.abort()

    (host.folder / "much").write_bytes(os.urandom(MUCH))
    (host.folder / PROOF_KEY).write_text("an-older-copy KEY")
    line = await asyncio.start_server(cut, "127.0.0.1", 0)
    result = await sent(host, s3.url(prefix, endpoint=f"http://127.0.0.1:{line.sockets[0].getsockname()[1]}"))
    line.close()
    assert result["outcome"] == "failed"
    assert 0 in cuts
    assert there(s3, prefix) == []
    assert (host.folder / PROOF_KEY).read_text() == "an-older-copy KEY", "which can still be proved"
    assert (await sent(host, s3.url(prefix)))["outcome"] == "done"
    assert [item.bytes > MUCH for item in there(s3, prefix)] == [True]


async def test_an_answer_that_is_lost_is_read_back(host: Host, s3: S3, prefix: str) -> None:
    """It had arrived: it counts."""

    class Mute(Gate):
        async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(2**16):
                if b"ETag" in data or b"Etag" in data:
                    self.is_open = False
                    break
                writer.write(data)
                await writer.drain()

    class Straight(storage.Storage):  # what is asked afterwards takes another line
        def __init__(self, first: storage.Storage, then: storage.Storage) -> None:
            self.send, self.items, self.delete = first.send, then.items, then.delete

    async with Mute(s3.port) as line:
        lines = [storage.place(s3.url(prefix, endpoint=end)) for end in (f"http://127.0.0.1:{line.port}", s3.endpoint)]
        way = Straight(*(storage.at(place, KEYS) for place in lines))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sending, "storage", lambda job: way)
            result = await sent(host, s3.url(prefix))
    assert result["outcome"] == "done"


async def test_a_storage_that_keeps_half_of_it(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Half(storage.Storage):
        def send(self, file: Path, name: str) -> None:
            self.name, self.size = name, file.stat().st_size // 2

        def items(self) -> list[Item]:
            return [Item(self.name, self.size)]

    monkeypatch.setattr(sending, "storage", lambda job: Half())
    result = await sent(host, str(tmp_path))
    assert (result["outcome"], result["cause"]) == ("failed", "cut")


async def test_a_folder_where_nothing_is_mounted(host: Host, tmp_path: Path) -> None:
    result = await sent(host, str(tmp_path / "not-mounted"))
    assert (result["outcome"], result["cause"]) == ("failed", "place")
    assert not (tmp_path / "not-mounted").exists()


async def test_a_recipient_that_is_none(host: Host, tmp_path: Path) -> None:
    wrong = host.recipient[:-1] + ("q" if host.recipient[-1] != "q" else "p")
    result = await sent(host, str(tmp_path), recipients=[wrong])
    assert (result["outcome"], result["cause"]) == ("failed", "recipient")


async def test_data_that_cannot_be_read(host: Host, tmp_path: Path) -> None:
    (host.folder / CRYPTO).write_bytes((host.folder / CRYPTO).read_bytes()[:4096] + b"\xff" * 4096)
    (host.folder / f"{CRYPTO}-wal").unlink(missing_ok=True)
    result = await sent(host, str(tmp_path))
    assert (result["outcome"], result["cause"]) == ("failed", "data")


async def test_no_package(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyrage", None)
    result = await sent(host, str(tmp_path))
    assert (result["outcome"], result["cause"]) == ("failed", "package")


async def test_a_process_that_breaks_is_neither_success_nor_failure(host: Host, tmp_path: Path) -> None:
    job = host.job("send", "gopher://", await host.begun())
    assert await apart(job) == ended("unknown", "bug")


# -- proving


async def test_a_copy_that_is_altered(host: Host, s3: S3, prefix: str) -> None:
    await sent(host, s3.url(prefix))
    (file,) = (s3.folder / prefix).iterdir()
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    result = await proved(host, s3.url(prefix))
    assert (result["outcome"], result["cause"]) == ("failed", "altered")


async def test_a_copy_that_was_cut_or_is_another(host: Host, s3: S3, prefix: str) -> None:
    await sent(host, s3.url(prefix))
    (file,) = (s3.folder / prefix).iterdir()
    older = file.read_bytes()
    file.write_bytes(older[:-100])
    assert (await proved(host, s3.url(prefix)))["cause"] == "altered"
    await sent(host, s3.url(prefix))
    file.write_bytes(older)
    result = await proved(host, s3.url(prefix))
    assert (result["outcome"], result["cause"]) == ("failed", "altered")


async def test_a_copy_that_is_gone(host: Host, s3: S3, prefix: str) -> None:
    await sent(host, s3.url(prefix))
    (file,) = (s3.folder / prefix).iterdir()
    file.unlink()
    assert await proved(host, s3.url(prefix)) == ended("failed", "gone")


async def test_what_keeps_us_from_looking_says_nothing_of_the_copy(host: Host, s3: S3, prefix: str) -> None:
    await sent(host, s3.url(prefix))
    assert await proved(host, s3.url(prefix), keys=OPENS | {"secret": "another"}) == ended("unknown", "credentials")
    nobody = s3.url(prefix, endpoint=f"http://127.0.0.1:{free_port()}")
    assert await proved(host, nobody) == ended("unknown", "nobody")
    (host.folder / PROOF_KEY).unlink()
    assert await proved(host, s3.url(prefix)) == ended("unknown", "key")


async def test_no_room_to_make_one(host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a byte of it is written: what is left is the bot's."""
    data = sum(file.stat().st_size for file in host.folder.rglob("*") if file.is_file())
    tight = shutil.disk_usage(host.folder)._replace(free=2 * data)
    monkeypatch.setattr(sending.shutil, "disk_usage", lambda path: tight)
    assert await sent(host, str(tmp_path)) == ended("failed", "no-room")


async def test_no_room_to_look(host: Host, s3: S3, prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await sent(host, s3.url(prefix))
    full = shutil.disk_usage(host.folder)._replace(free=0)
    monkeypatch.setattr(proving.shutil, "disk_usage", lambda path: full)
    result = await proved(host, s3.url(prefix))
    assert (result["outcome"], result["cause"]) == ("unknown", "no-room")


@pytest.mark.parametrize("left", [0, 20_000, 300_000])
async def test_a_disk_that_fills_up_while_we_look_says_nothing_of_the_copy(
    host: Host, s3: S3, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int
) -> None:
    """On a small disk of its own, of which somebody else takes all but so many bytes."""
    await sent(host, s3.url(prefix))
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", small], check=False).returncode:
        pytest.skip("NO DISK COULD BE FILLED: mounting one is not allowed here")
    decrypt = proving._decrypt

    def filled(sealed: Path, plain: Path, key: str) -> None:
        decrypt(sealed, plain, key)
        (small / "of somebody else").write_bytes(bytes(shutil.disk_usage(small).free - left))

    monkeypatch.setattr(proving, "workshop", lambda folder: nullcontext(small))
    monkeypatch.setattr(proving, "_decrypt", filled)
    try:
        result = await proved(host, s3.url(prefix))
    finally:
        subprocess.run(["umount", "-l", small], check=True)
    assert (result["outcome"], result["cause"]) == ("unknown", "no-room")


async def test_a_copy_that_is_as_large_as_no_disk_stops_nobody(host: Host) -> None:
    """As a storage says that means harm."""
    name = await host.begun()
    (host.folder / PROOF_KEY).write_text(f"{name} key")
    row = (
        f"<Contents><Key>bot/{name}</Key><LastModified>2027-01-15T02:30:00.000Z</LastModified><Size>{'9' * 400}</Size>"
    )
    body = f"<ListBucketResult><Name>copies</Name>{row}</Contents></ListBucketResult>".encode()
    async with IllServer(200, {"Content-Type": "application/xml"}, body).running() as address:
        url = f"s3://copies/bot?endpoint={address}"
        result = await asyncio.to_thread(prove, host.job("prove", url, name, "a word"))
        assert (result["outcome"], result["cause"]) == ("unknown", "no-room")
        assert len(await asyncio.to_thread(listed, chosen(url), host.folder)) == 1
    number = await host.database.write(backups.begin, "prove", 1, name)
    await host.database.write(backups.end, number, result["outcome"], result["cause"], result["bytes"])


@pytest.mark.parametrize("body", [b"<html><p>Console", b"nonsense", b""])
async def test_a_page_where_a_bucket_should_be(host: Host, body: bytes) -> None:
    """As the console of the storage, or a hotel, shows to whoever comes."""
    async with IllServer(200, {"Content-Type": "text/html"}, body).running() as address:
        result = await sent(host, f"s3://copies/bot?endpoint={address}")
        assert (result["outcome"], result["cause"]) == ("unknown", "address")
        with pytest.raises(BackupFailed, match="what answers there is not it: write its whole address in BACKUP_URL"):
            await asyncio.to_thread(listed, chosen(f"s3://copies/bot?endpoint={address}"), host.folder)


async def test_a_bucket_whose_list_never_ends(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says each time that there is more, and shows the same again."""
    monkeypatch.setattr("integrations.storage.s3_bucket.MOST", 500)
    row = "<Contents><Key>bot/x</Key><LastModified>2027-01-15T02:30:00.000Z</LastModified><Size>1</Size></Contents>"
    more = "<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>"
    body = f"<ListBucketResult><Name>copies</Name>{more}{row * 100}</ListBucketResult>".encode()
    async with IllServer(200, {"Content-Type": "application/xml"}, body).running() as address:
        result = await sent(host, f"s3://copies/bot?endpoint={address}")
    assert (result["outcome"], result["cause"]) == ("unknown", "crowded")


def lose(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def another_key(folder: Path) -> None:
    (folder / PICKLE).write_text("another")


def torn_page(folder: Path) -> None:
    """Of an index, so that a quick look finds nothing."""
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute("UPDATE sqlite_master SET sql = replace(sql, '(name)', '(at)') WHERE name = 'backups_names'")
        database.commit()


def rewritten(folder: Path) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.execute("UPDATE acts SET words = '{}' WHERE seq = (SELECT min(seq) FROM acts)")
        database.commit()


def another_word(folder: Path) -> None:
    with closing(sqlite3.connect(folder / DATABASE)) as database:
        database.execute("UPDATE backups SET mark = 'before'")
        database.commit()


@pytest.mark.parametrize(
    ("harm", "cause"),
    [
        (lose(SEEDS), "keys"),
        (lose(PICKLE), "keys"),
        (lose(CRYPTO), "keys"),
        (another_key, "keys"),
        (torn_page, "database"),
        (rewritten, "journal"),
        (another_word, "mark"),
    ],
)
async def test_what_is_missing_in_a_copy(host: Host, tmp_path: Path, harm: Callable[[Path], None], cause: str) -> None:
    """Each is a copy that was sent whole and well, of data that were not."""
    await host.begun()
    ill = tmp_path / "ill"
    await asyncio.to_thread(backup, host.folder, tmp_path / "b.tar", NOW)
    with tarfile.open(tmp_path / "b.tar") as tar:
        tar.extractall(ill, filter="data")
    (ill / "manifest.json").unlink()
    harm(ill)
    (tmp_path / "elsewhere").mkdir()
    assert (await sent(host, str(tmp_path / "elsewhere"), folder=str(ill)))["outcome"] == "done"
    result = await proved(host, str(tmp_path / "elsewhere"), folder=str(ill))
    assert (result["outcome"], result["cause"]) == ("failed", cause)


async def test_whoever_proves_changes_nothing(host: Host, s3: S3, prefix: str) -> None:
    await sent(host, s3.url(prefix))
    before = {path: path.stat().st_mtime_ns for path in host.folder.rglob("*")}
    seen: list[int] = []

    def decrypted(sealed: Path, plain: Path, key: str) -> None:
        seen.append((host.folder / WORKSHOP).stat().st_mode & 0o777)
        original(sealed, plain, key)

    original = proving._decrypt
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proving, "_decrypt", decrypted)
        name = there(s3, prefix)[0].name
        job = host.job("prove", s3.url(prefix), name, "a word")
        assert (await asyncio.to_thread(prove, job))["outcome"] == "done"
    assert {path: path.stat().st_mtime_ns for path in host.folder.rglob("*")} == before
    assert seen == [0o700]


async def test_a_storage_that_never_stops_fills_no_disk(host: Host, s3: S3, prefix: str) -> None:
    """It says how long the copy is, and sends on and on."""
    await sent(host, s3.url(prefix))
    (item,) = there(s3, prefix)
    more = s3.folder / prefix / item.name
    more.write_bytes(more.read_bytes() * 20)

    class Lies(storage.Storage):
        items = staticmethod(lambda: [item])
        fetch = storage.at(storage.place(s3.url(prefix)), KEYS).fetch

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proving, "storage", lambda job: Lies())
        result = await proved(host, s3.url(prefix))
    assert (result["outcome"], result["cause"]) == ("failed", "altered")


@pytest.mark.parametrize("bucket", ["X", "copies.and..more", "a" * 80])
async def test_a_name_that_no_bucket_has(host: Host, s3: S3, bucket: str) -> None:
    result = await sent(host, s3.url("x", bucket=bucket))
    assert (result["outcome"], result["cause"]) == ("failed", "place")


async def test_no_process_can_be_started(host: Host, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    assert await apart(host.job("send", str(tmp_path), await host.begun())) == ended("unknown", "bug")


async def test_a_bot_that_dies_leaves_nobody_who_goes_on_with_its_copy(host: Host) -> None:
    """It would take away what the next one works with, and the key of its copy."""
    heard = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        heard.set()
        await reader.read()
        writer.close()
        gone.set()

    gone = asyncio.Event()
    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        url = f"s3://copies/bot?endpoint=http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        job = host.job("send", url, await host.begun())
        program = (
            "import asyncio, json, sys; from bot.backups.jobs import apart; asyncio.run(apart(json.load(sys.stdin)))"
        )
        bot = await asyncio.create_subprocess_exec(sys.executable, "-c", program, stdin=asyncio.subprocess.PIPE)
        assert bot.stdin
        bot.stdin.write(json.dumps(job).encode())
        bot.stdin.close()
        async with asyncio.timeout(60):
            await heard.wait()
            bot.kill()
            await bot.wait()
        async with asyncio.timeout(20):
            await gone.wait()


async def test_copies_that_lie_in_the_data_folder_are_in_no_next_one(host: Host, tmp_path: Path) -> None:
    """Each would hold all those of before, and be twice as large."""
    (host.folder / "copies").mkdir()
    (host.folder / "copies" / "bot_example.org-20270103T023000Z.tar.age").write_bytes(b"age-encryption.org/v1")
    backup(host.folder, tmp_path / "copy.tar", NOW)
    with tarfile.open(tmp_path / "copy.tar") as tar:
        assert not [name for name in tar.getnames() if "copies" in name]
