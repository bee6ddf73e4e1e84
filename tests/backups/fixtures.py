"""The data of a bot that runs, and places for its copies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backups.jobs import Job
from bot.backups.rotation import name_of
from bot.matrix.cross_signing import Identity
from bot.matrix.crypto import Machine
from bot.matrix.session import Session, pickle_key, remember
from bot.store import audit, backups
from bot.store.data_folder import DATABASE, SEEDS, claim
from bot.store.database import Database
from tests.servers import sshd as debian_s_sshd
from tests.servers.s3 import ACCESS, S3, SECRET, running_s3
from tests.servers.sshd import Sshd, running_sshd
from tests.stage.migrated import open_migrated

BOT = "@bot:example.org"
OPENS = {"access": ACCESS, "secret": SECRET}
NOW = datetime(2027, 1, 15, 2, 30, tzinfo=UTC)
A_LIEU = "INSERT INTO lieux (space, name, created_at) VALUES ('!rosee:example.org', 'La Rosée', 1)"


@pytest.fixture(scope="session")
async def s3(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[S3]:
    async with running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
async def sshd() -> AsyncIterator[Sshd]:
    if reason := await asyncio.to_thread(debian_s_sshd.ensure_installed):
        pytest.skip(reason)
    async with running_sshd() as server:
        yield server


@dataclass
class Host:
    """Whoever hosts the bot: the folder of its data, the open database, and the key that reads the copies."""

    folder: Path
    database: Database
    identity: str
    recipient: str

    def job(self, act: str, url: str, name: str, mark: str = "", **changes: object) -> Job:
        made: dict[str, object] = {
            "act": act,
            "folder": str(self.folder),
            "user": BOT,
            "url": url,
            "keys": OPENS,
            "recipients": [self.recipient],
            "name": name,
            "at": NOW.isoformat(),
            "mark": mark,
            "needed": [],
            "former": [],
        }
        return {**made, **changes}  # type: ignore[typeddict-item,return-value]

    async def begun(self, at: datetime = NOW, mark: str = "a word") -> str:
        """What the bot writes down before a copy is made; its name."""
        name = name_of(BOT, at)
        await self.database.write(backups.begin, "send", round(at.timestamp() * 1000), name, mark)
        return name


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[Host]:
    import pyrage

    folder = tmp_path / "data"
    database = await open_migrated(folder / DATABASE, Database)
    await database.write(lambda tx: tx.execute(A_LIEU))
    for number in range(3):
        await database.write(audit.note, 1, number, "@anne:example.org", "invited", None, {"n": str(number)})
    await database.write(claim, BOT)
    remember(folder, Session(BOT, "DEVICE", "syt_token"))
    Identity.make(BOT, folder / SEEDS)
    Machine(BOT, "DEVICE", folder, pickle_key(folder)).close()
    identity = pyrage.x25519.Identity.generate()
    yield Host(folder, database, str(identity), str(identity.to_public()))
    await database.close()
