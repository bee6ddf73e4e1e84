"""A lieu whose data folder is on a small disk of its own, which somebody else fills while people go on writing."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.servers.bot_process import BotProcess
from tests.servers.lieu import Lieu
from tests.servers.plain_http import plain_http
from tests.servers.synapse import Synapse

from .conftest import Settle, unique

# What SQLite writes before it moves its log into the database is 4 MB.
SIZE, AT_MOST = "16m", 400


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only root makes a disk")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "of-somebody-else"
    with filler.open("wb", buffering=0) as file:
        file.write(bytes(shutil.disk_usage(disk).total))
    assert shutil.disk_usage(disk).free == 0
    return filler


async def troubles(bot: BotProcess) -> list[str]:
    async with plain_http() as http:
        answer = await http.get(f"{bot.url}/health")
    assert (answer.status_code == 200) is not bool(answer.json()["reasons"])
    return list(answer.json()["reasons"])


async def test_a_full_disk_is_told_and_costs_no_command(synapse: Synapse, settle: Settle, tmp_path: Path) -> None:
    async with Lieu(tmp_path / "lieu", synapse, bot_name=unique("conciergerie")) as lieu:
        bot = lieu.bot
        with small_disk(bot.data):
            await bot.start()
            place = await settle("La Rosée", lieu)
            anne, office = place.anne.person, place.office
            filler, typed = fill(bot.data), []

            async def type_one_more() -> None:
                typed.append(f"mot{len(typed)}x")
                await anne.say(office, f"!aide {typed[-1]}")

            def answered() -> list[str]:
                said = [heard.body for heard in anne.messages(office) if heard.sender == lieu.account.user_id]
                return [word for body in said for word in re.findall(r"mot\d+x", body)[:1]]

            while not await troubles(bot):
                assert len(typed) < AT_MOST, "it is never told"
                await type_one_more()
            for _ in range(10):
                await type_one_more()
            (trouble,) = await troubles(bot)
            assert trouble.startswith("there is no room left to write in")
            assert await bot.metric('conciergerie_data_errors_total{kind="full"}') > 0
            assert await bot.metric("conciergerie_data_free_bytes") == 0
            filler.unlink()
            await anne.until(lambda: len(answered()) >= len(typed), timeout=120, what="every answer")
            assert answered() == typed
            assert await troubles(bot) == []
            await bot.stop()
