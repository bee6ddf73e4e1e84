"""The demo as somebody runs it: what it says at the end, its exit code, and that no process outlives it."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.demo.sentences import part_of, plain

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]
PATIENCE = 90.0
ACT = "Anne installs the Conciergerie"


class Running:
    """One demo, whose files are all in `folder`."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process, output: asyncio.StreamReader) -> None:
        self.folder, self._process, self._output = folder, process, output
        self.said = ""

    async def until(self, words: str) -> None:
        """Read on until something with these words was shown."""
        async with asyncio.timeout(PATIENCE):
            while words not in self.said:
                line = await self._output.readline()
                assert line, f"it ended before it said {words!r}: {self.said[-1000:]}"
                self.said += plain(line.decode())

    async def ended(self) -> int:
        """Its exit code; the rest of what it said is in `said`."""
        async with asyncio.timeout(PATIENCE):
            self.said += plain((await self._output.read()).decode())
            return await self._process.wait()

    def told(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def pids(self, part: str = "") -> list[int]:
        """Its processes with `part` in their command."""
        listed = await asyncio.create_subprocess_exec("ps", "-eww", "-o", "pid=,args=", stdout=asyncio.subprocess.PIPE)
        lines = (await listed.communicate())[0].decode().splitlines()
        return [int(line.split()[0]) for line in lines if str(self.folder) in line and part in line]

    async def end(self) -> None:
        """Whatever the test thought of it."""
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        for pid in await self.pids():
            os.kill(pid, signal.SIGKILL)


Run = Callable[..., Awaitable[Running]]


@pytest.fixture
async def run(tmp_path: Path) -> AsyncIterator[Run]:
    """`await run()` starts a demo whose output goes into a pipe; with `terminal=`, it belongs to that terminal."""
    environment = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    async with AsyncExitStack() as stack:

        async def start(terminal: int | None = None) -> Running:
            own = {} if terminal is None else {"stdin": terminal, "start_new_session": True, "preexec_fn": own_terminal}
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "demo", cwd=tmp_path, env=environment,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **own,
            )  # fmt: skip
            assert process.stdout
            running = Running(tmp_path, process, process.stdout)
            stack.push_async_callback(running.end)
            return running

        yield start


def own_terminal() -> None:
    """A Ctrl-C in this terminal goes to the demo and to everything that it started."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


async def test_in_a_pipe_it_plays_everything_and_ends(run: Run) -> None:
    demo = await run()
    assert await demo.ended() == 0, demo.said[-2000:]
    assert part_of("introduction.newcomer") in demo.said
    table = demo.said.partition("What exists now")[2]
    assert table.count("✓") == 10
    assert "✗" not in demo.said
    assert await demo.pids() == []


@pytest.mark.parametrize(("part", "name"), [("homeserver.yaml", "Synapse"), ("bot.env", "the bot")])
async def test_a_part_that_dies_is_named_with_its_log(run: Run, part: str, name: str) -> None:
    demo = await run()
    await demo.until(ACT)
    (pid,) = await demo.pids(part)
    os.kill(pid, signal.SIGKILL)
    assert await demo.ended() == 1
    last = demo.said.splitlines()[-1]
    assert last.startswith(f"✗ {name} stopped during “{ACT}”; its log is ")
    assert Path(last.rpartition(" ")[2]).is_file()
    assert demo.said.count("✗") == 1
    assert await demo.pids() == []


async def test_told_to_stop_while_it_starts(run: Run) -> None:
    demo = await run()
    await demo.until("Starting Synapse")
    demo.told(signal.SIGTERM)
    assert await demo.ended() == 130
    assert await demo.pids() == []
    assert "Traceback" not in demo.said


async def test_ctrl_c_in_its_terminal(run: Run) -> None:
    """Everything in the terminal gets the signal at once: the demo is the one that ends in order."""
    keyboard, screen = pty.openpty()
    try:
        demo = await run(screen)
        await demo.until(ACT)
        os.write(keyboard, b"\x03")
        assert await demo.ended() == 130
        assert await demo.pids() == []
        assert "✗" not in demo.said
        assert "Traceback" not in demo.said
    finally:
        os.close(keyboard)
        os.close(screen)
