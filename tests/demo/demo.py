"""From nothing to a welcome and back to nothing: starts the lieu, plays, reads back, and leaves no process behind."""

from __future__ import annotations

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable
from pathlib import Path

from rich.console import Console

from tests.demo.newcomers import ByMail
from tests.demo.place import NAME
from tests.demo.play import Play
from tests.demo.read_back import read_back
from tests.demo.show import Show, somebody_watches
from tests.servers.lieu import EmbeddedLieu, Part

LOOK = 0.2  # seconds between two looks at whether everything still runs
DYING = 5.0  # seconds: a connection breaks before the process at its other end is over
TOLD_TO_STOP = 130


class Broken(Exception):
    """What the last sentence of the demo says."""


def main() -> int:
    """Play the demo; the exit code."""
    return asyncio.run(_until_told(Demo(Show(Console()))))


async def _until_told(demo: Demo) -> int:
    """A signal stops the demo, which stops everything that it started."""
    playing = asyncio.ensure_future(demo.run())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, playing.cancel)
    try:
        return await playing
    except asyncio.CancelledError:
        return TOLD_TO_STOP


class Demo:
    def __init__(self, show: Show) -> None:
        self._show = show
        self._folder = Path(tempfile.mkdtemp(prefix="conciergerie-demo-"))
        self._lieu = EmbeddedLieu(self._folder, name=NAME)
        self._newcomer = ByMail(self._lieu.house)
        self._play = Play(self._lieu, self._newcomer, show.line)
        self._doing = ""

    async def run(self) -> int:
        """0 where the whole welcome was played and read back, else 1 after one sentence."""
        try:
            await self._start()
            await self._while_all_runs(self._perform())
            await self._stay()
        except Broken as problem:
            self._show.failed(str(problem))
            return 1
        finally:
            await self._play.end()
            await self._lieu.stop()
        return 0

    # The servers and the bot

    async def _start(self) -> None:
        begun = time.monotonic()
        try:
            await self._lieu.start(self._starts)
            self._starts("the bot")
            await self._lieu.bot.start()
        except Exception as problem:
            raise Broken(f"{self._doing} did not start: {_brief(problem)}. Logs: {self._folder}") from problem
        self._play.seconds["starting everything"] = time.monotonic() - begun
        self._show.say(f"Everything runs (Nextcloud is a stand-in); logs and data are in {self._folder}")
        self._show.say("Below, (…) is what people do, and ✎ what changes in an earlier message.")

    def _starts(self, part: str) -> None:
        self._doing = part
        self._show.starting(part)

    async def _while_all_runs(self, performance: Awaitable[None]) -> None:
        """Until it is over, or one of the parts is gone, which is what explains every other failure."""
        playing, watching = asyncio.ensure_future(performance), asyncio.create_task(self._watch())
        try:
            await asyncio.wait({playing, watching}, return_when=asyncio.FIRST_COMPLETED)
            if playing.done() and playing.exception():
                await asyncio.wait({watching}, timeout=DYING)
            if not watching.done() and (gone := self._gone()) is None:
                return playing.result()
            raise Broken(self._ended(watching.result() if watching.done() else gone))
        finally:
            for task in (playing, watching):
                task.cancel()
            await asyncio.gather(playing, watching, return_exceptions=True)

    async def _watch(self) -> Part:
        while (gone := self._gone()) is None:
            await asyncio.sleep(LOOK)
        return gone

    def _gone(self) -> Part | None:
        return next((part for part in self._lieu.parts() if not part.is_alive()), None)

    def _ended(self, part: Part | None) -> str:
        assert part
        return f"{part.name} stopped during “{self._doing}”; its log is {part.log}"

    # The play

    async def _perform(self) -> None:
        for act in self._play.acts():
            self._doing = act[0]
            self._show.act(self._doing)
            try:
                await self._play.play(act)
            except Exception as problem:
                log = self._lieu.bot.log
                raise Broken(f"“{self._doing}” failed: {_brief(problem)}; the bot's log is {log}") from problem
        await self._read_back()

    async def _read_back(self) -> None:
        self._doing = "reading back"
        try:
            rows = await read_back(self._play.welcome)
        except Exception as problem:
            raise Broken(f"a server could not be read: {_brief(problem)}; logs are in {self._folder}") from problem
        self._show.existing(rows)
        self._show.times(self._play.seconds)
        absent = [f"{row.what} ({row.where})" for row in rows if not row.is_there]
        if absent:
            raise Broken(f"not as it should be: {', '.join(absent)}; the bot's log is {self._lieu.bot.log}")

    async def _stay(self) -> None:
        """In a terminal, leave everything running to be tried by hand."""
        if not somebody_watches():
            return
        self._show.details(
            {
                "homeserver": self._lieu.synapse.base_url,
                "concierge": "anne, password password-of-anne",
                "host": f"{self._lieu.host.user_id}, password password-of-ines-of-conciergerie",
                "newcomer": f"{self._newcomer.login}, password {self._newcomer.password}, through the SSO",
                "page of the newcomer": self._newcomer.page,
                "SSO": self._lieu.house.sso.url,
                "Nextcloud": f"{self._lieu.cloud_url} (a stand-in: an API without pages)",
            }
        )
        self._doing = "trying it by hand"
        await self._while_all_runs(_enter())


async def _enter() -> None:
    """Until somebody presses Enter. Not a thread: nothing could stop it."""
    pressed = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin, pressed.set)
    try:
        await pressed.wait()
    finally:
        loop.remove_reader(sys.stdin)


def _brief(problem: Exception) -> str:
    return f"{type(problem).__name__}: {str(problem)[:300]}"
