"""Copies that leave the machine, on real servers (S3, OpenSSH): sent, and proved, or why not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyrage
import pytest

from bot.backups.archive import restore
from bot.backups.jobs import apart, ended
from bot.store.data_folder import DATABASE, PROOF_KEY, WORKSHOP
from bot.store.database import Database
from tests.backups.fixtures import OPENS, Host
from tests.servers.s3 import S3
from tests.servers.sshd import Sshd


@dataclass
class Elsewhere:
    """Where copies go, what opens it, and the folder in which they are kept there."""

    url: str
    keys: dict[str, str]
    folder: Path


@pytest.fixture(params=["bucket", "folder", "machine"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Elsewhere:
    if request.param == "bucket":
        s3: S3 = request.getfixturevalue("s3")
        return Elsewhere(s3.url(f"of/{tmp_path.name}"), OPENS, s3.folder / "of" / tmp_path.name)
    if request.param == "machine":
        sshd: Sshd = request.getfixturevalue("sshd")
        return Elsewhere(sshd.url(tmp_path.name), sshd.keys(), sshd.made(tmp_path.name))
    (tmp_path / "elsewhere").mkdir()
    return Elsewhere(str(tmp_path / "elsewhere"), {}, tmp_path / "elsewhere")


async def test_a_copy_goes_out_and_comes_back(host: Host, elsewhere: Elsewhere, tmp_path: Path) -> None:
    name, url, keys = await host.begun(), elsewhere.url, elsewhere.keys
    sent = await apart(host.job("send", url, name, "a word", keys=keys))
    assert (sent["outcome"], sent["cause"]) == ("done", "")
    file = elsewhere.folder / name
    assert file.stat().st_size == sent["bytes"]
    assert b"a word" not in file.read_bytes()
    assert await apart(host.job("prove", url, name, "a word", keys=keys)) == ended("done", "", sent["bytes"])
    # whoever has the key, and nothing else of ours
    pyrage.decrypt_file(str(file), str(tmp_path / "b.tar"), [pyrage.x25519.Identity.from_str(host.identity)])
    restore(tmp_path / "b.tar", tmp_path / "again")
    database = await Database.open(tmp_path / "again" / DATABASE)
    await database.close()
    assert not (host.folder / WORKSHOP).exists()
    assert not (tmp_path / "again" / PROOF_KEY).exists(), "the key with which the bot reads is in no copy"
