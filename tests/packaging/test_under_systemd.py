"""The units under a real systemd, in a booted Debian into which the lines of the README installed the bot: `make soak`
tries them, as root, with a Synapse of this machine."""

from __future__ import annotations

import asyncio
import io
import re
import shlex
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pypdf
import pytest
from pyrage import x25519

from tests.demo.place import CHARTER, Place
from tests.demo.sentences import part_of, plain
from tests.packaging.bare_debian import ROOT
from tests.packaging.booted import CannotBoot, Machine
from tests.servers.lieu import Lieu
from tests.servers.plain_http import plain_http
from tests.servers.ports import free_port
from tests.servers.s3 import ACCESS, SECRET, running_s3
from tests.servers.synapse import Synapse
from tests.whole.conftest import unique, untold

pytestmark = pytest.mark.soak
PATIENCE, WATCHDOG, TIMEOUT = 60.0, 90.0, 30.0  # seconds; the last two are the units'
(ADDED,) = re.findall(r"(?m)^    (adduser --system .*conciergerie-rosee)$", (ROOT / "README.md").read_text())


class Service:
    """A bot as one of the units runs it: `name` is its user, and its folder's name. Its log begins when it is made."""

    def __init__(self, machine: Machine, lieu: Lieu, name: str, unit: str) -> None:
        self.machine, self.lieu, self.name, self.unit = machine, lieu, name, unit
        self.port = free_port()
        self._log = ("journalctl", "--quiet", f"--since=@{time.time():.6f}", f"--unit={unit}")

    @property
    def home(self) -> Path:
        """Seen from outside."""
        return self.machine.folder / "var/lib" / self.name

    async def settle(self, **more: str) -> None:
        """Its settings, as `conciergerie setup` leaves them."""
        settings = self.lieu.settings() | {"HTTP_LISTEN": f"127.0.0.1:{self.port}"} | more
        file = self.home / "bot.env"
        file.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        await self.machine.told("chown", f"{self.name}:{self.name}", f"/var/lib/{self.name}/bot.env")
        file.chmod(0o600)

    async def systemctl(self, verb: str, *options: str) -> None:
        await self.machine.told("systemctl", verb, *options, self.unit)

    async def shown(self, name: str) -> str:
        """A property of the unit."""
        return (await self.machine.told("systemctl", "show", "--property", name, "--value", self.unit)).strip()

    async def becomes(self, within: float = PATIENCE, **wanted: str) -> None:
        """Wait until these properties of the unit are so."""
        found: dict[str, str] = {}
        try:
            async with asyncio.timeout(within):
                while (found := {name: await self.shown(name) for name in wanted}) != wanted:
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError(f"{found}, not {wanted}: {await self.log()}") from None

    async def log(self) -> str:
        return await self.machine.told(*self._log)

    async def says(self, pattern: str) -> None:
        """Wait until a line of its log is like this."""
        lines = shlex.join((*self._log, "--follow", "--lines=all", f"--grep={pattern}"))
        first = f"head --lines=1 < <(exec timeout {PATIENCE:.0f} {lines} 2>/dev/null); kill $!"
        found = await self.machine.run("bash", "-c", first)
        assert found.stdout.strip(), f"no {pattern}: {await self.log()}"

    async def by_hand(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        """One of the operator's commands, as the README has them called."""
        typed = f"cd /var/lib/{self.name} && exec /opt/conciergerie/bin/conciergerie {command} {shlex.join(more)}"
        return await self.machine.run("sh", "-c", typed, user=self.name)

    async def health(self) -> int:
        async with plain_http() as http:
            return (await http.get(f"http://127.0.0.1:{self.port}/health")).status_code

    async def status(self) -> dict[str, str]:
        """What Linux says of its process."""
        told = await self.machine.told("cat", f"/proc/{await self.shown('MainPID')}/status")
        return {name: value.strip() for name, _, value in (line.partition(":") for line in told.splitlines())}


@pytest.fixture(scope="module")
async def machine(debian: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Machine]:
    machine = Machine(debian, tmp_path_factory.mktemp("machine") / "boot.log")
    try:
        try:
            await machine.boot()
        except CannotBoot as why:
            pytest.skip(f"SYSTEMD DOES NOT BOOT HERE: the units were not run ({why})")
        for unit in (ROOT / "packaging/systemd").iterdir():
            (debian / "etc/systemd/system" / unit.name).write_text(unit.read_text())
        await machine.told("systemctl", "daemon-reload")
        yield machine
    finally:
        await machine.end()


@pytest.fixture(scope="module")
async def homeserver(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Synapse]:
    """One of its own, for it goes away."""
    async with Synapse(tmp_path_factory.mktemp("homeserver")) as server:
        yield server


Serve = Callable[..., Any]


@pytest.fixture
async def serve(machine: Machine, homeserver: Synapse, tmp_path: Path) -> AsyncIterator[Serve]:
    """`await serve("rosee", NAME=value…)`: a bot of that name, its user and its settings; not started. Without a name
    it is the one that the README installed."""
    async with AsyncExitStack() as stack:

        async def serve(name: str = "", **more: str) -> Service:
            lieu = Lieu(tmp_path / (name or "only"), homeserver, bot_name=unique("conciergerie"))
            await stack.enter_async_context(lieu)
            user = f"conciergerie-{name}" if name else "conciergerie"
            service = Service(machine, lieu, user, f"conciergerie@{name}" if name else "conciergerie")
            if name:
                await machine.told("sh", "-c", ADDED.replace("rosee", name))
                stack.push_async_callback(machine.told, "deluser", "--quiet", user)
            stack.push_async_callback(machine.told, "find", f"/var/lib/{user}", "-mindepth", "1", "-delete")
            stack.push_async_callback(machine.run, "systemctl", "reset-failed", service.unit)
            stack.push_async_callback(service.systemctl, "disable", "--now")
            await service.settle(**more)
            return service

        yield serve


async def test_it_is_active_once_it_hears(serve: Serve, homeserver: Synapse) -> None:
    bot = await serve("rosee")
    await homeserver.stop()
    try:
        await bot.systemctl("start", "--no-block")
        await bot.says("homeserver away")
        assert await bot.shown("ActiveState") == "activating"
    finally:
        await homeserver.start()
    await bot.becomes(ActiveState="active", SubState="running", NRestarts="0")
    assert await bot.health() == 200


async def test_a_process_that_is_stopped_is_killed_and_comes_back(serve: Serve) -> None:
    """By systemd's watchdog: the bot's own alarm is stopped with it."""
    bot = await serve("rosee")
    await bot.systemctl("start")
    before = await bot.shown("MainPID")
    await bot.systemctl("kill", "--kill-whom=main", "--signal=STOP")
    await bot.becomes(WATCHDOG + PATIENCE, NRestarts="1", ActiveState="active")
    assert await bot.shown("MainPID") != before
    assert "Watchdog timeout" in await bot.log()
    assert await bot.health() == 200


async def test_a_process_that_dies_comes_back(serve: Serve) -> None:
    bot = await serve("rosee")
    await bot.systemctl("start")
    await bot.systemctl("kill", "--kill-whom=main", "--signal=KILL")
    await bot.becomes(NRestarts="1", ActiveState="active")
    assert await bot.health() == 200


@pytest.mark.parametrize(
    ("wrong", "code"), [({"PUBLIC_URL": "nowhere"}, "78"), ({"MATRIX_PASSWORD": "another one"}, "77")]
)
async def test_what_no_start_mends_is_started_once(serve: Serve, wrong: dict[str, str], code: str) -> None:
    bot = await serve("rosee", **wrong)
    assert (await bot.machine.run("systemctl", "start", bot.unit)).returncode != 0
    await bot.becomes(ActiveState="failed", SubState="failed", Result="exit-code", ExecMainStatus=code, NRestarts="0")


async def test_a_second_process_on_the_same_data_is_refused(serve: Serve) -> None:
    """Each unit has a /tmp and a network view of its own: what they share is the folder."""
    bot = await serve("rosee")
    await bot.systemctl("start")
    assert (await bot.by_hand("run")).returncode == 75
    assert await bot.health() == 200


async def test_what_the_bot_does_it_does_in_there(serve: Serve, tmp_path: Path) -> None:
    """Its data, copies to a bucket and to a folder, names that are resolved, its pages, encrypted words, pictures."""
    recipient = str(x25519.Identity.generate().to_public())
    async with running_s3(tmp_path / "s3") as s3:
        away = {"BACKUP_URL": s3.url(), "BACKUP_ACCESS_KEY": ACCESS, "BACKUP_SECRET_KEY": SECRET}
        bot = await serve(BACKUP_RECIPIENT=recipient, **away)
        port = bot.lieu.synapse.port
        await bot.settle(
            BACKUP_RECIPIENT=recipient,
            **away,
            MATRIX_HOMESERVER=f"http://localhost:{port}",
            PUBLIC_URL=f"http://localhost:{bot.port}",
        )
        await bot.systemctl("enable", "--now")
        place = Place(bot.lieu, untold, unique("anne"))
        try:
            await place.prepare()
            await place.install()
            await sees_a_poster(place)
            await bot.says('"act": "prove", "outcome": "done"')
            assert list(s3.folder.rglob("*.age"))
            await bot.machine.reboot()
            await bot.becomes(ActiveState="active")
        finally:
            await place.end()
    log = await bot.log()
    for word in (bot.lieu.settings()["MATRIX_PASSWORD"], SECRET, "La Rosée", "Anne", CHARTER, "!affiche"):
        assert word not in log
    status = await bot.status()
    assert (status["NoNewPrivs"], status["Seccomp"], int(status["CapEff"], 16)) == ("1", "2", 0)


@pytest.mark.parametrize(("named", "outcome"), [(False, "failed"), (True, "done")])
async def test_copies_go_to_a_folder_that_the_unit_names(serve: Serve, named: bool, outcome: str) -> None:
    recipient = str(x25519.Identity.generate().to_public())
    bot = await serve("rosee", BACKUP_URL="/srv/copies", BACKUP_RECIPIENT=recipient)
    machine, more = bot.machine, f"/etc/systemd/system/{bot.unit}.service.d"
    try:
        await machine.told("install", "--directory", f"--owner={bot.name}", "--mode=700", "/srv/copies", more)
        if named:
            (machine.folder / more[1:] / "copies.conf").write_text("[Service]\nReadWritePaths=/srv/copies\n")
            await machine.told("systemctl", "daemon-reload")
        await bot.systemctl("start")
        await bot.says(f'"act": "send", "outcome": "{outcome}"')
    finally:
        await machine.told("rm", "--recursive", "/srv/copies", more)
        await machine.told("systemctl", "daemon-reload")


async def test_what_is_said_while_it_stops_is_answered_once(serve: Serve) -> None:
    bot = await serve("rosee")
    await bot.systemctl("start")
    place = Place(bot.lieu, untold, unique("anne"))
    try:
        await place.prepare()
        await place.meet()
        await place.anne.hears(place.private, "talk.right-space")
        await place.anne.person.say(place.private, "!langue")
        began = time.monotonic()
        await bot.systemctl("stop")
        assert time.monotonic() - began < TIMEOUT
        await bot.becomes(ActiveState="inactive", Result="success", ExecMainStatus="0")
        await place.anne.person.say(place.private, "français")
        await bot.systemctl("start")
        await place.anne.hears(place.private, "language.done")
        said = [plain(one.body) for one in place.anne.person.messages(place.private)]
        assert [part_of("language.which") in body for body in said].count(True) == 1
    finally:
        await place.end()


async def test_two_bots_of_a_machine_do_not_meet(serve: Serve) -> None:
    rosee, moulin = await serve("rosee"), await serve("moulin")
    for bot in (rosee, moulin):
        await bot.systemctl("start")
        assert await bot.health() == 200
    for one, other in ((rosee, moulin), (moulin, rosee)):
        place = ("nsenter", "--mount", "--target", await one.shown("MainPID"), "--")
        seen = await one.machine.run(*place, "runuser", "-u", one.name, "--", "ls", f"/var/lib/{other.name}")
        assert (seen.returncode, seen.stdout) == (2, "")
        listed = await one.machine.told(*place, "runuser", "-u", one.name, "--", "ls", "/proc")
        assert await other.shown("MainPID") not in listed.split()
        await one.machine.told(*place, "runuser", "-u", one.name, "--", "touch", f"/var/lib/{one.name}/data/mine")


async def sees_a_poster(place: Place) -> None:
    anne = place.anne.person
    await anne.say(place.private, "!affiche")
    picture, sheet = [
        await anne.next(place.private, lambda one, kind=kind: one.content.get("msgtype") == kind)
        for kind in ("m.image", "m.file")
    ]
    assert (await anne.opened(picture.content)).startswith(b"\x89PNG")
    assert "La Rosée" in pypdf.PdfReader(io.BytesIO(await anne.opened(sheet.content))).pages[0].extract_text()
