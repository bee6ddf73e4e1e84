"""A Debian in a folder, booted: its own systemd is the first of its processes, and its network is this machine's."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.packaging.bare_debian import ENVIRONMENT
from tests.servers import apt
from tests.servers.parent import ends_with_parent

NSPAWN = Path("/usr/bin/systemd-nspawn")
BOOT, STOP, STEP = 60.0, 60.0, 0.2  # seconds
POWEROFF = signal.SIGRTMIN + 4  # systemd(1)


class CannotBoot(Exception):
    """Containers cannot be made here, or systemd does not come up in one."""


class Machine:
    """`log` is what its systemd says as it boots."""

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.log = folder, log
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._first = 0

    async def boot(self) -> None:
        if reason := apt.ensure_installed(NSPAWN, "systemd-container", lacking="a booted Debian"):
            raise CannotBoot(reason)
        place = [f"--directory={self.folder}", f"--machine={self.folder.name}", "--boot"]
        options = ["--register=no", "--keep-unit", "--console=read-only", "--resolv-conf=off"]
        with self.log.open("wb") as log:
            self._nspawn = subprocess.Popen(
                [NSPAWN, *place, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=ends_with_parent,
            )
        with suppress(TimeoutError):
            async with asyncio.timeout(BOOT):
                while self._nspawn.poll() is None:
                    if await self._is_up():
                        return
                    await asyncio.sleep(STEP)
        raise CannotBoot(self.log.read_text(errors="replace")[-1000:])

    async def _is_up(self) -> bool:
        assert self._nspawn
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
        if not children:
            return False
        self._first = int(children[0])
        return (await self.run("systemctl", "is-system-running")).stdout.strip() in ("running", "degraded")

    async def end(self) -> None:
        if self._nspawn is None:
            return
        if self._first and self._nspawn.poll() is None:
            os.kill(self._first, POWEROFF)
        try:
            await asyncio.to_thread(self._nspawn.wait, STOP)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()  # and with it whatever runs in there
            await asyncio.to_thread(self._nspawn.wait)

    async def reboot(self) -> None:
        """Off, and on again."""
        await self.end()
        await self.boot()

    async def run(self, *command: str | Path, user: str = "") -> subprocess.CompletedProcess[str]:
        """A command in there, as root or as this user, which may fail."""
        enter = [
            "nsenter",
            f"--target={self._first}",
            "--mount",
            "--uts",
            "--ipc",
            "--net",
            "--pid",
            "--cgroup",
            "--root",
        ]
        who = ["runuser", "-u", user, "--"] if user else []
        return await asyncio.to_thread(
            subprocess.run,
            [*enter, "--wdns=/", "--", *who, *map(str, command)],
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    async def told(self, *command: str | Path, user: str = "") -> str:
        """What a command says that does what it should."""
        done = await self.run(*command, user=user)
        assert done.returncode == 0, f"{command}: {done.stdout[-2000:]}{done.stderr[-4000:]}"
        return done.stdout
