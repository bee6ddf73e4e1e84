"""`conciergerie run` as a service manager runs it, on a real homeserver: it starts, serves, stops, and says why."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest_asyncio

from bot import __version__
from bot.backups.archive import restore
from tests.servers.plain_http import plain_http
from tests.servers.ports import free_port
from tests.servers.synapse import Synapse

ROOT = Path(__file__).parents[2]
START = 60.0


class Service:
    """One process of the bot."""

    def __init__(self, folder: Path, port: int, process: asyncio.subprocess.Process) -> None:
        self.folder, self.port, self.process = folder, port, process

    async def is_well(self) -> None:
        """Wait until it answers that it is."""
        async with asyncio.timeout(START), plain_http() as http:
            while not await self._answers(http):
                assert self.process.returncode is None, self.log()
                await asyncio.sleep(0.1)

    async def is_in(self) -> None:
        """Wait until it has signed in: after a restart, the first answer of the homeserver may take a long poll."""
        async with asyncio.timeout(START):
            while '"signed in"' not in self.log():
                assert self.process.returncode is None, self.log()
                await asyncio.sleep(0.1)

    async def _answers(self, http: httpx.AsyncClient) -> bool:
        try:
            return (await http.get(f"http://127.0.0.1:{self.port}/health")).status_code == 200
        except httpx.HTTPError:
            return False

    async def ended(self) -> int:
        async with asyncio.timeout(START):
            return await self.process.wait()

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def last_line(self) -> dict[str, object]:
        return json.loads(self.log().splitlines()[-1])


Serve = Callable[..., Awaitable[Service]]


@pytest_asyncio.fixture
async def serve(synapse: Synapse, tmp_path: Path) -> AsyncIterator[Serve]:
    """`await serve()` starts the bot; again, the same bot; settings may be changed by name, or left as they are."""
    name = f"bot-{secrets.token_hex(4)}"
    await synapse.register(name)
    settings = {
        "MATRIX_HOMESERVER": synapse.base_url,
        "MATRIX_USER": synapse.user_id(name),
        "MATRIX_PASSWORD": f"password-of-{name}",
        "HTTP_LISTEN": f"127.0.0.1:{free_port()}",
    }
    async with AsyncExitStack() as stack:

        async def start(*words: str, as_it_is: bool = False, **changes: str) -> Service:
            written = settings | changes
            if not as_it_is:
                (tmp_path / "bot.env").write_text("".join(f"{key}='{value}'\n" for key, value in written.items()))
                (tmp_path / "bot.env").chmod(0o600)
            service = await launch(tmp_path, int(written["HTTP_LISTEN"].rpartition(":")[2]), *words)
            stack.push_async_callback(end, service.process)
            return service

        yield start


async def launch(folder: Path, port: int, *words: str) -> Service:
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "bot", "run", "--env-file", "bot.env", *words]
        env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
        process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=env, stdout=log, stderr=log)
    return Service(folder, port, process)


async def end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
        await process.wait()


async def test_it_runs_until_told_and_comes_back(serve: Serve) -> None:
    for _ in range(2):
        bot = await serve()
        await bot.is_in()
        assert json.loads(bot.log().splitlines()[0])["version"] == __version__
        bot.process.send_signal(signal.SIGTERM)
        assert await bot.ended() == 0
        assert bot.last_line()["why"] == "asked to"
        lines = [json.loads(line) for line in bot.log().splitlines()]
        assert all({"event", "level", "at"} <= set(line) for line in lines), "every line is structured"
        assert "password-of" not in bot.log()


async def test_a_second_process_is_told_so(serve: Serve) -> None:
    first = await serve()
    await first.is_well()
    second = await serve(as_it_is=True)
    assert await second.ended() == 75
    assert "another conciergerie" in str(second.last_line()["why"])
    await first.is_well()


async def test_a_refused_password_has_its_own_code(serve: Serve) -> None:
    bot = await serve(MATRIX_PASSWORD="not the password")
    assert await bot.ended() == 77
    assert "refuses the bot's password or token" in str(bot.last_line()["why"])
    assert "not the password" not in bot.log()


async def test_a_token_revoked_while_it_runs_stops_it(serve: Serve, synapse: Synapse) -> None:
    bot = await serve()
    await bot.is_well()
    await serve_without_password(bot)
    token = json.loads((bot.folder / "data" / "session.json").read_text())["access_token"]
    again = await serve(as_it_is=True)
    await again.is_in()
    await synapse.call("POST", "/_matrix/client/v3/logout", {}, token=token)
    assert await again.ended() == 77
    assert token not in again.log()


async def serve_without_password(bot: Service) -> None:
    """As setup leaves it: the session is all that the bot has."""
    bot.process.send_signal(signal.SIGTERM)
    await bot.ended()
    file = bot.folder / "bot.env"
    file.write_text("".join(line for line in file.read_text().splitlines(True) if "PASSWORD" not in line))


async def test_a_homeserver_that_is_away_is_waited_for(serve: Serve, synapse: Synapse) -> None:
    bot = await serve()
    await bot.is_well()
    await serve_without_password(bot)
    nobody = f"http://127.0.0.1:{free_port()}"
    file = bot.folder / "bot.env"
    file.write_text(file.read_text().replace(synapse.base_url, nobody))
    waiting = await serve(as_it_is=True)
    async with asyncio.timeout(START):
        while "homeserver away" not in waiting.log():
            assert waiting.process.returncode is None, waiting.log()
            await asyncio.sleep(0.1)
    waiting.process.send_signal(signal.SIGTERM)
    assert await waiting.ended() == 0


LOST: dict[str, tuple[Callable[[Path], object], str]] = {
    "database": (lambda data: (data / "bot.sqlite").unlink(), "bot.sqlite is missing, beside"),
    "crypto store": (lambda data: (data / "crypto.db").unlink(), "crypto.db missing, beside"),
    "session": (lambda data: (data / "session.json").unlink(), "session.json missing, beside"),
    "seeds": (lambda data: (data / "seeds.json").unlink(), "seeds.json missing, beside"),
    "a store of noise": (lambda data: (data / "crypto.db").write_bytes(b"noise" * 5000), "crypto.db is damaged"),
    "another key": (lambda data: (data / "pickle.key").write_text("noise"), "crypto.db is damaged"),
    "no seeds": (lambda data: (data / "seeds.json").write_text("{}"), "seeds.json is damaged"),
    "everything": (shutil.rmtree, "is in use already"),
}


async def test_whatever_is_lost_a_start_makes_nothing_anew(serve: Serve, synapse: Synapse, tmp_path: Path) -> None:
    bot = await serve()
    await bot.is_in()
    bot.process.send_signal(signal.SIGTERM)
    await bot.ended()
    data, kept = bot.folder / "data", tmp_path / "kept"
    shutil.copytree(data, kept)
    session = json.loads((data / "session.json").read_text())
    before = await known(synapse, session)
    for lose, why in LOST.values():
        lose(data)
        again = await serve(as_it_is=True)
        assert await again.ended() == 73, again.log()
        assert why in str(again.last_line()["why"])
        assert not any(never in again.log() for never in ("a bug", "through"))
        assert await known(synapse, session) == before, "neither a device nor an identity"
        shutil.rmtree(data)
        shutil.copytree(kept, data)
    well = await serve(as_it_is=True)
    await well.is_in()


async def known(synapse: Synapse, session: dict[str, str]) -> tuple[set[str], object]:
    """The devices and the identity of the bot."""
    token, user = session["access_token"], session["user_id"]
    devices = await synapse.call("GET", "/_matrix/client/v3/devices", token=token)
    keys = await synapse.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {user: []}}, token=token)
    return {device["device_id"] for device in devices["devices"]}, keys["master_keys"][user]["keys"]


async def test_on_purpose_everything_is_made_anew(serve: Serve, synapse: Synapse) -> None:
    bot = await serve()
    await bot.is_in()
    bot.process.send_signal(signal.SIGTERM)
    await bot.ended()
    before = await known(synapse, json.loads((bot.folder / "data" / "session.json").read_text()))
    shutil.rmtree(bot.folder / "data")
    anew = await serve("--new", as_it_is=True)
    await anew.is_in()
    after = await known(synapse, json.loads((bot.folder / "data" / "session.json").read_text()))
    assert after[1] != before[1]
    assert '"signed"' in anew.log()


async def test_doctor_and_backup_while_it_runs(serve: Serve, tmp_path: Path) -> None:
    bot = await serve()
    await bot.is_well()
    doctor, shown = await command(bot.folder, "doctor")
    rows = dict(re.findall(r"(?m)^[✓✗·]  (.+?)  +(.*?) *$", shown))
    assert doctor == 0, shown
    assert rows["device"] == "signed by the bot's own identity"
    assert (rows["bot"], rows["last sync"]) == ("running", "fresh")
    assert (await command(bot.folder, "backup", "b.tar"))[0] == 0
    bot.process.kill()
    await bot.ended()
    (bot.folder / "data").rename(tmp_path / "lost")
    restore(bot.folder / "b.tar", bot.folder / "data")
    again = await serve(as_it_is=True)
    await again.is_in()


async def command(folder: Path, *words: str) -> tuple[int, str]:
    pipe = asyncio.subprocess.PIPE
    env = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, cwd=folder, env=env, stdout=pipe, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    return process.returncode or 0, out.decode()
