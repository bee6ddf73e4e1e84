"""Litestream beside the bot, as the README has it: what was said a moment ago comes back, and goes on."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import signal
import sqlite3
import tarfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import yaml

from bot.app import Services
from bot.backups.archive import backup
from bot.store.data_folder import DATABASE
from tests.backups.fixtures import NOW, Host
from tests.operator.test_run import Serve, known, serve  # noqa: F401 - a fixture
from tests.servers.parent import ends_with_parent
from tests.servers.s3 import ACCESS, BUCKET, S3, SECRET, binary
from tests.servers.synapse import Synapse
from tests.stage.stage import Stage
from tests.stage.transcript_header import scenery

README = Path(__file__).parents[2] / "README.md"
ASKS_FOR_HOURS = "SELECT count(*) FROM conversations WHERE dialogue = 'hours'"
SLOWEST = 60.0  # seconds
ENVIRONMENT = {"PATH": "/usr/bin:/bin"}  # without what this machine says to all clients of S3


def configuration(database: Path, s3: S3, prefix: str) -> str:
    """The README's, with what is somebody's own filled in."""
    (written,) = re.findall(r"(?ms)^```yaml\n(dbs:.+?)^```", README.read_text())
    told = yaml.safe_load(written)
    (one,) = told["dbs"]
    assert one["path"].endswith(f"/data/{DATABASE}")
    assert set(one["replica"]) == {"url", "endpoint", "access-key-id", "secret-access-key"}
    one["path"] = str(database)
    one["replica"] = {
        "url": f"s3://{BUCKET}/{prefix}",
        "endpoint": s3.endpoint,
        "access-key-id": ACCESS,
        "secret-access-key": SECRET,
    }
    return yaml.safe_dump(told)


class Litestream:
    """Which follows a database, and brings it back."""

    def __init__(self, database: Path, s3: S3, folder: Path) -> None:
        self.database, self.file, self.log = database, folder / "litestream.yml", folder / "litestream.log"
        self.file.write_text(configuration(database, s3, f"litestream/{folder.name}"))

    @asynccontextmanager
    async def following(self) -> AsyncIterator[asyncio.subprocess.Process]:
        with self.log.open("wb") as log:
            command = (binary("litestream"), "replicate", "-config", str(self.file))
            process = await asyncio.create_subprocess_exec(
                *command, env=ENVIRONMENT, stdout=log, stderr=log, preexec_fn=ends_with_parent
            )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def restored(self, target: Path) -> bool:
        target.unlink(missing_ok=True)
        command = (binary("litestream"), "restore", "-config", str(self.file), "-o", str(target), str(self.database))
        null = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*command, env=ENVIRONMENT, stdout=null, stderr=null)
        return await process.wait() == 0

    async def has(self, target: Path, query: str) -> None:
        """Restore until this is true there: it follows within a second or so."""
        async with asyncio.timeout(SLOWEST):
            while not (await self.restored(target) and asked(target, query)):
                assert "level=ERROR" not in self.log.read_text(), self.log.read_text()
                await asyncio.sleep(0.2)


def asked(target: Path, query: str) -> object:
    with closing(sqlite3.connect(target)) as database:
        return database.execute(query).fetchone()[0]


async def test_a_conversation_goes_on_where_it_was(s3: S3, tmp_path: Path) -> None:
    """The machine is lost in the middle of one; the answer is given to what was restored."""
    header = {"lieu": "La Rosée", "concierges": "Anne", "salons": "Place"}
    (tmp_path / "first").mkdir()
    async with scenery(header, tmp_path / "first") as scene:
        litestream = Litestream(Path(scene.stage.database.path), s3, tmp_path)
        async with litestream.following():
            office = scene.rooms["Conciergerie"].room_id
            await scene.stage.write(scene.people["Anne"], office, "!horaires mardi au samedi, 9h-19h")
            assert "tout est juste" in scene.stage.last(office), "it asks"
            await litestream.has(
                tmp_path / "again" / DATABASE, "SELECT count(*) FROM conversations WHERE dialogue = 'hours'"
            )
        matrix, clock = scene.stage.matrix, scene.stage.clock
        await scene.stage.close()
        again = await Stage.open(tmp_path / "again", Services(), matrix=matrix, clock=clock)
        try:
            await again.bot.engine.resume()
            await again.write(scene.people["Anne"], office, "oui")
            (lieu,) = await again.bot.lieux.all()
            assert "mardi au samedi" in lieu.choices.hours
            await again.bot.tell_new_device("ANOTHER")
            await again.bot.tell_new_device("ANOTHER")
            await again.settle()
            assert sum("sans mes clés" in line for line in again.said(office)) == 1
        finally:
            await again.close()


async def test_what_it_keeps_beside_the_database_is_in_no_backup(host: Host, s3: S3, tmp_path: Path) -> None:
    litestream = Litestream(host.folder / DATABASE, s3, tmp_path)
    async with litestream.following():
        await litestream.has(tmp_path / "again" / DATABASE, "SELECT count(*) FROM lieux")
    assert list(host.folder.glob(".*-litestream/**/*.ltx")), "it keeps its own there"
    await asyncio.to_thread(backup, host.folder, tmp_path / "b.tar", NOW)
    with tarfile.open(tmp_path / "b.tar") as tar:
        assert [name for name in tar.getnames() if "litestream" in name] == []


async def test_without_its_keys_the_bot_takes_a_new_device_and_says_so(
    serve: Serve,  # noqa: F811
    synapse: Synapse,
    s3: S3,
    tmp_path: Path,
) -> None:
    bot = await serve()
    await bot.is_in()
    data = bot.folder / "data"
    before = await known(synapse, json.loads((data / "session.json").read_text()))
    litestream = Litestream(data / DATABASE, s3, tmp_path)
    async with litestream.following():
        await litestream.has(tmp_path / "back.sqlite", "PRAGMA application_id")
        bot.process.send_signal(signal.SIGKILL)
        await bot.ended()
    shutil.rmtree(data)
    data.mkdir()
    assert await litestream.restored(data / DATABASE)
    refused = await serve(as_it_is=True)
    assert await refused.ended() == 73
    assert "missing, beside" in str(refused.last_line()["why"])
    anew = await serve("--new", as_it_is=True)
    await anew.is_in()
    after = await known(synapse, json.loads((data / "session.json").read_text()))
    assert len(after[0] - before[0]) == 1
    async with asyncio.timeout(SLOWEST):
        while "a new device, for the keys of the one before are lost" not in anew.log():
            await asyncio.sleep(0.1)
    anew.process.send_signal(signal.SIGTERM)
    await anew.ended()
    well = await serve(as_it_is=True)
    await well.is_in()
    assert "a new device" not in well.log()
