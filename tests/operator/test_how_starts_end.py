"""Which ends of a real process the next start takes for a death."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.app import run
from bot.settings import Settings
from bot.store.data_folder import STARTS
from bot.store.starts import Starts
from tests.operator.test_command_line import ENVIRONMENT, folder, start
from tests.servers.ports import free_port

__all__ = ["folder"]
pytestmark = pytest.mark.sampled(3)

ENDED = "os._exit(0)"
DEATHS = {
    "killed": "os.kill(os.getpid(), 9)",
    "aborted": "os.abort()",
    "a bug": "raise LookupError",
    "stood still": "from bot.supervision.watchdog import STUCK; os._exit(STUCK)",
    "killed as it begins": "sys.exit(os.kill(os.getpid(), 9))",
}
ENDS = {
    "explained": "raise CredentialsRefused('matrix')",
    "another runs": "raise AlreadyRunning('another')",
    "told, and killed for it takes too long": "import signal; signal.raise_signal(15); os.kill(os.getpid(), 9)",
    "told": "import signal; signal.raise_signal(15)",
    "its terminal is closed": "import signal; signal.raise_signal(1)",
}


def deaths(folder: Path, how: str) -> list[int]:
    """What this start logs of the one before; then it ends so."""
    _, err = start(folder, how).communicate(timeout=30)
    lines = [json.loads(line) for line in err.splitlines() if line.startswith("{")]
    return [line["in_a_row"] for line in lines if line["event"] == "the last start died"]


@pytest.mark.parametrize("how", DEATHS)
def test_a_death_is_counted(folder: Path, how: str) -> None:
    assert [deaths(folder, each) for each in (DEATHS[how], DEATHS[how], ENDS["told"], ENDED)] == [[], [1], [2], []]


@pytest.mark.parametrize("how", ENDS)
def test_an_end_in_order_is_none_and_clears_what_was_before(folder: Path, how: str) -> None:
    died = DEATHS["killed"]
    assert [deaths(folder, each) for each in (died, ENDS[how], died, ENDED)] == [[], [1], [], [1]]


async def test_a_start_that_waits_for_its_homeserver_lasts_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.app.SOON", 0.2)
    for _ in range(2):
        starts = Starts(tmp_path / "data", "1")
        starts.begin()
        starts.close()
    told = {"MATRIX_HOMESERVER": f"http://127.0.0.1:{free_port()}", "MATRIX_USER": "@bot:example.org"}
    settings = Settings.load(told | {"MATRIX_PASSWORD": "swordfish", "DATA_DIR": str(tmp_path / "data")}, None)
    starts = Starts(tmp_path / "data", "1")
    starts.begin()
    assert starts.deaths == 2
    running = asyncio.create_task(run(settings, starts=starts))
    try:
        async with asyncio.timeout(30):
            while starts.deaths:
                assert not running.done()
                await asyncio.sleep(0.05)
    finally:
        running.cancel()
        await asyncio.wait({running})
        starts.close()


@pytest.mark.parametrize("words", [["--env-file", "bot.env"], ["--env-file=bot.env"], ["--safe"]])
def test_a_stop_as_soon_as_the_start_is_counted_is_no_death(folder: Path, words: list[str]) -> None:
    """Some spellings load the bot later than others."""
    data = folder / "data"
    with (folder / "bot.env").open("a") as settings:
        settings.write(f"DATA_DIR={data}\n")
    with (folder / "log").open("w") as log:
        told = [sys.executable, "-m", "bot", "run", *words]
        process = subprocess.Popen(told, cwd=folder, env=ENVIRONMENT, stdout=log, stderr=log)
        while not ((data / STARTS).exists() and (data / STARTS).stat().st_size):
            assert process.poll() is None, (folder / "log").read_text()
            time.sleep(0.001)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0, (folder / "log").read_text()
    assert json.loads((data / STARTS).read_bytes())["alive"] is False
