"""The bot dies again and again, of nothing that could be put aside: then it listens and says so, rather than die for
ever, until whoever hosts it has mended it and starts it again."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from tests.demo.host import enter
from tests.servers.bot_process import BotProcess
from tests.servers.lieu import Lieu
from tests.servers.person import Person
from tests.servers.plain_http import plain_http
from tests.servers.synapse import Synapse

from .conftest import Settle, unique

PATIENCE = 60.0


class DeadlyProcess(BotProcess):
    """Dies `where` it signs in, or wakes; or nowhere, once it is mended."""

    where = ""

    def argv(self, name: str, *more: str) -> list[str]:
        argv = super().argv(name, *more)
        return [sys.executable, "-m", "tests.whole.deadly", self.where, *argv[3:]] if name == "run" else argv

    async def says(self, true: Callable[[list[str]], bool]) -> None:
        """Wait until that is so of what `/health` has to say."""
        async with asyncio.timeout(PATIENCE), plain_http() as http:
            while not true(await self._reasons(http)):
                assert self.is_alive(), self.log.read_text()
                await asyncio.sleep(0.1)

    async def _reasons(self, http: httpx.AsyncClient) -> list[str]:
        try:
            told = await http.get(f"{self.url}/health")
        except httpx.HTTPError:
            return ["not yet"]
        reasons: list[str] = told.json()["reasons"]
        assert (told.status_code == 503) == bool(reasons)
        return reasons


def only_safe_mode(reasons: list[str]) -> bool:
    return len(reasons) == 1 and reasons[0].startswith("safe mode, for the last starts died")


async def test_three_deaths_of_nothing_in_particular_and_the_next_start_only_listens(
    synapse: Synapse, settle: Settle, tmp_path: Path, person: Callable[..., Awaitable[Person]]
) -> None:
    async with Lieu(tmp_path / "lieu", synapse, bot_name=unique("conciergerie")) as lieu:
        lieu.bot = bot = DeadlyProcess(tmp_path / "lieu", lieu.settings())
        bot.more = ()
        await bot.start()
        place = await settle("La Rosée", lieu)
        anne, office = place.anne.person, place.office
        ines = await person(account=await synapse.login(lieu.host.user_id))
        hosts = await enter(ines)
        assert await bot.stop() == 0

        for bot.where, end in (("waking", signal.SIGABRT), ("signing in", signal.SIGKILL), ("waking", signal.SIGABRT)):
            assert "safe mode" not in bot.log.read_text()
            bot.launch()
            assert await bot.ended() == -end
        bot.launch()
        await bot.says(only_safe_mode)
        assert await bot.metric("conciergerie_safe_mode") == 1
        assert '"event": "safe mode", "level": "error"' in bot.log.read_text()

        await ines.next(hosts, "arrêté net plusieurs fois", timeout=PATIENCE)
        await anne.say(office, "!horaires")
        await anne.next(office, "en réparation", timeout=PATIENCE)
        await anne.say(office, "!état")
        await anne.next(office, "arrêté net plusieurs fois", timeout=PATIENCE)

        await bot.kill()  # nor does a death in safe mode end it, or is it told again
        bot.launch()
        await bot.says(only_safe_mode)
        await anne.say(office, "!état")
        await anne.next(office, "arrêté net plusieurs fois", timeout=PATIENCE)
        assert len(told(ines, hosts)) == 1

        assert await bot.stop() == 0
        bot.where = ""
        await bot.start()
        await anne.next(office, "horaires", timeout=PATIENCE)
        assert await bot.metric("conciergerie_safe_mode") == 0
        await bot.stop()


def told(ines: Person, room: str) -> list[str]:
    return [one.body for one in ines.messages(room) if "arrêté net plusieurs fois" in one.body]
