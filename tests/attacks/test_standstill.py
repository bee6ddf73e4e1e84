"""Something never comes back: a pattern, a loop, a service that does not answer at the end. The process ends all the
same, so that it can be started again; and SIGTERM ends it, whatever it is doing."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from bot.supervision.health import Health
from bot.supervision.systemd import ALIVE, READY, STOPPING, notify
from bot.supervision.watchdog import STUCK
from tests.attacks.patterns import ROOT

pytestmark = pytest.mark.sampled(3)

WITHIN = 60.0
SECRET = "un-mot-de-passe"
PROGRAM = """
import asyncio, re, sys
from pathlib import Path
from bot.supervision.systemd import READY, notify
from bot.operator.process import run_until_told
from bot.settings import Settings
from bot.supervision.watchdog import Watchdog

def told(what):
    print(what, flush=True)

async def turns():
    secret = SECRET
    told("stuck")
    while True:
        pass

async def reads():
    secret = SECRET
    told("stuck")
    re.match(r"(?:a+)+b", "a" * 100)

async def counts():
    told("stuck")
    sum(range(10**15))

async def hangs():
    try:
        told("stuck")
        await asyncio.Event().wait()
    finally:
        await asyncio.Event().wait()

async def dawdles():
    told("stuck")
    await asyncio.to_thread(__import__("time").sleep, 10**6)

async def lives():
    notify(READY)
    told("stuck")
    await asyncio.Event().wait()

SECRET = sys.argv[2]
ENV = {"MATRIX_HOMESERVER": "http://127.0.0.1:9", "MATRIX_USER": "@bot:example.org", "MATRIX_PASSWORD": SECRET}
still, grace = map(float, sys.argv[3:])
watch = Watchdog(beat=0.05, still=still, grace=grace, last=0.5)
sys.exit(run_until_told(Settings.load(ENV, None), lambda settings: globals()[sys.argv[1]](), watch))
"""
LONG, SHORT = 1e6, 0.3


async def start(folder: Path, how: str, *, still: float = LONG, grace: float = LONG, **env: str):
    pipe = asyncio.subprocess.PIPE
    words = (sys.executable, "-c", PROGRAM, how, SECRET, str(still), str(grace))
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)} | env
    process = await asyncio.create_subprocess_exec(*words, cwd=folder, env=env, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    async with asyncio.timeout(WITHIN):
        assert (await process.stdout.readline()).strip() == b"stuck"
    return process


async def ended(process: asyncio.subprocess.Process) -> tuple[int, str]:
    try:
        async with asyncio.timeout(WITHIN):
            _, told = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    assert SECRET not in told.decode(), "no values, only places"
    return process.returncode, told.decode()


@pytest.mark.parametrize(("how", "where"), [("turns", "turns"), ("reads", "match")])
async def test_a_loop_that_stands_still_ends_the_process_and_says_where(tmp_path: Path, how: str, where: str) -> None:
    code, told = await ended(await start(tmp_path, how, still=SHORT))
    line = json.loads(told.splitlines()[-1])
    assert (code, line["code"], line["why"]) == (STUCK, STUCK, "the event loop stood still")
    assert line["through"][-1].endswith(f" {where}")
    assert any(place.endswith(f" {how}") for place in line["through"])


async def test_what_lets_nothing_else_run_is_ended_too(tmp_path: Path) -> None:
    """A function written in C that never looks up: no handler of ours runs, and no other thread."""
    code, told = await ended(await start(tmp_path, "counts", still=SHORT))
    assert code == 1
    assert "in counts" in told


async def told_to_end(process: asyncio.subprocess.Process) -> tuple[int, str]:
    """Python may lose a signal that comes while it takes its lock back, until the next one: whoever waits sends one."""
    ending = asyncio.create_task(ended(process))
    while not ending.done():
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        await asyncio.wait({ending}, timeout=2.0)
    return await ending


@pytest.mark.parametrize("how", ["turns", "reads", "hangs", "dawdles"])
async def test_sigterm_ends_it_whatever_it_does(tmp_path: Path, how: str) -> None:
    """The loop is deaf; or it hears, and what it closes does not close."""
    code, told = await told_to_end(await start(tmp_path, how, grace=SHORT))
    assert code == STUCK
    assert json.loads(told.splitlines()[-1])["why"] == "it did not come to its end"


async def test_sigterm_within_what_lets_nothing_else_run_waits_for_the_watch(tmp_path: Path) -> None:
    process = await start(tmp_path, "counts", still=SHORT, grace=SHORT)  # the signal may come just before it begins
    process.send_signal(signal.SIGTERM)
    code, _ = await ended(process)
    assert code == 1


async def test_a_bot_that_is_well_is_left_alone_and_ends_in_order(tmp_path: Path) -> None:
    systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    systemd.bind(str(tmp_path / "notify"))
    systemd.setblocking(False)
    process = await start(tmp_path, "lives", NOTIFY_SOCKET=str(tmp_path / "notify"))
    told = [await heard(systemd) for _ in range(10)]
    assert {*told} == {READY, ALIVE}
    assert told.count(ALIVE) >= 8, "as long as the loop turns"
    process.send_signal(signal.SIGTERM)
    code, _ = await ended(process)
    assert code == 0
    while (last := await heard(systemd)) == ALIVE:
        pass
    assert last == STOPPING
    systemd.close()


async def test_a_loop_that_stands_still_tells_systemd_nothing_more(tmp_path: Path) -> None:
    systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    systemd.bind(str(tmp_path / "notify"))
    systemd.setblocking(False)
    process = await start(tmp_path, "turns", still=SHORT, NOTIFY_SOCKET=str(tmp_path / "notify"))
    await ended(process)
    assert await heard(systemd) == ALIVE, "the one before it began"
    with pytest.raises(BlockingIOError):
        systemd.recv(100)
    systemd.close()


async def heard(systemd: socket.socket) -> str:
    async with asyncio.timeout(WITHIN):
        return (await asyncio.get_running_loop().sock_recv(systemd, 100)).decode()


def test_abstract_sockets_are_understood_and_nobody_who_listens_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"conciergerie-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    notify(READY)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(f"\0{name}")
        notify(READY)
        assert systemd.recv(100).decode() == READY
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify(READY)


def test_health_says_for_a_while_that_the_loop_stood_still() -> None:
    now = iter(range(1000, 100_000, 10))
    moment = [0.0]
    health = Health(lambda: moment[0] or float(next(now)))
    moment[0] = 5000.0
    health.synced()
    health.beat(0.2)
    assert health.reasons() == []
    health.beat(12.0)
    assert health.reasons() == ["the event loop stood still for 12 s"]
    moment[0] += 100
    health.synced()
    health.beat(0.1)
    assert health.reasons() == ["the event loop stood still for 12 s"]
    moment[0] += 100
    health.synced()
    assert health.reasons() == []


def test_the_unit_starts_it_again() -> None:
    told = (ROOT / "packaging/systemd/conciergerie.service").read_text()
    for line in ("Type=notify", "WatchdogSec=90", "TimeoutStartSec=infinity", "Restart=on-failure"):
        assert line in told.splitlines()
    assert str(STUCK) not in re.search(r"RestartPreventExitStatus=(.*)", told)[1].split(), "it starts again"
