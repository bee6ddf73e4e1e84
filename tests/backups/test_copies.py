"""Copies that leave the machine, on a real S3 server: sent, and proved, or why not."""

from __future__ import annotations

from pathlib import Path

import pyrage
import pytest

from bot.backups.archive import restore
from bot.backups.jobs import apart, ended
from bot.store.data_folder import DATABASE, PROOF_KEY, WORKSHOP
from bot.store.database import Database
from tests.backups.fixtures import Host
from tests.servers.s3 import S3


@pytest.fixture(params=["bucket", "folder"])
def url(request: pytest.FixtureRequest, s3: S3, tmp_path: Path) -> str:
    if request.param == "bucket":
        return s3.url(f"of/{tmp_path.name}")
    (tmp_path / "elsewhere").mkdir()
    return str(tmp_path / "elsewhere")


def kept(url: str, s3: S3) -> Path:
    """The folder in which the server keeps what is sent there."""
    return s3.folder / url.partition("?")[0].removeprefix("s3://copies/") if url.startswith("s3:") else Path(url)


async def test_a_copy_goes_out_and_comes_back(host: Host, url: str, s3: S3, tmp_path: Path) -> None:
    name = await host.begun()
    sent = await apart(host.job("send", url, name, "a word"))
    assert (sent["outcome"], sent["cause"]) == ("done", "")
    file = kept(url, s3) / name
    assert file.stat().st_size == sent["bytes"]
    assert b"a word" not in file.read_bytes()
    assert await apart(host.job("prove", url, name, "a word")) == ended("done", "", sent["bytes"])
    # whoever has the key, and nothing else of ours
    pyrage.decrypt_file(str(file), str(tmp_path / "b.tar"), [pyrage.x25519.Identity.from_str(host.identity)])
    restore(tmp_path / "b.tar", tmp_path / "again")
    database = await Database.open(tmp_path / "again" / DATABASE)
    await database.close()
    assert not (host.folder / WORKSHOP).exists()
    assert not (tmp_path / "again" / PROOF_KEY).exists(), "the key with which the bot reads is in no copy"
